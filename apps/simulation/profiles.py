"""Profiles: the simulated person, what they do and how well the garment fits; data, not code.

Each is a file of `fixtures/profiles`. Times of a plan are minutes, rates are per hour.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings

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
    "age": (5, 110),
    "weight": (15, 300),
    "height": (0.9, 2.5),
    "hr_rest": (30, 120),
    "hr_max": (100, 230),
    "vo2max": (10, 95),
    "minutes": (0.1, 1440),
    "effort": (0, 1),
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
"""The most bouts in a plan, and in what is repeated in it."""


class ProfileError(Exception):
    """A missing or impossible profile. The message says which."""


@dataclass(frozen=True)
class Person:
    """A person: years, kg, m, beats per minute, and mL of oxygen per kg and minute."""

    sex: str
    age: int
    weight: float
    height: float
    hr_rest: int
    hr_max: int
    vo2max: float


@dataclass(frozen=True)
class Bout:
    """One stretch of a plan.

    `effort` is metabolic, from 0 (rest) to 1 (full effort). `speed` is in m/s over ground. Without
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
    ("repeat"), or by time of day from midnight on ("clock"). `begins` is the hour (UTC) at which it
    is usually recorded. `ectopics` are premature beats per hour, `apneas` pauses of breath per hour
    of sleep, and `apnea_kind` their kind or "all". `gravity` is in g, `mains` in Hz.
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
    except ValueError as error:
        raise ProfileError(f"The profile {name!r} is not valid JSON: {error}.") from error
    return parse_profile(name, row)


def parse_profile(name: str, row: object) -> SimulationProfile:
    """Return the profile in parsed JSON. Raise ProfileError, which says what is wrong and where."""
    whole = _checked_fields(SimulationProfile, row, name, {"name": name})
    whole["person"] = _build_row(Person, whole["person"], f"{name}: person")
    whole["plan"] = tuple(_parse_bouts(whole["plan"], f"{name}: plan"))
    whole["artefacts"] = tuple(_parse_rates(whole.get("artefacts", []), f"{name}: artefacts"))
    person = whole["person"]
    if person.hr_rest >= person.hr_max:
        raise ProfileError(f"{name}: person: hr_rest must be below hr_max.")
    return SimulationProfile(**whole)


def _parse_bouts(rows: object, where: str) -> Iterator[Bout]:
    """Yield the bouts of a plan. Some may be a list of their own that is repeated."""
    for number, row in enumerate(_require_bouts(rows, where)):
        here = f"{where}[{number}]"
        if isinstance(row, dict) and set(row) == {"repeat", "bouts"}:
            times = _check_value("repeat", row["repeat"], "int", here)
            once = enumerate(_require_bouts(row["bouts"], f"{here}: bouts"))
            yield from [_build_row(Bout, bout, f"{here}: bouts[{n}]") for n, bout in once] * times
        else:
            yield _build_row(Bout, row, here)


def _parse_rates(rows: object, where: str) -> Iterator[ArtefactRate]:
    for number, row in enumerate(_require_list(rows, where)):
        rate = _build_row(ArtefactRate, row, f"{where}[{number}]")
        if rate.kind not in TARGETS[rate.target]:
            raise ProfileError(f"{where}[{number}]: {rate.target} cannot be {rate.kind}.")
        yield rate


def _require_bouts(rows: object, where: str) -> list[object]:
    listed = _require_list(rows, where)
    if not 0 < len(listed) <= MOST_BOUTS:
        raise ProfileError(f"{where} must have 1 to {MOST_BOUTS} bouts, not {len(listed)}.")
    return listed


def _require_list(rows: object, where: str) -> list[object]:
    if not isinstance(rows, list):
        raise ProfileError(f"{where} must be a list.")
    return rows


Row = TypeVar("Row", Person, Bout, ArtefactRate)


def _build_row(kind: type[Row], row: object, where: str) -> Row:
    return kind(**_checked_fields(kind, row, where, {}))


def _checked_fields(
    kind: type[Any], row: object, where: str, given: dict[str, Any]
) -> dict[str, Any]:
    """Return the values of `row` for that dataclass, checked: nothing missing, nothing unknown."""
    if not isinstance(row, dict):
        raise ProfileError(f"{where} must be an object.")
    known = {field.name: field for field in fields(kind) if field.name not in given}
    if unknown := sorted(set(row) - set(known)):
        raise ProfileError(f"{where} cannot have {', '.join(unknown)}; it has: {', '.join(known)}.")
    needed = [name for name, field in known.items() if field.default is MISSING]
    if missing := [name for name in needed if name not in row]:
        raise ProfileError(f"{where} lacks {', '.join(missing)}.")
    return given | {
        name: _check_value(name, value, str(known[name].type), where) for name, value in row.items()
    }


_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "int | None": (int, type(None)),
    "float": (int, float),
    "float | None": (int, float, type(None)),
    "bool": (bool,),
}


def _check_value(name: str, value: object, kind: str, where: str) -> Any:
    """Return the value, if it has the type and is within the limits of its name."""
    if kind not in _TYPES:
        return value
    if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "bool"):
        raise ProfileError(f"{where}: {name} must be {kind}, not {value!r}.")
    if name in _CHOICES and value not in _CHOICES[name]:
        raise ProfileError(f"{where}: {name} must be one of {', '.join(_CHOICES[name])}.")
    if name in _LIMITS and isinstance(value, (int, float)):
        low, high = _LIMITS[name]
        if not low <= value <= high:
            raise ProfileError(f"{where}: {name} must be between {low} and {high}, not {value}.")
    return value
