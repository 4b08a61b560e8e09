"""The signals of the demo world, simulated from the number of each record."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.catalog.datatype_facts import EVERY_RECORD, SHOWN_RECORDS, coming_by_sync, in_demo
from apps.catalog.models import Datatype
from apps.metrics.nights import times_in_bed
from apps.metrics.stretches import Span
from apps.metrics.subject import HRV_TYPES
from apps.records.models import Range, Record
from apps.sandbox import demo_tracks
from apps.sandbox.demo_derived import DemoChannels
from apps.sandbox.printed_sums import PrintedSum
from apps.signals.storage import store
from apps.signals.storage.store import Packed
from apps.simulation import motion, profiles
from apps.simulation.simulator import Simulation
from hexostore import processes
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

WHOLE, WITH_ECG, NEWEST = 37700, 43419, 301204

PRINTED: dict[int, dict[int, list[tuple[int, list[int]]]]] = {
    WHOLE: {
        # Two seconds have no heart rate; it is not printed which.
        19: [(0, [70, 71]), (2322, [0, 0])],
        33: [(0, [12, 13])],
        37: [(5, [43, 43])],
        1000: [(0, [32, 32, 40, 32])],
    },
    WITH_ECG: {4113: [(0, [1715]), (79, [1423])]},
}
"""Counts that the API reference shows, by record, datatype and number of the sample."""

SUMS = {
    WHOLE: {
        19: PrintedSum(
            239_829,
            0,
            (
                (70, 79, 137),
                (80, 99, 865),
                (100, 119, 907),
                (120, 139, 378),
                (140, 159, 34),
                (160, 179, 1),
            ),
        ),
        49: PrintedSum(83_967, 255, ((4, 80, 2_069),)),
    }
}
"""What channels add up to, by record and datatype, so that the printed metrics come out (API
reference, Getting Metrics). The heart rate lies in the bins of the histogram of 2014; activity is
in 1/256 g."""

ATHLETE = 1511
"""The user whose records the documents show. The profile of a rest test describes them."""

SEEDS = {WHOLE: 1722}
"""With this one the stroll begins at the heart rate that the documents print."""

NIGHT = 7 * 3600 * SECOND
"""Records longer than this are nights."""

DONE = {
    "stroll": (WHOLE,),
    "walk": (WITH_ECG,),
    "run": (39702, 40276, 40955, NEWEST),
    "cycling": (41877, 42301),
    "rest_test": (42008, 44237),
}
"""The records of each profile whose ranges in the demo world say what is done."""

OTHERS = "gym", "walk", "run", "cycling", "rest_test"
"""What is done in the other records, in turn."""

LEAD, AXIS, ACTIVITY = 4113, 4145, 49
"""Datatypes: a lead of the ECG, an axis of acceleration, and activity, which is made of it."""

BEATS = 17, 18, 1004
"""Datatypes: heart beats, the intervals between them, and their quality."""


def make_signals(
    progress: Callable[[str], None] = lambda _: None, keys: Collection[int] | None = None
) -> None:
    """Store the signals of all finished records, or of those with these keys.

    The signals are the same every time, and so are the tracks. Every record gets its channels of
    one sample a second, those of rest and sleep get beats too. The two records that the documents
    show and the newest one get more. Records that are not synchronized yet have no raw signals.
    What processing would derive is there already.
    """
    datatypes = Datatype.objects.in_bulk()
    found = Record.objects.filter(start__isnull=False, end__isnull=False).order_by("pk")
    records = list(found if keys is None else found.filter(pk__in=keys))
    resting = _find_rests(records)
    simulated = processes.shared_out(partial(_pack_channels, datatypes, resting), records)
    for record, channels in zip(records, simulated, strict=True):
        progress(f"signals of record {record.pk}")
        store.write_packed(record, channels)
    demo_tracks.make_tracks(records, simulate_up_to)


def _find_rests(records: Sequence[Record]) -> dict[int, Sequence[Span]]:
    """Return the records in whose time a range of rest or sleep lies, with the times in bed."""
    rows = Range.objects.filter(activitytype__in=HRV_TYPES).values_list("user_id", "start", "end")
    rests = [(user, start, end) for user, start, end in rows if end is not None]
    return {
        record.pk: times_in_bed(record)
        for record in records
        for user, start, end in rests
        if user == record.user_id and start < (record.end or 0) and end > (record.start or 0)
    }


def _pack_channels(
    datatypes: Mapping[int, Datatype], resting: Mapping[int, Sequence[Span]], record: Record
) -> list[Packed]:
    """Return the channels of a record, simulated and packed, with what is derived from them."""
    ticks = (record.end or 0) - (record.start or 0)
    simulation = simulate_up_to(record, ticks)
    found = DemoChannels(record, datatypes)
    for dataid in (*in_demo(EVERY_RECORD), *_raw_signals(record)):
        step = datatypes[dataid].hexo_freq or 1
        found.add_samples(dataid, _counts_as_shown(record, simulation, dataid)[: ticks // step])
    for dataid in _choose_events(record, is_rest=record.pk in resting):
        found.add_events(dataid, *simulation.events(dataid))
    found.add_derived(resting.get(record.pk, ()))
    return found.packed


def _choose_events(record: Record, *, is_rest: bool) -> tuple[int, ...]:
    """Return the datatypes of a record's events: those of the documents, or the beats of rest."""
    if record.pk in {WHOLE, NEWEST}:
        return in_demo(SHOWN_RECORDS)
    return BEATS if is_rest else ()


def simulate_up_to(record: Record, ticks: int) -> Simulation:
    """Return a simulation up to the last tick of the record. The athlete is always the same
    person."""
    profile = profiles.read_profile(profile_of(record.pk, ticks))
    if record.user_id == ATHLETE:
        profile = replace(profile, person=profiles.read_profile("rest_test").person)
    seed = SEEDS.get(record.pk, record.pk)
    return Simulation(profile, seed, record.start or 0, -(-ticks // SECOND))


def profile_of(key: int, ticks: int) -> str:
    """Return the name of the profile of a demo record, by its number and length."""
    if ticks > NIGHT:
        return "night"
    named = (name for name, keys in DONE.items() if key in keys)
    return next(named, OTHERS[key % len(OTHERS)])


def _raw_signals(record: Record) -> tuple[int, ...]:
    raw = coming_by_sync()
    return {WHOLE: raw, WITH_ECG: (LEAD,), NEWEST: raw}.get(record.pk, ())


def _counts_as_shown(record: Record, simulation: Simulation, dataid: int) -> NDArray[Any]:
    """Return the counts of a channel, with those that the documents show in their places.

    Activity is estimated where no acceleration is stored, because computing it would take most of
    the time.
    """
    if dataid == ACTIVITY and AXIS not in _raw_signals(record):
        return motion.estimated_activity(simulation.timeline)
    counts = simulation.samples(dataid).copy()
    printed = {
        first + place: value
        for first, values in PRINTED.get(record.pk, {}).get(dataid, [])
        for place, value in enumerate(values)
    }
    summed = SUMS.get(record.pk, {}).get(dataid)
    if summed is not None:
        ticks = (record.end or 0) - (record.start or 0)
        return summed.fit_counts(counts[: ticks // SECOND].astype(np.int64), printed)
    for place, value in printed.items():
        counts[place] = value
    return counts
