"""Energy, sleep phases, temperatures and the battery."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.simulation import derived
from tests.simulation.subjects import RUN, asleep, during, person

MAN = person(age=30, weight=80, height=1.80, hr_rest=60, hr_max=190, vo2max=45)
WOMAN = replace(MAN, sex="F")


def test_power_at_rest_is_that_of_mifflin() -> None:
    assert derived.resting_watts(MAN) == pytest.approx(0.048379 * (808 + 1125 - 150 + 5))
    assert derived.resting_watts(WOMAN) == pytest.approx(0.048379 * (808 + 1125 - 150 - 165))
    assert (
        derived.energy_by_metrics(MAN, np.array([40, 60])).tolist()
        == [int(derived.resting_watts(MAN))] * 2
    )


def test_power_in_exercise_is_that_of_keytel() -> None:
    man = (-95.7735 + 0.271 * 30 + 0.394 * 80 + 0.404 * 45 + 0.634 * 150) * 16.66
    woman = (-59.3954 + 0.274 * 30 + 0.103 * 80 + 0.380 * 45 + 0.450 * 150) * 16.66
    assert derived.energy_by_metrics(MAN, np.array([150], np.uint16)).tolist() == [int(man)]
    assert derived.energy_by_metrics(WOMAN, np.array([150], np.uint16)).tolist() == [int(woman)]


def test_between_the_two_it_is_a_line() -> None:
    """Keytel is taken where exercise begins, not at the heart rate itself (metrics 3.3)."""
    begins = 0.6 * 190
    keytel = (-95.7735 + 0.271 * 30 + 0.394 * 80 + 0.404 * 45 + 0.634 * begins) * 16.66
    expected = (derived.resting_watts(MAN) + keytel) / 2
    assert derived.energy_by_metrics(MAN, np.array([(60 + begins) / 2]))[0] == int(expected)


@given(st.lists(st.integers(0, 230), min_size=1, max_size=30), st.integers(10, 90))
def test_power_is_never_below_nothing_and_fits_its_counts(rates: list[int], age: int) -> None:
    heart_rate = np.array(rates, np.uint16)
    for function in (derived.energy_by_metrics, derived.energy_of_heart):
        watt = function(replace(MAN, age=age), heart_rate)
        assert watt.dtype == np.uint16
        assert watt.max() < 4000


def test_power_of_the_heart_rate_ends_at_the_largest_oxygen_uptake() -> None:
    most = derived.energy_of_heart(MAN, np.array([190, 220]))
    assert most.tolist() == [round(45 * 80 / 60 * 20.9)] * 2
    assert derived.energy_of_heart(MAN, np.array([60]))[0] == round(derived.resting_watts(MAN))


def test_power_of_activity_and_cadence_rises_from_rest() -> None:
    rest = round(derived.resting_watts(MAN))
    activity = derived.energy_of_activity(MAN, np.array([0, 95, 250], np.uint16))
    cadence = derived.energy_of_cadence(MAN, np.array([0, 100, 120, 160, 180], np.uint16))
    assert activity[0] == cadence[0] == rest
    assert 3 * rest < activity[1] < 6 * rest
    assert (np.diff(cadence.astype(int)) > 0).all()
    assert 200 < cadence[1] < 350
    assert 700 < cadence[3] < 1100


def test_sleep_phases_are_told_where_they_begin() -> None:
    made = during(100)
    stage = np.repeat(np.array([6, 2, 5, 2], np.int8), 25)
    offsets, values = derived.sleep_phases(replace(made, stage=stage))
    assert offsets.tolist() == [0, 25 * 256, 50 * 256, 75 * 256]
    assert values.tolist() == [6, 2, 5, 2]
    assert derived.sleep_phases(asleep(made, 2))[0].tolist() == [0]


def test_there_are_none_when_nobody_sleeps() -> None:
    offsets, values = derived.sleep_phases(during(100))
    assert len(offsets) == len(values) == 0
    assert offsets.dtype == values.dtype == np.int64


def test_the_device_warms_up_in_the_garment() -> None:
    made = during(3600)
    board, device = derived.respiration_temperature(made), derived.device_temperature(made)
    assert board.dtype == np.int16
    assert board[0] / 100 == pytest.approx(24, abs=1)
    assert board[-1] / 100 == pytest.approx(32.5, abs=1)
    assert device[-1] > device[0] + 40
    assert derived.respiration_temperature(during(3600, RUN))[-1] > board[-1] + 50


def test_the_battery_goes_from_full_to_empty_in_32_hours() -> None:
    level = derived.battery_level(during(86_400)).astype(int)
    assert 2560 < level[0] < 2605
    assert level[0] - level[-1] == pytest.approx(300 * 24 / 32, abs=6)
    longer = derived.battery_level(during(3 * 86_400))
    assert 2290 < longer.min() < longer.max() < 2610


@pytest.mark.parametrize("seconds", [10, 61])
def test_every_channel_has_a_sample_a_second(seconds: int) -> None:
    made = during(seconds)
    for function in (
        derived.respiration_temperature,
        derived.device_temperature,
        derived.battery_level,
    ):
        assert len(function(made)) == seconds
        assert np.array_equal(function(made), function(during(seconds)))
