"""The activity log: a row for every write through the API, in the transaction of the write."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.dispatch import receiver
from rest_framework.request import Request

from apps.api import registry
from apps.api.context import Context
from apps.api.events import written
from apps.api.resources import ModelResource, Resource
from apps.bookkeeping.models import LONGEST_AGENT, LONGEST_PATH, ActivityLog

_OBJECT = re.compile(r".*/(?P<name>[^/]+)/(?P<key>[^/]+)/", re.DOTALL)
_BIGGEST = 2**63


@receiver(written)
def note(
    sender: type[Resource], context: Context, request: Request, uri: str | None, **_: Any
) -> None:
    """Writes down who did what to which object; one INSERT."""
    found = _OBJECT.fullmatch(uri or "")
    name, key = (found["name"], found["key"]) if found else (sender.name, "")
    ActivityLog.objects.create(
        method=str(request.method),
        path=_fit(request.path, LONGEST_PATH),
        resource_name=name,
        object_id=_number(key),
        object_resource_uri=uri and _fit(uri, LONGEST_PATH),
        content_type=_content_type(name),
        user=context.caller,
        user_agent=_fit(request.headers.get("User-Agent", ""), LONGEST_AGENT),
        client=context.client,
    )


def _number(key: str) -> int | None:
    return int(key) if key.isdecimal() and int(key) < _BIGGEST else None


def _content_type(name: str) -> ContentType | None:
    resource = registry.find(name)
    if resource is None or not issubclass(resource, ModelResource):
        return None
    return ContentType.objects.get_for_model(resource.model)


def _fit(text: str, length: int) -> str:
    """What a column takes of a text that a client chose."""
    return text.replace("\0", "")[:length]
