"""What an exercise physiologist measures in a test with a ramp, each figure from one record."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.simulation import profiles
from apps.simulation.series import Floats
from apps.simulation.simulator import Simulation
from tests.simulation.physiology import MIDNIGHT, Figures, Stretch, fractal_exponent

SECOND = 256
ML_PER_COUNT = 13.28


@cache
def ramp_test(seed: int) -> Simulation:
    """The profile with the ramp."""
    profile = profiles.read_profile("exercise_test")
    return Simulation(profile, seed, MIDNIGHT, round(profile.minutes * 60))


def breakpoint_of(across: Floats, up: Floats) -> float:
    """Return where two straight lines that meet fit best (V-slope, Beaver 1986)."""
    low, high = np.quantile(across, (0.1, 0.9))
    places = np.linspace(low, high, 80)
    return float(places[np.argmin([_misfit(across, up, place) for place in places])])


def _misfit(across: Floats, up: Floats, place: float) -> float:
    """Return how far values are from the best two lines that meet at a place."""
    lines = np.stack((np.ones_like(across), across, np.maximum(across - place, 0)), axis=1)
    fitted = lines @ np.linalg.lstsq(lines, up, rcond=None)[0]
    return float(np.abs(up - fitted).sum())


def figures(seed: int) -> Figures:
    """Figures at the true thresholds, and where lines through the ventilation find those."""
    made = ramp_test(seed)
    told = made.describe_truth()["exercise"]
    vt1, vt2, peak = (told[name]["tick"] // SECOND for name in ("vt1", "vt2", "peak"))
    vo2: Floats = np.array(told["vo2"])
    vco2: Floats = np.array(told["vco2"])
    air = made.samples(36) * ML_PER_COUNT
    begun = round(7.5 * 60)  # when oxygen follows the ramp
    first, last = slice(begun, vt2), slice(vt1, peak)
    person = made.profile.person
    return {
        "ramp: rate at the peak, of the greatest": float(made.samples(19).max() / person.hr_max),
        "ramp: carbon dioxide to oxygen at the peak": float(vco2[peak] / vo2[peak]),
        "ramp: air for oxygen at VT1": around(air, vt1) / vo2[vt1],
        "ramp: air for oxygen at the peak": around(air, peak - 15) / vo2[peak],
        "ramp: breaths a minute at the peak": around(made.samples(33), peak - 15),
        "ramp: VT1 by air, of the true one": breakpoint_of(vo2[first], air[first])
        / told["vt1"]["vo2"],
        "ramp: VT2 by air, of the true one": breakpoint_of(vco2[last], air[last]) / vco2[vt2],
        "ramp: DFA alpha 1 at VT1": alpha_at(made, vt1),
        "ramp: DFA alpha 1 at VT2": alpha_at(made, vt2),
    }


def around(values: NDArray[Any], second: int) -> float:
    """Return the median of the half minute around a second."""
    return float(np.median(values[second - 15 : second + 15]))


def alpha_at(made: Simulation, second: int) -> float:
    """Return the exponent of the two minutes around a second."""
    return fractal_exponent(Stretch(made, second - 60, second + 60).milliseconds)
