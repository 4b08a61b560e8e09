"""Simulated people of a study, who wear the shirt on some days and forget it on others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from django.db import transaction
from django.db.models import Q

from apps.accounts.models import Profile
from apps.enrolment.models import Study, StudyStatus, StudySubject
from apps.sandbox import simulations
from apps.sandbox.simulations import SimulationError
from apps.sandbox.study_population import begin_population, draw_shares
from apps.simulation import recording
from apps.simulation.people import FITTEST, LEAST_FIT, OLDEST, YOUNGEST, make_person
from apps.simulation.profiles import Person, SimulationProfile
from hexostore import clock
from hexostore.suggestions import did_you_mean

MOST_PEOPLE, MOST_DAYS, MOST_RECORDS = 200, 90, 2000
LONGEST = 12 * 3600
"""Seconds of one of their records."""
USUAL_SECONDS = 300
USUAL_DAYS, USUAL_ADHERENCE = 7, 0.8

_LONGEST_GAP = 4
_GAPS = 0.3
"""The share of the missing days that belong to gaps of several days, as if ill or on a journey.
On the others the shirt is forgotten."""


@dataclass(frozen=True)
class AskedPopulation:
    """What is asked for: so many people, who wear the shirt on a share of the `days` before
    today, for so many seconds each."""

    size: int
    days: int
    adherence: float
    seconds: int
    profile: SimulationProfile
    seed: int


@dataclass(frozen=True)
class Diary:
    """The days on which a person wore the shirt, forgot it, or was away."""

    worn: tuple[date, ...]
    forgotten: tuple[date, ...]
    away: tuple[date, ...]


def find_study(name: str) -> Study:
    """Return the study of that name or uuid, in any case. Raise SimulationError if there is none,
    or more than one."""
    alive = Study.objects.exclude(status=StudyStatus.DELETED)
    found = list(alive.filter(Q(name__iexact=name) | Q(uuid__iexact=name))[:2])
    if len(found) > 1:
        raise SimulationError("study", f"several studies are named {name!r}; give a uuid.")
    if not found:
        known = list(alive.values_list("name", flat=True)[:1000])
        listed = f" There are: {', '.join(known[:20])}." if known else " This store has none."
        raise SimulationError(
            "study", f"there is no study {name!r}.{did_you_mean(name, known)}{listed}"
        )
    return found[0]


def check_population(asked: AskedPopulation) -> None:
    """Raise SimulationError for a population that there cannot be, or that takes too long."""
    limits = {"population": (asked.size, 1, MOST_PEOPLE), "days": (asked.days, 1, MOST_DAYS)}
    for option, (value, low, high) in limits.items():
        if not low <= value <= high:
            raise SimulationError(option, f"is from {low} to {high}, not {value}.")
    if not 0 < asked.adherence < 1:
        raise SimulationError(
            "adherence", f"is more than 0 and less than 1, not {asked.adherence}."
        )
    if asked.size * asked.days > MOST_RECORDS:
        most = f"at most {MOST_RECORDS} days of people at once"
        raise SimulationError("days", f"{most}, not {asked.size} times {asked.days}.")
    if asked.seconds > LONGEST:
        raise SimulationError("duration", f"is at most {LONGEST // 3600} hours for a population.")


@transaction.atomic
def simulate_population(
    study: Study, asked: AskedPopulation, say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Add people to a study, with what they did by its plan and their records: all or nothing.

    Return the facts of each. The same seed gives the same people on the same day. Raise
    SimulationError.
    """
    check_population(asked)
    today = clock.now().astimezone(UTC).date()
    first = today - timedelta(days=asked.days)
    spread = max(asked.days // 3, 1)
    subjects = begin_population(
        study, asked.size, asked.adherence, first, today, asked.seed, spread
    )
    shares = draw_shares(asked.size, asked.adherence, asked.seed)
    facts = []
    for number, (subject, share) in enumerate(zip(subjects, shares, strict=True), start=1):
        say(f"person {number} of {asked.size}: {subject.subject_id}")
        draw = Random(f"{asked.seed}/{number}")  # noqa: S311 - simulation
        facts.append(_simulate_person(subject, share, asked, today, draw))
    return facts


def _simulate_person(
    subject: StudySubject, share: float, asked: AskedPopulation, today: date, draw: Random
) -> dict[str, Any]:
    fitness = max(min(draw.gauss(0, 1), FITTEST), LEAST_FIT)
    profile = replace(asked.profile, person=_person_of(subject, fitness, today, draw))
    diary = keep_diary(subject.start_date, today, share, draw)
    records = []
    for day in diary.worn:
        begin = _begin_of(day, profile.begins, draw)
        simulation = simulations.make_simulation(
            profile, draw.randrange(2**31), begin, asked.seconds
        )
        records.append(recording.store_record(subject.user, simulation).pk)
    return {
        "subject": subject.subject_id,
        "user": subject.user.username,
        "sex": profile.person.sex,
        "age": profile.person.age,
        "fitness": round(fitness, 2),
        "start_date": subject.start_date.isoformat(),
        "adherence": round(share, 3),
        "records": records,
        "forgotten": [day.isoformat() for day in diary.forgotten],
        "away": [day.isoformat() for day in diary.away],
    }


def _person_of(subject: StudySubject, fitness: float, today: date, draw: Random) -> Person:
    """Return the person whom the profile of a user describes, with a heart of their own."""
    known = Profile.objects.get(user_id=subject.user_id)
    assert known.date_of_birth is not None
    age = (today - known.date_of_birth).days // 365
    made = make_person(
        known.gender, min(max(age, YOUNGEST), OLDEST), fitness, known.height, known.weight
    )
    return replace(made, heart=draw.randrange(2**31))


def _begin_of(day: date, hour: float, draw: Random) -> datetime:
    """Return when a record of a day begins: up to an hour around that of the profile (UTC)."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    minutes = 60 * hour + draw.uniform(-60, 60)
    return midnight + timedelta(seconds=round(60 * min(max(minutes, 0), 1439)))


def keep_diary(first: date, until: date, share: float, draw: Random) -> Diary:
    """Return what somebody did with the shirt on each day from the first on and before `until`.

    They wear it on that share of the days; the other days come alone, or as gaps of two or more.
    """
    days = [first + timedelta(days=number) for number in range((until - first).days)]
    kept = _draw_days(len(days), share, draw)
    told = list(zip(days, kept, strict=True))

    def those(which: str) -> tuple[date, ...]:
        return tuple(day for day, state in told if state == which)

    return Diary(those("worn"), those("forgotten"), those("away"))


def _draw_days(count: int, share: float, draw: Random) -> list[str]:
    """Return the state of each day. Gaps have two days or more."""
    missed = 1 - share
    gap = missed * _GAPS / (1 + _LONGEST_GAP / 2)  # which begin on this share of the days
    states: list[str] = []
    while len(states) < count:
        if draw.random() < gap / (1 - missed * _GAPS + gap):
            states += ["away"] * draw.randint(2, _LONGEST_GAP)
        else:
            alone = missed * (1 - _GAPS) / (1 - missed * _GAPS)
            states.append("forgotten" if draw.random() < alone else "worn")
    return states[:count]
