"""How the indicators of a profile compare with a population."""

from __future__ import annotations

from typing import Any

from apps.accounts.models import Profile
from apps.api.context import Context
from apps.api.fields import plain_number
from apps.catalog.models import Unit
from apps.fitness import quintiles, values
from apps.fitness.models import Kpi, Population
from hexostore import clock


def unit_object(context: Context, unit: Unit) -> dict[str, Any]:
    """Return a unit as in the metrics of a range (API reference, Range)."""
    return {
        "id": unit.pk,
        "resource_uri": f"{context.prefix}/unit/{unit.pk}/",
        "si_long": unit.si_long,
        "si_short": unit.si_short,
    }


def compare_indicator(context: Context, profile: Profile, kpi: Kpi) -> dict[str, Any]:
    """Return an indicator with its distribution.

    `zone` and `target_zone` are for the sex and age of the profile's owner.
    """
    groups, value = list(kpi.population.all()), values.newest_value(profile.user_id, kpi)
    born = profile.date_of_birth
    years = quintiles.age_in_years(born, clock.now().date()) if born else None
    own = next((group for group in groups if _is_in(group, profile.gender, years)), None)
    cuts = _cuts_of(own) if own else None
    root = f"{context.prefix}/profile/{profile.pk}/populationdistribution"
    return {
        "age": years,
        "description": kpi.description,
        "distribution": [_show_group(group) for group in groups] or None,
        "gender": profile.gender,
        "name": kpi.name,
        "resource_uri": f"{root}/{kpi.name}/",
        "target_zone": quintiles.zone_bounds(cuts),
        "title": kpi.title,
        "unit": unit_object(context, kpi.unit),
        "value": plain_number(value),
        "zone": quintiles.zone_of(cuts, value) if cuts and value is not None else None,
    }


def _is_in(group: Population, gender: str, years: int | None) -> bool:
    return (
        gender == group.gender
        and years is not None
        and group.age_min <= years
        and (group.age_max is None or years <= group.age_max)
    )


def _cuts_of(group: Population) -> list[float]:
    if group.quintiles is not None:
        return list(group.quintiles)
    assert group.mean is not None
    assert group.sd is not None
    return quintiles.of_normal(group.mean, group.sd)


def _show_group(group: Population) -> dict[str, Any]:
    return {
        "age_max": group.age_max,
        "age_min": group.age_min,
        "gender": group.gender,
        "mean": group.mean,
        "quintiles": _cuts_of(group),
        "sd": group.sd,
        "source": group.source,
    }
