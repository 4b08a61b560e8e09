"""Files that pages load, as a browser may keep them for an hour."""

from __future__ import annotations

from pathlib import Path

from django.http import FileResponse

KEPT = "public, max-age=3600"


def file_response(file: Path, kind: str) -> FileResponse:
    """Return a file of that media type."""
    response = FileResponse(file.open("rb"), content_type=kind)
    response["Cache-Control"] = KEPT
    return response
