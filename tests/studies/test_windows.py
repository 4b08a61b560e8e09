"""The windows of events on the clock of a zone, over changes of that clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.studies.planning.schedule import FIRST_DAY, LAST_DAY, Schedule
from apps.studies.planning.times import WHOLE_DAY, read_time, write_time
from apps.studies.planning.windows import EventWindow, ZoneWindows, is_zone
from hexostore.hexotime import TICKS_PER_HOUR, TICKS_PER_SECOND, from_datetime, to_datetime
from tests.studies.dates import window_of
from tests.studies.hypotheses import many

ZONES = (
    *("Europe/Berlin", "America/Montreal", "America/Havana", "America/Sao_Paulo", "Asia/Kolkata"),
    *("Australia/Lord_Howe", "Pacific/Auckland", "Africa/Cairo", "Antarctica/Troll", "UTC"),
    *("Africa/Casablanca", "Asia/Beirut", "America/Asuncion", "America/St_Johns", "Asia/Gaza"),
)


def window(day: str, start: str | None, end: str | None, zone: str) -> tuple[str, str]:
    """A window in UTC, as `03-29 07:00`."""
    times = [None if time is None else read_time(time) for time in (start, end)]
    schedule = Schedule(start_time=times[0], end_time=times[1])
    found = window_of(schedule, date.fromisoformat(day), zone)
    first, last = (f"{to_datetime(ticks):%m-%d %H:%M}" for ticks in found)
    return first, last


@pytest.mark.rule("studies 4.3")
@pytest.mark.parametrize(
    ("day", "start", "end", "expected"),
    [
        ("2026-03-28", "09:00", "10:00", ("03-28 08:00", "03-28 09:00")),
        ("2026-03-29", "09:00", "10:00", ("03-29 07:00", "03-29 08:00")),
        ("2026-03-28", None, None, ("03-27 23:00", "03-28 23:00")),
        ("2026-03-29", None, None, ("03-28 23:00", "03-29 22:00")),
        ("2026-10-25", None, None, ("10-24 22:00", "10-25 23:00")),
        ("2026-10-25", "02:00", "03:00", ("10-25 00:00", "10-25 02:00")),
        ("2026-10-25", "02:30", "02:45", ("10-25 00:30", "10-25 01:45")),
        ("2026-10-24", "22:00", "02:30", ("10-24 20:00", "10-25 01:30")),
        ("2026-03-29", "02:00", "03:00", ("03-29 01:00", "03-29 02:00")),
        ("2026-03-29", "02:10", "02:50", ("03-29 01:10", "03-29 01:50")),
        ("2026-03-29", "01:30", "02:30", ("03-29 00:30", "03-29 01:30")),
        ("2026-03-29", "02:30", "03:15", ("03-29 01:30", "03-29 02:15")),
        ("2026-03-28", "22:00", "06:00", ("03-28 21:00", "03-29 04:00")),
        ("2026-03-28", "22:00", "24:00", ("03-28 21:00", "03-28 23:00")),
        ("2026-03-28", "22:00", "00:00", ("03-28 21:00", "03-28 23:00")),
        ("2026-03-28", "22:00", None, ("03-28 21:00", "03-28 23:00")),
        ("2026-03-28", None, "06:00", ("03-27 23:00", "03-28 05:00")),
    ],
)
def test_windows_in_berlin(
    day: str, start: str | None, end: str | None, expected: tuple[str, str]
) -> None:
    assert window(day, start, end, "Europe/Berlin") == expected


@pytest.mark.rule("studies 4.3")
def test_windows_are_in_ticks() -> None:
    schedule = Schedule(start_time=read_time("09:00"), end_time=read_time("10:00"))
    found = window_of(schedule, date(2026, 3, 29), "Europe/Berlin")
    assert found == EventWindow(454340505600, 454341427200)


@pytest.mark.rule("studies 4.3")
@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/Havana", "2026-11-01", 25),  # midnight is repeated at the beginning of the day
        ("America/Havana", "2026-10-31", 24),  # so the day before ends with the first of both
        ("America/Havana", "2026-03-08", 23),  # there is no midnight
        ("Africa/Cairo", "2026-04-24", 23),
        ("Africa/Cairo", "2026-10-29", 25),  # the last hour of the day is repeated
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Antarctica/Troll", "2026-03-29", 22),
        ("Pacific/Apia", "2011-12-29", 24),
        ("Pacific/Apia", "2011-12-30", 24),  # a day that Samoa did not have
        ("Pacific/Apia", "2011-12-31", 24),
        ("Asia/Kolkata", "2026-03-29", 24),
    ],
)
def test_how_long_days_are(zone: str, day: str, hours: float) -> None:
    start, end = window_of(Schedule(), date.fromisoformat(day), zone)
    assert (end - start) / TICKS_PER_HOUR == hours


def test_the_clock_of_a_subject_decides() -> None:
    assert window("2026-03-29", "21:00", "22:00", "America/Montreal") == (
        "03-30 01:00",
        "03-30 02:00",
    )
    assert window("2026-03-29", "21:00", "22:00", "Pacific/Auckland") == (
        "03-29 08:00",
        "03-29 09:00",
    )


@many
@given(st.dates(date(2010, 1, 1), date(2035, 12, 31)), st.sampled_from(ZONES))
def test_a_day_ends_where_the_next_begins(day: date, zone: str) -> None:
    ends = window_of(Schedule(), day, zone).end
    assert ends == window_of(Schedule(), day + timedelta(days=1), zone).start


@many
@given(
    st.dates(date(2010, 1, 1), date(2035, 12, 31)),
    st.integers(0, 1439),
    st.integers(1, 1440),
    st.sampled_from(ZONES),
)
def test_windows_show_their_times_on_the_clock(day: date, start: int, end: int, zone: str) -> None:
    """Compared with zoneinfo: the same times, unless the clock skips them."""
    schedule = Schedule(start_time=60 * start, end_time=60 * end)
    found = window_of(schedule, day, zone)
    assert found.start < found.end
    if start == end:
        return
    clock = datetime.combine(day, datetime.min.time()) + timedelta(minutes=start)
    first = clock.replace(tzinfo=ZoneInfo(zone), fold=0)
    if first.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == clock:
        assert found.start == from_datetime(first)
    end += 1440 if end <= start else 0
    clock = datetime.combine(day, datetime.min.time()) + timedelta(minutes=end)
    last = clock.replace(tzinfo=ZoneInfo(zone), fold=1 if end % 1440 else 0)
    if last.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == clock:
        assert found.end in {
            from_datetime(last),
            found.start + (end - start) * 60 * TICKS_PER_SECOND,
        }


@many
@given(st.sampled_from([FIRST_DAY, LAST_DAY]), st.sampled_from(ZONES))
def test_every_day_that_can_be_planned_has_a_window(day: date, zone: str) -> None:
    start, end = window_of(Schedule(), day, zone)
    assert 20 * TICKS_PER_HOUR < end - start < 28 * TICKS_PER_HOUR


CHANGES = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/Santiago", date(2026, 9, 6)),  # at midnight
    ("America/Havana", date(2026, 11, 1)),  # the first hour of the day comes twice
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # by half an hour
    ("Pacific/Apia", date(2011, 12, 30)),  # there was no such day
    ("Africa/Casablanca", date(2026, 2, 15)),
    ("America/Scoresbysund", date(2024, 3, 31)),
]
TIMES = [(0, 24), (2, 3), (9, 10), (22, 6), (0.25, 0.5), (23.5, 23.75), (23, 22), (2.75, 2.5)]


@pytest.mark.rule("studies 4.3")
@pytest.mark.parametrize(("zone", "change"), CHANGES)
def test_days_near_a_change_of_the_clock_are_not_taken_as_usual(zone: str, change: date) -> None:
    """What is found about the days of a zone says the same as each window by itself."""
    windows = ZoneWindows(zone)
    days = [change + timedelta(days=step) for step in range(-6, 7)]
    for start, end in TIMES:
        schedule = Schedule(start_time=int(3600 * start), end_time=int(3600 * end))
        each = {day: window_of(schedule, day, zone) for day in days}
        assert {day: windows.of(schedule, day) for day in days} == each
        begin = each[days[3]].start
        moments = [begin + step * TICKS_PER_HOUR // 8 for step in range(8 * 24 * 6)]
        found = windows.count(moments, *schedule.times)
        assert {day: found[day.toordinal()] for day in days[3:-3]} == {
            day: sum(each[day].start <= moment < each[day].end for moment in moments)
            for day in days[3:-3]
        }


@pytest.mark.parametrize("zone", ZONES)
def test_zones_that_there_are(zone: str) -> None:
    assert is_zone(zone)


@pytest.mark.parametrize(
    "zone",
    [
        *("Mars/Base", "europe/berlin", "../UTC", "", "CEST", "+01:00", "UTC\x00"),
        *("Factory", "localtime", "posixrules", "posix/UTC", "right/UTC", "tzdata.zi"),
    ],
)
def test_zones_that_there_are_not(zone: str) -> None:
    assert not is_zone(zone)


def test_a_window_in_an_unknown_zone_is_an_error() -> None:
    with pytest.raises(ValueError, match="Mars/Base"):
        window_of(Schedule(), date(2026, 3, 29), "Mars/Base")


@many
@given(st.integers(0, WHOLE_DAY))
def test_times_are_read_as_they_are_written(time: int) -> None:
    assert read_time(write_time(time)) == time
