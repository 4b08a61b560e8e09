"""All resources by name. A declaration registers itself; nothing else adds to this."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from apps.api.resources import ModelResource, Resource
    from apps.api.versions import Version

R = TypeVar("R", bound="type[Resource]")

_resources: dict[str, type[Resource]] = {}
_aliases: dict[str, str] = {}
_below: dict[str, list[tuple[re.Pattern[str], type[Resource]]]] = {}


def register_resource(resource: R) -> R:
    """Make a declared resource known under its name. This is a class decorator."""
    if resource.name in _resources:
        raise ValueError(f"two resources are called {resource.name}")
    _resources[resource.name] = resource
    return _bind_fields(resource)


def _bind_fields(resource: R) -> R:
    for name, field in resource.fields.items():
        field.bind(resource, name)
    return resource


def register_alias(alias: str, name: str) -> None:
    """Have a resource answer under another name too, which the index does not have."""
    _aliases[alias] = name


def register_below(name: str, pattern: str) -> Callable[[R], R]:
    """Make a resource known that answers below the details of another one. This is a class
    decorator.

    It answers at `/api/<name>/<pattern>/`, and is given the named groups of the pattern. It is not
    in the index.
    """

    def mark(resource: R) -> R:
        _below.setdefault(name, []).append((re.compile(pattern), resource))
        return _bind_fields(resource)

    return mark


def find_below(name: str, path: str | None) -> tuple[type[Resource], dict[str, str]] | None:
    """Return the resource that answers at a path below `/api/<name>/`, with the parts of the
    path."""
    for pattern, resource in _below.get(name, ()):
        found = pattern.fullmatch(path or "")
        if found:
            return resource, found.groupdict()
    return None


def all_names() -> set[str]:
    """Return every name below `/api/` at which a resource answers, aliases included."""
    return {*_resources, *_aliases}


def all_below() -> list[tuple[str, str, type[Resource]]]:
    """Return name, pattern and resource of everything that answers below a detail."""
    found = []
    for name in sorted(_below):
        for pattern, resource in _below[name]:
            found.append((name, pattern.pattern, resource))
    return found


def indexed_below(version: Version) -> list[type[Resource]]:
    """Return what answers below a detail and is in the index of a version nevertheless."""
    below = [resource for _, _, resource in all_below()]
    return [each for each in below if each.index_key and each.listed_in(version)]


def find_resource(name: str) -> type[Resource] | None:
    """Return the resource of that name or alias, if there is one."""
    return _resources.get(_aliases.get(name, name))


def model_resource(name: str) -> type[ModelResource[Any]]:
    """Return the resource of that name that is based on a model. Raise KeyError if there is
    none."""
    from apps.api.resources import ModelResource

    found = _resources[name]
    if not issubclass(found, ModelResource):
        raise KeyError(name)
    return found


def all_in(version: Version) -> list[type[Resource]]:
    """Return the resources that the index of a version names, by name."""
    return [_resources[name] for name in sorted(_resources) if _resources[name].listed_in(version)]
