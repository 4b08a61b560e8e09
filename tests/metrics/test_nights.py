"""Sleep that is found in records, and its phases."""

from __future__ import annotations

import numpy as np
import pytest

from apps.accounts.models import User
from apps.catalog.models import ActivityType, Datatype, TrainingRoutine
from apps.metrics import nights
from apps.metrics.nights import SLEEP, derive_sleep, find_sleep_spans, update_sleep_ranges
from apps.metrics.reading import read_series
from apps.metrics.sleep import NREM, WAKE
from apps.records.models import Range, Record
from apps.signals.storage import store
from apps.simulation import profiles
from apps.simulation.simulator import Simulation
from tests.signals.conftest import START, new_record

HR, ACTIVITY, POSITION, DEVICE, PHASE = 19, 49, 270, 269, 280
HOURS = 6
MINUTE = 256 * 60
Datatypes = dict[int, Datatype]


@pytest.fixture(autouse=True)
def sleep_is_known(datatypes: Datatypes) -> None:
    ActivityType.objects.create(id=SLEEP, name="Sleep")
    TrainingRoutine.objects.create(id=SLEEP, name="sleep")


def night(
    user: User, datatypes: Datatypes, *, first: int = 30, last: int = 330, device: bool = True
) -> Record:
    """Six hours with a heart rate, lying still from one minute to another, upright else."""
    record = new_record(user, seconds=HOURS * 3600)
    activity = np.full(HOURS * 3600, 20)
    activity[first * 60 : last * 60] = 0
    store.write_channel(record, datatypes[ACTIVITY], activity)
    store.write_channel(record, datatypes[HR], np.full(HOURS * 3600, 55))
    ticks, codes = np.array([0, first * MINUTE, last * MINUTE]), np.array([6, 2, 6])
    dataid = DEVICE if device else POSITION
    store.write_events(record, datatypes[dataid], ticks, codes if device else np.minimum(codes, 5))
    return record


def found(record: Record) -> list[tuple[float, float]]:
    """Minutes from the start of the record at which sleeps begin and end."""
    spans = find_sleep_spans(record)
    return [((span.start - START) / MINUTE, (span.end - START) / MINUTE) for span in spans]


def ranges() -> list[tuple[int, int | None]]:
    rows = Range.objects.filter(autodetected=True, activitytype=SLEEP).order_by("start")
    return list(rows.values_list("start", "end"))


@pytest.mark.parametrize("device", [True, False])
def test_a_night_is_found(athlete: User, datatypes: Datatypes, device: bool) -> None:
    assert found(night(athlete, datatypes, device=device)) == [(30, 330)]


def test_an_afternoon_nap_is_too_short(athlete: User, datatypes: Datatypes) -> None:
    assert found(night(athlete, datatypes, first=30, last=269)) == []


def test_a_shirt_on_a_chair_does_not_sleep(athlete: User, datatypes: Datatypes) -> None:
    record = night(athlete, datatypes)
    rates = np.zeros(HOURS * 3600, int)
    rates[:1800] = 60
    store.write_channel(record, datatypes[HR], rates)
    assert found(record) == []


def test_without_a_position_nothing_is_found(athlete: User, datatypes: Datatypes) -> None:
    record = night(athlete, datatypes)
    record.channels.filter(datatype=DEVICE).delete()
    assert found(record) == []
    assert found(new_record(athlete, START + 10**9)) == []
    assert find_sleep_spans(Record.objects.create(user=athlete)) == []


def test_a_simulated_night_is_found(athlete: User, datatypes: Datatypes) -> None:
    simulation = Simulation(profiles.read_profile("night"), 1, START, 8 * 3600)
    record = new_record(athlete, seconds=8 * 3600)
    for dataid in (ACTIVITY, HR):
        store.write_channel(record, datatypes[dataid], simulation.samples(dataid))
    store.write_events(record, datatypes[DEVICE], *simulation.events(DEVICE))
    ((first, last),) = found(record)
    in_bed = np.flatnonzero(simulation.timeline.posture >= 2)
    assert (first, last) == pytest.approx((in_bed[0] / 60, in_bed[-1] / 60), abs=8)


def test_ranges_follow_what_is_found(athlete: User, outsider: User, datatypes: Datatypes) -> None:
    other = Range.objects.create(
        user=outsider, start=START, end=START + 256, activitytype_id=SLEEP, autodetected=True
    )
    record = night(athlete, datatypes)
    assert update_sleep_ranges(record)
    (one,) = Range.objects.filter(user=athlete)
    assert (one.start, one.end) == (START + 30 * MINUTE, START + 330 * MINUTE)
    assert (one.autodetected, one.activitytype_id, one.trainingroutine_id) == (True, SLEEP, SLEEP)
    assert not update_sleep_ranges(record)
    activity = np.full(HOURS * 3600, 20)
    activity[60 * 60 : 330 * 60] = 0
    store.write_channel(record, datatypes[ACTIVITY], activity)
    assert update_sleep_ranges(record)
    moved = Range.objects.get(user=athlete)
    assert (moved.pk, moved.start) == (one.pk, START + 60 * MINUTE)
    assert moved.last_modified > one.last_modified
    store.write_channel(record, datatypes[ACTIVITY], np.full(HOURS * 3600, 20))
    assert update_sleep_ranges(record)
    assert list(Range.objects.values_list("pk", flat=True)) == [other.pk]
    assert not update_sleep_ranges(record)


def test_a_sleep_that_was_told_is_not_found_again(athlete: User, datatypes: Datatypes) -> None:
    record = night(athlete, datatypes)
    told = Range.objects.create(
        user=athlete, start=START + 60 * MINUTE, end=START + 90 * MINUTE, activitytype_id=SLEEP
    )
    assert not update_sleep_ranges(record)
    told.delete()
    assert update_sleep_ranges(record)
    assert len(ranges()) == 1


def test_movement_gives_phases_in_bed(athlete: User, datatypes: Datatypes) -> None:
    record = night(athlete, datatypes)
    update_sleep_ranges(record)
    assert derive_sleep(record)
    phases = read_series(record, [PHASE]).series_of(PHASE)
    minutes = ((phases.ticks - START) / MINUTE).tolist()
    assert phases.values.tolist() == [0, WAKE, NREM, WAKE, 0]
    assert minutes == [0, 30, 33, 329, 330]
    positions = read_series(record, [POSITION]).series_of(POSITION)
    assert positions.values.tolist() == [5, 2, 5]
    assert not derive_sleep(record)


def test_phases_that_came_with_the_record_stay(athlete: User, datatypes: Datatypes) -> None:
    record = night(athlete, datatypes)
    update_sleep_ranges(record)
    store.write_events(record, datatypes[PHASE], np.array([0]), np.array([5]))
    derive_sleep(record)
    assert read_series(record, [PHASE]).series_of(PHASE).values.tolist() == [5]


def test_phases_go_with_the_range(athlete: User, datatypes: Datatypes) -> None:
    record = night(athlete, datatypes)
    assert not derive_sleep(record)
    update_sleep_ranges(record)
    derive_sleep(record)
    Range.objects.all().delete()
    assert derive_sleep(record)
    assert not record.channels.filter(datatype__in=[PHASE, POSITION]).exists()


def test_both_ways_upright_are_one() -> None:
    ticks = np.arange(7)
    assert nights.body_positions((ticks, ticks))[1].tolist() == [0, 1, 2, 3, 4, 5, 5]
