"""CSV files as responses."""

from __future__ import annotations

from collections.abc import Iterable

from django.http.response import HttpResponseBase

from apps.api.pieces import send_texts

CSV = "text/csv"

_LABEL = f"{CSV}; charset=utf-8"


def send_csv(lines: Iterable[str], filename: str) -> HttpResponseBase:
    """Return the response with a file that browsers save under that name. The lines of a long one
    are sent while more are made."""
    response = send_texts(lines, _LABEL)
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
