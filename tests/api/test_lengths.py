"""No member takes a text or a free value that would make every later answer long."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import models

from apps.accounts.models import Profile
from apps.api import registry
from apps.api.bodies import JSONValue
from apps.api.bounds import LONGEST_TEXT
from apps.api.callers import STRANGER
from apps.api.context import Context
from apps.api.conventions import HEXOSKIN
from apps.api.errors import BadRequest, InvalidFields
from apps.api.fields import Field, column_of
from apps.api.resources import ModelResource
from apps.api.versions import NEWEST
from tests.api.asking import ask, error
from tests.people import Caller

OF_THEIR_OWN = {
    "study planning": "MOST_ITEMS and MOST_OCCURRENCES, apps/studies/planning/schedule.py",
    "surveyanswers fhir_answer": "MOST_BYTES, apps/studies/answer_fields.py",
}
"""Members with limits of another kind, and where."""


def free_members() -> list[Any]:
    """Every member that a client writes into a column without a length."""
    found = []
    for resource in registry.all_in(NEWEST):
        if not issubclass(resource, ModelResource):
            continue
        for name, field in resource.fields.items():
            if field.readonly or not _is_column(resource, field):
                continue
            if f"{resource.name} {name}" in OF_THEIR_OWN:
                continue
            if isinstance(column_of(resource.model(), field), models.TextField | models.JSONField):
                found.append(pytest.param(resource, field, id=f"{resource.name} {name}"))
    return found


def _is_column(resource: type[ModelResource[Any]], field: Field) -> bool:
    path = field.path()
    return path is not None and path in {each.name for each in resource.model._meta.fields}


def too_long(kind: models.Field[Any, Any]) -> list[JSONValue]:
    """Values of every form that such a column may be sent."""
    text = "x" * (LONGEST_TEXT + 1)
    return [text] if isinstance(kind, models.TextField) else [[{"a": text}], {"a": text}, text]


@pytest.mark.parametrize(("resource", "field"), free_members())
def test_every_free_member_has_a_limit(resource: type[ModelResource[Any]], field: Field) -> None:
    context = Context(STRANGER, "/api", NEWEST, HEXOSKIN)
    for value in too_long(column_of(resource.model(), field)):
        with pytest.raises((BadRequest, InvalidFields)):
            field.accept(resource.model(), value, context)


def test_members_were_found() -> None:
    names = {each.id for each in free_members()}
    assert {"profile preferences", "range note", "trainingroutine steps"} <= names


def test_preferences_of_two_megabytes(me: Caller) -> None:
    profile = Profile.objects.create(user=me.user)
    path = f"/api/profile/{profile.pk}/"
    for length, status in ((2_400_000, 400), (LONGEST_TEXT - 10, 202)):
        body = json.dumps({"preferences": {"a": "x" * length}}).encode()
        assert ask(me, "PATCH", path, body).status_code == status
    assert len(ask(me, "GET", "/api/account/").content) < 3 * LONGEST_TEXT


def test_what_is_counted_are_bytes(me: Caller) -> None:
    profile = Profile.objects.create(user=me.user)
    body = json.dumps({"preferences": "é" * (LONGEST_TEXT // 2)}).encode()
    answer = ask(me, "PATCH", f"/api/profile/{profile.pk}/", body)
    assert (
        error(answer) == f"The 'preferences' field can have at most {LONGEST_TEXT} bytes of JSON."
    )
