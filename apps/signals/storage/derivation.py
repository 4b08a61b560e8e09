"""Channels that were not recorded, but derived from other channels of the record.

Such a channel remembers what it is derived from (`Channel.derived_from`), so that it is known when
it must be derived anew. One that is written in any other way forgets it, and is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b

from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals.models import Channel, Chunk
from apps.signals.storage import store
from apps.signals.storage.series import Series


def source_version(record: Record, method: str, sources: Iterable[int]) -> bytes:
    """Return a fingerprint of what the sources hold now and of the method applied to them."""
    rows = Channel.objects.filter(record=record, datatype__in=list(sources))
    versions = rows.values_list("datatype_id", "version")
    return version_of(method, {datatype: bytes(version) for datatype, version in versions})


def version_of(method: str, sources: Mapping[int, bytes]) -> bytes:
    """Return the same, given the versions of the sources by datatype."""
    digest = blake2b(method.encode(), digest_size=store.VERSION)
    for datatype, version in sorted(sources.items()):
        digest.update(datatype.to_bytes(4, "little") + version)
    return digest.digest()


def recorded(record: Record, datatypes: Iterable[int]) -> set[int]:
    """Return which of the datatypes the record has, not counting derived ones."""
    rows = Channel.objects.filter(record=record, datatype__in=list(datatypes), derived_from=None)
    return set(rows.values_list("datatype_id", flat=True))


def due(record: Record, datatypes: Iterable[int], version: bytes) -> list[int]:
    """Return which of the datatypes are to be derived: those that the record does not have, and
    those that were derived from something else than `version` says.
    """
    wanted = list(datatypes)
    rows = Channel.objects.filter(record=record, datatype__in=wanted)
    present = dict(rows.values_list("datatype_id", "derived_from"))
    settled = {
        datatype
        for datatype, derived_from in present.items()
        if derived_from is None or bytes(derived_from) == version
    }
    return [datatype for datatype in wanted if datatype not in settled]


def write_derived(record: Record, datatype: Datatype, series: Series, version: bytes) -> None:
    """Store a derived channel, in place of the one that is there, with what it is derived from."""
    store.write_series(record, datatype, series)
    Channel.objects.filter(record=record, datatype=datatype).update(derived_from=version)


def give_up(record: Record, datatypes: Iterable[int]) -> bool:
    """Delete those of the channels that are derived, and tell whether there were any."""
    rows = Channel.objects.filter(record=record, datatype__in=list(datatypes))
    gone = list(rows.exclude(derived_from=None).values_list("datatype_id", flat=True))
    Chunk.objects.filter(record=record, datatype__in=gone).delete()
    Channel.objects.filter(record=record, datatype__in=gone).delete()
    return bool(gone)
