"""One simulated record: what happens, and every channel that the sensors make of it.

Everything is made when it is requested. Channels with a value a second or fewer are kept, so that a
growing record can be read bit by bit. Raw signals are not kept, because a day of them is hundreds
of megabytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.catalog.datatype_facts import ASTROSKIN, DEVICE, SERVICE, computed_by
from apps.metrics.sleep import WAKE
from apps.simulation import (
    bands,
    breath,
    chest,
    derived,
    ecg,
    exchange,
    found_beats,
    heart,
    hrv,
    motion,
    pulse,
    quality,
    respiration,
    steps,
    timeline,
    truth,
)
from apps.simulation.profiles import SimulationProfile
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

Samples = NDArray[Any]
Events = tuple[NDArray[np.int64], NDArray[np.int64]]

AXES = (4145, 4146, 4147)
MOTION = {*AXES, 49, 54, 269, 270}
"""Datatypes that are derived from acceleration."""

BANDS = (bands.THORACIC, bands.ABDOMINAL)
SLEEP = (270, 280)
"""Datatypes of sleep ranges only (behaviour 10)."""


class Simulation:
    """The record of a profile and a seed that begins at `start` (ticks) and lasts so many seconds.

    The same arguments give the same record. It raises ValueError for a length out of bounds or a
    negative seed.
    """

    def __init__(self, profile: SimulationProfile, seed: int, start: int, seconds: int) -> None:
        self.timeline = timeline.make_timeline(profile, seed, start, seconds)
        self.profile, self.seed, self.start, self.seconds = profile, seed, start, seconds
        self._samples: dict[int, Samples] = {}
        self._events: dict[int, Events] = {}
        self._acceleration: motion.Acceleration | None = None

    def all_datatypes(self) -> list[int]:
        """Return the ids of all channels. Those that need acceleration follow each other."""
        ids = [*self.computed_by_device(), *self.raw_signals(), *self.computed_by_service()]
        return sorted(ids, key=lambda dataid: dataid not in MOTION)

    def raw_signals(self) -> list[int]:
        """Return the ids of the raw signals, which only a sync brings."""
        leads = [lead for lead in ecg.LEADS if lead == 4113 or self._astroskin]
        return [*AXES, *leads, *BANDS, *([64] if self._astroskin else [])]

    def computed_by_device(self) -> list[int]:
        """Return the ids of what the device computes itself, and sends while it records."""
        return [*computed_by(DEVICE), *(computed_by(ASTROSKIN) if self._astroskin else ())]

    def computed_by_service(self) -> list[int]:
        """Return the ids of what the service computes after the sync."""
        hidden: set[int] = set()
        if np.all(self.timeline.stage == WAKE):
            hidden |= {*SLEEP}
        if not self._astroskin:
            hidden |= {99}
        return [dataid for dataid in computed_by(SERVICE) if dataid not in hidden]

    def samples(self, dataid: int) -> Samples:
        """Return the counts of a synchronous channel over the whole record. Raise KeyError if it
        has none."""
        if dataid in AXES:
            axis: Samples = self.acceleration()[AXES.index(dataid)]
            return axis
        if dataid in _RAW:
            self._acceleration = None
            return _RAW[dataid](self)
        if dataid not in self._samples:
            self._samples[dataid] = _SAMPLES[dataid](self)
        return self._samples[dataid]

    def events(self, dataid: int) -> Events:
        """Return ascending offsets in ticks from the start, and values of an asynchronous channel.

        Raise KeyError if the record has none of that datatype.
        """
        if dataid not in self._events:
            self._events[dataid] = EVENTS[dataid](self)
        return self._events[dataid]

    def describe_truth(self, seconds: int | None = None) -> dict[str, Any]:
        """Return the ground truth of the first `seconds`, by default of all
        (apps/simulation/truth.py)."""
        length = seconds or self.seconds
        return {
            "profile": self.profile.name,
            "title": self.profile.title,
            "person": asdict(self.profile.person),
            "seed": self.seed,
            "start": self.start,
            "seconds": length,
            "beats": truth.describe_beats(self.beats, self.found_beats, length * SECOND),
            "breaths": truth.describe_breaths(
                self.breaths, self.found_breaths.inspirations, length * SECOND
            ),
            **truth.describe_steps(self.steps, self.found_steps, length * SECOND),
            "artefacts": truth.describe_artefacts(self.timeline, length * SECOND),
            "postures": truth.describe_postures(self.timeline, length),
            "stages": truth.describe_stages(self.timeline, length),
            "apnoeas": truth.describe_apnoeas(self.timeline, length * SECOND),
            "coughs": truth.describe_coughs(self.trunk.gestures, length * SECOND),
            **truth.describe_track(self.timeline, length),
            **exchange.describe_exercise(self.timeline, length),
        }

    @property
    def _astroskin(self) -> bool:
        return self.profile.device == "astroskin"

    @cached_property
    def breaths(self) -> breath.Breaths:
        """Every breath that is taken."""
        return breath.breath_train(self.timeline)

    @cached_property
    def trunk(self) -> bands.Trunk:
        """How chest and belly move."""
        return bands.Trunk(self.timeline, self.breaths)

    @cached_property
    def found_breaths(self) -> respiration.Detected:
        """The breaths that the device finds."""
        return respiration.detect_breaths(self.trunk)

    @cached_property
    def beats(self) -> heart.Beats:
        """Every beat of the heart."""
        return heart.beat_train(self.timeline, self.breaths)

    @cached_property
    def found_beats(self) -> heart.Beats:
        """What the device takes for beats."""
        return found_beats.detect_beats(self.timeline, self.beats)

    @cached_property
    def steps(self) -> NDArray[np.int64]:
        """The ticks of the steps."""
        return steps.step_ticks(self.timeline)

    @cached_property
    def found_steps(self) -> NDArray[np.int64]:
        """The ticks of the steps that the device finds."""
        return steps.detect_steps(self.timeline, self.steps)

    @cached_property
    def pulses(self) -> pulse.Pulses:
        """Every pulse that arrives at the forehead."""
        return pulse.pulse_train(self.timeline, self.beats)

    @cached_property
    def found_pulses(self) -> pulse.Pulses:
        """The pulses that the device finds."""
        return pulse.detect_pulses(self.timeline, self.pulses, self.found_beats)

    def acceleration(self) -> motion.Acceleration:
        """Return all three axes. They are kept until another raw signal is requested."""
        if self._acceleration is None:
            felt = chest.Chest(self.trunk, self.beats)
            self._acceleration = motion.trunk_counts(self.timeline, felt)
        return self._acceleration

    @cached_property
    def variability(self) -> dict[int, Samples]:
        """The channels of heart rate variability."""
        nn, rr = self.events(318), self.events(18)
        return hrv.window_channels(nn, rr, self.seconds) | hrv.deprecated_channels(
            nn, rr, self.seconds
        )


Samplers = dict[int, Callable[[Simulation], Samples]]
_WATTS: Samplers = {
    42: lambda s: derived.energy_by_metrics(s.profile.person, s.samples(19)),
    1019: lambda s: derived.energy_of_heart(s.profile.person, s.samples(19)),
    1049: lambda s: derived.energy_of_activity(s.profile.person, s.samples(49)),
    1053: lambda s: derived.energy_of_cadence(s.profile.person, s.samples(53)),
}
_VARIABILITY: Samplers = {
    dataid: lambda s, dataid=dataid: s.variability[dataid]  # type: ignore[misc]
    for dataid in (*range(260, 263), *range(271, 280))
}
_QUALITY: Samplers = {
    dataid: lambda s, make=make: make(s.timeline)  # type: ignore[misc]
    for dataid, make in quality.CHANNELS.items()
}
_SAMPLES: Samplers = {
    19: lambda s: heart.heart_rate(s.timeline, s.found_beats),
    33: lambda s: respiration.breathing_rate(s.found_breaths, s.seconds),
    36: lambda s: respiration.minute_ventilation(s.found_breaths, s.seconds),
    37: lambda s: respiration.tidal_volume(s.found_breaths, s.seconds),
    38: lambda s: respiration.minute_ventilation_adjusted(s.samples(36), s.profile.person.weight),
    39: lambda s: respiration.tidal_volume_adjusted(s.samples(37), s.profile.person.weight),
    49: lambda s: motion.activity_counts(s.acceleration()),
    53: lambda s: steps.step_cadence(s.found_steps, s.seconds),
    54: lambda s: motion.actigraphy_counts(s.acceleration()),
    65: lambda s: pulse.pulse_rate(s.found_pulses, s.seconds),
    66: lambda s: pulse.oxygen_saturation(s.timeline, s.breaths),
    80: lambda s: pulse.thermistor_counts(s.samples(81)),
    81: lambda s: pulse.skin_temperature(s.timeline),
    98: lambda s: pulse.systolic_pressure(s.timeline, s.found_pulses),
    99: lambda s: pulse.systolic_pressure(s.timeline, s.found_pulses, adjusted=True),
    246: lambda s: derived.device_temperature(s.timeline),
    247: lambda s: derived.battery_level(s.timeline),
    338: lambda s: derived.respiration_temperature(s.timeline),
    **_WATTS,
    **_VARIABILITY,
    **_QUALITY,
}
_RAW: Samplers = {
    64: lambda s: pulse.ppg_counts(s.timeline, s.pulses, s.breaths),
    **{
        lead: lambda s, lead=lead: ecg.ecg_counts(s.timeline, s.beats, s.breaths, lead)  # type: ignore[misc]
        for lead in ecg.LEADS
    },
    **{
        band: lambda s, band=band: bands.respiration_counts(s.trunk, band)  # type: ignore[misc]
        for band in BANDS
    },
}
EVENTS: dict[int, Callable[[Simulation], Events]] = {
    17: lambda s: heart.qrs_events(s.found_beats),
    18: lambda s: heart.rr_intervals(s.found_beats),
    34: lambda s: respiration.inspiration_events(s.found_breaths),
    35: lambda s: respiration.expiration_events(s.found_breaths),
    52: lambda s: (s.found_steps, np.arange(1, len(s.found_steps) + 1)),
    97: lambda s: pulse.transit_events(s.found_pulses),
    269: lambda s: motion.device_positions(s.acceleration(), s.profile.gravity),
    270: lambda s: motion.sleep_positions(s.acceleration(), s.profile.gravity),
    280: lambda s: derived.sleep_phases(s.timeline),
    318: lambda s: heart.nn_intervals(s.timeline, s.found_beats),
    319: lambda s: heart.rr_realigned(s.found_beats),
    1004: lambda s: heart.rr_quality(s.timeline, s.found_beats),
}
