"""Which laps and points belong to which session."""

from __future__ import annotations

import numpy as np
import pytest

from apps.exchange.activity import Column, Session
from tests.exchange.fit import building, rides
from tests.exchange.fit.building import CYCLING, RUNNING, START, SWIMMING, TRANSITION
from tests.exchange.fit.test_times import ticks

TRIATHLON = [(0, 300, SWIMMING), (300, 360, TRANSITION), (360, 960, CYCLING), (960, 1200, RUNNING)]


def triathlon(summaries_first: bool) -> bytes:
    """Return a file of four sessions and six laps."""
    laps = [(0, 100), (100, 300), (300, 360), (360, 700), (700, 960), (960, 1200)]
    summaries = [
        building.LAPS.table(*(building.lap(*each) for each in laps)),
        building.SESSIONS.table(*(building.session(*each) for each in TRIATHLON)),
    ]
    records = building.records(0, 1200)
    order = [*summaries, records] if summaries_first else [records, *summaries]
    return building.activity(*order)


@pytest.mark.rule("exchange recipe 13", "exchange D6")
@pytest.mark.parametrize("summaries_first", [True, False])
def test_several_sports_in_one_file(summaries_first: bool) -> None:
    """A session for each, the change of clothes too, with the laps and points of its time."""
    sessions = rides.read(triathlon(summaries_first)).sessions
    assert [session.activitytype for session in sessions] == [14, 997, 1, 10]
    spans = [(session.start, session.end) for session in sessions]
    assert spans == [(ticks(begin), ticks(end)) for begin, end, _ in TRIATHLON]
    assert [len(session.laps) for session in sessions] == [2, 1, 2, 1]
    assert [len(rides.points_of(session)) for session in sessions] == [300, 60, 600, 240]
    assert sessions[2].laps[0].start == ticks(360)


@pytest.mark.rule("exchange recipe 14")
def test_neither_lap_nor_session() -> None:
    """Records alone make an activity as long as they are."""
    content = building.activity(building.records(5, 500))
    found = rides.read_session(content)
    assert (found.start, found.end) == (ticks(5), ticks(499))
    assert (found.laps, found.activitytype) == ((), 997)


def test_laps_but_no_session() -> None:
    content = building.activity(
        building.records(0, 500), building.LAPS.table(building.lap(0, 300), building.lap(300, 510))
    )
    found = rides.read_session(content)
    assert (found.start, found.end, len(found.laps)) == (ticks(0), ticks(510), 2)


def test_session_and_nothing_else() -> None:
    """As our own files of indoor training: no points, but all of the rest."""
    found = rides.read_session(
        building.activity(building.SESSIONS.table(building.session(0, 60, SWIMMING)))
    )
    assert (found.activitytype, found.points, found.laps) == (14, (), ())


def test_sport_in_a_message_of_its_own() -> None:
    sports = building.Rows(4, building.SPORT, {0: "B", 1: "B"})
    content = building.activity(building.records(0, 60), sports.table((CYCLING, 8)))
    assert rides.read_session(content).activitytype == 7


def test_sport_of_the_laps() -> None:
    laps = building.Rows(2, building.LAP, {253: "I", 2: "I", 7: "I", 25: "B"})
    content = building.activity(
        building.records(0, 60), laps.table((START, START, 60_000, SWIMMING))
    )
    assert rides.read_session(content).activitytype == 14


@pytest.mark.rule("exchange recipe 15")
def test_records_behind_the_last_lap() -> None:
    """They belong to the session, which lasts until them; the lap ends where it says."""
    content = building.activity(
        building.records(0, 700),
        building.LAPS.table(building.lap(0, 300), building.lap(300, 600)),
        building.SESSIONS.table(building.session(0, 600)),
    )
    found = rides.read_session(content)
    assert len(rides.points_of(found)) == 700
    assert (found.end, found.laps[-1].end) == (ticks(699), ticks(600))


@pytest.mark.rule("exchange recipe 15")
def test_lap_that_was_never_ended() -> None:
    """It ends with the session, an earlier one where the next begins."""
    laps = building.Rows(2, building.LAP, {2: "I", 7: "I"})
    unknown = 0xFFFFFFFF
    content = building.activity(
        building.records(0, 600),
        laps.table((START, unknown), (START + 200, unknown)),
        building.SESSIONS.table(building.session(0, 600)),
    )
    spans = [(lap.start, lap.end) for lap in rides.read_session(content).laps]
    assert spans == [(ticks(0), ticks(200)), (ticks(200), ticks(600))]


def test_laps_that_do_not_last() -> None:
    content = building.ten_minutes(building.LAPS.table(building.lap(300, 300)))
    assert len(rides.read_session(content).laps) == 2


@pytest.mark.rule("exchange D7")
def test_single_lap_as_long_as_the_session() -> None:
    """A watch wrote it: it counts. Ours does not, which is only there since a file needs one."""
    single = building.activity(
        building.records(0, 60),
        building.LAPS.table(building.lap(0, 60)),
        building.SESSIONS.table(building.session(0, 60)),
    )
    assert len(rides.read_session(single).laps) == 1
    assert rides.read_session(rides.written(rides.session(60))).laps == ()
    assert len(rides.read_session(rides.written(rides.session(60, laps=1))).laps) == 1


def test_same_session_twice() -> None:
    content = building.activity(
        building.SESSIONS.table(building.session(0, 600)),
        building.records(0, 600),
        building.SESSIONS.table(building.session(0, 600)),
    )
    assert len(rides.read(content).sessions) == 1


def with_steps(sport: int) -> Session:
    """Return a session with a cadence of 80 and a half."""
    rows = building.Rows(1, building.RECORD, {253: "I", 4: "B", 53: "B"})
    content = building.activity(
        rows.table((START, 80, 64), (START + 1, 0xFF, 0), (START + 2, 80, 0xFF)),
        building.SESSIONS.table(building.session(0, 3, sport)),
    )
    return rides.read_session(content)


def test_cadence_on_foot_counts_strides() -> None:
    """A stride is two steps."""
    steps = rides.points_of(with_steps(RUNNING)).column(Column.STEP_RATE)
    assert steps.tolist()[::2] == [161, 160]
    assert np.isnan(steps[1])


def test_cadence_of_a_bicycle_is_no_step() -> None:
    assert rides.points_of(with_steps(CYCLING)).columns == {}
