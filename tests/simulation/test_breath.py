"""The breath train, the bands, and the formulas of volumes and rates."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from apps.simulation import breath
from apps.simulation.breath import ABDOMINAL, THORACIC, Breaths, Detected
from apps.simulation.profiles import Bout
from apps.simulation.timeline import Timeline
from tests.simulation.subjects import RUN, asleep, during, person, spoilt


def found(made: Timeline) -> tuple[Breaths, Detected]:
    breaths = breath.breath_train(made)
    return breaths, breath.detect_breaths(made, breaths)


def swings(band: NDArray[np.uint16], detected: Detected) -> NDArray[np.float64]:
    """By how much a band falls from each inspiration to its expiration, means of 1/8 s."""
    smooth = np.convolve(band.astype(float), np.ones(17) / 17, mode="same")
    top, bottom = (ticks // 2 for ticks in (detected.inspirations, detected.expirations))
    swung: NDArray[np.float64] = smooth[top] - smooth[bottom]
    return swung


def test_breaths_cover_the_record_without_gaps() -> None:
    breaths, _ = found(during(600))
    assert breaths.starts[0] <= 0
    assert breaths.starts[-1] + breaths.lengths[-1] >= 600
    assert np.allclose(np.diff(breaths.starts), breaths.lengths[:-1])
    assert (breaths.inhale + breaths.exhale <= breaths.lengths + 1e-9).all()


def test_rest_and_effort_have_usual_rates_and_volumes() -> None:
    rest, _ = found(during(900))
    run, _ = found(during(900, RUN))
    late = run.starts > 180
    assert 60 / rest.lengths.mean() == pytest.approx(13.5, abs=3)
    assert 60 / run.lengths[late].mean() == pytest.approx(38, abs=5)
    assert rest.volumes.mean() == pytest.approx(7 * 78, rel=0.15)
    assert 1800 < run.volumes[late].mean() < 2700


def test_exhaling_takes_longer_than_inhaling_at_rest() -> None:
    rest, _ = found(during(600))
    ratio = (rest.lengths - rest.inhale) / rest.inhale
    assert 1.2 < ratio.mean() < 2.2


def test_breathing_is_steadier_in_deep_sleep_than_awake_or_in_rem() -> None:
    awake = during(1800)
    spread = {stage: np.std(found(asleep(awake, stage))[0].lengths[2:]) for stage in (2, 5, 6)}
    assert spread[2] < spread[6] < spread[5]


def test_a_sigh_comes_every_few_minutes_at_rest() -> None:
    rest, _ = found(during(3600))
    deep = rest.volumes > 1.7 * np.median(rest.volumes)
    assert 4 <= deep.sum() <= 30


def test_apnoeas_come_in_sleep_only_and_last_ten_seconds() -> None:
    awake = during(3600, apneas=40)
    asleep_ = asleep(awake, 2)
    assert found(awake)[0].lengths.max() < 10
    long = found(asleep_)[0].lengths > 10
    assert 15 <= long.sum() <= 45
    assert found(asleep_)[0].lengths.max() < 60


def test_the_bands_fall_while_inhaling_by_the_volume_over_eight() -> None:
    made = during(600)
    breaths, detected = found(made)
    bands = [breath.respiration_counts(made, breaths, band) for band in (THORACIC, ABDOMINAL)]
    both = swings(bands[0], detected) + swings(bands[1], detected)
    inner = slice(1, -1)
    assert (both > 0).all()
    difference = both * breath.ML_PER_LEVEL - detected.millilitres
    assert np.abs(difference[inner]).mean() < 12
    assert np.corrcoef(both[inner], detected.millilitres[inner])[0, 1] > 0.98


def test_raw_volumes_times_weight_over_65_are_those_of_the_person() -> None:
    made = during(600)
    breaths, detected = found(made)
    true = breaths.volumes[np.searchsorted(breaths.starts, detected.inspirations / 256 - 0.01)]
    assert np.abs(detected.millilitres * 78 / 65 - true).max() < 2.5 * breath.ML_PER_LEVEL


def test_the_chest_takes_more_of_a_breath_when_upright_than_when_lying() -> None:
    share = {}
    for posture in ("upright", "supine"):
        made = during(300, Bout("Rest", 5, 0.0, posture=posture, restless=0))
        breaths, detected = found(made)
        chest, belly = (
            swings(breath.respiration_counts(made, breaths, band), detected).sum()
            for band in (THORACIC, ABDOMINAL)
        )
        share[posture] = chest / (chest + belly)
    assert share["upright"] == pytest.approx(0.60, abs=0.03)
    assert share["supine"] == pytest.approx(0.35, abs=0.03)


def test_a_band_has_128_unsigned_counts_a_second_across_blocks() -> None:
    made = during(1250)
    breaths, _ = found(made)
    band = breath.respiration_counts(made, breaths, THORACIC)
    assert band.shape == (1250 * 128,)
    assert band.dtype == np.uint16
    assert np.abs(np.diff(band.astype(int))).max() < 25


def test_a_band_torn_off_gives_zeros_and_no_breaths_are_found() -> None:
    made = spoilt(during(120), "disconnected", "thoracic", 40, 80)
    breaths, detected = found(made)
    band = breath.respiration_counts(made, breaths, THORACIC)
    assert not band[41 * 128 : 79 * 128].any()
    assert band[: 39 * 128].all()
    within = (detected.expirations > 40 * 256) & (detected.inspirations < 80 * 256)
    assert not within.any()
    assert (detected.inspirations > 80 * 256).any()


def test_inspirations_and_expirations_take_turns_and_tell_levels() -> None:
    made = during(300)
    breaths, detected = found(made)
    (begins, high), (ends, low) = (
        breath.inspiration_events(detected),
        breath.expiration_events(detected),
    )
    assert (begins < ends).all()
    assert (ends[:-1] < begins[1:]).all()
    chest, belly = (
        breath.respiration_counts(made, breaths, band) for band in (THORACIC, ABDOMINAL)
    )
    both = chest.astype(int) + belly
    assert np.abs(both[begins // 2] - high).max() <= 6
    assert np.abs(both[ends // 2] - low).max() <= 6


TRAIN = Detected(
    np.arange(10) * 1024 + 256,
    np.arange(10) * 1024 + 700,
    np.full(10, 3000),
    3000 - np.arange(30, 80, 5),
)
"""Ten breaths of 4 s that begin at 1 s, of 30, 35 ... 75 levels."""


def test_breathing_rate_is_ten_until_two_cycles_are_known() -> None:
    rate = breath.breathing_rate(TRAIN, 40)
    assert rate[:8].tolist() == [10] * 8
    assert rate[8:].tolist() == [15] * 32


def test_breathing_rate_is_the_mean_of_seven_cycles() -> None:
    starts = np.cumsum([256, 512, 1024, 1536, 768, 1280, 512, 2048, 640, 896])
    train = replace(TRAIN, inspirations=starts)
    rate = breath.breathing_rate(train, 60)
    assert rate[-1] == round(60 * 256 * 7 / np.diff(starts)[-7:].sum())
    assert rate[starts[3] // 256] == round(60 * 256 * 3 / (starts[3] - starts[0]))


def test_breathing_rate_is_held_between_2_and_60_and_at_its_last_value() -> None:
    panting = replace(TRAIN, inspirations=np.arange(10) * 128, expirations=np.arange(10) * 128 + 9)
    assert breath.breathing_rate(panting, 600)[[-1, 6]].tolist() == [60, 60]


def test_tidal_volume_is_that_of_the_last_inspiration() -> None:
    volume = breath.tidal_volume(TRAIN, 40)
    assert volume[:2].tolist() == [0, 0]
    assert volume[2:10].tolist() == [round(30 * 8 / 13.28)] * 4 + [round(35 * 8 / 13.28)] * 4
    assert volume[-1] == round(75 * 8 / 13.28)


def test_ventilation_is_rate_times_mean_volume_of_the_same_cycles() -> None:
    ventilation = breath.minute_ventilation(TRAIN, 60)
    last_seven = np.arange(40, 75, 5) * 8
    assert ventilation[-1] == round(15 * last_seven.mean() / 13.28)


def test_ventilation_agrees_with_rate_and_volume_in_a_record() -> None:
    made = during(900, RUN)
    _, detected = found(made)
    rate, volume, ventilation = (
        channel(detected, 900).astype(float)
        for channel in (breath.breathing_rate, breath.tidal_volume, breath.minute_ventilation)
    )
    seen = breath.breathing_cycles(detected)
    at = seen.ticks // 256
    mean = seen.millilitres / seen.number / breath.ML_PER_COUNT
    within = np.diff(at, append=900) > 0
    product = rate[at[within]] * mean[within]
    assert np.abs(ventilation[at[within]] - product).max() <= 0.5 * mean.max() + 0.5
    assert ventilation[300:].mean() == pytest.approx((rate * volume)[300:].mean(), rel=0.05)


def test_ventilation_fits_its_16_bits_even_for_a_giant_all_out() -> None:
    giant = person(weight=200)
    made = during(300, Bout("Sprint", 5, 1.0, speed=6), person=giant)
    assert 10_000 < breath.minute_ventilation(found(made)[1], 300).max() * 13.28 < 300_000


def test_adjusted_volumes_are_raw_ones_times_weight_over_65() -> None:
    raw = np.array([0, 43, 331], np.uint16)
    assert breath.tidal_volume_adjusted(raw, 78).tolist() == [0, 685, 5275]
    assert breath.minute_ventilation_adjusted(raw, 65).tolist() == [0, 57, 440]
    assert breath.tidal_volume_adjusted(raw, 65)[1] == round(43 * 13.28)


def test_no_breath_found_gives_the_values_that_stand_for_none() -> None:
    nothing = np.empty(0, np.int64)
    none = Detected(nothing, nothing, nothing, nothing)
    assert breath.breathing_rate(none, 3).tolist() == [10, 10, 10]
    assert breath.tidal_volume(none, 3).tolist() == [0, 0, 0]
    assert breath.minute_ventilation(none, 3).tolist() == [0, 0, 0]


def test_the_same_seed_gives_the_same_and_another_seed_does_not() -> None:
    def band(seed: int) -> NDArray[np.uint16]:
        made = during(60, seed=seed)
        return breath.respiration_counts(made, breath.breath_train(made), ABDOMINAL)

    assert np.array_equal(band(1), band(1))
    assert not np.array_equal(band(1), band(2))


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    seconds=st.integers(10, 200),
    effort=st.floats(0, 1),
    apneas=st.floats(0, 90),
)
def test_any_record_has_sound_channels(
    seed: int, seconds: int, effort: float, apneas: float
) -> None:
    bout = Bout("Any", 3, effort, speed=2.5 * effort, sleep=effort < 0.1)
    made = during(seconds, bout, seed=seed, apneas=apneas)
    breaths, detected = found(made)
    assert (breaths.inhale > 0).all()
    assert (breaths.exhale > 0).all()
    assert len(breath.respiration_counts(made, breaths, THORACIC)) == seconds * 128
    rate = breath.breathing_rate(detected, seconds)
    assert len(rate) == seconds
    assert rate.min() >= 2
    assert rate.max() <= 60
    assert (np.diff(detected.inspirations) > 0).all()
    assert (breaths.lung_filling(np.linspace(0, seconds, 500)) <= 1).all()
