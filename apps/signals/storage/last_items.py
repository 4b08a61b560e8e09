"""Where the data of records end."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import F, Max

from apps.signals.models import Channel
from apps.signals.storage import codec
from apps.signals.storage.objects.transfer import payloads_of, while_rows_stay
from apps.signals.storage.store import OFFSET
from hexostore.database.raw import raw_cursor

_LAST_CHUNKS = """
    SELECT DISTINCT ON (record_id, datatype_id)
           record_id, channel.start, dtype, chunk.count, codec, payload, object
    FROM signals_chunk AS chunk
    JOIN signals_channel AS channel USING (record_id, datatype_id)
    WHERE record_id = ANY(%s) AND step IS NULL
    ORDER BY record_id, datatype_id, chunk.start DESC
"""


def last_ticks(records: Collection[int]) -> dict[int, int]:
    """Return the tick since 1970 of the last sample or event of each record that has any; two
    statements, none for no records."""
    if not records:
        return {}
    found = last_events(records)
    for record, tick in _last_samples(records).items():
        found[record] = max(tick, found.get(record, tick))
    return found


def last_events(records: Collection[int]) -> dict[int, int]:
    """Return the tick of the last event of each record that has any; one statement."""
    return while_rows_stay(lambda: _last_events(records))


def _last_events(records: Collection[int]) -> dict[int, int]:
    with raw_cursor() as cursor:
        chunks = cursor.execute(_LAST_CHUNKS, [list(records)], binary=True).fetchall()
    payloads = payloads_of([(payload, name) for *_, payload, name in chunks])
    found: dict[int, int] = {}
    for (record, start, dtype, count, number, *_), payload in zip(chunks, payloads, strict=True):
        offsets, _ = codec.unpack(payload, number, (OFFSET, dtype), count)
        tick = start + int(offsets[-1])
        found[record] = max(tick, found.get(record, tick))
    return found


def _last_samples(records: Collection[int]) -> dict[int, int]:
    """The tick of the last sample of each record that has any."""
    rows = Channel.objects.filter(record__in=records, step__isnull=False, count__gt=0)
    last = Max(F("start") + (F("count") - 1) * F("step"))
    grouped = rows.order_by().values("record").annotate(last=last)
    return dict(grouped.values_list("record", "last"))
