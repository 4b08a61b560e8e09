"""The activity log: a row for every write through the API, in the transaction of the write."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.dispatch import receiver
from rest_framework.request import Request

from apps.api import registry
from apps.api.callers import STRANGER
from apps.api.context import Context
from apps.api.events import written
from apps.api.resources import ModelResource, Resource
from apps.bookkeeping.models import LONGEST_AGENT, LONGEST_PATH, ActivityLog

_OBJECT = re.compile(r".*/(?P<name>[^/]+)/(?P<key>[^/]+)/", re.DOTALL)


@receiver(written)
def log_change(
    sender: type[Resource], context: Context, request: Request, uri: str | None, **_: Any
) -> None:
    """Write who did what to which object, with one INSERT."""
    found = _OBJECT.fullmatch(uri or "")
    name, text = (found["name"], found["key"]) if found else (sender.name, "")
    model = _model_resource(name)
    key = _key_of(model, text) if model else text
    ActivityLog.objects.create(
        method=str(request.method),
        path=_cut_text(request.path, LONGEST_PATH),
        resource_name=name,
        object_id=key if isinstance(key, int) else None,
        object_resource_uri=_cut_text(f"/api/{name}/{key}/", LONGEST_PATH) if found else None,
        content_type=ContentType.objects.get_for_model(model.model) if model else None,
        user=None if context.caller is STRANGER else context.user(get_user_model()),
        user_agent=_cut_text(request.headers.get("User-Agent", ""), LONGEST_AGENT),
        client=context.client,
    )


def _model_resource(name: str) -> type[ModelResource[Any]] | None:
    resource = registry.find_resource(name)
    return resource if resource is not None and issubclass(resource, ModelResource) else None


def _key_of(resource: type[ModelResource[Any]], text: str) -> int | str:
    """Return the key as in the table, however it was spelled; a token stays a text."""
    try:
        return resource.parse_key(text)
    except ValueError:
        return text


def _cut_text(text: str, length: int) -> str:
    """Return a text of a client, cut to the length of its column."""
    return text.replace("\0", "")[:length]
