"""The supervisor's processes: who is started again, and when."""

from __future__ import annotations

import multiprocessing

import pytest

from hexostore import server
from hexostore.server import Child, Running
from hexostore.web.threads import CONNECTIONS, MOST, MOST_WORKERS, thread_count


def ended(pause: float) -> Running:
    return Running(Child("a", print), multiprocessing.Process(), since=100.0, pause=pause)


@pytest.mark.parametrize(
    ("lived", "pause", "expected"),
    [
        (server.SHORT_LIFE + 1, 0.0, 0.0),
        (server.SHORT_LIFE + 1, 8.0, 0.0),
        (1.0, 0.0, server.FIRST_PAUSE),
        (1.0, 4.0, 8.0),
        (1.0, 25.0, server.SLOWEST_RESTART),
    ],
)
def test_who_dies_soon_again_waits_longer(lived: float, pause: float, expected: float) -> None:
    assert ended(pause).next_pause(100.0 + lived) == expected


@pytest.mark.parametrize("workers", range(1, MOST_WORKERS + 1))
def test_all_workers_together_leave_the_database_connections(workers: int) -> None:
    """Each thread may hold one, and so may the two of the probes."""
    assert 1 <= thread_count(workers) <= MOST
    assert workers * (thread_count(workers) + 2) <= CONNECTIONS
