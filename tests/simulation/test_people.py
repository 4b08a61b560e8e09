"""What age, sex and fitness make of people, and of their hearts and breath."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from apps.metrics import variability
from apps.simulation import exchange, heart_shape
from apps.simulation.people import OLDEST, YOUNGEST, fitness_of, make_person
from apps.simulation.profiles import Person
from apps.simulation.simulator import Simulation
from tests.simulation.physiology import MIDNIGHT
from tests.simulation.subjects import profile

AGES = 0, 1, 6, 12, 30, 55, 80


def shape_of(person: Person) -> heart_shape.HeartShape:
    """The heart of that person with the first seed."""
    return heart_shape.draw_shape(person, np.random.default_rng(1))


@cache
def lying(age: int, seed: int = 1, fitness: float = 0.0) -> Simulation:
    """Ten minutes on the back."""
    return Simulation(
        replace(profile(), person=make_person("M", age, fitness)), seed, MIDNIGHT, 600
    )


class TestPeople:
    @pytest.mark.parametrize("sex", ["F", "M"])
    @pytest.mark.parametrize("age", [YOUNGEST, *AGES, OLDEST])
    @pytest.mark.parametrize("fitness", [-2.5, 0, 2.5])
    def test_all_of_them_are_possible(self, sex: str, age: int, fitness: float) -> None:
        made = make_person(sex, age, fitness)
        assert 38 <= made.hr_rest < made.hr_max - 50
        assert 0.4 < made.vt1 < made.vt2 < 0.9
        assert 10 < made.vo2max < 80
        assert exchange.oxygen(made, np.array([0.0]))[0] < made.vo2max / 2

    @pytest.mark.parametrize("age", [YOUNGEST - 1, OLDEST + 1])
    def test_there_are_no_figures_for_others(self, age: int) -> None:
        with pytest.raises(ValueError, match="an age is from 0 to 100 years"):
            make_person("F", age)

    def test_hearts_slow_down_in_childhood_and_reach_less_with_age(self) -> None:
        made = [make_person("F", age) for age in AGES]
        rest, most = [each.hr_rest for each in made], [each.hr_max for each in made]
        assert rest == sorted(rest, reverse=True)
        assert most == sorted(most, reverse=True)
        assert rest[2] > rest[4] + 15
        assert 120 < rest[0] < 140
        assert most[-1] == round(208 - 0.7 * 80)

    def test_the_fit_have_slow_hearts_more_oxygen_and_later_thresholds(self) -> None:
        unfit, fit = make_person("M", 30, -1), make_person("M", 30, 2)
        assert fit.hr_rest < unfit.hr_rest
        assert fit.vo2max > 1.5 * unfit.vo2max
        assert (fit.vt1, fit.vt2) > (unfit.vt1, unfit.vt2)

    def test_sizes_are_those_that_are_told(self) -> None:
        made = make_person("F", 40, height=1.8, weight=70)
        assert (made.height, made.weight) == (1.8, 70)
        assert make_person("F", 6).weight < 25


def test_fitness_can_be_told_from_the_oxygen() -> None:
    for sex, age in (("F", 12), ("M", 45), ("F", 70)):
        for fitness in (-1.5, 0.0, 2.0):
            assert fitness_of(make_person(sex, age, fitness)) == pytest.approx(fitness, abs=0.05)
    assert fitness_of(replace(make_person("M", 100), age=110, vo2max=90)) == 2.5


class TestHearts:
    def test_pr_and_qrs_grow_and_pr_grows_on(self) -> None:
        child, adult, old = (shape_of(make_person("M", age)) for age in (6, 30, 80))
        assert child.width < 0.9 * adult.width
        assert child.pr < adult.pr - 0.02
        assert old.pr > adult.pr + 0.01
        assert old.axis < adult.axis

    def test_qt_is_longer_in_women_not_in_girls(self) -> None:
        for age, longer in ((8, 0.0), (30, 0.015)):
            woman, man = (shape_of(make_person(sex, age)) for sex in "FM")
            assert woman.qtc - man.qtc == pytest.approx(longer)

    def test_rates_at_rest_are_those_of_the_people(self) -> None:
        for age in AGES:
            made = lying(age)
            rate = 60 * len(made.beats.times) / 600
            assert rate == pytest.approx(made.profile.person.hr_rest, abs=6)

    def test_variability_falls_with_age(self) -> None:
        """Umetani 1998: RMSSD at 80 is less than half of that at 20."""
        found = []
        for age in (20, 50, 80):
            every = [lying(age, seed).events(318)[1] for seed in (1, 2, 3)]
            found.append(np.mean([variability.successive_change(each) or 0 for each in every]))
        assert found[0] > found[1] > found[2]
        assert found[2] < 0.5 * found[0]

    def test_the_heart_of_the_newborn_leans_to_the_right_and_is_quick(self) -> None:
        """QRS below zero in lead I, QT by Bazett as in adults (Rijnbeek 2001)."""
        newborn = lying(0)
        person = newborn.profile.person
        shapes = [
            heart_shape.draw_shape(person, np.random.default_rng(seed)) for seed in range(100)
        ]
        assert all(100 < shape.axis < 140 for shape in shapes)
        lead = newborn.samples(4113).astype(float) - 1360
        assert abs(np.percentile(lead, 0.5)) > np.percentile(lead, 99.5)
        qt = np.mean([shape.qtc for shape in shapes]) * (60 / person.hr_rest) ** (1 / 3)
        assert qt / (60 / person.hr_rest) ** 0.5 == pytest.approx(0.41, abs=0.02)

    def test_the_variability_of_the_smallest_ripens(self) -> None:
        found = [
            np.mean(
                [
                    variability.successive_change(lying(age, seed).events(318)[1])
                    for seed in (1, 2, 3)
                ]
            )
            for age in (0, 2, 8)
        ]
        assert found[0] < found[1] < found[2]
        assert found[0] < 30
        assert found[2] > 40

    def test_children_breathe_quicker(self) -> None:
        child, adult = lying(6), lying(30)
        assert 60 / np.median(child.breaths.lengths) > 60 / np.median(adult.breaths.lengths) + 4
        assert exchange.resting_rate(child.profile.person) == 22
        assert exchange.resting_rate(lying(0).profile.person) == pytest.approx(43)

    def test_the_same_heart_comes_with_other_seeds(self) -> None:
        known = replace(make_person("M", 30), heart=7)
        same = [
            Simulation(replace(profile(), person=known), seed, MIDNIGHT, 60).samples(4113)
            for seed in (1, 2)
        ]
        other = Simulation(profile(person=replace(known, heart=12)), 1, MIDNIGHT, 60).samples(4113)
        heights = [float(np.percentile(each, 99.5)) for each in (*same, other)]
        assert abs(heights[0] - heights[1]) < 0.3 * abs(heights[0] - heights[2])


def test_the_truth_tells_who_it_is() -> None:
    told = lying(6).describe_truth()["person"]
    assert (told["age"], told["hr_max"]) == (6, 200)
