"""Profiles: the simulated person, what they do and how well the garment fits; data, not code.

Each is a file of `fixtures/profiles`. Times of a plan are minutes, rates are per hour.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import msgspec
from django.conf import settings

from apps.simulation.profile_rows import RowError, RowRules, json_schema

POSTURES = {"upright": 0, "sitting": 1, "supine": 2, "prone": 3, "left": 4, "right": 5}
"""The codes of `Timeline.posture`."""

KINDS = ("disconnected", "saturated", "noise", "movement", "mains", "baseline")
TARGETS = {
    "ecg": ("disconnected", "saturated", "noise", "movement", "mains", "baseline"),
    "thoracic": ("disconnected", "noise", "movement", "baseline"),
    "abdominal": ("disconnected", "noise", "movement", "baseline"),
    "ppg": ("disconnected", "noise", "movement", "baseline"),
}
"""What can happen to what. `ecg` means all leads; I and II are also listed individually, and III
follows from them."""
TARGETS |= dict.fromkeys(("ecg_I", "ecg_II"), TARGETS["ecg"])

_CHOICES: dict[str, tuple[str, ...]] = {
    "device": ("hexoskin", "astroskin"),
    "rhythm": ("sinus", "atrial_fibrillation"),
    "apnea_kind": ("central", "obstructive", "mixed", "all"),
    "fit": ("scale", "repeat", "clock"),
    "sex": ("M", "F"),
    "posture": tuple(POSTURES),
    "kind": KINDS,
    "target": tuple(TARGETS),
    "during": ("any", "moving", "still"),
}

_LIMITS: dict[str, tuple[float, float]] = {
    "age": (0, 110),
    "weight": (2, 300),
    "height": (0.4, 2.5),
    "hr_rest": (30, 180),
    "hr_max": (100, 230),
    "vo2max": (10, 95),
    "vt1": (0.3, 0.85),
    "vt2": (0.5, 0.97),
    "heart": (0, 2**31),
    "minutes": (0.1, 1440),
    "effort": (0, 1),
    "effort_end": (0, 1),
    "speed": (0, 12),
    "cadence": (0, 260),
    "grade": (-0.4, 0.4),
    "share": (0, 1),
    "restless": (0, 1),
    "speech": (0, 1),
    "ectopics": (0, 2000),
    "apneas": (0, 90),
    "begins": (0, 24),
    "gravity": (0, 1),
    "mains": (50, 60),
    "repeat": (1, 100),
    "per_hour": (0, 120),
    "seconds": (1, 300),
    "strength": (0, 1),
}
"""The smallest and the largest value of each number of a profile."""

MOST_BOUTS = 200
"""The most bouts in a plan, and in what is repeated in it, as they are written."""

MOST_IN_ALL = 10_000
"""The most bouts of a plan with all repetitions. Timelines number them with 16 bits."""

MOST_ARTEFACTS = 30
"""The most rates of artefacts."""

_SHORT, _LONG = 200, 2000
_TEXTS = {"title": _SHORT, "info": _LONG}
"""The most characters of texts."""

_RULES = RowRules(_CHOICES, _LIMITS, _TEXTS)


SCHEMA = "$schema"
"""The member of a file that tells editors where its JSON Schema is."""


class ProfileError(Exception):
    """A missing or impossible profile. The message says which."""


@dataclass(frozen=True)
class Person:
    """A person: years, kg, m, beats per minute, and mL of oxygen per kg and minute.

    `vt1` and `vt2` are the ventilatory thresholds as efforts: shares of the oxygen between rest and
    `vo2max`, at which lactate begins to rise, and at which it no longer stays level. All records of
    people with the same `heart` show the same heart; without it, each seed has its own.
    """

    sex: str
    age: int
    weight: float
    height: float
    hr_rest: int
    hr_max: int
    vo2max: float
    vt1: float = 0.58
    vt2: float = 0.82
    heart: int | None = None


@dataclass(frozen=True)
class Bout:
    """One stretch of a plan.

    `effort` is metabolic, from 0 (rest) to 1 (full effort). In a ramp it changes evenly and reaches
    `effort_end` at the end. `speed` is in m/s over ground. Without
    a `cadence` (steps per minute), it follows from speed and height; a cyclist's is 0. `share` is
    the share of the bout that is spent moving, `grade` the slope of the ground, and `restless` from
    0 (still) to 1 how much the person fidgets or shakes. `speech` is the share of the bout that is
    spent talking. `activitytype` is the id of the activity for a range of it, or none.
    """

    title: str
    minutes: float
    effort: float
    posture: str = "upright"
    speed: float = 0.0
    cadence: float | None = None
    share: float = 1.0
    grade: float = 0.0
    restless: float = 0.1
    speech: float = 0.0
    sleep: bool = False
    activitytype: int | None = None
    effort_end: float | None = None


@dataclass(frozen=True)
class ArtefactRate:
    """How often an artefact comes, its average length and its strength (0 to 1).

    `during` limits it to times of movement ("moving") or to the others ("still").
    """

    kind: str
    target: str
    per_hour: float
    seconds: float
    strength: float = 0.5
    during: str = "any"


@dataclass(frozen=True)
class SimulationProfile:
    """Everything that a simulation needs besides a seed, a start and a length.

    `fit` says how the plan fills the requested time: stretched or squeezed ("scale"), repeated
    ("repeat"), or by time of day from midnight on ("clock"; a plan of seven days begins
    on a Monday). A plan has at most 10,000 bouts with all repetitions. `begins` is the hour (UTC)
    at which it is usually recorded. `ectopics` are premature beats per hour, `apneas` pauses of
    breath per hour of sleep, and `apnea_kind` their kind or "all". `gravity` is in g, `mains` in
    Hz.
    """

    name: str
    title: str
    info: str
    person: Person
    plan: tuple[Bout, ...]
    artefacts: tuple[ArtefactRate, ...] = ()
    device: str = "hexoskin"
    rhythm: str = "sinus"
    ectopics: float = 0.0
    apneas: float = 0.0
    apnea_kind: str = "all"
    fit: str = "scale"
    begins: float = 9.0
    gps: bool = False
    gravity: float = 1.0
    mains: int = 50

    @property
    def minutes(self) -> float:
        """The length of the plan as written."""
        return sum(bout.minutes for bout in self.plan)


def profile_folder() -> Path:
    """Return the folder of the profiles."""
    found: Path = settings.BASE_DIR / "fixtures" / "profiles"
    return found


def profile_names() -> list[str]:
    """Return the names of all profiles, in order."""
    return sorted(path.stem for path in profile_folder().glob("*.json"))


def read_profile(name: str) -> SimulationProfile:
    """Return the profile of that name. Raise ProfileError if there is none, or if it is invalid."""
    if name not in profile_names():
        raise ProfileError(
            f"There is no profile {name!r}; there are: {', '.join(profile_names())}."
        )
    try:
        row = json.loads((profile_folder() / f"{name}.json").read_text("utf-8"))
    except OSError as error:
        raise ProfileError(f"The profile {name!r} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise ProfileError(f"The profile {name!r} is not valid JSON: {error}.") from error
    return parse_profile(name, row)


def parse_profile(name: str, row: object) -> SimulationProfile:
    """Return the profile in parsed JSON. Raise ProfileError, which says what is wrong and where."""
    try:
        return profile_of_row(name, row)
    except RowError as error:
        raise ProfileError(f"{name}: {error}") from error


def profile_of_row(name: str, row: object) -> SimulationProfile:
    """Return the profile in parsed JSON, whose `$schema` is left out.

    Raise RowError, which does not tell whose row it is.
    """
    types = row_types()
    whole = _RULES.check_row(types.profile, _without_schema(row))
    person = Person(**msgspec.structs.asdict(whole["person"]))
    if person.hr_rest >= person.hr_max:
        raise RowError("person: hr_rest must be below hr_max.")
    if person.vt1 >= person.vt2:
        raise RowError("person: vt1 must be below vt2.")
    plan = tuple(islice(_parse_bouts(types, whole["plan"]), MOST_IN_ALL + 1))
    if len(plan) > MOST_IN_ALL:
        raise RowError(f"plan: it has more than {MOST_IN_ALL:,} bouts with all repetitions.")
    rates = [ArtefactRate(**msgspec.structs.asdict(each)) for each in whole.get("artefacts", [])]
    for number, rate in enumerate(rates):
        if rate.kind not in TARGETS[rate.target]:
            raise RowError(f"artefacts[{number}]: {rate.target} cannot be {rate.kind}.")
    parts = {"name": name, "person": person, "plan": plan, "artefacts": tuple(rates)}
    return SimulationProfile(**(whole | parts))


def _without_schema(row: object) -> object:
    """Return a row without the member that tells editors its JSON Schema. Raise RowError."""
    if not isinstance(row, dict) or SCHEMA not in row:
        return row
    if not isinstance(row[SCHEMA], str):
        raise RowError(f"{SCHEMA}: Expected `str`.")
    return {name: value for name, value in row.items() if name != SCHEMA}


def _parse_bouts(types: RowTypes, rows: list[object]) -> Iterator[Bout]:
    """Yield the bouts of a plan. Some may be a list of their own that is repeated."""
    for number, row in enumerate(rows):
        here = f"plan[{number}]"
        if isinstance(row, dict) and "repeat" in row:
            repeated = _check_row(types.repeated, row, here)
            once = enumerate(repeated["bouts"])
            bouts = [_parse_bout(types, bout, f"{here}: bouts[{n}]") for n, bout in once]
            yield from bouts * repeated["repeat"]
        else:
            yield _parse_bout(types, row, here)


def _parse_bout(types: RowTypes, row: object, where: str) -> Bout:
    return Bout(**_check_row(types.bout, row, where))


def _check_row(kind: type[msgspec.Struct], row: object, where: str) -> dict[str, Any]:
    try:
        return _RULES.check_row(kind, row)
    except RowError as error:
        raise RowError(f"{where}: {error}") from error


@dataclass(frozen=True)
class RepeatedBouts:
    """Bouts of a plan that come several times."""

    repeat: int
    bouts: tuple[Bout, ...]


@dataclass(frozen=True)
class RowTypes:
    """The types of rows in files of profiles."""

    profile: type[msgspec.Struct]
    bout: type[msgspec.Struct]
    repeated: type[msgspec.Struct]


@cache
def row_types() -> RowTypes:
    """Return the types of rows. A plan has those of bouts and those of repeated ones."""
    bouts = Annotated[list[Any], msgspec.Meta(min_length=1, max_length=MOST_BOUTS)]
    parts = {
        "person": _RULES.row_type(Person),
        "plan": bouts,
        "artefacts": Annotated[
            list[_RULES.row_type(ArtefactRate)],  # type: ignore[misc]
            msgspec.Meta(max_length=MOST_ARTEFACTS),
        ],
    }
    return RowTypes(
        _RULES.row_type(SimulationProfile, without=("name",), **parts),
        _RULES.row_type(Bout),
        _RULES.row_type(RepeatedBouts, bouts=bouts),
    )


def profile_schema() -> dict[str, Any]:
    """Return the JSON Schema of a file of a profile."""
    types = row_types()
    schema = json_schema(
        types.profile,
        {
            "SimulationProfile.plan": (types.bout, types.repeated),
            "RepeatedBouts.bouts": (types.bout,),
        },
    )
    schema["properties"][SCHEMA] = {"type": "string"}
    return schema
