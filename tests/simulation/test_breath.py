"""The breath train: when people breathe, how deeply, and with chest or belly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.simulation import breath, exchange
from apps.simulation.breath import Breaths
from apps.simulation.profiles import Bout
from apps.simulation.timeline import Timeline
from tests.simulation.subjects import RUN, asleep, during, person

TALK = Bout("Talk", 60, 0.02, posture="sitting", restless=0.0, speech=1.0)
SIT = Bout("Sit", 60, 0.02, posture="sitting", restless=0.0)


def taken(made: Timeline) -> Breaths:
    return breath.breath_train(made)


def test_breaths_cover_the_record_without_gaps() -> None:
    breaths = taken(during(600))
    assert breaths.starts[0] <= 0
    assert breaths.starts[-1] + breaths.lengths[-1] >= 600
    assert np.allclose(np.diff(breaths.starts), breaths.lengths[:-1])
    assert (breaths.inhale + breaths.exhale <= breaths.lengths + 1e-9).all()


def test_rest_and_effort_have_usual_rates_and_volumes() -> None:
    rest = taken(during(900))
    run = taken(during(900, RUN))
    late = run.starts > 180
    assert 60 / rest.lengths.mean() == pytest.approx(13.5, abs=3)
    assert 60 / run.lengths[late].mean() == pytest.approx(38, abs=5)
    assert rest.volumes.mean() == pytest.approx(7 * 78, rel=0.15)
    assert 1800 < run.volumes[late].mean() < 2700


def test_exhaling_takes_longer_than_inhaling_at_rest() -> None:
    rest = taken(during(600))
    ratio = (rest.lengths - rest.inhale) / rest.inhale
    assert 1.2 < ratio.mean() < 2.2


def test_breathing_is_steadier_in_deep_sleep_than_awake_or_in_rem() -> None:
    awake = during(1800)
    spread = {stage: np.std(taken(asleep(awake, stage)).lengths[2:]) for stage in (2, 5, 6)}
    assert spread[2] < spread[6] < spread[5]


def test_a_sigh_comes_every_few_minutes_at_rest() -> None:
    rest = taken(during(3600))
    deep = rest.volumes > 1.7 * np.median(rest.volumes)
    assert 4 <= deep.sum() <= 30


def test_no_breath_is_deeper_than_the_lungs() -> None:
    """A small man with the oxygen of a great athlete needs more than they hold."""
    small = person(height=1.35, vo2max=90)
    hard = Bout(title="Ride", minutes=10, effort=1.0, posture="sitting", cadence=0)
    breaths = taken(during(600, hard, person=small))
    most = exchange.vital_capacity(small)
    assert (breaths.volumes == most).any()
    assert (breaths.volumes <= most).all()


def test_speakers_breathe_in_quickly_and_unevenly() -> None:
    talk, silent = taken(during(1800, TALK)), taken(during(1800, SIT))
    assert (talk.inhale / talk.lengths).mean() < 0.7 * (silent.inhale / silent.lengths).mean()
    for part in ("lengths", "volumes"):
        spread = [np.std(np.log(getattr(one, part))) for one in (talk, silent)]
        assert spread[0] > 1.3 * spread[1]
    assert talk.share.mean() > silent.share.mean() + 0.03


def test_people_talk_as_much_as_the_plan_says_but_not_asleep() -> None:
    some = during(20_000, Bout("Some", 400, 0.0, speech=0.3))
    assert breath.talking(some).mean() == pytest.approx(0.3, abs=0.06)
    assert breath.talking(during(600, TALK)).mean() > 0.95
    assert not breath.talking(asleep(during(600, TALK), 2)).any()
    assert not breath.talking(during(600)).any()


def test_no_breath_begins_in_a_pause_and_one_ends_it() -> None:
    made = asleep(during(7200, apneas=40), 2)
    breaths = taken(made)
    assert len(made.apnoeas) > 50
    for pause in made.apnoeas:
        first, last = pause.start / 256, pause.stop / 256
        inside = (breaths.starts > first) & (breaths.starts < last)
        assert not inside.any()
        assert np.abs(breaths.starts - last).min() < 1e-9
        before = breaths.ends[breaths.starts < first][-1]
        assert before == pytest.approx(first, abs=1e-6)


def test_breaths_after_a_pause_are_deeper() -> None:
    made = asleep(during(7200, apneas=40), 2)
    breaths = taken(made)
    ends = np.array([pause.end for pause in made.apnoeas if pause.arousal and pause.end < 7150])
    first = np.searchsorted(breaths.starts, ends - 0.01)
    depth = np.median(breaths.volumes)
    assert 1.3 < (breaths.volumes[first] / depth).mean() < 2.5
    assert (breaths.volumes[first + 5] / depth).mean() < 1.25


def test_the_belly_follows_the_chest_by_some_degrees_and_more_with_effort() -> None:
    def degrees(made: Timeline) -> float:
        breaths = taken(made)
        moving = breaths.inhale + breaths.exhale
        return float(np.mean(360 * breaths.lag / moving / breaths.share))

    rest, run = (
        np.mean([degrees(during(900, *bouts, seed=seed)) for seed in range(4)])
        for bouts in ((), (RUN,))
    )
    assert 2 < rest < 10
    assert run > rest + 5


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    seconds=st.integers(10, 200),
    effort=st.floats(0, 1),
    apneas=st.floats(0, 90),
    speech=st.floats(0, 1),
)
def test_any_train_is_sound(
    seed: int, seconds: int, effort: float, apneas: float, speech: float
) -> None:
    bout = Bout("Any", 3, effort, speed=2.5 * effort, sleep=effort < 0.1, speech=speech)
    breaths = taken(during(seconds, bout, seed=seed, apneas=apneas))
    assert breaths.starts[0] <= 0 < seconds <= breaths.starts[-1] + breaths.lengths[-1]
    assert (breaths.inhale > 0).all()
    assert (breaths.exhale > 0).all()
    assert (breaths.inhale + breaths.exhale <= breaths.lengths + 1e-9).all()
    assert ((breaths.share > 0) & (breaths.share < 1)).all()
    filling = breaths.lung_filling(np.linspace(0, seconds, 500))
    assert 0 <= filling.min() <= filling.max() <= 1
