"""Published and simple detectors scored with the ground truth of simulated records.

R waves: xqrs and gqrs of the WFDB toolbox on lead I. Breaths and steps: peaks found by
scipy.signal in the bands' sum and in the norm of acceleration. Events are matched as by
`hexostore score`.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.simulation.scoring.matching import match_events

SECONDS = 1800
PROFILES = "rest_test", "walk", "run", "atrial_fibrillation", "noisy_electrode"
"""Clean ones at rest and on the move, an irregular heart, and one with all kinds of artefacts."""

Ticks = NDArray[np.int64]


def score(found: Ticks, true: Ticks, window: float) -> tuple[float, float]:
    """Sensitivity and positive predictivity in %; `window` is in seconds, to both sides."""
    hits, _ = match_events(true / 256, np.sort(found) / 256, window)
    return 100 * len(hits) / max(1, len(true)), 100 * len(hits) / max(1, len(found))


def xqrs(simulation: Any) -> Ticks:
    """R waves by WFDB's xqrs."""
    from wfdb.processing import xqrs_detect  # type: ignore[import-untyped]

    found: Ticks = xqrs_detect(_millivolts(simulation), fs=256, verbose=False)
    return found


def gqrs(simulation: Any) -> Ticks:
    """R waves by WFDB's gqrs, put on the nearest peak as the toolbox advises."""
    from wfdb.processing import correct_peaks, gqrs_detect

    signal = _millivolts(simulation)
    rough = gqrs_detect(signal, fs=256)
    found: Ticks = correct_peaks(signal, rough, search_radius=26, smooth_window_size=64)
    return found[~np.isnan(found)].astype(np.int64)


def _millivolts(simulation: Any) -> NDArray[np.float64]:
    counts: NDArray[np.float64] = simulation.samples(4113).astype(np.float64)
    return counts * 0.0064 - 8.704


def breaths(simulation: Any) -> Ticks:
    """Ends of inspirations: lows of both bands together, a second apart and 10 counts deep."""
    from scipy.signal import butter, find_peaks, sosfiltfilt

    total = simulation.samples(4129).astype(np.float64) + simulation.samples(4130)
    calm = sosfiltfilt(butter(2, 1.0, fs=128, output="sos"), -total)
    peaks, _ = find_peaks(calm, distance=128, prominence=10)
    found: Ticks = peaks * 2
    return found


def steps(simulation: Any) -> Ticks:
    """Steps: peaks of the acceleration's norm, a quarter of a second apart and 0.15 g high."""
    from scipy.signal import butter, find_peaks, sosfiltfilt

    axes = [simulation.samples(dataid).astype(np.float64) / 256 for dataid in (4145, 4146, 4147)]
    norm = np.sqrt(sum(axis**2 for axis in axes))
    calm = sosfiltfilt(butter(2, [0.8, 4.0], "bandpass", fs=64, output="sos"), norm)
    peaks, _ = find_peaks(calm, distance=16, prominence=0.15)
    found: Ticks = peaks * 4
    return found


def main() -> None:
    """Prints a row per profile and detector."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hexostore.settings")
    import django

    django.setup()
    from apps.simulation import profiles
    from apps.simulation.simulator import Simulation

    print(f"{SECONDS // 60} minutes of each profile; % of the true events found, % of those true")
    for name in PROFILES:
        simulation = Simulation(profiles.read_profile(name), 1, 359_840_226_870, SECONDS)
        truth = simulation.describe_truth()
        beats = np.array(truth["beats"]["ticks"])
        turns = np.array(truth["breaths"]["expirations"])
        struck = np.array(truth["steps"], np.int64)
        row(name, "R waves, xqrs", xqrs(simulation), beats, 0.15)
        row(name, "R waves, gqrs", gqrs(simulation), beats, 0.15)
        row(name, "breaths, peaks", breaths(simulation), turns, 0.75)
        row(name, "steps, peaks", steps(simulation), struck, 0.25)


def row(name: str, detector: str, found: Ticks, true: Ticks, window: float) -> None:
    """Prints how well a detector does; nothing of steps where nobody walks."""
    if len(true):
        sensitivity, predictivity = score(found, true, window)
        figures = f"{len(true):6} true   sensitivity {sensitivity:6.2f}   +P {predictivity:6.2f}"
        print(f"  {name:20} {detector:16} {figures}   within {1000 * window:.0f} ms")


if __name__ == "__main__":
    main()
