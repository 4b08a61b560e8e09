"""What runs while a clock is advanced: in which order, when, and with which result."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from apps.control import advancing, clocks
from apps.control.advancing import Advance, _Advancing
from apps.control.names import MAIN
from apps.control.plane import KnownSandbox
from apps.control.sandboxes import SandboxError
from apps.jobs import kinds, queue
from apps.jobs.kinds import KINDS, Failed, GiveUp, Kind
from apps.jobs.models import Job
from hexostore import clock
from hexostore.clock import LATEST, Clock, by_clock
from tests.control.clock.clocked import LOGIN, NEW_YEAR, moment_of, new_clocked
from tests.live import Live

MINUTE = timedelta(minutes=1)
Ran = list[tuple[Any, timedelta]]
FROZEN = Clock(NEW_YEAR, NEW_YEAR)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Ran:
    """What was done, and when after the beginning, by `chore` and each hour by `sweep`."""
    found: Ran = []

    def note(name: str) -> kinds.Work:
        def work(payload: dict[str, Any]) -> bool | None:
            found.append((payload.get("name", name), clock.now() - NEW_YEAR))
            return _do(payload)

        return work

    for name in list(KINDS):
        monkeypatch.delitem(KINDS, name)
    chore = Kind("chore", note("chore"), 2, None, frozenset({"secret"}))
    sweep = Kind("sweep", note("sweep"), 2, timedelta(hours=1), frozenset())
    monkeypatch.setitem(KINDS, "sweep", sweep)
    monkeypatch.setitem(KINDS, "chore", chore)
    return found


def _do(payload: dict[str, Any]) -> bool | None:
    """Do what the payload says: `fail`, `give up`, or one step of several."""
    if payload.get("does") == "fail":
        raise Failed("no luck")
    if payload.get("does") == "give up":
        raise GiveUp("hopeless")
    payload["steps"] = payload.get("steps", 1) - 1
    return bool(payload["steps"] > 0)


def add(name: str, minutes: float = 0, **payload: Any) -> Job:
    due = NEW_YEAR + timedelta(minutes=minutes)
    return Job.objects.create(kind="chore", payload={"name": name, **payload}, due=due)


class Clocks:
    """Stands for the control database: each clock that was stored in it."""

    def __init__(self, chosen: Clock | None) -> None:
        self.stored: list[Clock] = []
        self.sandbox = KnownSandbox(MAIN, "world", 1, "", NEW_YEAR, None, NEW_YEAR, chosen)

    def store(self, _plane: object, sandbox: KnownSandbox, chosen: Clock) -> KnownSandbox:
        self.stored.append(chosen)
        return replace(sandbox, clock=chosen)


@contextmanager
def begun(
    monkeypatch: pytest.MonkeyPatch, chosen: Clock | None = FROZEN
) -> Iterator[tuple[_Advancing, Clocks]]:
    """An advance that begins at New Year, unless by another clock."""
    found = Clocks(chosen)
    monkeypatch.setattr(clocks, "store_clock", found.store)
    with by_clock(chosen):
        yield _Advancing(None, found.sandbox), found  # type: ignore[arg-type]


def advance(monkeypatch: pytest.MonkeyPatch, minutes: float) -> Advance:
    with begun(monkeypatch) as (found, _):
        return found.advance_to(lambda now: now + timedelta(minutes=minutes))[1]


@pytest.mark.django_db
def test_jobs_run_in_the_order_in_which_they_fall_due(
    ran: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, minutes in (("third", 3), ("first", 1), ("never", 11), ("overdue", -5)):
        add(name, minutes)
    done = advance(monkeypatch, 10)
    assert ran == [
        ("overdue", timedelta()),
        ("first", MINUTE),
        ("third", 3 * MINUTE),
        ("sweep", 10 * MINUTE),
    ]
    assert [(run.kind, run.at - NEW_YEAR) for run in done.runs] == [
        ("chore", timedelta()),
        ("chore", MINUTE),
        ("chore", 3 * MINUTE),
        ("sweep", 10 * MINUTE),
    ]
    assert [run.due - NEW_YEAR for run in done.runs[:3]] == [-5 * MINUTE, MINUTE, 3 * MINUTE]
    assert done.is_finished
    assert Job.objects.get(payload__name="never").state == Job.State.WAITING


@pytest.mark.django_db
def test_what_fails_is_tried_again_when_that_is_due(
    ran: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    add("unlucky", does="fail", secret="hush")
    add("other", 0.5)
    done = advance(monkeypatch, 1)
    runs = [run for run in done.runs if run.kind == "chore"]
    assert [(run.about["name"], run.result, run.error) for run in runs] == [
        ("unlucky", "failed", "no luck"),
        ("unlucky", "given up", "no luck"),
        ("other", "done", ""),
    ]
    assert runs[0].again == NEW_YEAR + timedelta(seconds=15) == runs[1].at
    assert runs[1].again is None
    assert all("secret" not in run.about for run in runs)


@pytest.mark.django_db
def test_what_is_hopeless_is_given_up_at_once(ran: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    add("hopeless", does="give up")
    run, _ = advance(monkeypatch, 1).runs
    assert (run.result, run.error, run.again) == ("given up", "hopeless", None)


@pytest.mark.django_db
def test_steps_of_a_job_are_listed_one_by_one(ran: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    add("long", steps=3)
    results = [run.result for run in advance(monkeypatch, 1).runs if run.kind == "chore"]
    assert results == ["continues", "continues", "done"]


@pytest.mark.django_db
def test_a_periodic_task_runs_once_at_the_end(ran: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    days = timedelta(days=30)
    done = advance(monkeypatch, days / MINUTE)
    assert ran == [("sweep", days)]
    (run,) = done.runs
    assert (run.result, run.again) == ("done", NEW_YEAR + days + timedelta(hours=1))


@pytest.mark.django_db
def test_what_a_job_adds_runs_as_well(ran: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(_payload: dict[str, Any]) -> None:
        queue.add_job("chore", {"name": "added"})

    monkeypatch.setitem(KINDS, "parent", Kind("parent", work, 2, None, frozenset()))
    Job.objects.create(kind="parent", payload={}, due=NEW_YEAR + MINUTE)
    advance(monkeypatch, 5)
    assert ran == [("added", MINUTE), ("sweep", 5 * MINUTE)]


@pytest.mark.django_db
@pytest.mark.usefixtures("ran")
@pytest.mark.parametrize(
    ("chosen", "speed"), [(None, 1.0), (FROZEN, 0.0), (Clock(NEW_YEAR, NEW_YEAR, 60.0), 60.0)]
)
def test_the_clock_stands_meanwhile_and_then_goes_on_as_before(
    monkeypatch: pytest.MonkeyPatch, chosen: Clock | None, speed: float
) -> None:
    with begun(monkeypatch, chosen) as (found, told):
        sandbox, done = found.advance_to(lambda now: now + MINUTE)
    assert {each.speed for each in told.stored[:-1]} == {0.0}
    shown = [each.shown for each in told.stored]
    assert shown == sorted(shown)
    assert (shown[0], shown[-1]) == (done.begun, done.target)
    assert sandbox.clock == told.stored[-1]
    assert told.stored[-1].speed == speed


@pytest.mark.django_db
def test_too_much_for_one_call_is_gone_on_with(ran: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advancing, "MOST_RUNS", 2)
    for number in range(3):
        add(f"{number}", number)
    target = NEW_YEAR + 5 * MINUTE
    with begun(monkeypatch) as (found, _):
        sandbox, done = found.advance_to(lambda _: target)
    assert (done.is_finished, done.target, len(done.runs)) == (False, target, 2)
    assert sandbox.clock is not None
    assert sandbox.clock.shown == NEW_YEAR + MINUTE
    with begun(monkeypatch, sandbox.clock) as (found, _):
        sandbox, done = found.advance_to(lambda _: target)
    assert done.is_finished
    assert [name for name, _ in ran] == ["0", "1", "2", "sweep"]


@pytest.mark.django_db
def test_a_fault_leaves_the_clock_where_it_was_reached(
    ran: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    add("first", 1)

    def break_down(_kind: Kind) -> int | None:
        raise RuntimeError("the database is away")

    monkeypatch.setattr(queue, "do_next_job", break_down)
    with begun(monkeypatch, Clock(NEW_YEAR, NEW_YEAR, 2.0)) as (found, told):
        with pytest.raises(RuntimeError):
            found.advance_to(lambda _: LATEST)
        assert told.stored[-1].shown == told.stored[-2].shown
        assert told.stored[-1].speed == 2.0
    assert ran == []


@pytest.mark.django_db
@pytest.mark.usefixtures("ran")
def test_what_somebody_else_is_doing_is_left_to_them(monkeypatch: pytest.MonkeyPatch) -> None:
    add("taken", 1)
    monkeypatch.setattr(queue, "do_next_job", lambda _kind: None)
    done = advance(monkeypatch, 5)
    assert (done.runs, done.is_finished) == ([], True)


@pytest.mark.django_db
@pytest.mark.usefixtures("ran")
@pytest.mark.parametrize("target", [NEW_YEAR - MINUTE, LATEST + MINUTE])
def test_an_impossible_target_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, target: datetime
) -> None:
    with begun(monkeypatch) as (found, told), pytest.raises(SandboxError):
        found.advance_to(lambda _: target)
    assert told.stored == []


def test_retries_wait_for_the_clock_of_the_sandbox(strict: Live) -> None:
    """A letter to a mail server that is away, in a served store."""
    with new_clocked(strict) as clocked:
        clocked.freeze()
        asked = clocked.ask("POST", "/api/resetpassword/", json={"email": LOGIN[0]})
        assert asked.status_code == 202
        assert all(moment_of(run["at"]) == NEW_YEAR for run in clocked.advance(0))
        assert clocked.advance(14) == []
        later = clocked.advance(46)
    assert [(run["kind"], run["result"]) for run in later] == [("letter", "failed")] * 2
    assert [moment_of(run["at"]) - NEW_YEAR for run in later] == [MINUTE / 4, MINUTE / 4 * 3]
    assert all(run["at"] == run["due"] for run in later)
    assert moment_of(later[1]["again"]) == NEW_YEAR + timedelta(seconds=105)
    assert all("text" not in run["about"] for run in later)
