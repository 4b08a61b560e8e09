"""The URLs of all registered resources, under `/api/` and `/api/v1/`.

A resource is looked up by its name. Trying a pattern for each of them would cost more than the
response.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import re_path

from apps.api import registry
from apps.api.model_views import ModelDetailView, ModelListView, ModelSetView
from apps.api.resources import ModelResource, Resource
from apps.api.views import DetailView, IndexView, ListView, ResourceView, SchemaView

PREFIX = r"^(?P<prefix>api/v1|api)/"
NAMED = rf"{PREFIX}(?P<name>[a-z0-9_]+)/"

View = Callable[..., HttpResponseBase]

WITHOUT_MODEL: dict[type[ResourceView], type[ResourceView]] = {
    ModelListView: ListView,
    ModelDetailView: DetailView,
    SchemaView: SchemaView,
}


def of_any(view: type[ResourceView]) -> View:
    """Pass a request on to the view of the resource that its URL names."""

    @cache
    def made(name: str) -> View:
        resource = registry.find_resource(name)
        if resource is None:
            raise Http404
        return _view_of(view, resource)

    def dispatch(request: HttpRequest, name: str, **parts: Any) -> HttpResponseBase:
        below = registry.find_below(name, parts.get("key"))
        if below is None:
            return made(name)(request, **parts)
        resource, named = below
        return ListView.as_view(resource=resource)(request, prefix=parts["prefix"], **named)

    dispatch.csrf_exempt = True  # type: ignore[attr-defined]
    return dispatch


def _view_of(view: type[ResourceView], resource: type[Resource]) -> View:
    """Return the view of a resource. Raise Http404 if the resource has no view of that kind."""
    if not issubclass(resource, ModelResource):
        if view not in WITHOUT_MODEL:
            raise Http404
        view = WITHOUT_MODEL[view]
    return view.as_view(resource=resource)


urlpatterns = [
    re_path(f"{PREFIX}$", IndexView.as_view()),
    re_path(f"{NAMED}$", of_any(ModelListView)),
    re_path(f"{NAMED}schema/$", of_any(SchemaView)),
    re_path(f"{NAMED}set/(?P<keys>.*)/$", of_any(ModelSetView)),
    re_path(f"{NAMED}(?P<key>.+)/$", of_any(ModelDetailView)),
]
