"""Simulated records, as the command, the control plane and seeds ask for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apps.records.models import Record
from apps.sandbox.json_texts import JSONFileError, read_json_file
from apps.simulation import profiles
from apps.simulation.models import Truth
from apps.simulation.people import FITTEST, LEAST_FIT, OLDEST, YOUNGEST, make_person
from apps.simulation.profile_rows import RowError
from apps.simulation.profiles import SimulationProfile
from hexostore import clock, hexotime
from hexostore.profile_paths import names_file
from hexostore.suggestions import did_you_mean

if TYPE_CHECKING:
    from apps.simulation.simulator import Simulation

USUAL = "rest_test"
"""The profile of those who name none."""

OWN = "custom"
"""The name of a profile that is told as a JSON object."""

SIZE = 1 << 20
"""Characters of the file of a profile."""

LONGEST = 48 * 3600
"""The longest record, in seconds. It is longer than a battery lasts."""

LONGEST_SENT = 12 * 3600
"""The most seconds that a request may have simulated. They take about three seconds."""

SEEDS = 2**63
"""How many seeds there are, from 0 on."""

_NAME = Truth._meta.get_field("profile").max_length or 0

_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2999, 12, 31, tzinfo=UTC)

_DURATION = re.compile(r"(?:(\d{1,3})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?", re.ASCII)


class SimulationError(ValueError):
    """A simulation that there cannot be. `member` is the option or member that is wrong, and
    `problem` says why."""

    def __init__(self, member: str, problem: str) -> None:
        self.member, self.problem = member, problem
        super().__init__(f"{member}: {problem}")


def ask_profile(members: Mapping[str, Any]) -> SimulationProfile:
    """Return the profile that members ask for: `profile` for find_profile, `sex`, `age` and
    `fitness` for with_person. Raise SimulationError."""
    profile = find_profile(members.get("profile", USUAL))
    return with_person(profile, *(members.get(name) for name in ("sex", "age", "fitness")))


def find_profile(told: object) -> SimulationProfile:
    """Return the profile of a name, or that of the JSON object of a file of one. Raise
    SimulationError."""
    if isinstance(told, dict):
        return _own_profile(OWN, told, "")
    if not isinstance(told, str):
        raise SimulationError("profile", "must be the name of a profile, or its JSON object.")
    known = profiles.profile_names()
    if told not in known:
        hint = f"{did_you_mean(told, known)} Choose from {', '.join(known)}."
        raise SimulationError("profile", f"There is no profile {told!r}.{hint}")
    return profiles.read_profile(told)


def choose_profile(told: str) -> SimulationProfile:
    """Return the profile of a name, or that of a file, which is named as its file is without the
    suffix. Requests must not come here, whose files are elsewhere. Raise SimulationError."""
    if not names_file(told):
        return find_profile(told)
    file = Path(told)
    try:
        row = read_json_file(file, SIZE, "a profile")
    except JSONFileError as error:
        raise SimulationError("profile", f"{error}.") from error
    return _own_profile(file.stem, row, f"{told}: ")


def _own_profile(name: str, row: object, where: str) -> SimulationProfile:
    if len(name) > _NAME or not name.isprintable():
        problem = f"{where}the name must have at most {_NAME} printable characters and the suffix."
        raise SimulationError("profile", problem)
    try:
        return profiles.profile_of_row(name, row)
    except RowError as error:
        raise SimulationError("profile", f"{where}{error}") from error


def with_person(
    profile: SimulationProfile, sex: str | None, age: int | None, fitness: float | None
) -> SimulationProfile:
    """Return the profile with another person, if one of their traits is given; what is not given is
    as in the profile, but for the fitness, which is 0. Raise SimulationError."""
    if sex is None and age is None and fitness is None:
        return profile
    usual = profile.person
    who = usual.sex if sex is None else sex
    years, fit = usual.age if age is None else age, fitness or 0.0
    if who not in {"F", "M"}:
        raise SimulationError("sex", f"is F or M, not {who!r}.")
    if not YOUNGEST <= years <= OLDEST:
        raise SimulationError("age", f"is from {YOUNGEST} to {OLDEST} years, not {years}.")
    if not LEAST_FIT <= fit <= FITTEST:
        raise SimulationError("fitness", f"is from {LEAST_FIT} to {FITTEST}, not {fit}.")
    return replace(profile, person=make_person(who, years, fit))


def read_duration(duration: object, longest: int = LONGEST) -> int:
    """Return the whole seconds of a duration: a number of seconds, or a text such as `10m`.

    Raise SimulationError if it is neither, or longer than `longest`.
    """
    if isinstance(duration, bool) or not isinstance(duration, int | float | str):
        raise SimulationError("duration", "must be a text such as 10m, or a number of seconds.")
    try:
        seconds = seconds_of(duration) if isinstance(duration, str) else duration
    except ValueError as error:
        raise SimulationError("duration", str(error)) from error
    if not seconds >= 0:
        raise SimulationError("duration", f"{duration} is not a number of seconds from 0 on.")
    require_duration(seconds, longest)
    if seconds != int(seconds):
        raise SimulationError("duration", "a record lasts whole seconds.")
    return int(seconds)


def require_duration(seconds: float, longest: int) -> None:
    """Raise SimulationError for a record that is too long."""
    if seconds > longest:
        beyond = "" if longest == LONGEST else "; the command hexostore simulate makes longer ones"
        text = f"a record can last at most {longest // 3600} hours{beyond}."
        raise SimulationError("duration", text)


def seconds_of(duration: str) -> int:
    """Return the seconds of `90s`, `10m`, `24h` or `1h30m`. Raise ValueError for anything else."""
    found = _DURATION.fullmatch(duration)
    if not duration or found is None:
        raise ValueError(f"{duration!r} is not a duration like 90s, 10m, 24h or 1h30m.")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def length_of(profile: SimulationProfile, duration: object, longest: int = LONGEST) -> int:
    """Return the seconds of a record: those of a duration, or those of its profile for None, of
    which there is one day if that is a week by the clock.

    Raise SimulationError.
    """
    if duration is not None:
        return read_duration(duration, longest)
    seconds = round(profile.minutes * 60)
    if profile.fit == "clock":
        seconds = min(seconds, 24 * 3600)
    require_duration(seconds, longest)
    return seconds


def make_simulation(
    profile: SimulationProfile, seed: int, start: datetime | None, seconds: int
) -> Simulation:
    """Return the simulation of a record that begins at `start`, or ends now if that is None.

    Raise SimulationError.
    """
    from apps.simulation.simulator import Simulation  # which a server goes without until then

    begin = start or clock.now() - timedelta(seconds=seconds)
    if not _FIRST <= begin <= _LAST:
        years = f"{_FIRST:%Y} and {_LAST:%Y}"
        raise SimulationError("start", f"a record must start between {years}, not {begin:%Y}.")
    if not 0 <= seed < SEEDS:
        raise SimulationError("seed", "must be a whole number from 0 on, below 2**63.")
    try:
        return Simulation(profile, seed, hexotime.from_datetime(begin), seconds)
    except ValueError as error:
        raise SimulationError("duration", str(error)) from error


def record_facts(record: Record) -> dict[str, Any]:
    """Return the facts of a simulated record for programs, and where its truth is."""
    truth = Truth.objects.get(record=record)
    assert record.start is not None
    return {
        "id": record.pk,
        "resource_uri": f"/api/record/{record.pk}/",
        "user": record.user.called,
        "status": record.status,
        "start": record.start,
        "start_date": hexotime.to_iso(hexotime.to_datetime(record.start)),
        "end": record.end,
        "profile": truth.profile,
        "seed": truth.seed,
        "datatypes": sorted(record.channels.values_list("datatype_id", flat=True)),
        "truth": f"/_sandbox/truth/{record.pk}/",
    }
