"""The format of a response. Tastypie never refuses an Accept header that matches nothing
(T22-T24)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from apps.api.errors import BadRequest


class TastypieNegotiation(BaseContentNegotiation):
    """`?format=` comes first, then Accept with its quality values, then the first renderer."""

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> None:
        """Do nothing: apps/api/bodies.py reads bodies."""

    def select_renderer(  # type: ignore[override]
        self,
        request: Request,
        renderers: Sequence[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """Return the renderer and its media type. Raise BadRequest for a malformed Accept
        header."""
        named = named_format(request)
        names = ((r, (r.format, r.media_type)) for r in renderers)
        chosen = next((r for r, known in names if named and named in known), None)
        if chosen is None:
            chosen = _find_renderer(request.headers.get("Accept", ""), renderers)
        return chosen, str(chosen.media_type)


def named_format(request: Request) -> str:
    """Return the text of `?format=`, or "".

    It may be a media type. A plus sign that was not escaped in the query arrives as a space.
    """
    return request.query_params.get("format", "").replace(" ", "+")


def _find_renderer(header: str, renderers: Sequence[BaseRenderer]) -> BaseRenderer:
    """Return the renderer for the best matching range; the first renderer if none matches."""
    ranges = [_parse_range(part) for part in header.split(",") if part.strip()]
    for _, wanted in sorted(ranges, key=lambda pair: -pair[0]):
        for renderer in renderers:
            kind = str(renderer.media_type)
            if wanted in (kind, "*/*", kind.split("/", maxsplit=1)[0] + "/*"):
                return renderer
    return renderers[0]


def _parse_range(text: str) -> tuple[float, str]:
    name, *parameters = (part.strip() for part in text.split(";"))
    if name.count("/") != 1:
        raise BadRequest("Invalid Accept header")
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            return _parse_quality(value), name
    return 1.0, name


def _parse_quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 1.0
