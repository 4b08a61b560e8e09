"""What there is of an imported file: its parts and their rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.db import models

from apps.catalog.models import ImportFile, TrainingRoutine
from apps.records.models import Range, Record
from apps.tracks.models import Track

MODELS: Mapping[str, type[models.Model]] = {
    "record": Record,
    "range": Range,
    "track": Track,
    "trainingroutine": TrainingRoutine,
}
"""What a file can become, by the name of the resource."""

RECORD = "record"
"""The name of the part with the samples of the whole file."""


class ImportedPart(NamedTuple):
    """A part of a file, the resource of what it became, and the key of the row."""

    part: str
    resource: str
    key: int


def session_part(number: int) -> str:
    """Return the name of the part with a session, counted from 0."""
    return f"session {number}"


def lap_part(session: int, number: int) -> str:
    """Return the name of the part with a lap of a session, both counted from 0."""
    return f"session {session} lap {number}"


def track_part(number: int) -> str:
    """Return the name of the part with the way of a session."""
    return f"session {number} track"


def workout_part(number: int) -> str:
    """Return the name of the part with a workout."""
    return f"workout {number}"


def parts_of(results: object) -> list[ImportedPart]:
    """Return the parts that the results of an import name; none without results, or in an error."""
    return [ImportedPart(*each) for each in results] if isinstance(results, list) else []


def earlier_import(row: ImportFile) -> ImportFile | None:
    """Return the user's latest import of the same content that made something."""
    same = ImportFile.objects.filter(user=row.user_id, sha256=row.sha256).exclude(pk=row.pk)
    imported = same.filter(results__isnull=False).exclude(results__has_key="error")
    return imported.order_by("-pk").first()


def earlier_parts(row: ImportFile) -> list[ImportedPart]:
    """Return what the user's latest import of the same content became."""
    earlier = earlier_import(row)
    return [] if earlier is None else parts_of(earlier.results)


def names_of(parts: Iterable[ImportedPart]) -> dict[ImportedPart, str]:
    """Return the names of the rows of parts; "" for those that have none, such as records."""
    parts = list(parts)
    found: dict[tuple[str, int], str] = {}
    for resource, model in MODELS.items():
        keys = [each.key for each in parts if each.resource == resource]
        if keys and any(column.name == "name" for column in model._meta.fields):
            rows = model._default_manager.filter(pk__in=keys)
            found |= {(resource, key): name for key, name in rows.values_list("pk", "name")}
    return {each: found.get((each.resource, each.key), "") for each in parts}


def still_there(user: int, parts: Iterable[ImportedPart]) -> list[ImportedPart]:
    """Return the parts whose rows exist and are the user's."""
    parts = list(parts)
    there: set[tuple[str, Any]] = set()
    for name, model in MODELS.items():
        keys = [each.key for each in parts if each.resource == name]
        if keys:
            rows = model._default_manager.filter(pk__in=keys, user=user)
            there |= {(name, key) for key in rows.values_list("pk", flat=True)}
    return [each for each in parts if (each.resource, each.key) in there]
