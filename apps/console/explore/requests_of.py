"""The path of the request that gives exactly what is shown."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from apps.console.explore.windows import SeenTime


def data_path(record: int, datatypes: Sequence[int], window: SeenTime) -> str:
    """Return the path of the API that has these channels of a record in a window, all without
    any."""
    named = {"datatype": ",".join(map(str, datatypes))} if datatypes else {}
    times = {"start": window.lower, "end": window.upper}
    return "/api/data/?" + urlencode({"record": record, **named, **times}, safe=",")
