"""Which format an answer has: Tastypie never refuses an Accept that matches nothing (T22-T24)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from apps.api.errors import BadRequest


class TastypieNegotiation(BaseContentNegotiation):
    """`?format=` first, then Accept with its quality values, else the first renderer."""

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> None:
        """Bodies are read by apps/api/bodies.py."""

    def select_renderer(  # type: ignore[override]
        self,
        request: Request,
        renderers: Sequence[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """The renderer and its media type; BadRequest for an Accept that is no media range."""
        named = request.query_params.get("format")
        names = ((r, (r.format, r.media_type)) for r in renderers)
        chosen = next((r for r, known in names if named and named in known), None)
        if chosen is None:
            chosen = _find_renderer(request.headers.get("Accept", ""), renderers)
        return chosen, str(chosen.media_type)


def _find_renderer(header: str, renderers: Sequence[BaseRenderer]) -> BaseRenderer:
    """The renderer of the best range that one of them meets; the first if none does."""
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
