"""How the single values of a user determine their fitness, and what their profile shows."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.db.models.signals import post_delete
from django.dispatch import receiver

from apps.accounts.models import Profile
from apps.accounts.resources import ProfileResource
from apps.api.events import written
from apps.api.fields import plain_number
from apps.fitness.models import AsyncValue, Kpi
from hexostore import clock

BODY = ("height", "weight")
"""The indicators that are also fields of a profile (API reference, Profile)."""


def of_kpi(user_id: int, kpi: Kpi) -> QuerySet[AsyncValue]:
    """Return all values of a user that belong to an indicator."""
    return AsyncValue.objects.filter(user=user_id, datatype__in=kpi.datatypes.values("pk"))


def newest_value(user_id: int, kpi: Kpi) -> float | None:
    """Return the value of an indicator, or None."""
    return of_kpi(user_id, kpi).order_by("-start", "-pk").values_list("data", flat=True).first()


def refresh_profile(user_id: int, kpi: Kpi) -> None:
    """Update the profile after a value of an indicator was added or deleted."""
    profile = Profile.objects.select_for_update(no_key=True).filter(user=user_id).first()
    if profile is None:
        return
    value = newest_value(user_id, kpi)
    fitness: dict[str, Any] = {**(profile.fitness or {}), kpi.name: plain_number(value)}
    if value is None:
        del fitness[kpi.name]
    profile.fitness = fitness
    if kpi.name in BODY:
        setattr(profile, kpi.name, value)
    profile.save(update_fields=["fitness", *BODY])


@receiver(post_delete, sender=AsyncValue)
def forget_value(instance: AsyncValue, **_: Any) -> None:
    """Update the profile when a value is deleted."""
    for kpi in Kpi.objects.filter(datatypes=instance.datatype_id):
        refresh_profile(instance.user_id, kpi)


@receiver(written, sender=ProfileResource)
def follow_profile(uri: str, **_: Any) -> None:
    """Add a height and weight that were written into the profile to their history."""
    profile = Profile.objects.get(pk=uri.split("/")[-2])
    for kpi in Kpi.objects.select_related("entered").filter(name__in=BODY):
        value, of = getattr(profile, kpi.name), profile.user_id
        if kpi.entered and value is not None and value != newest_value(of, kpi):
            AsyncValue.objects.create(
                user_id=of, datatype=kpi.entered, start=clock.ticks(), data=value
            )
            refresh_profile(of, kpi)
