"""Conversions between ticks, seconds, datetimes and text."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexostore import clock, hexotime

TICKS = st.integers(min_value=-(2**40), max_value=2**45)
MOMENTS = st.datetimes(max_value=datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def test_a_record_of_the_documents() -> None:
    """Record 37700 of the API reference: start 359840226870, start_date as here."""
    assert hexotime.to_iso(hexotime.to_datetime(359840226870)) == "2014-07-17T19:38:06+00:00"


@given(TICKS)
def test_ticks_survive_seconds(ticks: int) -> None:
    assert hexotime.from_seconds(hexotime.to_seconds(ticks)) == ticks


@given(TICKS)
def test_ticks_survive_datetimes(ticks: int) -> None:
    assert hexotime.from_datetime(hexotime.to_datetime(ticks)) == ticks


@given(MOMENTS)
def test_a_moment_becomes_the_nearest_tick(moment: datetime) -> None:
    away = abs(hexotime.to_datetime(hexotime.from_datetime(moment)) - moment)
    assert away <= timedelta(seconds=1 / 512, microseconds=1)


@pytest.mark.parametrize(
    ("ticks", "text"),
    [(1, "1970-01-01T00:00:00.003906"), (11, "1970-01-01T00:00:00.042969")],
)
def test_ticks_are_written_to_the_nearest_microsecond(ticks: int, text: str) -> None:
    assert hexotime.to_naive_iso(hexotime.to_datetime(ticks)) == text


@given(MOMENTS)
def test_naive_text_survives(moment: datetime) -> None:
    assert hexotime.from_iso(hexotime.to_naive_iso(moment)) == moment


@given(MOMENTS)
def test_text_has_whole_seconds_and_an_offset(moment: datetime) -> None:
    text = hexotime.to_iso(moment)
    assert text.endswith("+00:00")
    assert hexotime.from_iso(text) == moment.replace(microsecond=0)


@pytest.mark.parametrize(
    ("seconds", "ticks"), [(0, 0), (1, 256), (0.5, 128), (0.0039, 0), (-0.0039, -1)]
)
def test_seconds_round_down(seconds: float, ticks: int) -> None:
    assert hexotime.from_seconds(seconds) == ticks


def test_naive_datetimes_mean_utc() -> None:
    east = datetime(2014, 7, 17, 21, 38, 6, tzinfo=timezone(timedelta(hours=2)))
    assert hexotime.as_utc(datetime(2014, 7, 17, 19, 38, 6)) == east  # noqa: DTZ001
    assert hexotime.to_iso(east) == "2014-07-17T19:38:06+00:00"


def test_the_clock_agrees_with_itself() -> None:
    before = clock.ticks()
    now = hexotime.from_datetime(clock.now())
    assert before <= now <= clock.ticks()
