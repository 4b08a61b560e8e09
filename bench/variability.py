"""Heart rate variability of a day: its 288 windows of five minutes, against scipy's Lomb.

    python -m bench.variability

scipy's lombscargle is called once per window, at the frequencies of the two bands. The project's
spectra have those below too. Time and memory are of one process; no store is needed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.harness import cpu_in_turn, show

DAY = 86_400
ROUNDS = 5

Window = tuple[NDArray[np.int64], NDArray[np.int64]]


def simulated() -> tuple[Any, Any]:
    """Return the valid and all intervals of a simulated working day."""
    from apps.simulation import profiles
    from apps.simulation.simulator import Simulation

    simulation = Simulation(profiles.read_profile("working_day"), 1, 359_840_226_870, DAY)
    return simulation.events(318), simulation.events(18)


def windows(valid: Any, starts: NDArray[np.int64]) -> Iterator[Window]:
    """Yield ends and ticks of the intervals of each window that has enough."""
    from apps.metrics import variability

    ends, ticks = valid
    for which in variability.window_slices(ends, starts):
        if which.stop - which.start >= variability.ENOUGH:
            yield ends[which], ticks[which]


def by_scipy(ends: NDArray[np.int64], ticks: NDArray[np.int64]) -> tuple[float, float]:
    """Return the power of both bands in ms^2 by scipy's periodogram."""
    from scipy.signal import lombscargle

    places = np.arange(12, 121)
    values = (ticks - ticks.mean()) * (1000 / 256)
    power = lombscargle(ends / 256, values, 2 * np.pi * places / 300) * 2 / len(ticks)
    return float(power[places < 45].sum()), float(power[places >= 45].sum())


def by_ours(ends: NDArray[np.int64], ticks: NDArray[np.int64]) -> tuple[float, float]:
    """Return the power of both bands in ms^2 by the project's."""
    from apps.metrics import variability

    power = variability.spectrum(ends, ticks)
    return variability.low_power(power), variability.high_power(power)


def main() -> None:
    """Print what both take, and how far apart they are."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hexostore.settings")
    import django

    django.setup()
    from apps.metrics import variability, variability_channels

    valid, rr = simulated()
    starts = variability.full_windows(0, DAY * 256)
    parts = list(windows(valid, starts))
    baseline, ours = "scipy's lombscargle, window by window", "spectra"
    spent = cpu_in_turn(
        {
            baseline: lambda: [by_scipy(*part) for part in parts],
            ours: lambda: [by_ours(*part) for part in parts],
            "all channels of variability": lambda: variability_channels.as_channels(
                variability_channels.measure_windows(valid, rr, starts)
            ),
        },
        ROUNDS,
        1,
    )
    show(f"{len(starts)} windows of {len(valid[0])} intervals", spent, against=baseline)
    apart = max(
        abs(one / other - 1)
        for part in parts
        for one, other in zip(by_ours(*part), by_scipy(*part), strict=True)
    )
    print(f"  the power of a band is at most {apart:.1e} off")


if __name__ == "__main__":
    main()
