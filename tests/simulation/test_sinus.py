"""What varies the rate of the sinus node: rising, load, and the node itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from apps.simulation import sinus
from apps.simulation.profiles import POSTURES, Bout
from apps.simulation.timeline import Timeline
from tests.simulation.subjects import during, person

SECONDS = 300


def rising(first: str, then: str, age: int = 30) -> Timeline:
    """Somebody who changes posture after two minutes."""
    made = during(SECONDS, person=person(age=age))
    codes = np.where(np.arange(SECONDS) < 120, POSTURES[first], POSTURES[then])
    return replace(made, posture=codes.astype(np.int8))


def response(first: str, then: str, age: int = 30) -> NDArray[np.float64]:
    return sinus.orthostatic_response(rising(first, then, age))


def test_rising_has_an_early_peak_and_a_trough_after_it() -> None:
    """Near the 15th and the 30th beat, and over within a minute."""
    added = response("supine", "upright")
    assert not added[:120].any()
    assert 8 <= int(added.argmax()) - 120 <= 14
    assert 18 <= int(added.argmin()) - 120 <= 30
    assert added.max() > 8
    assert added.min() < 0
    assert np.abs(added[180:]).max() < 0.1


def test_sitting_up_and_age_make_it_smaller() -> None:
    assert response("supine", "sitting").max() < 0.8 * response("supine", "upright").max()
    assert response("supine", "upright", 75).max() < 0.7 * response("supine", "upright").max()


def test_lying_down_and_staying_as_one_is_add_nothing() -> None:
    assert not response("upright", "supine").any()
    assert not response("sitting", "sitting").any()


def test_turning_over_stirs_the_heart_for_some_seconds() -> None:
    added = response("left", "right")
    assert 2 < added.max() < 10
    assert 120 < int(added.argmax()) < 130
    assert added[180:].max() < 0.5


def test_intervals_are_uneven_without_memory_and_alternate_under_hard_load() -> None:
    made = during(SECONDS)
    calm, hard = (sinus.uneven_beats(made, np.full(20_000, load)) for load in (0.1, 0.95))
    assert 0.002 < calm.std() < 0.006 < hard.std() < 0.015
    assert abs(np.corrcoef(calm[1:], calm[:-1])[0, 1]) < 0.03
    assert np.corrcoef(hard[1:], hard[:-1])[0, 1] < -0.15
    assert np.array_equal(calm, sinus.uneven_beats(made, np.full(20_000, 0.1)))


def nerves(bout: Bout, rate: float) -> sinus.Nerves:
    made = during(SECONDS, bout)
    moments = np.arange(SECONDS * sinus.GRID) / sinus.GRID
    return sinus.nerves_at(made, np.full(len(moments), rate), moments)


def test_the_vagus_withdraws_as_the_rate_rises_and_load_is_a_share_of_the_reserve() -> None:
    rest, run = (nerves(Bout("Any", 5, 0.0, posture="supine"), rate) for rate in (55, 150))
    assert rest.vagal[0] == pytest.approx(1, abs=0.001)
    assert run.vagal[0] < 0.1
    assert rest.load[0] == 0
    assert run.load[0] == pytest.approx((150 - 55) / (188 - 55))


def test_people_stand_and_keep_busy_as_the_plan_says() -> None:
    standing, lying = (
        nerves(Bout("Any", 5, 0.0, posture=posture, restless=share), 60)
        for posture, share in (("upright", 0.4), ("supine", 0.0))
    )
    assert standing.upright[-1] == pytest.approx(1)
    assert standing.busy[-1] == pytest.approx(0.4)
    assert lying.upright[-1] == lying.busy[-1] == 0


def traits(seed: int, heart: int | None = None, vo2max: float = 50) -> sinus.Traits:
    return sinus.draw_traits(during(60, seed=seed, person=person(heart=heart, vo2max=vo2max)))


def test_people_differ_and_a_heart_does_not() -> None:
    drawn = [traits(seed) for seed in range(200)]
    for name, spread in (("vagal", 0.22), ("reflex", 0.22), ("wander", 0.12)):
        values = np.array([getattr(each, name) for each in drawn])
        assert np.log(values).std() == pytest.approx(spread, rel=0.2)
    powers = [each.reflex**2 for each in drawn]
    assert np.mean(powers) == pytest.approx(1, abs=0.1)
    assert traits(1, heart=5) == traits(2, heart=5) != traits(1, heart=6)


def test_the_vagus_of_the_fit_is_stronger() -> None:
    unfit, fit = traits(3, vo2max=33), traits(3, vo2max=52)
    assert 1.1 < fit.vagal / unfit.vagal < 1.5
    assert fit.reflex == unfit.reflex
