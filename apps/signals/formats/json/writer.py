"""The JSON response for a plan: an array with one object per user, or a flat array (behaviour
3.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby

import orjson

from apps.signals.formats.json import pairs
from apps.signals.selection.columns import Column, read_columns
from apps.signals.selection.plan import PlannedSeries
from apps.signals.selection.query import Query
from hexostore.hexotime import TICKS_PER_SECOND

UriOf = Callable[[int], str]
Text = bytes | bytearray


def make_body(query: Query, series: list[PlannedSeries], user_uri: UriOf) -> bytes:
    """Return the JSON text. Users and datatypes without values in the window are left out."""
    texts = []
    for one, column in read_columns(query, series):
        texts.append((one, _series_text(query, one, column)))
    if query.flat:
        bare = [text[1:-1] for _, text in texts]  # without the brackets of each array
        return b"[" + b",".join(bare) + b"]"
    return b"".join(_write_fragments(texts, user_uri))


def _write_fragments(texts: list[tuple[PlannedSeries, Text]], user_uri: UriOf) -> Iterator[Text]:
    """Yield the response in pieces, so that the long texts are copied only once."""
    yield b"["
    for number, (user, data) in enumerate(groupby(texts, key=lambda pair: pair[0].user)):
        yield b',{"data":' if number else b'{"data":'
        for place, (one, text) in enumerate(data):
            yield b'%b"%d":' % (b"," if place else b"{", one.datatype)
            yield text
        yield b'},"user":%b}' % orjson.dumps(user_uri(user))
    yield b"]"


def _series_text(query: Query, series: PlannedSeries, column: Column) -> Text:
    timestamps, counts = column
    if query.no_timestamps:
        return pairs.values_text(counts, series.scale)
    if query.seconds:
        timestamps = timestamps // TICKS_PER_SECOND
    return pairs.pairs_text(timestamps, counts, series.scale)
