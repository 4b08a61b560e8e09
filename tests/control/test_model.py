"""Any order of operations on sandboxes has the result that a model of plain lists has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
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

    def __init__(self) -> None:
        super().__init__()
        self.models = {"main": Model(list(BEGINNING), list(BEGINNING))}
        self.count = 0

    @initialize()
    def begin(self) -> None:
        self.store.sandboxes.reset("main")

    def teardown(self) -> None:
        for name in set(self.models) - {"main"}:
            self.store.sandboxes.delete(name)
        for each in self.store.sandboxes.snapshots("main"):
            self.store.sandboxes.delete_snapshot("main", each.name)
        self.store.sandboxes.drop_retired()

    def new_text(self) -> str:
        self.count += 1
        return f"n{self.count}"

    def any_name(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(sorted(self.models)))

    @rule()
    def create(self) -> None:
        name = self.new_text()
        self.store.sandboxes.create(name)
        self.models[name] = Model(list(BEGINNING), list(BEGINNING))

    @rule(data=st.data())
    def add(self, data: st.DataObject) -> None:
        name, word = self.any_name(data), self.new_text()
        self.store.add(name, word)
        self.models[name].words.append(word)

    @rule(data=st.data())
    def fork(self, data: st.DataObject) -> None:
        name, fork = self.any_name(data), self.new_text()
        self.store.sandboxes.fork(name, fork)
        words = self.models[name].words
        self.models[fork] = Model(list(words), list(words))

    @rule(data=st.data())
    def reset(self, data: st.DataObject) -> None:
        name = self.any_name(data)
        self.store.sandboxes.reset(name)
        self.models[name].words = list(self.models[name].begun)

    @rule(data=st.data())
    def keep_and_change(self, data: st.DataObject) -> None:
        name, snapshot = self.any_name(data), self.new_text()
        self.store.sandboxes.take_snapshot(name, snapshot)
        self.models[name].kept[snapshot] = list(self.models[name].words)
        self.store.add(name, snapshot)
        self.models[name].words.append(snapshot)

    @precondition(lambda self: any(model.kept for model in self.models.values()))
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        kept = [(name, key) for name, model in self.models.items() for key in sorted(model.kept)]
        name, snapshot = data.draw(st.sampled_from(kept))
        self.store.sandboxes.restore(name, snapshot)
        self.models[name].words = list(self.models[name].kept[snapshot])

    @precondition(lambda self: len(self.models) > 1)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(set(self.models) - {"main"})))
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
        max_examples=5,
        stateful_step_count=15,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_machine(operations, settings=how)
