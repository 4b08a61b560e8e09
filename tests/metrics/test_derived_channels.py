"""Channels derived for records that came without them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.catalog.models import Datatype
from apps.metrics.derived_channels import derive_variability
from apps.metrics.reading import read_series
from apps.metrics.variability_channels import VARIABILITY
from apps.records.models import Record
from apps.signals.models import Channel
from apps.signals.storage import store
from apps.simulation import profiles
from apps.simulation.simulator import EVENTS, Simulation
from tests.signals.conftest import START, new_record

RR, QUALITY, NN, SDNN = 18, 1004, 318, 272
SECONDS = 900
Datatypes = dict[int, Datatype]


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return Simulation(profiles.read_profile("rest_test"), 3, START, SECONDS)


@pytest.fixture
def bare(athlete: User, datatypes: Datatypes, simulation: Simulation) -> Record:
    """Fifteen minutes of beats, without anything that a service derives."""
    made = new_record(athlete, seconds=SECONDS)
    write(made, datatypes, simulation, (RR, QUALITY))
    return made


def write(
    record: Record, datatypes: Datatypes, simulation: Simulation, dataids: Iterable[int]
) -> None:
    for dataid in dataids:
        if dataid in EVENTS:
            store.write_events(record, datatypes[dataid], *simulation.events(dataid))
        else:
            store.write_channel(record, datatypes[dataid], simulation.samples(dataid))


def values(record: Record, dataid: int) -> list[int]:
    found: list[int] = read_series(record, [dataid]).series_of(dataid).values.tolist()
    return found


def test_beats_give_what_the_service_would_have_sent(bare: Record, simulation: Simulation) -> None:
    assert derive_variability(bare)
    for dataid in VARIABILITY:
        assert values(bare, dataid) == simulation.samples(dataid).tolist()
    ticks, intervals = simulation.events(NN)
    found = read_series(bare, [NN]).series_of(NN)
    assert (found.ticks - START).tolist() == ticks.tolist()
    assert found.values.tolist() == intervals.tolist()
    window = read_series(bare, [SDNN]).series_of(SDNN)
    assert ((window.ticks - START) / 256).tolist() == [300, 600, 900]


def test_again_there_is_nothing_to_do(bare: Record) -> None:
    derive_variability(bare)
    before = list(Channel.objects.order_by("datatype").values_list("datatype", "version"))
    with CaptureQueriesContext(connection) as asked:
        assert not derive_variability(bare)
    assert not [each for each in asked if "signals_chunk" in each["sql"]]
    assert before == list(Channel.objects.order_by("datatype").values_list("datatype", "version"))


def test_other_beats_give_other_channels(
    bare: Record, datatypes: Datatypes, simulation: Simulation
) -> None:
    derive_variability(bare)
    ticks, intervals = simulation.events(RR)
    store.write_events(bare, datatypes[RR], ticks[:700], intervals[:700])
    assert derive_variability(bare)
    assert values(bare, NN) == [
        each for tick, each in zip(*simulation.events(NN), strict=True) if tick <= ticks[699]
    ]
    assert values(bare, SDNN)[0] == simulation.samples(SDNN)[0]
    assert values(bare, SDNN)[2] == 0


def test_what_was_brought_stays(bare: Record, datatypes: Datatypes, simulation: Simulation) -> None:
    store.write_channel(bare, datatypes[SDNN], np.array([1, 2, 3]))
    store.write_events(bare, datatypes[NN], np.array([256]), np.array([222]))
    assert derive_variability(bare)
    assert (values(bare, SDNN), values(bare, NN)) == ([1, 2, 3], [222])
    assert values(bare, 271) == simulation.samples(271).tolist()


def test_what_is_brought_later_takes_the_place(bare: Record, datatypes: Datatypes) -> None:
    derive_variability(bare)
    store.write_channel(bare, datatypes[SDNN], np.array([1, 2, 3]))
    derive_variability(bare)
    assert values(bare, SDNN) == [1, 2, 3]


def test_without_beats_what_was_derived_is_gone(
    bare: Record, datatypes: Datatypes, simulation: Simulation
) -> None:
    write(bare, datatypes, simulation, [19])
    derive_variability(bare)
    bare.channels.filter(datatype__in=[RR, QUALITY]).delete()
    assert derive_variability(bare)
    assert set(bare.channels.values_list("datatype", flat=True)) == {19}
    assert not derive_variability(bare)


def test_nn_intervals_alone_are_enough(
    athlete: User, datatypes: Datatypes, simulation: Simulation
) -> None:
    record = new_record(athlete, seconds=SECONDS)
    write(record, datatypes, simulation, [NN])
    assert derive_variability(record)
    assert values(record, SDNN) == simulation.samples(SDNN).tolist()
    assert values(record, 274) == [0, 0, 0]
    assert not derive_variability(record)


def test_a_short_record_has_intervals_only(
    athlete: User, datatypes: Datatypes, simulation: Simulation
) -> None:
    record = new_record(athlete, seconds=299)
    write(record, datatypes, simulation, (RR, QUALITY))
    Record.objects.filter(pk=record.pk).update(end=START + 299 * 256)
    assert derive_variability(record)
    assert set(record.channels.values_list("datatype", flat=True)) == {RR, QUALITY, NN}


def test_a_record_without_a_start_has_nothing(athlete: User, datatypes: Datatypes) -> None:
    assert not derive_variability(Record.objects.create(user=athlete))
