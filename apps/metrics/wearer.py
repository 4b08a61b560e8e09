"""What metrics need to know about who wears the shirt."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from apps.accounts.models import Profile
from apps.accounts.zones import own_zones
from apps.api.bodies import JSONValue
from apps.fitness.quintiles import age_in_years
from apps.metrics.energy import SEXES, Physique
from hexostore import hexotime

RESTING_RATE = 70
"""The heart rate at rest where the profile has none: both genuine downloads have it."""

VO2MAX = 40.0
"""The VO2max where the profile has none, in mL/kg/min; ours, near that of a genuine download."""

AGE_RATE = 220
"""Without a highest heart rate in the profile it is this less the age in years."""


@dataclass(frozen=True, slots=True)
class Wearer:
    """A person as the profile describes them; None or empty is what the profile lacks.

    `weight` is in kg, `height` in m, heart rates in bpm, `vo2max` in mL/kg/min. `zones` are the
    person's own zones of the heart rate.
    """

    user: int
    sex: str = ""
    born: date | None = None
    weight: float | None = None
    height: float | None = None
    hr_rest: float | None = None
    hr_max: float | None = None
    vo2max: float | None = None
    zones: tuple[float, ...] = ()

    def age(self, tick: int) -> int | None:
        """Return the age in whole years at a tick, None where the day of birth is not known."""
        if self.born is None:
            return None
        return age_in_years(self.born, hexotime.to_datetime(tick).date())

    @property
    def resting_rate(self) -> float:
        """The heart rate at rest, a default where the profile has none."""
        return self.hr_rest or RESTING_RATE

    def highest_rate(self, tick: int) -> float | None:
        """Return the highest heart rate at a tick, None where neither it nor the age is known."""
        if self.hr_max:
            return self.hr_max
        age = self.age(tick)
        return None if age is None else AGE_RATE - age

    def physique(self, tick: int) -> Physique | None:
        """Return the physique at a tick, for people grow older; None where sex, day of birth,
        weight or height are not known."""
        age, highest = self.age(tick), self.highest_rate(tick)
        if self.sex not in SEXES or age is None or highest is None:
            return None
        if not self.weight or not self.height:
            return None
        vo2max = self.vo2max or VO2MAX
        return Physique(self.sex, age, self.weight, self.height, self.resting_rate, highest, vo2max)


SEVERAL = Wearer(0)
"""Several people as one: of all of them together nothing is known. No user has that id."""


def wearers(users: Collection[int]) -> dict[int, Wearer]:
    """Return who these users are, by their ids; one statement.

    A user without a profile is somebody of whom nothing is known.
    """
    rows = Profile.objects.filter(user__in=set(users)).values_list(*_COLUMNS)
    known = {row[0]: _wearer(*row) for row in rows}
    return {user: known.get(user, Wearer(user)) for user in users}


_COLUMNS = "user_id", "gender", "date_of_birth", "weight", "height", "fitness", "zones"


def _wearer(
    user: int,
    sex: str,
    born: date | None,
    weight: float | None,
    height: float | None,
    fitness: JSONValue,
    zones: JSONValue,
) -> Wearer:
    found = fitness if isinstance(fitness, dict) else {}
    return Wearer(
        user,
        sex,
        born,
        weight,
        height,
        hr_rest=_measured(found.get("hr_rest")),
        hr_max=_measured(found.get("hr_max")),
        vo2max=_measured(found.get("vo2_max")),
        zones=own_zones(zones),
    )


def _measured(value: JSONValue) -> float | None:
    """The number if it says something: the service writes 0 for what nobody measured."""
    number = _number(value)
    return number if number is not None and number > 0 else None


def _number(value: JSONValue) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
