"""What a physiologist measures in the intervals between beats, each figure from one record."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from apps.metrics import variability
from apps.simulation import profiles
from apps.simulation.profiles import Bout
from apps.simulation.simulator import Simulation
from tests.simulation.subjects import profile

Floats = NDArray[np.float64]
Figures = dict[str, float]

SECOND, HOUR = 256, 3600
MIDNIGHT = 1_414_627_200 * SECOND
"""30 October 2014, 00:00 UTC."""
SCALES = np.arange(4, 17)
"""Beats of the windows of the short-term exponent (Peng 1995)."""


class Stretch:
    """The valid intervals of a simulation between two seconds: `ends` and `ticks`."""

    def __init__(self, made: Simulation, first: float, last: float) -> None:
        ends, ticks = made.events(318)
        which = (ends >= first * SECOND) & (ends < last * SECOND)
        self.start, self.stop = int(first * SECOND), int(last * SECOND)
        self.ends, self.ticks = ends[which], ticks[which]

    @property
    def rate(self) -> float:
        """Beats per minute."""
        return float(60 * SECOND / self.ticks.mean())

    @property
    def milliseconds(self) -> Floats:
        """How long each interval is."""
        lasting: Floats = self.ticks.astype(np.float64) * (1000 / SECOND)
        return lasting

    def bands(self) -> tuple[float, float]:
        """Return the power of the low and high band in ms^2 by the metrics: means of windows of
        five minutes."""
        places = variability.window_slices(
            self.ends, variability.full_windows(self.start, self.stop)
        )
        spectra = [
            variability.spectrum(self.ends[place], self.ticks[place])
            for place in places
            if place.stop - place.start >= variability.ENOUGH
        ]
        powers = [(variability.low_power(each), variability.high_power(each)) for each in spectra]
        low, high = np.mean(powers, axis=0).tolist()
        return low, high

    def alpha(self) -> float:
        """Return the short-term fractal exponent: the median over windows of two minutes."""
        return float(np.median(list(self._alphas())))

    def _alphas(self) -> Iterator[float]:
        for first in range(self.start, self.stop - 120 * SECOND + 1, 60 * SECOND):
            which = (self.ends >= first) & (self.ends < first + 120 * SECOND)
            if which.sum() > 4 * SCALES[-1]:
                yield fractal_exponent(self.milliseconds[which])

    def spectrum_of_day(self) -> tuple[Floats, Floats]:
        """Return frequencies in Hz and the power there in ms^2, of all intervals together (as
        Bigger 1995), which are read four times a second."""
        even = np.arange(self.ends[0], self.ends[-1], SECOND // 4)
        hertz, density = signal.periodogram(np.interp(even, self.ends, self.milliseconds), 4.0)
        return hertz, density * hertz[1]

    def slope(self) -> float:
        """Return by which power of the frequency the spectrum falls from 0.0001 to 0.01 Hz."""
        hertz, power = self.spectrum_of_day()
        edges = np.geomspace(1e-4, 1e-2, 41)
        bins = np.digitize(hertz, edges)
        full = [number for number in range(1, len(edges)) if (bins == number).any()]
        means = [[each[bins == number].mean() for number in full] for each in (hertz, power)]
        return -fitted_slope(*np.log10(means))


def fractal_exponent(intervals: Floats) -> float:
    """Return alpha 1 of detrended fluctuation analysis, over windows of 4 to 16 beats."""
    walk = np.cumsum(intervals - intervals.mean())
    strayed = np.array([_fluctuation(walk, beats) for beats in SCALES.tolist()])
    return fitted_slope(np.log(SCALES), np.log(strayed))


def fitted_slope(across: Floats, up: Floats) -> float:
    """Return the slope of the straight line that fits best."""
    return float(np.polyfit(across, up, 1)[0])


def _fluctuation(walk: Floats, beats: int) -> float:
    """Return how far a walk strays from straight lines through windows of so many beats."""
    windows = walk[: len(walk) // beats * beats].reshape(-1, beats)
    left = signal.detrend(windows, axis=1)
    return float(np.sqrt(np.mean(left**2)))


def at_rest(seed: int) -> Figures:
    """The rest test: lying until 600 s, then standing."""
    made = Simulation(profiles.read_profile("rest_test"), seed, MIDNIGHT, 900)
    lying, standing = Stretch(made, 0, 600), Stretch(made, 600, 900)
    low, high = lying.bands()
    low_up, high_up = standing.bands()
    beats = made.beats.times
    intervals = np.diff(beats[beats > 600])
    return {
        "lying: SDNN, ms": float(lying.milliseconds.std()),
        "lying: RMSSD, ms": variability.successive_change(lying.ticks) or 0.0,
        "lying: LF, ms²": low,
        "lying: HF, ms²": high,
        "lying: LF/HF": low / high,
        "lying: DFA alpha 1": lying.alpha(),
        "standing: rate above lying, bpm": Stretch(made, 660, 900).rate - lying.rate,
        "standing: LF of that lying": low_up / low,
        "standing: LF/HF": low_up / high_up,
        "standing up: 30:15": float(intervals[24:36].max() / intervals[9:21].min()),
    }


def over_a_day(seed: int) -> Figures:
    """The working day, and its heart rate from 7 to 18 h."""
    made = Simulation(profiles.read_profile("working_day"), seed, MIDNIGHT, 24 * HOUR)
    day = Stretch(made, 0, 24 * HOUR)
    starts = variability.full_windows(0, 24 * HOUR * SECOND)
    hertz, power = day.spectrum_of_day()
    edges = np.searchsorted(hertz, (0.0033, 0.04, 0.15, 0.4))
    very_low, low, high = np.add.reduceat(power, edges)[:3].tolist()
    shift = made.samples(19)[7 * HOUR : 18 * HOUR].astype(float)
    return {
        "24 h: SDNN, ms": 1000 * (variability.sdnn(day.ticks) or 0.0),
        "24 h: SDANN, ms": 1000 * (variability.sdann(day.ends, day.ticks, starts) or 0.0),
        "24 h: RMSSD, ms": variability.successive_change(day.ticks) or 0.0,
        "24 h: VLF, ms²": very_low,
        "24 h: LF, ms²": low,
        "24 h: HF, ms²": high,
        "24 h: LF/HF": low / high,
        "24 h: slope": day.slope(),
        "shift: SD of steps, bpm": float(np.diff(shift).std()),
        "shift: least, bpm": float(shift.min()),
        "shift: greatest, bpm": float(shift.max()),
    }


def asleep(seed: int) -> Figures:
    """The night: how much the rate varies within five minutes of one stage."""
    made = Simulation(profiles.read_profile("night"), seed, MIDNIGHT, 490 * 60)
    beats = made.beats.times
    rate = np.interp(np.arange(made.seconds), beats[1:], 60 / np.diff(beats))
    windows = np.arange(made.seconds // 300 * 300).reshape(-1, 300)
    stages = made.timeline.stage[windows]
    spread = {
        stage: rate[windows[(stages == stage).all(axis=1)]].std(axis=1).mean() for stage in (2, 5)
    }
    return {"asleep: SD of the rate, REM to NREM": float(spread[5] / spread[2])}


EFFORTS = {
    "light load: DFA alpha 1": 0.4,
    "first threshold: DFA alpha 1": 0.58,
    "second threshold: DFA alpha 1": 0.82,
    "hard load: DFA alpha 1": 0.92,
}


def under_load(seed: int) -> Figures:
    """Eight minutes each, of which the last five count."""
    bouts = [Bout(name, 8, effort, speed=1 + 3 * effort) for name, effort in EFFORTS.items()]
    made = Simulation(profile(*bouts), seed, MIDNIGHT, 480 * len(bouts))
    return {
        name: Stretch(made, 480 * number + 180, 480 * (number + 1)).alpha()
        for number, name in enumerate(EFFORTS)
    }


def figures(seed: int) -> Figures:
    """Every figure of the table in docs/simulation.md, for one seed."""
    return at_rest(seed) | over_a_day(seed) | asleep(seed) | under_load(seed)
