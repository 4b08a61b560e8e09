"""Three leads of ECG: their waves, their agreement, and what a detector of others finds."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import signal
from wfdb import processing  # type: ignore[import-untyped]

from apps.simulation import ecg, heart, heart_shape
from apps.simulation.breath import breath_train
from apps.simulation.heart import Beats
from apps.simulation.profiles import Bout
from apps.simulation.timeline import Timeline
from tests.simulation.subjects import RUN, during, person, spoilt

LEADS = (4113, 4114, 4115)
FIBRILLATION = "atrial_fibrillation"


def recorded(made: Timeline, lead: int) -> tuple[NDArray[np.int16], Beats]:
    breaths = breath_train(made)
    beats = heart.beat_train(made, breaths)
    return ecg.ecg_counts(made, beats, breaths, lead), beats


def clean(made: Timeline, lead: int) -> tuple[NDArray[np.float32], Beats]:
    """What the heart alone gives, in mV."""
    breaths = breath_train(made)
    beats = heart.beat_train(made, breaths)
    return ecg.heart_voltage(ecg.prepare_heart(made, beats, breaths), lead, 0, made.seconds), beats


def inner(beats: Beats, seconds: int) -> NDArray[np.int64]:
    """Ticks of beats that are not at the edges of the record."""
    return beats.ticks[(beats.ticks > 256) & (beats.ticks < (seconds - 1) * 256)]


def mean_beat(wave: NDArray[np.float32], ticks: NDArray[np.int64]) -> NDArray[np.float64]:
    """The mean of the wave from 0.3 s before to 0.6 s after the ticks."""
    mean: NDArray[np.float64] = wave[ticks[:, None] + np.arange(-77, 154)].mean(axis=0)
    return mean


def detected(counts: NDArray[np.int16], beats: Beats) -> tuple[float, float]:
    """The share of beats that a published detector finds within 50 ms, and of its finds that
    are beats; the two seconds in which it learns are left out.
    """
    found = processing.xqrs_detect(counts * ecg.MV_PER_COUNT, fs=256, verbose=False)
    learnt = 2 * 256
    ticks, found = beats.ticks[beats.ticks > learnt], found[found > learnt]
    near = np.abs(found[:, None] - ticks) <= 13
    return float(near.any(axis=0).mean()), float(near.any(axis=1).mean())


@pytest.mark.parametrize("lead", [4113, 4114])
def test_a_published_detector_finds_the_beats(lead: int) -> None:
    sensitivity, precision = detected(*recorded(during(120), lead))
    assert sensitivity > 0.99
    assert precision > 0.99


@pytest.mark.parametrize(
    "changes", [{"rhythm": FIBRILLATION}, {"ectopics": 200}, {"seed": 7}, {"seed": 8}]
)
def test_it_finds_those_of_other_rhythms_and_people(changes: dict[str, object]) -> None:
    sensitivity, precision = detected(*recorded(during(180, **changes), 4114))  # type: ignore[arg-type]
    assert sensitivity > 0.98
    assert precision > 0.98


def test_it_finds_those_of_a_runner() -> None:
    sensitivity, precision = detected(*recorded(during(180, RUN), 4114))
    assert sensitivity > 0.98
    assert precision > 0.98


@pytest.mark.parametrize("lead", [4113, 4114])
def test_the_r_wave_peaks_within_a_sample_of_its_beat(lead: int) -> None:
    wave, beats = clean(during(120, ectopics=60), lead)
    ticks = inner(beats, 120)
    around = wave[ticks[:, None] + np.arange(-12, 13)]
    assert np.abs(around.argmax(axis=1) - 12).max() <= 1


def test_noise_moves_the_peak_by_no_more_than_a_sample_at_rest() -> None:
    counts, beats = recorded(during(120), 4114)
    ticks = inner(beats, 120)
    around = counts[ticks[:, None] + np.arange(-12, 13)]
    assert np.mean(np.abs(around.argmax(axis=1) - 12) <= 1) > 0.99


@pytest.mark.parametrize("rhythm", ["sinus", FIBRILLATION])
def test_leads_obey_einthoven(rhythm: str) -> None:
    """In the sign of this device, which computes III as I - II."""
    one, two, three = (clean(during(60, rhythm=rhythm), lead)[0] for lead in LEADS)
    assert np.abs(one - two - three).max() < 1e-5
    assert np.ptp(three) > 0.2


@pytest.mark.parametrize("seed", [1, 2])
def test_recorded_leads_obey_einthoven_exactly(seed: int) -> None:
    """As in a genuine record: 33,024 of 33,024 samples, around 0."""
    made = spoilt(during(630, seed=seed), "movement", "ecg_II", 20, 30)
    one, two, three = (recorded(made, lead)[0] for lead in LEADS)
    assert three.dtype == np.int16
    assert (three == one - two).all()
    assert abs(np.median(three)) < 12


def test_electrodes_wander_each_for_itself() -> None:
    """Lead I does not have the left leg, nor lead II the left arm; the right arm is in both."""
    one, two = (recorded(during(1200), lead)[0].astype(float) for lead in LEADS[:2])
    low = signal.butter(2, 0.1, fs=256, output="sos")
    slow = [signal.sosfiltfilt(low, each - each.mean())[2560:-2560] for each in (one, two)]
    assert 0.1 < np.corrcoef(*slow)[0, 1] < 0.95
    assert all(0.01 < each.std() * ecg.MV_PER_COUNT < 0.1 for each in slow)


def drawn(seed: int, **changes: object) -> heart_shape.HeartShape:
    return heart_shape.draw_shape(person(**changes), np.random.default_rng(seed))


def test_every_seed_is_another_heart() -> None:
    shapes = [drawn(seed) for seed in range(300)]
    assert len({(shape.size, shape.axis, shape.qtc) for shape in shapes}) == 300
    assert 12 < np.std([shape.axis for shape in shapes]) < 20
    heights = []
    for seed in range(1, 25):
        wave, beats = clean(during(30, seed=seed), 4114)
        beat = mean_beat(wave, inner(beats, 30))
        heights.append((beat.max(), beat[30:60].max(), beat[110:200].max()))
    assert (np.std(heights, axis=0) > 0.1 * np.mean(heights, axis=0)).all()


def test_women_have_a_longer_qt() -> None:
    assert drawn(5, sex="F").qtc == pytest.approx(drawn(5, sex="M").qtc + 0.015)


@pytest.mark.parametrize("interval", [0.4, 0.6, 1.0, 1.4])
def test_qt_follows_fridericia(interval: float) -> None:
    """QT ends where the steepest tangent of the falling T wave meets the baseline."""
    shape = drawn(3)
    made = heart_shape.make_waveforms(shape, True)
    row = made[0, 1, int(np.searchsorted(heart_shape.LEVELS[1:-1], interval)), 0]
    late = np.arange(heart_shape.BEFORE + 25, heart_shape.WIDTH - 1)
    fall = np.diff(row)[late]
    steepest = late[fall.argmin()]
    end = steepest - row[steepest] / fall.min() - heart_shape.BEFORE
    nearest = heart_shape.LEVELS[np.searchsorted(heart_shape.LEVELS[1:-1], interval)]
    assert end / 256 + 0.045 == pytest.approx(shape.qtc * nearest ** (1 / 3), rel=0.04)


def test_breathing_turns_the_heart() -> None:
    """The ratio of both leads breathes too, not only their height."""
    ratio = heart_shape.turned(drawn(1), np.array([-3.0, 0.0, 3.0]))
    assert ratio[:, 1].tolist() == [1, 1]
    assert ratio[0, 0] > 1 > ratio[0, 2]


def test_counts_have_12_bits_about_1360_at_256_hz() -> None:
    counts, _ = recorded(during(1230), 4113)
    assert counts.dtype == np.int16
    assert counts.shape == (1230 * 256,)
    assert counts.min() >= 0
    assert counts.max() <= 4095
    assert np.median(counts) == pytest.approx(1360, abs=12)


def test_waves_follow_each_other_as_they_should() -> None:
    wave, beats = clean(during(120), 4114)
    beat = mean_beat(wave, inner(beats, 120))
    seconds = np.arange(-77, 154) / 256
    before, after = (seconds > -0.25) & (seconds < -0.08), (seconds > 0.15) & (seconds < 0.45)
    assert seconds[before][beat[before].argmax()] == pytest.approx(-0.155, abs=0.02)
    assert seconds[after][beat[after].argmax()] == pytest.approx(0.3, abs=0.04)
    assert 0.05 < beat[before].max() < 0.25
    assert 0.08 < beat[after].max() / beat.max() < 0.22
    assert 0.8 < beat.max() < 2.2


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_amplifier_deepens_s_and_lets_the_line_dip_after_t(seed: int) -> None:
    """Five genuine leads of four people: S of 32 to 69 % of R, a dip of 10 to 15 % after T, and an
    area of the beat of -1.6 to 0.6 % of R."""
    wave, beats = clean(during(120, seed=seed), 4114)
    ticks = inner(beats, 120)
    beat = mean_beat(wave, ticks) / mean_beat(wave, ticks).max()
    assert -0.75 < beat[77:100].min() < -0.15
    assert -0.16 < beat[77 + 90 :].min() < -0.05
    whole = wave[ticks[0] : ticks[-1]]
    assert abs(whole.mean()) < 0.02 * whole.max()


def test_the_noise_falls_towards_half_the_sampling_rate() -> None:
    """Genuine leads: two to six times less from 100 to 127 Hz than from 40 to 58."""
    counts, _ = recorded(during(300), 4113)
    hertz, power = signal.welch(counts.astype(float), 256, nperseg=1024, average="median")
    density = [
        power[(hertz > low) & (hertz < high)].mean() ** 0.5 for low, high in ((45, 58), (100, 127))
    ]
    assert 1.5 < density[0] / density[1] < 8


def test_qt_shortens_as_the_heart_quickens() -> None:
    def top(made: Timeline) -> float:
        wave, beats = clean(made, 4114)
        ticks = inner(beats, made.seconds)
        ticks = ticks[ticks > 120 * 256]
        before_next = int(0.7 * np.diff(ticks).mean())
        beat = mean_beat(wave, ticks)[77 + 25 : 77 + before_next]
        return float((beat.argmax() + 25) / 256)

    rest, run = top(during(240)), top(during(240, RUN))
    assert run / rest == pytest.approx((58 / 150) ** (1 / 3), abs=0.08)


def test_fibrillation_has_no_p_waves_but_fibrillatory_ones() -> None:
    wave, beats = clean(during(120, rhythm=FIBRILLATION), 4114)
    sinus, regular = clean(during(120), 4114)
    before = slice(77 - 60, 77 - 22)
    assert np.ptp(mean_beat(wave, inner(beats, 120))[before]) < 0.06
    assert np.ptp(mean_beat(sinus, inner(regular, 120))[before]) > 0.08
    ticks = inner(beats, 120)
    free = ticks[1:][np.diff(ticks) > 210]
    silent = wave[free[:, None] + np.arange(-80, -16)]
    hertz, power = signal.periodogram(silent, 256, axis=1, nfft=1024)
    assert hertz[power.mean(axis=0).argmax()] == pytest.approx(6, abs=2.5)


def test_ventricular_beats_are_wide_and_have_no_p() -> None:
    wave, beats = clean(during(600, ectopics=200), 4114)
    within = (beats.ticks > 256) & (beats.ticks < 599 * 256)

    def width(kind: int) -> float:
        beat = mean_beat(wave, beats.ticks[within & (beats.kinds == kind)])
        return float(np.sum(beat[60:100] > beat.max() / 2))

    assert width(heart.VENTRICULAR) > 2 * width(heart.NORMAL)


def test_breathing_modulates_the_height_of_r_waves() -> None:
    made = during(300)
    breaths = breath_train(made)
    beats = heart.beat_train(made, breaths)
    wave = ecg.heart_voltage(ecg.prepare_heart(made, beats, breaths), 4114, 0, 300)
    ticks = inner(beats, 300)
    height = wave[ticks[:, None] + np.arange(-2, 3)].max(axis=1)
    assert np.corrcoef(height, breaths.lung_filling(ticks / 256))[0, 1] < -0.7


def test_moving_adds_noise() -> None:
    def roughness(made: Timeline) -> float:
        counts, _ = recorded(made, 4114)
        sos = signal.butter(4, 70, "high", fs=256, output="sos")
        return float(np.median(np.abs(signal.sosfilt(sos, counts.astype(float)))))

    assert roughness(during(60, RUN)) > 2 * roughness(during(60))


def test_blocks_join_without_a_seam() -> None:
    made = during(620)
    breaths = breath_train(made)
    prepared = ecg.prepare_heart(made, heart.beat_train(made, breaths), breaths)
    whole = ecg.heart_voltage(prepared, 4114, 0, 620)
    parts = [ecg.heart_voltage(prepared, 4114, *part) for part in ((0, 1), (1, 333), (333, 620))]
    assert np.allclose(whole, np.concatenate(parts), atol=1e-6)


@pytest.mark.parametrize("kind", ["disconnected", "saturated"])
def test_artefacts_reach_the_leads_that_they_hit(kind: str) -> None:
    made = spoilt(during(60), kind, "ecg_II", 20, 30)
    stretch = slice(21 * 256, 29 * 256)
    assert np.std(recorded(made, 4114)[0][stretch]) < 5
    assert np.std(recorded(made, 4113)[0][stretch]) > 10
    untouched = replace(made, artefacts=())
    before = slice(0, 20 * 256)
    assert np.array_equal(recorded(made, 4114)[0][before], recorded(untouched, 4114)[0][before])


def test_the_same_seed_gives_the_same_and_another_seed_does_not() -> None:
    first, again, other = (recorded(during(30, seed=seed), 4113)[0] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    seconds=st.integers(10, 100),
    effort=st.floats(0, 1),
    rhythm=st.sampled_from(["sinus", FIBRILLATION]),
    lead=st.sampled_from(LEADS),
)
def test_any_record_has_a_sound_ecg(
    seed: int, seconds: int, effort: float, rhythm: str, lead: int
) -> None:
    made = during(
        seconds, Bout("Any", 3, effort, speed=3 * effort), seed=seed, rhythm=rhythm, ectopics=900
    )
    counts, _ = recorded(made, lead)
    assert len(counts) == seconds * 256
    level = 0 if lead == 4115 else 1360
    assert -600 < counts.min() - level < counts.max() - level < 1000
    assert np.std(counts) > 5


def test_a_heart_that_stands_still_has_a_flat_line() -> None:
    made = during(10)
    none = Beats(np.empty(0), np.empty(0, np.int64), np.empty(0, np.int8))
    counts = ecg.ecg_counts(made, none, breath_train(made), 4113)
    assert len(counts) == 2560
    assert np.ptp(counts) < 80
