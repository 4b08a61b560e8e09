"""What a sleep technician measures in breath and movement, each figure from one record."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from apps.metrics import sleep
from apps.simulation import profiles
from apps.simulation.apnoea import Apnoea
from apps.simulation.simulator import Simulation
from tests.simulation.conftest import MIDNIGHT

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Figures = dict[str, float]

SECOND, HOUR = 256, 3600


def figures(seed: int) -> Figures:
    """Return all figures of a seed."""
    return {**_lying(seed), **_apnoea(seed), **_shift(seed), **_night(seed)}


def _simulate(name: str, seed: int, seconds: int) -> Simulation:
    return Simulation(profiles.read_profile(name), seed, MIDNIGHT, seconds)


def _lying(seed: int) -> Figures:
    """Ten minutes on the back."""
    made = _simulate("rest_test", seed, 900)
    chest, belly = (
        made.samples(band)[60 * 128 : 600 * 128].astype(float).reshape(-1, 8).mean(axis=1)
        for band in (4129, 4130)
    )
    hertz, cross = signal.csd(chest, belly, 16, nperseg=1024)
    _, common = signal.coherence(chest, belly, 16, nperseg=1024)
    near = np.flatnonzero((hertz > 0.1) & (hertz < 0.6))
    peak = near[np.abs(cross[near]).argmax()]
    found = made.found_breaths
    volumes = made.breaths.volumes[(made.breaths.starts > 0) & (made.breaths.starts < 600)]
    weight = made.profile.person.weight
    return {
        "lying: phase of the bands": float(abs(np.degrees(np.angle(cross[peak])))),
        "lying: coherence of the bands": float(common[peak]),
        "lying: tidal volume": float(volumes.mean() / weight),
        "lying: volume by the level to true volume": _volume_ratio(made),
        "all: 37 to 34 less 35": float(
            np.polyfit(found.top - found.bottom, found.counts.astype(float), 1)[0]
        ),
    }


def _volume_ratio(made: Simulation) -> float:
    """Return the volume by the published calibration, over the true one."""
    found, weight = made.found_breaths, made.profile.person.weight
    number = np.searchsorted(made.breaths.starts, found.inspirations / SECOND - 0.01)
    told = (found.top - found.bottom) * 13.28 * weight / 65
    return float(np.median(told / made.breaths.volumes[np.minimum(number, len(told))]))


def _apnoea(seed: int) -> Figures:
    """A night with pauses of breath."""
    made = _simulate("sleep_apnea", seed, 425 * 60)
    line = made.timeline
    asleep = line.stage != 6
    begun = np.array([pause.start // SECOND for pause in line.apnoeas])

    def per_hour(where: Flags) -> float:
        return float(where[begun].sum() / (where & asleep).sum() * HOUR)

    aroused = [pause for pause in line.apnoeas if pause.arousal and pause.end < line.seconds - 60]
    beats = made.beats.times
    rate = np.interp(np.arange(line.seconds), beats[1:], 60 / np.diff(beats))
    pressure = made.samples(98).astype(float)
    breaths = made.breaths
    first = np.searchsorted(breaths.starts, [pause.end - 0.01 for pause in aroused])
    deep = [breaths.volumes[number : number + 3].mean() for number in first]
    return {
        "apnoea: pauses": per_hour(np.ones_like(asleep)),
        "apnoea: on the back to on the side": per_hour(line.posture == 2)
        / per_hour(line.posture != 2),
        "apnoea: in REM to in NREM": per_hour(line.stage == 5) / per_hour(line.stage == 2),
        "apnoea: aroused": 100 * len(aroused) / len(line.apnoeas),
        "apnoea: rate after": _change(rate, aroused, 2, 12),
        "apnoea: rate at the end": _change(rate, aroused, -6, 0),
        "apnoea: pressure after": _change(pressure, aroused, 8, 20),
        "apnoea: depth after": float(np.mean(deep) / np.median(breaths.volumes)),
        "apnoea: bands in efforts": _paradox(made),
    }


def _change(values: Floats, pauses: list[Apnoea], first: int, last: int) -> float:
    """Return the mean change from the ten seconds before pauses to seconds around their ends."""
    changes = []
    for pause in pauses:
        begin, end = pause.start // SECOND, int(pause.end)
        changes.append(values[end + first : end + last].mean() - values[begin - 10 : begin].mean())
    return float(np.mean(changes))


def _paradox(made: Simulation) -> float:
    """Return the mean correlation of the bands while the airway is closed."""
    chest, belly = (made.samples(band).astype(float) for band in (4129, 4130))
    found = []
    for pause in made.timeline.apnoeas:
        if pause.stop - pause.closed > 8 * SECOND:
            within = slice(pause.closed // 2, pause.stop // 2)
            found.append(np.corrcoef(chest[within], belly[within])[0, 1])
    return float(np.median(found))


def _shift(seed: int) -> Figures:
    """A working day from 7 to 18 h."""
    made = _simulate("working_day", seed, 24 * HOUR)
    hours = slice(7 * HOUR, 18 * HOUR)
    steps = {
        dataid: float(np.diff(made.samples(dataid)[hours].astype(float)).std())
        for dataid in (33, 36, 49)
    }
    told = made.describe_truth()
    breaths = told["breaths"]
    return {
        "shift: steps of breathing rate": steps[33],
        "shift: steps of ventilation": steps[36] * 13.28,
        "shift: steps of activity": steps[49] / 256,
        "day: breaths missed": 100 * len(breaths["missed"]) / len(breaths["inspirations"]),
        "day: false breaths": 100 * len(breaths["false"]) / len(breaths["inspirations"]),
        "day: steps missed": 100 * len(told["missed_steps"]) / len(told["steps"]),
        "day: false steps": 100 * len(told["false_steps"]) / len(told["steps"]),
    }


def _night(seed: int) -> Figures:
    """Eight hours in bed, scored by Cole and Kripke's weights."""
    made = _simulate("night", seed, 480 * 60)
    in_bed = (made.timeline.bout_values("sleep") > 0).reshape(-1, 60).all(axis=1)
    awake = (made.timeline.stage == 6).reshape(-1, 60).sum(axis=1) > 30
    found = sleep.find_waking(sleep.count_moving(made.samples(49)))
    return {
        "night: waking minutes found": 100 * float(found[awake & in_bed].mean()),
        "night: sleep taken for waking": 100 * float(found[~awake & in_bed].mean()),
    }
