"""The URLs of all registered resources, under `/api/` and `/api/v1/`.

A resource is looked up by its name: walking a pattern for each of them would cost more than
answering.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import re_path

from apps.api import registry
from apps.api.resources import ModelResource
from apps.api.views import (
    IndexView,
    ListView,
    ModelDetailView,
    ModelListView,
    ModelSetView,
    ResourceView,
    SchemaView,
)

PREFIX = r"^(?P<prefix>api/v1|api)/"
NAMED = rf"{PREFIX}(?P<name>[a-z0-9_]+)/"

View = Callable[..., HttpResponseBase]


def of_any(view: type[ResourceView]) -> View:
    """Hands a request on to the view of the resource that its URL names."""

    @cache
    def made(name: str) -> View:
        resource = registry.find(name)
        on_model = resource is not None and issubclass(resource, ModelResource)
        chosen = ListView if view is ModelListView and not on_model else view
        if resource is None or not (on_model or chosen in (ListView, SchemaView)):
            raise Http404
        return chosen.as_view(resource=resource)

    def dispatch(request: HttpRequest, name: str, **parts: Any) -> HttpResponseBase:
        return made(name)(request, **parts)

    dispatch.csrf_exempt = True  # type: ignore[attr-defined]
    return dispatch


urlpatterns = [
    re_path(f"{PREFIX}$", IndexView.as_view()),
    re_path(f"{NAMED}$", of_any(ModelListView)),
    re_path(f"{NAMED}schema/$", of_any(SchemaView)),
    re_path(f"{NAMED}set/(?P<keys>.*)/$", of_any(ModelSetView)),
    re_path(f"{NAMED}(?P<key>.+)/$", of_any(ModelDetailView)),
]
