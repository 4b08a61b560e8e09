"""JSON as Tastypie writes it: one line, blanks after comma and colon, letters unescaped."""

from __future__ import annotations

import json
from collections.abc import Mapping

from rest_framework.renderers import BaseRenderer


class Produced(BaseRenderer):
    """A format that a resource writes itself, so this never renders anything."""

    def __init__(self, media_type: str, name: str) -> None:
        self.media_type, self.format = media_type, name


class Written(str):
    """A text that is already JSON."""

    __slots__ = ()


_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


class TastypieJSON(BaseRenderer):
    """Writes objects whose keys are already sorted (rules T203, T204); null for None."""

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
    """Return the JSON of a value, or of an object of which some fields are already written."""
    if isinstance(data, dict) and any(isinstance(value, Written) for value in data.values()):
        members = (f"{write_json(name)}: {write_json(value)}" for name, value in data.items())
        return Written("{" + ", ".join(members) + "}")
    return data if isinstance(data, Written) else Written(_encoder.encode(data))
