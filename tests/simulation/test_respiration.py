"""Breaths as the device finds them, and the formulas of volumes and rates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.simulation import bands, breath, respiration, truth
from apps.simulation.bands import ABDOMINAL, THORACIC, Trunk
from apps.simulation.profiles import Bout
from apps.simulation.respiration import Detected
from apps.simulation.timeline import Timeline
from tests.simulation.subjects import RUN, during, person, spoilt

RESTLESS = Bout("Sit", 60, 0.02, posture="sitting", restless=0.6)


def found(made: Timeline) -> tuple[Trunk, Detected]:
    trunk = Trunk(made, breath.breath_train(made))
    return trunk, respiration.detect_breaths(trunk)


def faults(trunk: Trunk, detected: Detected) -> dict[str, list[int]]:
    """What the device missed and what it found in excess."""
    stop = trunk.timeline.seconds * 256
    told = truth.describe_breaths(trunk.breaths, detected.inspirations, stop)
    return {name: told[name] for name in ("missed", "false")}


def test_levels_are_three_parts_chest_and_one_part_belly() -> None:
    trunk, detected = found(during(300))
    chest, belly = (bands.respiration_counts(trunk, band) for band in (THORACIC, ABDOMINAL))
    level = 0.75 * chest + 0.25 * belly
    for ticks, told in (
        respiration.inspiration_events(detected),
        respiration.expiration_events(detected),
    ):
        near = level[ticks[:-1, None] // 2 + np.arange(-3, 4)].mean(axis=1)
        assert np.abs(near - told[:-1]).max() <= 3


def test_inspirations_and_expirations_take_turns() -> None:
    _, detected = found(during(1200, RESTLESS))
    assert (detected.inspirations < detected.expirations).all()
    assert (detected.expirations[:-1] < detected.inspirations[1:]).all()


def test_a_tidal_volume_is_the_fall_of_the_level_less_one() -> None:
    """As in the genuine record 221732, in 41 of 52 breaths."""
    _, detected = found(during(600))
    volumes = respiration.tidal_volume(detected, 600).astype(int)
    (begins, high), (ends, low) = (
        respiration.inspiration_events(detected),
        respiration.expiration_events(detected),
    )
    assert len(begins) == len(ends)
    at = -(-ends[1:] // 256) - 1
    alone = np.diff(at, append=600) > 0
    assert volumes[at[alone]].tolist() == (high - low - 1)[1:][alone].tolist()


def test_raw_volumes_times_weight_over_65_are_those_of_the_person() -> None:
    trunk, detected = found(during(600))
    true = np.searchsorted(trunk.breaths.starts, detected.inspirations / 256 - 0.01)
    ratio = detected.counts * 13.28 * 78 / 65 / trunk.breaths.volumes[true]
    assert np.median(ratio) == pytest.approx(1, abs=0.04)
    assert (np.abs(ratio - 1) < 0.08).mean() > 0.85


def test_no_breaths_are_found_without_a_band() -> None:
    _, detected = found(spoilt(during(120), "disconnected", "thoracic", 40, 80))
    within = (detected.expirations > 40 * 256) & (detected.inspirations < 80 * 256)
    assert not within.any()
    assert (detected.inspirations > 80 * 256).any()


def test_a_restless_person_costs_breaths_and_gives_false_ones() -> None:
    still, restless = (
        faults(trunk, detected)
        for trunk, detected in (found(during(3600, *bouts)) for bouts in ((), (RESTLESS,)))
    )
    assert len(still["missed"]) < 15
    assert not still["false"]
    assert 10 < len(restless["missed"]) < 200
    assert 5 < len(restless["false"]) < 200


def test_noise_of_a_band_costs_breaths() -> None:
    told = [
        faults(trunk, detected)
        for trunk, detected in (
            found(during(1800)),
            found(spoilt(during(1800), "noise", "abdominal", 100, 1500)),
        )
    ]
    assert len(told[1]["missed"]) > 20 + len(told[0]["missed"])


TRAIN = Detected(
    np.arange(10) * 1024 + 256,
    np.arange(10) * 1024 + 700,
    np.full(10, 24_000),
    24_000 - 1 - np.arange(30, 80, 5),
)
"""Ten breaths of 4 s that turn at 2.7 s, of 30, 35 ... 75 counts."""


def test_breathing_rate_is_ten_until_a_cycle_has_ended_and_climbs_then() -> None:
    """A genuine device goes from 10 to 13, 22, 29 and 31."""
    rate = respiration.breathing_rate(TRAIN, 40)
    assert rate[:6].tolist() == [10] * 6
    assert rate[6:11].tolist() == [11, 13, 14, 15, 15]
    assert rate[11:].tolist() == [15] * 29


def test_a_genuine_start() -> None:
    """The first ten breaths of record 221732 and what its device made of them."""
    starts = [540, 1040, 1538, 1986, 2712, 4340, 5002, 5558, 7336, 7768]
    turns = [620, 1128, 1632, 2244, 3846, 4530, 5104, 6208, 7606, 15728]
    top = [24367, 24461, 24514, 24540, 24519, 24335, 24428, 24520, 24487, 24402]
    bottom = [24343, 24443, 24495, 24451, 24266, 24302, 24417, 24365, 24390, 24268]
    genuine = Detected(*(np.array(each) for each in (starts, turns, top, bottom)))
    assert respiration.tidal_volume(genuine, 8).tolist() == [0, 0, 0, 0, 17, 17, 18, 18]
    minute = respiration.minute_ventilation(genuine, 26).astype(int)
    assert minute[[3, 4, 6, 11, 21, 25]] == pytest.approx([0, 514, 530, 1160, 1428, 1569], abs=3)
    rate = respiration.breathing_rate(genuine, 31).astype(int)
    told = [10, 10, 10, 10, 13, 22, 29, 32, 31, 30, 29, 28, 28, 28, 28, 27, 22, 19, 18, 18, 19]
    assert rate[:21] == pytest.approx(told, abs=2)


def test_breathing_rate_is_the_mean_of_seven_cycles() -> None:
    turns = np.cumsum([256, 512, 1024, 1536, 768, 1280, 512, 2048, 640, 896])
    train = replace(TRAIN, inspirations=turns - 100, expirations=turns)
    rate = respiration.breathing_rate(train, 60)
    assert rate[-1] == round(60 * 256 * 7 / np.diff(turns)[-7:].sum())


def test_breathing_rate_is_held_between_2_and_60_and_at_its_last_value() -> None:
    panting = replace(TRAIN, inspirations=np.arange(10) * 128, expirations=np.arange(10) * 128 + 9)
    assert respiration.breathing_rate(panting, 600)[[-1, 8]].tolist() == [60, 60]


def test_tidal_volume_is_that_of_the_last_breath_but_the_first() -> None:
    volume = respiration.tidal_volume(TRAIN, 40)
    assert volume[:6].tolist() == [0] * 6
    assert volume[6:14].tolist() == [35] * 4 + [40] * 4
    assert volume[-1] == 75


def test_ventilation_is_rate_times_mean_volume_of_the_same_cycles() -> None:
    ventilation = respiration.minute_ventilation(TRAIN, 60)
    assert not ventilation[:6].any()
    assert ventilation[6] == 15 * 35
    assert ventilation[-1] == 15 * np.arange(45, 80, 5).mean()


def test_ventilation_agrees_with_rate_and_volume_in_a_record() -> None:
    _, detected = found(during(900, RUN))
    rate, volume, ventilation = (
        channel(detected, 900).astype(float)
        for channel in (
            respiration.breathing_rate,
            respiration.tidal_volume,
            respiration.minute_ventilation,
        )
    )
    assert ventilation[300:].mean() == pytest.approx((rate * volume)[300:].mean(), rel=0.05)


def test_ventilation_fits_its_16_bits_even_for_a_giant_all_out() -> None:
    made = during(300, Bout("Sprint", 5, 1.0, speed=6), person=person(weight=200))
    most = respiration.minute_ventilation(found(made)[1], 300).max() * 13.28
    assert 10_000 < most < 300_000


def test_adjusted_volumes_are_raw_ones_times_weight_over_65() -> None:
    raw = np.array([0, 43, 331], np.uint16)
    assert respiration.tidal_volume_adjusted(raw, 78).tolist() == [0, 685, 5275]
    assert respiration.minute_ventilation_adjusted(raw, 65).tolist() == [0, 57, 440]
    assert respiration.tidal_volume_adjusted(raw, 65)[1] == round(43 * 13.28)


@pytest.mark.parametrize("count", [0, 1])
def test_no_cycle_gives_the_values_that_stand_for_none(count: int) -> None:
    none = Detected(
        TRAIN.inspirations[:count],
        TRAIN.expirations[:count],
        TRAIN.top[:count],
        TRAIN.bottom[:count],
    )
    assert respiration.breathing_rate(none, 3).tolist() == [10, 10, 10]
    assert respiration.tidal_volume(none, 3).tolist() == [0, 0, 0]
    assert respiration.minute_ventilation(none, 3).tolist() == [0, 0, 0]


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
    bout = Bout("Any", 3, effort, speed=2.5 * effort, sleep=effort < 0.1, restless=1.0)
    trunk, detected = found(during(seconds, bout, seed=seed, apneas=apneas))
    assert len(bands.respiration_counts(trunk, THORACIC)) == seconds * 128
    rate = respiration.breathing_rate(detected, seconds)
    assert len(rate) == seconds
    assert 2 <= rate.min() <= rate.max() <= 60
    assert (np.diff(detected.inspirations) > 0).all()
    assert (detected.counts > 0).all()
