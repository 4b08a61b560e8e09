"""Storing what is simulated: record, device, channels and truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.db import transaction

from apps.accounts.models import User
from apps.catalog.models import Datatype
from apps.records.models import Device, Record
from apps.signals.storage import record_state, store
from apps.simulation.models import Truth
from apps.simulation.simulator import Simulation
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

MODELS = {"hexoskin": 13, "astroskin": 15}
"""The two digits of model in the ids of the devices that simulations are worn with."""

SERIALS = 90_000_000
"""Where the serial numbers of these devices begin, far from those of real ones."""

FIRMWARE = "2.2.0"

Progress = Callable[[str], None]


def record(user: User, simulation: Simulation, progress: Progress = lambda _: None) -> Record:
    """Stores a complete record of the user's: all of it or, whatever happens, nothing."""
    with transaction.atomic():
        made = begin(user, simulation, status="processing")
        write(made, simulation, simulation.datatypes(), simulation.seconds, progress)
        complete(made, simulation, simulation.seconds)
    return made


def begin(user: User, simulation: Simulation, status: str) -> Record:
    """Stores a record without samples, which ends where it starts, with what it is simulated from.

    Published clients calculate with the end of a record that has just begun.
    """
    profile, start = simulation.profile, simulation.start
    with transaction.atomic():
        made = Record.objects.create(
            user=user,
            device=device(user, profile.device),
            start=start,
            end=start,
            device_start=start,
            status=status,
            firmware_rev=FIRMWARE,
            soft_uid="HXDEV-SIMULATED",
        )
        Truth.objects.create(
            record=made, profile=profile.name, seed=simulation.seed, seconds=simulation.seconds
        )
        record_state.settle(made)
    return made


def device(user: User, kind: str) -> Device:
    """The device with which the user's simulations of that kind are recorded, made if need be."""
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


def write(
    made: Record,
    simulation: Simulation,
    dataids: Iterable[int],
    seconds: int,
    progress: Progress = lambda _: None,
) -> None:
    """Stores the first `seconds` of those channels in place of what is there, then sums up.

    A channel of f ticks per sample has as many samples as fit: seconds * 256 // f. Raises
    LookupError when the store has no catalogue.
    """
    datatypes = known(dataids)
    for number, (dataid, datatype) in enumerate(datatypes.items(), start=1):
        progress(f"channel {number} of {len(datatypes)}: {datatype.name}")
        if datatype.hexo_freq:
            counts = simulation.samples(dataid)[: seconds * SECOND // datatype.hexo_freq]
            store.write_channel(made, datatype, counts)
        else:
            offsets, values = simulation.events(dataid)
            within = offsets < seconds * SECOND
            store.write_events(made, datatype, offsets[within], values[within])
    record_state.settle(made)


def known(dataids: Iterable[int]) -> dict[int, Datatype]:
    """The datatypes of those ids, in their order. Raises LookupError when the store lacks one."""
    wanted = list(dataids)
    found = Datatype.objects.in_bulk(wanted)
    if missing := [dataid for dataid in wanted if dataid not in found]:
        raise LookupError(f"This store does not know the datatype {missing[0]}.")
    return {dataid: found[dataid] for dataid in wanted}


def complete(made: Record, simulation: Simulation, seconds: int) -> None:
    """Adds the truth of the first `seconds` and says that the record is complete."""
    with transaction.atomic():
        Truth.objects.filter(record=made).update(document=simulation.truth(seconds))
        record_state.advance(made, "complete")
