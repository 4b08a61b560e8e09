"""Pulse waves, transit times, pressure, oxygen and skin temperature."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.simulation import found_beats, heart, pulse
from apps.simulation.breath import Breaths, breath_train
from apps.simulation.heart import Beats
from apps.simulation.people import make_person
from apps.simulation.profiles import Bout
from apps.simulation.pulse import Pulses
from apps.simulation.timeline import Timeline
from tests.simulation.subjects import RUN, asleep, during, person, spoilt


def felt(made: Timeline) -> tuple[Breaths, Beats, Pulses]:
    breaths = breath_train(made)
    beats = heart.beat_train(made, breaths)
    return breaths, beats, pulse.pulse_train(made, beats)


def test_each_beat_but_the_last_has_a_pulse_after_its_transit_time() -> None:
    _, beats, pulses = felt(during(300))
    offsets, values = pulse.transit_events(pulses)
    assert len(beats.ticks) - len(offsets) in {0, 1}
    assert (offsets - values == beats.ticks[: len(offsets)]).all()
    assert offsets[-1] < 300 * 256


def test_transit_times_are_those_to_the_forehead_and_fall_with_effort() -> None:
    rest, run = (felt(during(600, *bouts))[2].transit / 256 for bouts in ((), (RUN,)))
    assert 0.18 <= run.min() < rest.max() <= 0.29
    assert run[300:].mean() < rest.mean() - 0.02


def test_pressure_rises_with_effort_and_age_and_falls_asleep() -> None:
    rest = pulse.true_pressure(during(600))
    assert rest.mean() == pytest.approx(115, abs=10)
    assert pulse.true_pressure(during(600, RUN))[300:].mean() == pytest.approx(160, abs=12)
    assert pulse.true_pressure(during(600, person=person(age=70))).mean() > rest.mean() + 8
    assert pulse.true_pressure(asleep(during(600), 2)).mean() < rest.mean() - 8


@pytest.mark.parametrize(("age", "mmhg"), [(0, 68), (5, 94), (12, 104)])
def test_the_pressure_of_children_is_low(age: int, mmhg: float) -> None:
    made = during(600, person=make_person("F", age))
    _, _, pulses = felt(made)
    shown = pulse.systolic_pressure(made, pulses, adjusted=True)[60:]
    assert shown.mean() == pytest.approx(mmhg, abs=8)


def test_adjusted_pressure_is_the_true_one_and_the_other_is_off_in_tall_people() -> None:
    made = during(600, person=person(height=2.0))
    _, _, pulses = felt(made)
    true = pulse.true_pressure(made)[60:].mean()
    adjusted = pulse.systolic_pressure(made, pulses, adjusted=True)[60:]
    assert adjusted.mean() == pytest.approx(true, abs=3)
    assert pulse.systolic_pressure(made, pulses)[60:].mean() < true - 8


def test_pressure_is_reckoned_from_the_last_16_transit_times() -> None:
    made = during(600)
    _, _, pulses = felt(made)
    told = pulse.systolic_pressure(made, pulses)
    mean = np.mean(pulses.transit[pulses.ticks <= 600 * 256][-16:]) / 256
    assert told[-1] == round(90 + (0.28 - mean) * 1100)
    assert told[0] == 0 or pulses.ticks[0] <= 256


def test_the_wave_rises_where_the_pulse_arrives() -> None:
    made = during(120)
    breaths, _, pulses = felt(made)
    wave = pulse.ppg_counts(made, pulses, breaths).astype(float)
    foot = pulses.ticks[2:-2] // 4
    crest = wave[foot[:, None] + np.arange(25)].argmax(axis=1) / 64
    assert crest.mean() == pytest.approx(0.17, abs=0.03)
    rise = wave[foot + 10] - wave[foot]
    assert (rise > 500).all()
    assert rise.mean() == pytest.approx(pulse.SWING * 0.9, rel=0.3)


def test_the_wave_has_64_unsigned_counts_a_second_across_blocks() -> None:
    made = during(1210)
    breaths, _, pulses = felt(made)
    wave = pulse.ppg_counts(made, pulses, breaths)
    assert wave.shape == (1210 * 64,)
    assert wave.dtype == np.uint16
    assert np.abs(np.diff(wave.astype(int))).max() < 600


def test_a_pulse_after_a_premature_beat_is_weak() -> None:
    _, beats, pulses = felt(during(900, ectopics=200))
    kinds = beats.kinds[: len(pulses.height)]
    early, others = pulses.height[kinds == 1], pulses.height[kinds == 0]
    assert len(early) > 10
    assert early.max() < 0.75 * others.mean()


def test_the_wave_is_lost_with_the_sensor() -> None:
    made = spoilt(during(60), "disconnected", "ppg", 20, 30)
    breaths, _, pulses = felt(made)
    wave = pulse.ppg_counts(made, pulses, breaths)
    assert np.ptp(wave[21 * 64 : 29 * 64]) < 20
    assert np.ptp(wave[:1200]) > 1000


@pytest.mark.parametrize("target", ["ecg", "ppg"])
def test_no_transit_time_is_found_where_the_ecg_or_the_pulse_is_lost(target: str) -> None:
    made = spoilt(during(60), "disconnected", target, 20, 30)
    _, beats, pulses = felt(made)
    found = pulse.detect_pulses(made, pulses, found_beats.detect_beats(made, beats))
    assert len(pulses.ticks) >= len(beats.ticks) - 1
    assert 5 < len(pulses.ticks) - len(found.ticks) < 15
    assert not ((found.ticks > 20.5 * 256) & (found.ticks < 29.5 * 256)).any()
    assert np.isin(found.ticks, pulses.ticks).all()


def test_pulse_rate_is_the_mean_of_eight_intervals() -> None:
    _, beats, pulses = felt(during(300))
    last = pulses.ticks[-9:]
    assert pulse.pulse_rate(pulses, 300)[-1] == round(60 * 256 * 8 / (last[-1] - last[0]))
    ours, theirs = pulse.pulse_rate(pulses, 300), heart.heart_rate(during(300), beats)
    assert ours[20:].mean() == pytest.approx(theirs[20:].mean(), abs=1)


def test_oxygen_is_full_until_somebody_stops_to_breathe() -> None:
    awake = during(3600, apneas=40)
    saturation = pulse.oxygen_saturation(awake, breath_train(awake))
    assert 95 <= saturation.min() <= saturation.max() <= 100
    made = asleep(awake, 2)
    breaths = breath_train(made)
    fallen = pulse.oxygen_saturation(made, breaths)
    assert 75 < fallen.min() < 94
    longest = breaths.lengths.argmax()
    stop = int(breaths.starts[longest] + breaths.lengths[longest])
    assert fallen[stop + 5 : stop + 30].min() < 95


def test_skin_is_warm_cools_with_effort_and_the_thermistor_falls_with_it() -> None:
    rest, run = (pulse.skin_temperature(during(1800, *bouts)) for bouts in ((), (RUN,)))
    assert 31 < rest.mean() / 256 < 35.5
    assert run[1200:].mean() < rest[1200:].mean() - 128
    raw = pulse.thermistor_counts(rest)
    assert raw.dtype == np.int16
    assert np.corrcoef(raw, rest)[0, 1] < -0.99


def test_no_beats_no_pulses() -> None:
    made = during(10)
    none = Beats(np.empty(0), np.empty(0, np.int64), np.empty(0, np.int8))
    pulses = pulse.pulse_train(made, none)
    assert not pulse.systolic_pressure(made, pulses).any()
    assert not pulse.pulse_rate(pulses, 10).any()
    assert len(pulse.ppg_counts(made, pulses, breath_train(made))) == 640


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    seconds=st.integers(10, 100),
    effort=st.floats(0, 1),
    rhythm=st.sampled_from(["sinus", "atrial_fibrillation"]),
)
def test_any_record_has_sound_pulses(seed: int, seconds: int, effort: float, rhythm: str) -> None:
    made = during(seconds, Bout("Any", 3, effort), seed=seed, rhythm=rhythm, ectopics=900)
    breaths, _, pulses = felt(made)
    wave = pulse.ppg_counts(made, pulses, breaths)
    assert len(wave) == seconds * 64
    assert 18_000 < wave.min() < wave.max() < 34_000
    assert np.array_equal(wave, pulse.ppg_counts(made, felt(made)[2], breaths))
    assert ((pulses.transit > 40) & (pulses.transit < 80)).all()
    for channel in (
        pulse.systolic_pressure(made, pulses),
        pulse.oxygen_saturation(made, breaths),
        pulse.pulse_rate(pulses, seconds),
        pulse.skin_temperature(made),
    ):
        assert len(channel) == seconds
