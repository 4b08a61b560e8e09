"""Storing a simulated record: what is there afterwards, and that nothing is left of a failure."""

from __future__ import annotations

import weakref
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Datatype
from apps.records.models import Device, Record
from apps.signals.models import Channel, Chunk
from apps.signals.storage import store
from apps.simulation import profiles, recording
from apps.simulation.models import Truth
from apps.simulation.simulator import AXES, EVENTS, Simulation
from apps.tracks.models import Track
from hexostore import hexotime
from tests.catalogue import load_catalogue
from tests.people import Caller, owner
from tests.simulation.conftest import profile

__all__ = ["owner"]

START = 359_840_000_123
REST = profile({"posture": "sitting"})


@pytest.fixture(autouse=True)
def datatypes(db: None) -> dict[int, Datatype]:
    load_catalogue("datatype")
    return Datatype.objects.in_bulk()


def simulated(name: str = "rest_test", seconds: int = 330, seed: int = 1) -> Simulation:
    return Simulation(profiles.read_profile(name), seed, START, seconds)


@pytest.mark.parametrize("name", ["rest_test", "astronaut", "night"])
def test_a_record_is_complete(owner: Caller, name: str) -> None:
    simulation = simulated(name)
    made = recording.store_record(owner.user, simulation)
    made.refresh_from_db()
    assert (made.user, made.status, made.data_status) == (owner.user, "complete", {})
    assert (made.start, made.end) == (START, START + 330 * 256)
    channels = {channel.datatype_id: channel for channel in made.channels.all()}
    assert set(channels) == set(simulation.all_datatypes())
    for dataid, channel in channels.items():
        if channel.step:
            assert channel.count == 330 * 256 // channel.step, dataid
        else:
            assert channel.count == len(simulation.events(dataid)[0]), dataid
    truth = Truth.objects.get(record=made)
    assert (truth.profile, truth.seed, truth.seconds) == (name, 1, 330)
    assert truth.document == simulation.describe_truth()


def test_what_is_stored_is_what_is_simulated(owner: Caller) -> None:
    made, simulation = recording.store_record(owner.user, simulated()), simulated()
    answer = owner.get("/api/data/", {"record": made.pk, "datatype__in": "19,33,1000"})
    (series,) = answer.json()
    for dataid in (19, 33, 1000):
        values = [value for _, value in series["data"][str(dataid)]]
        assert values == simulation.samples(dataid).tolist()
    ecg = owner.get("/api/data/", {"record": made.pk, "datatype": 4113, "flat": 1}).json()
    every = ecg[1][0] - ecg[0][0]
    assert [value for _, value in ecg] == simulation.samples(4113)[::every].tolist()
    beats = owner.get("/api/data/", {"record": made.pk, "datatype": 17, "flat": 1}).json()
    assert [tick - START for tick, _ in beats] == simulation.events(17)[0].tolist()


def test_one_raw_signal_is_in_memory_at_a_time(owner: Caller) -> None:
    simulation = simulated("astronaut")
    read = simulation.samples
    kept: dict[int, weakref.ref[Any]] = {}

    def samples(dataid: int) -> Any:
        assert [one for one, counts in kept.items() if counts() is not None] == []
        counts = read(dataid)
        if dataid in simulation.raw_signals() and dataid not in AXES:
            kept[dataid] = weakref.ref(counts)
        return counts

    with patch.object(simulation, "samples", samples):
        recording.store_record(owner.user, simulation)
    assert len(kept) == 6


def test_the_same_seed_stores_the_same_bytes(owner: Caller) -> None:
    one, two = (recording.store_record(owner.user, simulated()) for _ in range(2))
    other = recording.store_record(owner.user, simulated(seed=2))
    versions = [
        dict(record.channels.values_list("datatype_id", "version")) for record in (one, two, other)
    ]
    assert versions[0] == versions[1]
    assert versions[0][4113] != versions[2][4113]


def test_each_user_has_a_device_of_each_kind(owner: Caller) -> None:
    first = recording.store_record(owner.user, simulated(seconds=20))
    second = recording.store_record(owner.user, simulated("walk", 20))
    astroskin = recording.store_record(owner.user, simulated("astronaut", 20))
    assert first.device == second.device != astroskin.device
    assert Device.objects.count() == 2
    assert first.device is not None
    assert first.device.deviceid == f"HXSKIN13{90_000_000 + owner.user.pk}"
    uri = f"/api/device/{first.device.deviceid}/"
    assert owner.get(f"/api/record/{first.pk}/").json()["device"] == uri
    assert owner.get(uri).status_code == 200


def test_nothing_is_left_of_a_record_that_fails(owner: Caller) -> None:
    write, written = store.write_channel, []

    def fail_at_the_tenth(record: Record, datatype: Datatype, counts: Any) -> bool:
        written.append(datatype.pk)
        far = 2**17 if len(written) == 10 else 0
        return write(record, datatype, counts.astype(np.int64) + far)

    with (
        patch.object(store, "write_channel", fail_at_the_tenth),
        pytest.raises(ValueError, match="position 0"),
    ):
        recording.store_record(owner.user, simulated(seconds=20))
    assert len(written) == 10
    for model in (Record, Channel, Chunk, Truth, Device):
        assert not model._default_manager.exists()


def test_an_interrupted_record_is_gone_as_well(owner: Caller) -> None:
    with (
        patch.object(store, "write_events", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        recording.store_record(owner.user, simulated(seconds=20))
    assert not Record.objects.exists()


def test_statements_grow_with_channels_only(owner: Caller) -> None:
    """Some seven for each channel, however long the record is that has variability."""
    recording.simulated_device(owner.user, "hexoskin")
    counts = []
    for seconds in (320, 900):
        simulation = simulated(seconds=seconds)
        with CaptureQueriesContext(connection) as found:
            recording.store_record(owner.user, simulation)
        counts.append(len(found))
    assert counts[0] == counts[1]
    assert counts[1] <= 8 * len(simulated().all_datatypes()) + 20


def test_a_part_is_the_beginning_of_the_whole(owner: Caller, datatypes: Any) -> None:
    simulation = simulated()
    made = recording.begin_record(owner.user, simulation, "syncing")
    recording.write_channels(made, simulation, simulation.all_datatypes(), 100)
    made.refresh_from_db()
    assert made.end == START + 100 * 256
    for channel in made.channels.all():
        if channel.step:
            assert channel.count == 100 * 256 // channel.step
        else:
            offsets = simulation.events(channel.datatype_id)[0]
            assert channel.count == np.searchsorted(offsets, 100 * 256)
    assert {*made.channels.values_list("datatype_id", flat=True)} >= {*EVENTS} & {17, 52}


def test_a_record_with_a_gps_gets_the_track_of_its_truth(owner: Caller) -> None:
    simulation = simulated("run", seconds=600)
    made = recording.store_record(owner.user, simulation)
    track = Track.objects.get()
    assert (track.user, track.record, track.range) == (owner.user, made, None)
    places = simulation.describe_truth()["track"]
    points = track.points.order_by("pk").values_list("latitude", "longitude", "altitude", "speed")
    assert [*points] == [*zip(*(places[name] for name in PLACES), strict=True)]
    assert track.distance == pytest.approx(sum(places["speed"][1:]), rel=0.005)
    assert track.start_date == hexotime.to_datetime(START + 256)
    assert track.end_date == hexotime.to_datetime(START + 600 * 256)


PLACES = "latitude", "longitude", "altitude", "speed"


def test_a_record_without_a_gps_has_no_track(owner: Caller) -> None:
    recording.store_record(owner.user, simulated())
    assert not Track.objects.exists()
