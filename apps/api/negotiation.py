"""The format of a response. Tastypie never refuses an Accept header that matches nothing
(T22-T24)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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

    It may be a media type, whose case does not matter. A plus sign that was not escaped in the
    query arrives as a space.
    """
    named = request.query_params.get("format", "").replace(" ", "+")
    return named.lower() if "/" in named else named


def _find_renderer(header: str, renderers: Sequence[BaseRenderer]) -> BaseRenderer:
    """Return the renderer for the best matching range; the first renderer if none matches."""
    ranges = [_parse_range(part) for part in header.split(",") if part.strip()]
    qualities = {name: quality for quality, name in reversed(ranges)}
    taken = [each for each in renderers if not _is_refused(str(each.media_type), qualities)]
    for _, wanted in sorted(ranges, key=lambda pair: -pair[0]):
        for renderer in taken:
            if wanted in _ranges_around(str(renderer.media_type)):
                return renderer
    return renderers[0]


def _is_refused(media_type: str, qualities: Mapping[str, float]) -> bool:
    """Return whether the quality of a media type is 0; the narrowest range decides (RFC 9110)."""
    named = (each for each in _ranges_around(media_type) if each in qualities)
    narrowest = next(named, None)
    return narrowest is not None and not qualities[narrowest]


def _ranges_around(media_type: str) -> tuple[str, str, str]:
    """Return the media ranges that contain a media type, the narrowest first."""
    return media_type, media_type.partition("/")[0] + "/*", "*/*"


def _parse_range(text: str) -> tuple[float, str]:
    """Return the quality and the name of a media range. Its case does not matter.

    Java's HttpURLConnection, and MATLAB with it, send a single star, which python-mimeparse reads
    as `*/*` for Tastypie.
    """
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    name = "*/*" if name == "*" else name
    if name.count("/") != 1:
        raise BadRequest("Invalid Accept header")
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            return _parse_quality(value), name
    return 1.0, name


def _parse_quality(text: str) -> float:
    """Return a quality from 0 to 1; 1 for what is none."""
    try:
        quality = float(text)
    except ValueError:
        return 1.0
    return quality if 0 <= quality <= 1 else 1.0
