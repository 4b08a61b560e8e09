"""CSV files as responses."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

CSV = "text/csv"

_LABEL = f"{CSV}; charset=utf-8"


def send_csv(lines: Iterable[str], filename: str, *, piecemeal: bool = False) -> HttpResponseBase:
    """Return the response with a file that browsers save under that name; `piecemeal` sends lines
    while more are made."""
    response: HttpResponseBase
    if piecemeal:
        response = StreamingHttpResponse((line.encode() for line in lines), content_type=_LABEL)
    else:
        response = HttpResponse("".join(lines), content_type=_LABEL)
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
