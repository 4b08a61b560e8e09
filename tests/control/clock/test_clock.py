"""What a clock shows, and who is told its time."""

from __future__ import annotations

from contextvars import copy_context
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from hexostore import clock
from hexostore.clock import EARLIEST, LATEST, Clock, by_clock

SINCE = datetime(2026, 11, 20, 8, tzinfo=UTC)
SHOWN = datetime(2031, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)

moments = st.datetimes(
    EARLIEST.replace(tzinfo=None), LATEST.replace(tzinfo=None), timezones=st.just(UTC)
)


@pytest.mark.parametrize(
    ("speed", "later"),
    [(0.0, timedelta()), (1.0, HOUR), (60.0, 60 * HOUR), (0.5, HOUR / 2)],
)
def test_it_runs_from_its_moment_at_its_speed(speed: float, later: timedelta) -> None:
    assert Clock(SHOWN, SINCE, speed).moment(SINCE + HOUR) == SHOWN + later


def test_it_does_not_follow_a_system_clock_that_is_put_back() -> None:
    assert Clock(SHOWN, SINCE, 1.0).moment(SINCE - HOUR) == SHOWN


def test_it_stops_at_the_latest_moment() -> None:
    fast = Clock(SHOWN, SINCE, 100_000.0)
    assert fast.moment(SINCE + timedelta(days=365)) == LATEST
    assert fast.moment(SINCE + timedelta(days=365_000)) == LATEST


@given(moments, moments, st.lists(moments, min_size=2, max_size=2), st.floats(0, 100_000))
def test_it_never_goes_back(
    shown: datetime, since: datetime, real: list[datetime], speed: float
) -> None:
    found = Clock(shown, since, speed)
    first, second = (found.moment(each) for each in sorted(real))
    assert shown <= first <= second <= LATEST


def test_a_context_has_its_own_clock() -> None:
    with by_clock(Clock(SHOWN, SINCE)):
        elsewhere = copy_context()
        assert clock.now() == SHOWN
        with by_clock(None):
            assert clock.now() < SHOWN
        assert clock.ticks() == 256 * int(SHOWN.timestamp())
        assert clock.system_now() < SHOWN
    assert clock.chosen_clock() is None
    assert clock.now() < SHOWN
    assert elsewhere.run(clock.now) == SHOWN


def test_django_and_its_libraries_ask_it() -> None:
    with by_clock(Clock(SHOWN, SINCE)):
        assert timezone.now() == SHOWN  # noqa: TID251 - what libraries call
