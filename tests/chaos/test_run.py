"""A run against a real store finds what is undone behind its back, and tells processes apart."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from random import Random

import pytest
import requests

from tests.chaos.faults import (
    PROCESS_FAULTS,
    Fault,
    KillAll,
    is_backend,
    is_postmaster,
    is_web_worker,
)
from tests.chaos.model import Violation
from tests.chaos.report import Report
from tests.chaos.resources import LOGIN, USER
from tests.chaos.run import Run, plan_faults, prepared_run
from tests.chaos.store import Store
from tests.embedded import remove_home, throwaway_home
from tests.pressure.target import TIMEOUT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are read from /proc")


class Undoing(Fault):
    """Writes over something acknowledged behind the model's back, as a store does that loses it."""

    name = "undo"

    def __init__(self, run: Run) -> None:
        self.run, self.undone, self.deleted = run, "", ""

    def strike(self, store: Store, random: Random) -> list[Violation]:
        self.run.traffic.close()  # nobody may write over it again before the look
        model = self.run.model
        own = [uri for uri, label in model.rows("label").items() if label.get("user") == USER]
        self.undone, self.deleted = random.sample(
            [uri for uri in own if not model.in_doubt(uri)], 2
        )
        for method, uri in (("PATCH", self.undone), ("DELETE", self.deleted)):
            requests.request(
                method, store.base + uri, json={"name": "old"}, auth=LOGIN, timeout=TIMEOUT
            ).raise_for_status()
        return []


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """A run that has begun, with writers at work."""
    home = throwaway_home()
    try:
        with prepared_run(home, seed=1) as prepared:
            prepared.begin()
            yield prepared
            if prepared.store.runs():
                prepared.store.kill_all()
    finally:
        remove_home(home)


def test_processes_are_told_apart(run: Run) -> None:
    tree = run.store.tree()
    assert sum(is_postmaster(process, tree) for process in tree) == 1
    assert any(is_web_worker(process, tree) for process in tree)
    assert not any(is_web_worker(process, tree) for process in tree if is_backend(process, tree))
    assert all(process.runs() and process.memory() > 0 for process in tree)
    assert tree[0].descriptors() > 0


def test_what_is_undone_behind_its_back_is_found(run: Run) -> None:
    undoing = Undoing(run)
    run.strike(undoing, Random(1))  # noqa: S311 - a plan, no secret
    lost = [violation.text for violation in run.report.violations if violation.kind == "lost"]
    assert any(text.startswith(undoing.undone) and "'old'" in text for text in lost)
    assert f"{undoing.deleted} is gone" in lost
    assert run.model.counts["acknowledged"] > 0
    assert "BROKEN" in run.summary()


def test_a_store_that_was_killed_goes_on_and_leaves_nothing(run: Run) -> None:
    starts = len(run.store.restarts)
    run.strike(KillAll(), Random(1))  # noqa: S311 - a plan, no secret
    assert len(run.store.restarts) == starts + 1
    assert len(run.ended) > 2
    run.end()
    assert "left over" not in {violation.kind for violation in run.report.violations}


def test_a_plan_is_drawn_from_its_seed_and_leaves_nothing_out() -> None:
    def names(seed: int) -> list[str]:
        plan = plan_faults(PROCESS_FAULTS, Random(seed))  # noqa: S311 - a plan, no secret
        return [fault.name for fault in islice(plan, 2 * len(PROCESS_FAULTS))]

    assert names(1) == names(1) != names(2)
    assert set(Counter(names(3)).values()) == {2}


def test_a_summary_names_what_was_not_seen_too() -> None:
    report = Report(seed=4)
    text = report.summary(10, 2, Counter({500: 3, 503: 1, 200: 9, 0: 2}), [1.0, 3.0, 2.0])
    assert "10 acknowledged, 2 in doubt, 0 lost, 0 half" in text
    assert "5xx: {500: 3, 503: 1}; without an answer: 2" in text
    assert "starts: 3, 1.0 to 3.0 s, median 2.0 s" in text
    assert text.endswith("HELD")
