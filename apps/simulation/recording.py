"""Storing a simulation: record, device, channels and truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from django.db import transaction

from apps.accounts.models import User
from apps.catalog.models import Datatype
from apps.records.models import Device, Range, Record
from apps.signals.storage import record_state, store
from apps.simulation.models import Truth
from apps.simulation.simulator import Simulation
from apps.tracks.appending import PointArrays, append_points
from apps.tracks.models import Track
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

MODELS = {"hexoskin": 13, "astroskin": 15}
"""The two digits of model in the ids of simulated devices."""

SERIALS = 90_000_000
"""The first serial number of these devices, far from those of real ones."""

FIRMWARE = "2.2.0"

Progress = Callable[[str], None]


def store_record(user: User, simulation: Simulation, progress: Progress = lambda _: None) -> Record:
    """Store a complete record of the user: everything or nothing."""
    with transaction.atomic():
        made = begin_record(user, simulation, status="processing")
        write_channels(made, simulation, simulation.all_datatypes(), simulation.seconds, progress)
        complete_record(made, simulation, simulation.seconds)
    return made


def fill_record(
    record: Record, simulation: Simulation, progress: Progress = lambda _: None
) -> list[Datatype]:
    """Store a whole simulation in a record that is there: channels, truth and track.

    The record begins when the simulation does, and keeps its status. Return the channels that were
    not there as they are now.
    """
    with transaction.atomic():
        changed = write_channels(
            record, simulation, simulation.all_datatypes(), simulation.seconds, progress
        )
        _replace_truth(record, simulation)
    return changed


def _replace_truth(record: Record, simulation: Simulation) -> None:
    """Store truth and track of a record in place of those of another simulation."""
    document = simulation.describe_truth()
    known = Truth.objects.filter(record=record).first()
    if known is not None and known.document == document:
        return
    if known is not None and "track" in (known.document or {}):
        Track.objects.filter(record=record, range=None).delete()
    origin = {name: document[name] for name in ("profile", "seed", "seconds")}
    whole = {**origin, "document": document, "grows_by": None}
    Truth.objects.update_or_create(record=record, defaults=whole)
    if "track" in document:
        store_track(record, document["track"])


def begin_record(user: User, simulation: Simulation, status: str) -> Record:
    """Store a record without samples, which ends where it starts, with the origin of its
    simulation.

    Published clients compute with the end of a record that has just begun.
    """
    profile, start = simulation.profile, simulation.start
    with transaction.atomic():
        made = Record.objects.create(
            user=user, start=start, end=start, status=status, **device_facts(user, simulation)
        )
        Truth.objects.create(
            record=made,
            profile=profile.name,
            seed=simulation.seed,
            seconds=simulation.seconds,
            grows_by=asdict(profile) if status == "realtime" else None,
        )
        record_state.settle(made)
    return made


def device_facts(user: User, simulation: Simulation) -> dict[str, Any]:
    """Return the fields of a simulated record that tell of its device. That is created if
    necessary."""
    return {
        "device": simulated_device(user, simulation.profile.device),
        "device_start": simulation.start,
        "firmware_rev": FIRMWARE,
        "soft_uid": "HXDEV-SIMULATED",
    }


def simulated_device(user: User, kind: str) -> Device:
    """Return the device of the user's simulations of that kind. It is created if necessary."""
    serial, model = SERIALS + user.pk % 10_000_000, MODELS[kind]
    found, _ = Device.objects.get_or_create(
        deviceid=f"HXSKIN{model}{serial:08}",
        defaults={
            "serial": serial,
            "model": model,
            "status": 1,
            "fw_start": FIRMWARE,
            "fw_end": FIRMWARE,
            "hw_rev": "2.0",
        },
    )
    return found


def write_channels(
    made: Record,
    simulation: Simulation,
    dataids: Iterable[int],
    seconds: int,
    progress: Progress = lambda _: None,
) -> list[Datatype]:
    """Store the first `seconds` of those channels in place of the existing ones, and summarize
    them. Return those that were not there as they are now.

    A channel of f ticks per sample has as many samples as fit: seconds * 256 // f. Raise
    LookupError if the store has no catalogue.
    """
    datatypes = require_datatypes(dataids)
    changed = []
    for number, datatype in enumerate(datatypes.values(), start=1):
        progress(f"channel {number} of {len(datatypes)}: {datatype.name}")
        # In a function of its own, so that no two raw signals are in memory at once.
        is_new = _write_channel(made, simulation, datatype, seconds)
        changed += [datatype] if is_new else []
    if changed:
        record_state.settle(made)
    return changed


def _write_channel(made: Record, simulation: Simulation, datatype: Datatype, seconds: int) -> bool:
    """Store the first `seconds` of a channel. Return whether they were not there as they are."""
    if datatype.hexo_freq:
        counts = simulation.samples(datatype.pk)[: seconds * SECOND // datatype.hexo_freq]
        return store.write_channel(made, datatype, counts)
    offsets, values = simulation.events(datatype.pk)
    within = offsets < seconds * SECOND
    return store.write_events(made, datatype, offsets[within], values[within])


def require_datatypes(dataids: Iterable[int]) -> dict[int, Datatype]:
    """Return the datatypes of those ids, in order. Raise LookupError if the store lacks one."""
    wanted = list(dataids)
    found = Datatype.objects.in_bulk(wanted)
    if missing := [dataid for dataid in wanted if dataid not in found]:
        raise LookupError(f"This store does not know the datatype {missing[0]}.")
    return {dataid: found[dataid] for dataid in wanted}


def complete_record(made: Record, simulation: Simulation, seconds: int) -> None:
    """Add the truth of the first `seconds` and the track, and mark the record as complete."""
    document = simulation.describe_truth(seconds)
    with transaction.atomic():
        Truth.objects.filter(record=made).update(document=document, grows_by=None)
        if "track" in document:
            store_track(made, document["track"])
        record_state.advance(made, "complete")


def store_track(
    made: Record, places: Mapping[str, Sequence[float]], since: int = 0, of: Range | None = None
) -> Track:
    """Store where somebody was each second of a record, from second `since` on: a track of the
    record, and of the range `of`.

    Like a sample, a place stands at the end of its second. `places` are those of the ground truth.
    """
    assert made.start is not None
    named = {name: np.array(values[since:], np.float64) for name, values in places.items()}
    seconds = np.arange(len(named["latitude"]), dtype=np.int64) + since + 1
    track = Track.objects.create(user_id=made.user_id, record=made, range=of)
    points = PointArrays(
        made.start + SECOND * seconds,
        named["longitude"],
        named["latitude"],
        altitudes=named["altitude"],
        speeds=named["speed"],
    )
    append_points(track, [points])
    return track
