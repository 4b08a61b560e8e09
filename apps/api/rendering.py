"""JSON as Tastypie writes it: one line, blanks after comma and colon, letters as themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping

from rest_framework.renderers import BaseRenderer

from apps.api.errors import NotYet


class Promised(BaseRenderer):
    """A format of the real service that answers 501 here until it is written."""

    def __init__(self, media_type: str, name: str) -> None:
        self.media_type, self.format = media_type, name

    def render(
        self,
        data: object,
        media_type: str | None = None,
        context: Mapping[str, object] | None = None,
    ) -> bytes:
        raise NotYet(str(self.media_type))


class Produced(BaseRenderer):
    """A format that a resource writes itself, so that this never renders anything."""

    def __init__(self, media_type: str, name: str) -> None:
        self.media_type, self.format = media_type, name


class Written(str):
    """A text that is JSON already."""

    __slots__ = ()


_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


class TastypieJSON(BaseRenderer):
    """Writes objects whose members are sorted already (rules T203, T204); null for None."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: object,
        media_type: str | None = None,
        context: Mapping[str, object] | None = None,
    ) -> bytes:
        return write_json(data).encode()


def write_json(data: object) -> Written:
    """The JSON of a value, or of an object some members of which are written already."""
    if isinstance(data, dict) and any(isinstance(value, Written) for value in data.values()):
        members = (f"{write_json(name)}: {write_json(value)}" for name, value in data.items())
        return Written("{" + ", ".join(members) + "}")
    return data if isinstance(data, Written) else Written(_encoder.encode(data))
