"""`/explore/record/ID/data`: what is drawn of a record, all channels in one answer.

`channels` are ids with commas between them, all without it; names of true events, such as `beats`,
may be among them. `from` and `to` are ticks from the start of the record, as are all times in the
answer, and `columns` is the width of the plots.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
import orjson
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe
from numpy.typing import NDArray

from apps.console.explore.channels import ExploredChannel, find_channels
from apps.console.explore.records import end_of, require_record
from apps.console.explore.true_events import PATHS, draw_truths
from apps.console.explore.windows import SeenTime, draw_channels
from apps.records.models import Record

MOST_CHANNELS = 128
MOST_COLUMNS = 4000
USUAL_COLUMNS = 1000
LARGEST = 2**61
"""Ticks beyond which nothing is stored."""


class ArgumentError(ValueError):
    """An argument that cannot be used. The text says which, and what it must be."""


@require_safe
def send_data(request: HttpRequest, record: int) -> HttpResponseBase:
    """Return what is drawn of a record; 304 if the sender has it, 400 for a wrong argument."""
    found = require_record(record)
    try:
        names, wanted = read_channels(request)
        window = read_window(request, found)
    except ArgumentError as error:
        return JsonResponse({"error": str(error)}, status=400)
    channels = find_channels(record, wanted)[:MOST_CHANNELS]
    etag = _etag(found, channels, names, window)
    response: HttpResponseBase | None = get_conditional_response(request, etag=etag)
    if response is None:
        response = _answer(found, channels, names, window)
    response["ETag"] = etag
    response["Cache-Control"] = "no-cache"
    return response


def _answer(
    record: Record, channels: Sequence[ExploredChannel], names: Collection[str], window: SeenTime
) -> HttpResponse:
    start = record.start or 0
    drawn = {str(key): each for key, each in draw_channels(channels, window, start).items()}
    drawn |= draw_truths(record.pk, names, window, start)
    body: dict[str, Any] = {
        "from": window.lower - start,
        "to": window.upper - start,
        "end": end_of(record) - start,
        "status": record.status,
        "channels": drawn,
    }
    text = orjson.dumps(body, default=_as_list, option=orjson.OPT_SERIALIZE_NUMPY)
    return HttpResponse(text, content_type="application/json")


def _as_list(array: NDArray[np.generic]) -> object:
    """Return an array that orjson does not take as it is, such as one that is not contiguous."""
    return array.tolist()


def _etag(
    record: Record, channels: Sequence[ExploredChannel], names: Collection[str], window: SeenTime
) -> str:
    """Return the ETag of an answer, which changes with the samples and with what is known of
    them."""
    stored = [(each.datatype, each.version, each.count, each.codes) for each in channels]
    everything = repr((record.status, record.end, record.start, window, sorted(names), stored))
    return quote_etag(blake2b(everything.encode(), digest_size=16).hexdigest())


def read_window(request: HttpRequest, record: Record) -> SeenTime:
    """Return the window of the arguments: of the whole record without them. Raise
    ArgumentError."""
    start = record.start or 0
    lower = read_number(request, "from", -LARGEST, LARGEST) or 0
    upper = read_number(request, "to", -LARGEST, LARGEST)
    columns = read_number(request, "columns", 1, MOST_COLUMNS) or USUAL_COLUMNS
    if upper is None:
        upper = end_of(record) - start + 1
    return SeenTime(start + lower, start + max(lower, upper), columns)


def read_number(request: HttpRequest, name: str, least: int, most: int) -> int | None:
    """Return a whole number of the query, None without it. Raise ArgumentError for anything else,
    and beyond its limits."""
    text = request.GET.get(name, "")
    if not text:
        return None
    try:
        number = int(text)
    except ValueError:
        raise ArgumentError(f"{name} must be a whole number, not {text[:40]!r}.") from None
    if not least <= number <= most:
        raise ArgumentError(f"{name} must be between {least} and {most}.")
    return number


def read_channels(request: HttpRequest) -> tuple[set[str], list[int] | None]:
    """Return the names of true events and the ids of data types that `channels` has; no ids mean
    all, unless there are names. Raise ArgumentError."""
    texts = [text.strip() for text in request.GET.get("channels", "").split(",")]
    names = {text for text in texts if text in PATHS}
    ids = [text for text in texts if text and text not in PATHS]
    if len(ids) > MOST_CHANNELS:
        raise ArgumentError(f"channels can have at most {MOST_CHANNELS} ids.")
    try:
        wanted = [int(text) for text in ids]
    except ValueError:
        raise ArgumentError("channels must be ids with commas between them.") from None
    if any(abs(each) >= 1 << 31 for each in wanted):
        raise ArgumentError("channels must be ids of data types.")
    return names, wanted if wanted or names else None
