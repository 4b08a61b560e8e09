"""The two respiration bands: levels, volumes, phase, paradox, gestures."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import coherence, csd, welch

from apps.simulation import bands, breath
from apps.simulation.apnoea import Apnoea
from apps.simulation.bands import ABDOMINAL, THORACIC, Trunk
from apps.simulation.profiles import Bout
from apps.simulation.timeline import Timeline
from tests.simulation.subjects import RUN, asleep, during, spoilt

Counts = NDArray[np.float64]


def trunk_of(made: Timeline) -> Trunk:
    return Trunk(made, breath.breath_train(made))


def shown(trunk: Trunk) -> tuple[Counts, Counts]:
    """Both bands."""
    chest, belly = (bands.respiration_counts(trunk, band) for band in (THORACIC, ABDOMINAL))
    return chest.astype(float), belly.astype(float)


def level_of(trunk: Trunk) -> Counts:
    """Three parts of the chest and one of the belly, as the published calibration says."""
    chest, belly = shown(trunk)
    return 0.75 * chest + 0.25 * belly


def test_a_band_has_128_unsigned_counts_a_second_across_blocks() -> None:
    trunk = trunk_of(during(1250))
    band = bands.respiration_counts(trunk, THORACIC)
    assert band.shape == (1250 * 128,)
    assert band.dtype == np.uint16
    assert np.abs(np.diff(band.astype(int))).max() < 25


def test_bands_stand_where_genuine_ones_do() -> None:
    """Twelve genuine records: 22,600 to 28,800 and 13,900 to 28,700."""
    stands = np.array(
        [[band.mean() for band in shown(trunk_of(during(60, seed=seed)))] for seed in range(8)]
    )
    for band, (low, high) in zip(stands.T, ((22_600, 28_800), (13_900, 28_700)), strict=True):
        assert low - 700 < band.min() < band.max() < high + 700
        assert np.ptp(band) > 1000


def test_the_level_falls_by_the_volume_over_13_28() -> None:
    trunk = trunk_of(during(600))
    level, breaths = level_of(trunk), trunk.breaths
    whole = (breaths.starts > 1) & (breaths.ends < 599)
    top, bottom = (
        level[(each[whole] * 128).astype(int)]
        for each in (breaths.starts, breaths.starts + breaths.inhale)
    )
    raw = breaths.volumes[whole] * 65 / 78
    assert np.median((top - bottom) * 13.28 / raw) == pytest.approx(1, abs=0.03)
    assert np.corrcoef(top - bottom, raw)[0, 1] > 0.97


def test_the_belly_takes_more_of_a_breath_when_lying_than_when_upright() -> None:
    ratio = {}
    for posture in ("upright", "supine"):
        bout = Bout("Rest", 5, 0.0, posture=posture, restless=0)
        chest, belly = (
            np.std(np.diff(band.reshape(-1, 64).mean(axis=1)))
            for band in shown(trunk_of(during(300, bout)))
        )
        ratio[posture] = belly / chest
    assert 0.3 < ratio["upright"] < 1
    assert 1.2 < ratio["supine"] < 3


@pytest.mark.parametrize("seed", range(3))
def test_the_bands_are_two_signals_nearly_in_phase(seed: int) -> None:
    """Genuine: 3 to 7 degrees, coherence 0.50 to 0.98."""
    chest, belly = (
        band.reshape(-1, 8).mean(axis=1) for band in shown(trunk_of(during(1200, seed=seed)))
    )
    hertz, cross = csd(chest, belly, 16, nperseg=1024)
    _, common = coherence(chest, belly, 16, nperseg=1024)
    peak = np.flatnonzero((hertz > 0.1) & (hertz < 0.6))[
        np.abs(cross[(hertz > 0.1) & (hertz < 0.6)]).argmax()
    ]
    assert abs(np.degrees(np.angle(cross[peak]))) < 20
    assert 0.5 < common[peak] < 0.999


def paused(kind: str) -> tuple[Trunk, slice]:
    """A trunk with a pause of 30 s, and the samples of the pause."""
    made = asleep(during(120), 2)
    start, stop = 40 * 256, 70 * 256
    closed = {"central": stop, "obstructive": start}[kind]
    pause = Apnoea(kind, start, stop, closed, 1.0, 8)
    return trunk_of(replace(made, apnoeas=(pause,))), slice(41 * 128, 69 * 128)


def test_chest_and_belly_work_against_each_other_in_an_obstructive_pause() -> None:
    trunk, within = paused("obstructive")
    chest, belly = shown(trunk)
    assert np.corrcoef(chest[within], belly[within])[0, 1] < -0.8
    assert np.corrcoef(chest[: 30 * 128], belly[: 30 * 128])[0, 1] > 0.5
    begun, ending = (np.ptp(belly[at * 128 : (at + 8) * 128]) for at in (42, 61))
    assert ending > 1.8 * begun


@pytest.mark.parametrize("kind", ["central", "obstructive"])
def test_no_air_flows_in_a_pause(kind: str) -> None:
    trunk, within = paused(kind)
    level = level_of(trunk)
    calm = np.std(np.diff(level[within].reshape(-1, 64).mean(axis=1)))
    breathing = np.std(np.diff(level[: 38 * 128].reshape(-1, 64).mean(axis=1)))
    assert calm < 0.2 * breathing


def test_nothing_moves_in_a_central_pause() -> None:
    trunk, within = paused("central")
    for band in shown(trunk):
        assert np.ptp(band[within]) < 0.6 * np.ptp(band[: 38 * 128])


def test_a_restless_person_moves_the_bands() -> None:
    still, restless = (
        level_of(trunk_of(during(1200, Bout("Sit", 20, 0.0, posture="sitting", restless=share))))
        for share in (0.0, 0.6)
    )
    assert np.ptp(restless) > 2 * np.ptp(still)


def test_the_noise_of_a_band_is_that_of_genuine_ones() -> None:
    """Eleven genuine records: few samples turn back, most repeat the one before, and the noise
    falls with the frequency."""
    sitting = during(600, Bout("Sitting", 10, 0.05, posture="sitting", restless=0.3))
    for band in shown(trunk_of(sitting)):
        steps = np.diff(band)
        assert (steps[1:] * steps[:-1] < 0).mean() < 0.03
        assert 0.3 < (steps == 0).mean() < 0.9
        hertz, power = welch(band, 128, nperseg=8192)
        rms = [
            power[(hertz >= low) & (hertz < high)].sum() ** 0.5
            for low, high in ((0.7, 2), (2, 5), (5, 10), (10, 30))
        ]
        assert all(more > 1.2 * less for more, less in pairwise(rms))


def test_a_band_strays_more_on_somebody_who_moves() -> None:
    still, moved = (
        trunk_of(during(1800, Bout("Sitting", 30, 0.05, posture="sitting", restless=share)))
        for share in (0.0, 0.4)
    )
    for band in (THORACIC, ABDOMINAL):
        strayed = [
            trunk.stands[band].reshape(-1)[:1800].reshape(-1, 60) for trunk in (still, moved)
        ]
        within = [float(np.median(np.ptp(minutes, axis=1))) for minutes in strayed]
        assert within[1] > 2 * within[0]


def test_steps_shake_the_bands() -> None:
    chest, _ = shown(trunk_of(during(300, RUN)))
    made = during(300, RUN)
    power = np.abs(np.fft.rfft(chest[128 * 60 :] * np.hanning(240 * 128))) ** 2
    hertz = np.fft.rfftfreq(240 * 128, 1 / 128)
    steps = made.cadence[60:].mean() / 60
    near, beside = (np.abs(hertz - at) < 0.15 for at in (steps, steps + 1))
    assert power[near].sum() > 10 * power[beside].sum()


def test_a_band_torn_off_gives_zeros() -> None:
    made = spoilt(during(120), "disconnected", "thoracic", 40, 80)
    band = bands.respiration_counts(trunk_of(made), THORACIC)
    assert not band[41 * 128 : 79 * 128].any()
    assert band[: 39 * 128].all()


def test_the_same_seed_gives_the_same_and_another_seed_does_not() -> None:
    def band(seed: int) -> NDArray[np.uint16]:
        return bands.respiration_counts(trunk_of(during(60, seed=seed)), ABDOMINAL)

    assert np.array_equal(band(1), band(1))
    assert not np.array_equal(band(1), band(2))
