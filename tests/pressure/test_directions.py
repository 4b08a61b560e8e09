"""Each direction of attack at a small scale; `bin/attack` has the full one."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.chaos.store import Store
from tests.pressure.directions import DIRECTIONS
from tests.pressure.target import served_target

SCALES = {
    "reads": 0.02,
    "changes": 0.03,
    "odd": 0.02,
    "raw": 1.0,
    "tickets": 0.05,
    "endurance": 0.03,
    "proxy": 0.2,
}
ELSEWHERE = {"archives"}
"""Its tests are in the suite already."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are read from /proc")


@pytest.fixture(scope="module")
def target() -> Iterator[Store]:
    """A demo world that may be attacked."""
    with served_target() as store:
        yield store


@pytest.mark.parametrize("direction", SCALES)
def test_it_holds(target: Store, direction: str) -> None:
    outcome = DIRECTIONS[direction](target, SCALES[direction])
    assert outcome.tried > 0
    assert outcome.findings == []


def test_no_direction_is_left_out() -> None:
    assert SCALES.keys() | ELSEWHERE == DIRECTIONS.keys()
