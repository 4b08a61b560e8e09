"""People as physiology expects them: what age, sex and fitness make of heart, breath and oxygen.

Figures are means of large groups; each is near what its source tells of healthy people.
"""

from __future__ import annotations

from itertools import pairwise

from apps.simulation.profiles import Person

YOUNGEST, OLDEST = 0, 100
"""Years for which there are figures."""

LEAST_FIT, FITTEST = -2.5, 2.5
"""Standard deviations of fitness for which there are people."""

_AGES = 0, 1, 2, 5, 10, 15, 20, 30, 40, 50, 60, 70, 80, 100
_RESTING_RATE = 130, 124, 112, 95, 82, 76, 70, 69, 69, 69, 68, 67, 67, 67
"""Beats a minute at rest: Fleming 2011 for children, lower lying still; then hardly any change
(Umetani 1998)."""
_OXYGEN = {
    "M": (40, 42, 44, 48, 50, 50, 48.0, 42.4, 37.8, 32.6, 28.2, 24.4, 20.5, 14),
    "F": (40, 42, 43, 46, 46, 42, 37.6, 30.2, 26.7, 23.4, 20.0, 18.3, 16.0, 12),
}
"""VO2max in mL per kg and minute: Armstrong 2017 for children, Kaminsky 2015 for adults. Nobody
has measured it below five years: there it is our guess."""
_HEIGHT = {
    "M": (0.50, 0.76, 0.87, 1.10, 1.38, 1.70, 1.77, 1.77, 1.77, 1.76, 1.75, 1.73, 1.71, 1.68),
    "F": (0.49, 0.74, 0.86, 1.09, 1.38, 1.62, 1.64, 1.64, 1.64, 1.63, 1.62, 1.60, 1.57, 1.54),
}
"""Metres: WHO 2006 and 2007 for children."""
_MASS_INDEX = 13.4, 16.6, 15.9, 15.3, 16.6, 20.0, 22.0, 23.5, 24.5, 25.0, 25.5, 25.5, 25.0, 24.0
"""kg per square metre: WHO 2006 and 2007 for children."""

_SPREAD_OF_OXYGEN = 0.22
"""One standard deviation of fitness, as a share of VO2max (Kaminsky 2015)."""
_SPREAD_OF_RATE = -6.0
"""Beats a minute at rest for one standard deviation of fitness."""


def make_person(
    sex: str,
    age: int,
    fitness: float = 0.0,
    height: float | None = None,
    weight: float | None = None,
) -> Person:
    """Return a healthy person of that sex ("F" or "M") and age.

    `fitness` is in standard deviations from the mean of their age and sex: -1 for the unfit, 2 for
    the trained. Height (m) and weight (kg) are those of the mean unless given. The greatest heart
    rate is 208 less 0.7 for each year (Tanaka 2001; children from 200, Cicone 2019). Fitter people
    reach their thresholds at a larger share of their oxygen. Raise ValueError if an age has no
    figures.
    """
    if not YOUNGEST <= age <= OLDEST:
        raise ValueError(f"an age is from {YOUNGEST} to {OLDEST} years, not {age}.")
    tall = height or _at_age(_HEIGHT[sex], age)
    oxygen = _at_age(_OXYGEN[sex], age) * (1 + _SPREAD_OF_OXYGEN * fitness)
    trained = min(max(fitness, LEAST_FIT), FITTEST)
    return Person(
        sex=sex,
        age=age,
        weight=round(weight or _at_age(_MASS_INDEX, age) * tall**2, 1),
        height=round(tall, 2),
        hr_rest=round(_at_age(_RESTING_RATE, age) + _SPREAD_OF_RATE * trained + 3 * (sex == "F")),
        hr_max=round(208 - 0.7 * max(age, 12)),
        vo2max=round(max(oxygen, 10.5), 1),
        vt1=round(0.56 + 0.03 * trained, 3),
        vt2=round(0.81 + 0.025 * trained, 3),
    )


def fitness_of(person: Person) -> float:
    """Return by how many standard deviations, at most 2.5, the VO2max of a person is off the mean
    of their age and sex."""
    usual = _at_age(_OXYGEN[person.sex], min(max(person.age, YOUNGEST), OLDEST))
    off = (person.vo2max / usual - 1) / _SPREAD_OF_OXYGEN
    return min(max(off, LEAST_FIT), FITTEST)


def _at_age(values: tuple[float, ...], age: int) -> float:
    """Return the value of an age, between those of the ages before and after."""
    for (low, before), (high, after) in pairwise(zip(_AGES, values, strict=True)):
        if age <= high:
            return before + (after - before) * (age - low) / (high - low)
    raise ValueError(f"there are no figures for {age} years.")
