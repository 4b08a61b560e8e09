"""The URLs of all registered resources, under `/api/` and `/api/v1/`."""

from __future__ import annotations

from django.urls import URLPattern, re_path

from apps.api import registry
from apps.api.resources import ModelResource, Resource
from apps.api.versions import Version
from apps.api.views import (
    IndexView,
    ListView,
    ModelDetailView,
    ModelListView,
    ModelSetView,
    SchemaView,
)

PREFIX = r"^(?P<prefix>api/v1|api)/"


def of(resource: type[Resource]) -> list[URLPattern]:
    """The paths of one resource; a key may be any text, slashes included (rule T5)."""
    base = f"{PREFIX}{resource.name}/"
    given = {"resource": resource}
    found = [re_path(f"{base}schema/$", SchemaView.as_view(**given))]
    if not issubclass(resource, ModelResource):
        return [*found, re_path(f"{base}$", ListView.as_view(**given))]
    return [
        *found,
        re_path(f"{base}$", ModelListView.as_view(**given)),
        re_path(f"{base}set/(?P<keys>.*)/$", ModelSetView.as_view(**given)),
        re_path(f"{base}(?P<key>.+)/$", ModelDetailView.as_view(**given)),
    ]


def _all() -> list[URLPattern]:
    named = {
        resource.name: resource for version in Version for resource in registry.all_in(version)
    }
    return [pattern for name in sorted(named) for pattern in of(named[name])]


urlpatterns = [re_path(f"{PREFIX}$", IndexView.as_view()), *_all()]
