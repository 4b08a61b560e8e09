"""A record that grows while it is recorded (behaviour 3.1).

What the device computes itself arrives in blocks of about five seconds, five to fifteen seconds
late. Raw signals wait for the sync that ends the record, and what the service computes waits for
the processing after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec
import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals.storage import channel_growth, record_state
from apps.simulation import profiles, recording
from apps.simulation.models import Truth
from apps.simulation.profiles import SimulationProfile
from apps.simulation.simulator import Simulation
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

BLOCK = 5
"""Seconds of data that arrive together."""

LATENESS = 5.0, 10.0
"""Seconds between the end of a block and its arrival: its samples are then 5 to 15 s late."""


class Busy(Exception):
    """The record is being recorded or finished by another process."""


def draw_arrivals(seed: int, seconds: int) -> NDArray[np.int64]:
    """Return the ticks after the start at which each block of a record has arrived, in ascending
    order."""
    # Blocks that end at 10 and 12 s may arrive after 19 and 18 s; the second is then put off to 19.
    ends = np.minimum(np.arange(BLOCK, seconds + BLOCK, BLOCK), seconds)
    random = np.random.default_rng([seed, seconds])
    late = random.uniform(*LATENESS, len(ends))
    in_order = np.maximum.accumulate((ends + late) * SECOND)
    return in_order.astype(np.int64)


class Live:
    """A growing record. Times are given in ticks; nothing here asks for the time."""

    def __init__(self, record: Record, simulation: Simulation) -> None:
        self.record = record
        self.simulation = simulation
        self.seconds = 0
        self._arrivals = draw_arrivals(simulation.seed, simulation.seconds)
        self._datatypes = recording.require_datatypes(simulation.computed_by_device())

    @property
    def planned_end(self) -> int:
        """The tick at which the device stops by itself."""
        return self.simulation.start + self.simulation.seconds * SECOND

    def store_arrived(self, now: int) -> bool:
        """Store what has arrived by the tick `now`, in one transaction. Return whether there was
        anything new."""
        blocks = int(np.searchsorted(self._arrivals, now - self.simulation.start, side="right"))
        seconds = min(blocks * BLOCK, self.simulation.seconds)
        if seconds <= self.seconds:
            return False
        with transaction.atomic():
            for datatype in self._datatypes.values():
                self._extend_channel(datatype, self.seconds, seconds)
            record_state.settle(self.record)
        self.seconds = seconds
        return True

    def _extend_channel(self, datatype: Datatype, since: int, until: int) -> None:
        """Add the data of a channel between two seconds."""
        if datatype.hexo_freq:
            samples = self.simulation.samples(datatype.pk)[since:until]
            channel_growth.extend_channel(self.record, datatype, samples)
        else:
            offsets, values = self.simulation.events(datatype.pk)
            first, last = np.searchsorted(offsets, [since * SECOND, until * SECOND])
            channel_growth.extend_events(
                self.record, datatype, offsets[first:last], values[first:last]
            )


def grow_record(
    live: Live,
    now: Callable[[], int],
    wait: Callable[[float], bool],
    progress: recording.Progress = lambda _: None,
) -> int:
    """Record until the planned end, or until `wait` says to stop. Return the recorded seconds.

    `now` returns the present tick, and `wait` is given the seconds to wait.
    """
    stopped = False
    while not stopped and (remaining := live.planned_end - now()) > 0:
        if live.store_arrived(now()):
            progress(f"{live.seconds} s have arrived")
        stopped = wait(min(BLOCK, remaining / SECOND))
    worn = (now() - live.simulation.start) // SECOND
    return max(1, live.seconds, min(worn, live.simulation.seconds))


def finish_record(
    record: Record,
    simulation: Simulation,
    seconds: int,
    progress: recording.Progress = lambda _: None,
) -> None:
    """End a growing record after so many seconds: sync, processing, complete."""
    if record.status != "processing":
        record_state.advance(record, "syncing")
        synced = [*simulation.computed_by_device(), *simulation.raw_signals()]
        recording.write_channels(record, simulation, synced, seconds, progress)
        record_state.advance(record, "processing")
    recording.write_channels(
        record, simulation, simulation.computed_by_service(), seconds, progress
    )
    recording.complete_record(record, simulation, seconds)


def resume_simulation(record: Record) -> tuple[Simulation, int]:
    """Return the simulation of an unfinished record, and the seconds of it that had arrived.

    Raise LookupError if the record was not simulated or is complete.
    """
    truth = Truth.objects.filter(record=record, document__isnull=True).first()
    if truth is None or record.start is None:
        raise LookupError(f"{record} is not a simulated record that is still growing")
    simulation = Simulation(_profile_of(truth), truth.seed, record.start, truth.seconds)
    arrived = ((record.end or record.start) - record.start) // SECOND
    return simulation, min(max(1, arrived), truth.seconds)


def _profile_of(truth: Truth) -> SimulationProfile:
    """Return the profile by which a record grows. Raise ProfileError if it has only a name, and
    there is none of that."""
    if truth.grows_by is None:
        return profiles.read_profile(truth.profile)
    return msgspec.convert(truth.grows_by, SimulationProfile)


@contextmanager
def lock_alone(record: Record) -> Iterator[None]:
    """Keep other processes from working on a growing record, as long as this one lives.

    Raise Busy if one of them does.
    """
    name = f"simulated record {record.pk}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
        (taken,) = cursor.fetchone()
        if not taken:
            raise Busy(f"{record} is being recorded by another process")
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])
