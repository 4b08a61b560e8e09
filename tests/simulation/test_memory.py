"""Raw signals of a long record are made in blocks: no more memory than they and a few of them."""

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from apps.simulation import bands, breath, ecg, heart, pulse
from apps.simulation.breath import Breaths
from apps.simulation.heart import Beats
from apps.simulation.timeline import Timeline
from tests.simulation.subjects import during

HOURS = 6
ROOM = 16_000_000
"""Bytes beside the result; this ECG alone would take 44 MB in double precision."""

Maker = Callable[[Timeline, Beats, Breaths], "NDArray[np.generic]"]

MAKERS: dict[str, Maker] = {
    "ecg": lambda made, beats, breaths: ecg.ecg_counts(made, beats, breaths, 4115),
    "respiration": lambda made, _, breaths: bands.respiration_counts(
        bands.Trunk(made, breaths), bands.THORACIC
    ),
    "ppg": lambda made, beats, breaths: pulse.ppg_counts(
        made, pulse.pulse_train(made, beats), breaths
    ),
}


@pytest.mark.parametrize("signal", MAKERS)
def test_a_raw_signal_takes_little_more_memory_than_itself(signal: str) -> None:
    made = during(HOURS * 3600, rhythm="atrial_fibrillation")
    breaths = breath.breath_train(made)
    beats = heart.beat_train(made, breaths)
    tracemalloc.start()
    try:
        result = MAKERS[signal](made, beats, breaths)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < result.nbytes + ROOM
