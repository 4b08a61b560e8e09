"""All that is worked out of a record."""

from __future__ import annotations

import numpy as np
import pytest

from apps.accounts.models import User
from apps.catalog.models import Datatype
from apps.metrics.automatic import work_out_record
from apps.metrics.variability_channels import VARIABILITY
from apps.records.models import Range
from apps.signals.models import Channel
from apps.signals.storage import store
from apps.simulation import profiles
from apps.simulation.simulator import Simulation
from tests.catalogue import load_catalogue
from tests.signals.conftest import START, new_record

HOURS = 5
MEASURED = (18, 19, 49, 269, 1004)
DERIVED = {270, 280, 318, *VARIABILITY}


@pytest.fixture
def datatypes(db: None) -> dict[int, Datatype]:
    """All of the catalogue: activity types and routines too."""
    load_catalogue()
    return Datatype.objects.in_bulk()


def test_a_night_as_the_device_recorded_it(athlete: User, datatypes: dict[int, Datatype]) -> None:
    simulation = Simulation(profiles.read_profile("night"), 1, START, HOURS * 3600)
    record = new_record(athlete, seconds=HOURS * 3600)
    for dataid in MEASURED:
        if dataid in {19, 49}:
            store.write_channel(record, datatypes[dataid], simulation.samples(dataid))
        else:
            store.write_events(record, datatypes[dataid], *simulation.events(dataid))
    assert work_out_record(record) is None
    there = set(record.channels.values_list("datatype", flat=True))
    assert there == {*MEASURED, *DERIVED}
    (found,) = Range.objects.filter(user=athlete, autodetected=True)
    before = list(Channel.objects.order_by("datatype").values_list("datatype", "version"))
    assert work_out_record(record) is None
    assert list(Range.objects.values_list("pk", "last_modified")) == [
        (found.pk, found.last_modified)
    ]
    assert before == list(Channel.objects.order_by("datatype").values_list("datatype", "version"))


def test_a_nap_that_was_told_gets_phases(athlete: User, datatypes: dict[int, Datatype]) -> None:
    record = new_record(athlete, seconds=1200)
    store.write_channel(record, datatypes[49], np.zeros(1200, int))
    Range.objects.create(
        user=athlete, start=START + 60 * 256, end=START + 660 * 256, activitytype_id=12
    )
    assert work_out_record(record) is None
    assert set(record.channels.values_list("datatype", flat=True)) == {49, 280}
