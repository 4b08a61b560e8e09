"""Any order of operations on sandboxes has the result that a model of plain lists has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from tests.control.small import SmallStore

BEGINNING = ["first"]


@dataclass
class Model:
    """What a sandbox should hold now, after a reset, and at its snapshots."""

    words: list[str]
    begun: list[str]
    kept: dict[str, list[str]] = field(default_factory=dict)


class Operations(RuleBasedStateMachine):
    """Operations on the sandboxes of one store, beside their models."""

    store: SmallStore
    names = Bundle("names")

    def __init__(self) -> None:
        super().__init__()
        self.models = {"main": Model(list(BEGINNING), list(BEGINNING))}
        self.count = 0

    @initialize(target=names)
    def begin(self) -> str:
        self.store.sandboxes.reset("main")
        return "main"

    def teardown(self) -> None:
        for name in set(self.models) - {"main"}:
            self.store.sandboxes.delete(name)
        for each in self.store.sandboxes.snapshots("main"):
            self.store.sandboxes.delete_snapshot("main", each.name)
        self.store.sandboxes.drop_retired()

    def new_text(self) -> str:
        self.count += 1
        return f"n{self.count}"

    @rule(target=names)
    def create(self) -> str:
        name = self.new_text()
        self.store.sandboxes.create(name)
        self.models[name] = Model(list(BEGINNING), list(BEGINNING))
        return name

    @rule(name=names)
    def add(self, name: str) -> None:
        if name in self.models:
            word = self.new_text()
            self.store.add(name, word)
            self.models[name].words.append(word)

    @rule(target=names, name=names)
    def fork(self, name: str) -> str:
        fork = self.new_text()
        if name in self.models:
            self.store.sandboxes.fork(name, fork)
            words = self.models[name].words
            self.models[fork] = Model(list(words), list(words))
        return fork

    @rule(name=names)
    def reset(self, name: str) -> None:
        if name in self.models:
            self.store.sandboxes.reset(name)
            self.models[name].words = list(self.models[name].begun)

    @rule(name=names)
    def take_snapshot(self, name: str) -> None:
        if name in self.models:
            snapshot = self.new_text()
            self.store.sandboxes.take_snapshot(name, snapshot)
            self.models[name].kept[snapshot] = list(self.models[name].words)

    @rule(name=names, data=st.data())
    def restore(self, name: str, data: st.DataObject) -> None:
        if name in self.models and self.models[name].kept:
            model = self.models[name]
            snapshot = data.draw(st.sampled_from(sorted(model.kept)))
            self.store.sandboxes.restore(name, snapshot)
            model.words = list(model.kept[snapshot])

    @rule(name=names)
    def delete(self, name: str) -> None:
        if name in self.models and name != "main":
            self.store.sandboxes.delete(name)
            del self.models[name]

    @invariant()
    def each_holds_what_its_model_holds(self) -> None:
        assert set(self.store.plane.state().sandboxes) == set(self.models)
        for name, model in self.models.items():
            assert self.store.words(name) == sorted(model.words)


@pytest.fixture
def operations(small: SmallStore) -> Iterator[type[Operations]]:
    """The machine for a store."""
    Operations.store = small
    yield Operations
    del Operations.store


def test_any_order_of_operations(operations: type[Operations]) -> None:
    how = settings(
        max_examples=8,
        stateful_step_count=20,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_machine(operations, settings=how)
