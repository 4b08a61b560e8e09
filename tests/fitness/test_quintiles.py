"""Fifths of a population."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.fitness import quintiles
from tests.fitness.shipped import CUTS, POPULATION

numbers = st.floats(-1e6, 1e6)
cuts = st.lists(numbers, min_size=4, max_size=4).map(sorted)


@given(cuts, numbers)
def test_every_value_has_a_zone(ends: list[float], value: float) -> None:
    assert quintiles.zone_of(ends, value) in range(1, 6)


@given(cuts, numbers, numbers)
def test_zones_rise_with_the_value(ends: list[float], one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert quintiles.zone_of(ends, low) <= quintiles.zone_of(ends, high)


@given(cuts, numbers)
def test_a_value_lies_in_the_bounds_of_its_zone(ends: list[float], value: float) -> None:
    found = quintiles.zone_bounds(ends)[str(quintiles.zone_of(ends, value))]
    assert isinstance(found, list)
    low, high = found
    assert low is None or low <= value
    assert high is None or value < high


@given(st.floats(-1e4, 1e4), st.floats(0.01, 1e3))
def test_fifths_of_a_normal_distribution(mean: float, sd: float) -> None:
    ends = quintiles.of_normal(mean, sd)
    assert len(ends) == 4
    assert ends == sorted(ends)
    assert ends[0] < mean < ends[3]
    assert ends[0] + ends[3] == pytest.approx(2 * mean, abs=2e-4)


def test_a_known_normal_distribution() -> None:
    """The fifths of the standard normal distribution end at 0.2533 and 0.8416."""
    assert quintiles.of_normal(0, 1) == [-0.8416, -0.2533, 0.2533, 0.8416]


def test_without_a_distribution_there_are_no_bounds() -> None:
    assert quintiles.zone_bounds(None) == dict.fromkeys("12345", "na")


@given(st.dates(max_value=date(2100, 1, 1)), st.dates(max_value=date(2100, 1, 1)))
def test_ages_rise_on_birthdays(one: date, other: date) -> None:
    born, today = sorted((one, other))
    years = quintiles.age_in_years(born, today)
    assert 0 <= years <= today.year - born.year
    assert (years == today.year - born.year) == ((today.month, today.day) >= (born.month, born.day))


@pytest.mark.parametrize("handle", POPULATION)
def test_the_shipped_distributions_rise(handle: str) -> None:
    ends = CUTS[handle]
    assert len(ends) == 4
    assert all(low < high for low, high in pairwise(ends))
    assert POPULATION[handle]["source"]


def test_shipped_age_groups_do_not_overlap() -> None:
    for row in POPULATION.values():
        group = [
            other["age_min"]
            for other in POPULATION.values()
            if (other["kpi"], other["gender"]) == (row["kpi"], row["gender"])
        ]
        later = [start for start in group if start > row["age_min"]]
        assert group.count(row["age_min"]) == 1
        assert not later or row["age_max"] == min(later) - 1
