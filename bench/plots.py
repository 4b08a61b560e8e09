"""Ten seconds of each profile's ECG, respiration and acceleration, as pictures in docs/images.

python -m bench.plots [NAME ...]
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "images"
SECONDS, SEED, MIDNIGHT = 10, 1, 1_416_960_000
BOUTS = {"cycling": "First climb", "gym": "Squats", "run": "Tempo downhill", "walk": "One mile"}
"""In which bout of the plan a profile is shown; others are some way into their record."""

COLOURS = ("#1f5fa8", "#c2571a", "#3a7d44")


def main(names: list[str]) -> None:
    """Writes a PNG for each profile."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hexostore.settings")
    import django
    import matplotlib as mpl

    mpl.use("Agg")
    django.setup()
    from apps.simulation import profiles

    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in names or profiles.profile_names():
        file = FOLDER / f"{name}.png"
        draw(simulation_of(name), file)
        print(f"{file}: {file.stat().st_size // 1000} kB")


def simulation_of(name: str) -> Any:
    """The record of a profile as long as its plan is, at the hour at which it is usual."""
    from apps.simulation import profiles
    from apps.simulation.simulator import Simulation

    profile = profiles.read_profile(name)
    start = round((MIDNIGHT + profile.begins * 3600) * 256)
    return Simulation(profile, SEED, start, round(profile.minutes * 60))


def shown(simulation: Any) -> int:
    """The second from which on a record is shown: free of artefacts, unless it is about them."""
    profile, artefacts = simulation.profile, simulation.timeline.artefacts
    if profile.name == "noisy_electrode":
        noise = next(a for a in artefacts if a.target == "ecg" and a.kind == "noise")
        return int(max(0, noise.start // 256 - 4))
    first = int(simulation.seconds * 0.3)
    if profile.name in BOUTS:
        titles = [bout.title for bout in profile.plan]
        first = int(np.argmax(simulation.timeline.bout == titles.index(BOUTS[profile.name]))) + 30
    while any(a.start < (first + SECONDS) * 256 and a.stop > first * 256 for a in artefacts):
        first += SECONDS
    return first


def draw(simulation: Any, file: Path) -> None:
    """Three panels above each other: mV, counts of both bands above their median, g."""
    from matplotlib import pyplot as plt
    from PIL import Image

    first = shown(simulation)
    figure, axes = plt.subplots(3, 1, figsize=(9, 5), sharex=True, layout="constrained")
    lines(axes[0], simulation, first, {4113: "lead I"}, 256, lambda c: c * 0.0064 - 8.704)
    bands = {4129: "thoracic", 4130: "abdominal"}
    lines(axes[1], simulation, first, bands, 128, lambda c: c - np.median(c))
    leads = {4145: "x", 4146: "y", 4147: "z"}
    lines(axes[2], simulation, first, leads, 64, lambda c: c / 256)
    for axis, text in zip(
        axes, ("ECG (mV)", "respiration (counts)", "acceleration (g)"), strict=True
    ):
        axis.set_ylabel(text)
        axis.grid(alpha=0.3)
        axis.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8, frameon=False)
    axes[2].set_xlabel("seconds")
    axes[0].set_title(title(simulation, first), fontsize=10)
    axes[0].set_xlim(0, SECONDS)
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=100)
    plt.close(figure)
    Image.open(drawn).convert("RGB").quantize(64, Image.Quantize.FASTOCTREE).save(
        file, optimize=True
    )


def lines(
    axis: Any, simulation: Any, first: int, names: dict[int, str], rate: int, scale: Any
) -> None:
    """The channels of one panel."""
    for (dataid, name), colour in zip(names.items(), COLOURS, strict=False):
        counts = simulation.samples(dataid)[first * rate : (first + SECONDS) * rate]
        moments = np.arange(len(counts)) / rate
        axis.plot(moments, scale(counts.astype(float)), colour, linewidth=0.8, label=name)


def title(simulation: Any, first: int) -> str:
    """What is seen."""
    profile, minute = simulation.profile, first // 60
    bout = profile.plan[int(simulation.timeline.bout[first])]
    rate, breaths = (simulation.samples(d)[first + SECONDS - 1] for d in (19, 33))
    return (
        f"{profile.title}, minute {minute} ({bout.title}): {rate} beats, {breaths} breaths a minute"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
