"""Work is shared out to processes, and comes back in order."""

from __future__ import annotations

import os
import signal

import pytest

from hexostore import processes


@pytest.fixture(autouse=True)
def cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two cores, whatever the machine has."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})


def told(item: int) -> tuple[int, int]:
    return item, os.getpid()


def ends(item: int) -> int:
    if item == 3:
        os._exit(1)
    return item


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_everything_comes_back_in_order(count: int) -> None:
    found = list(processes.shared_out(told, range(count)))
    assert [item for item, _ in found] == list(range(count))


def test_two_processes_share_the_work() -> None:
    doers = [pid for _, pid in processes.shared_out(told, range(6))]
    assert doers[::2] == [doers[0]] * 3
    assert doers[1::2] == [doers[1]] * 3
    assert len({os.getpid(), *doers}) == 3


def test_one_core_does_it_without_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    assert {pid for _, pid in processes.shared_out(told, range(4))} == {os.getpid()}


def test_a_process_that_dies_is_no_end_of_the_work() -> None:
    found = processes.shared_out(ends, range(6))
    assert [next(found), next(found), next(found)] == [0, 1, 2]
    with pytest.raises(EOFError):
        next(found)


def test_who_stops_asking_leaves_nobody_behind() -> None:
    found = processes.shared_out(told, range(6))
    doers = {next(found)[1], next(found)[1]}
    found.close()  # type: ignore[attr-defined]
    for pid in doers:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_work_in_a_child_leaves_nothing_here() -> None:
    kept: list[int] = []

    def work() -> tuple[int, int]:
        kept.append(1)
        return os.getpid(), len(kept)

    process, number = processes.in_child(work)
    assert process != os.getpid()
    assert number == 1
    assert not kept


def test_an_error_in_a_child_is_raised_here() -> None:
    def work() -> None:
        raise ValueError("of the child")

    with pytest.raises(ValueError, match="of the child"):
        processes.in_child(work)


def test_a_child_that_is_killed_is_noticed() -> None:
    with pytest.raises(EOFError):
        processes.in_child(lambda: os.kill(os.getpid(), signal.SIGKILL))
