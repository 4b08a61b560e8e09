"""What a share can open besides rows: apps above this one provide it, once, at start."""

from __future__ import annotations

from typing import Protocol

from django.http.response import HttpResponseBase
from rest_framework.request import Request

from apps.access.models import Share


class SharedKind(Protocol):
    """How the objects of a kind are shared, where the kind is no resource with rows."""

    def check(self, share: Share) -> None:
        """Raise NotFound or Forbidden unless the creator of a link may share the object."""

    def open(self, share: Share, request: Request) -> HttpResponseBase:
        """Return the object of a link, for anyone who has it. The creator has been checked."""


_kinds: dict[str, SharedKind] = {}


def provide_kind(name: str, kind: SharedKind) -> None:
    """Have objects of a kind shared, of which `name` is the share type."""
    _kinds[name] = kind


def find_kind(share: Share) -> SharedKind | None:
    """Return the kind of what is shared, or None if it is a row of a resource."""
    return _kinds.get(share.sharetype.name)
