"""The paths of the requests that give exactly what is shown."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from apps.console.explore.windows import SeenTime

FORMATS = {"csv": "CSV", "edf": "EDF", "zip": "ZIP", "json": "JSON"}
"""Formats in which the API answers a stretch of a record."""


def data_path(record: int, datatypes: Sequence[int], window: SeenTime) -> str:
    """Return the path of the API that has these channels of a record in a window, all without
    any."""
    named = {"datatype": ",".join(map(str, datatypes))} if datatypes else {}
    times = {"start": window.lower, "end": window.upper}
    return "/api/data/?" + urlencode({"record": record, **named, **times}, safe=",")


def download_paths(record: int, window: SeenTime) -> list[tuple[str, str]]:
    """Return the title of each format with the path of all channels of a record in a window."""
    path = data_path(record, [], window)
    return [(title, f"{path}&format={name}") for name, title in FORMATS.items()]
