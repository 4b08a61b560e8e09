"""How recorded signals are stored: compressed chunks, and a row that summarizes them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from apps.catalog.models import Datatype
from apps.records.models import Record


class Channel(models.Model):
    """What a record has of one datatype, so that its chunks need not be read.

    Synchronous channels: sample i is at `start` + i * `step` ticks. Asynchronous ones: `step` is
    null, and events are at `start`, the start of the record, plus their offset. `dtype` is the
    numpy name of the stored counts. `overview` has the whole channel thinned to the documented
    limit, as little-endian counts, if it is longer than the limit. `version` is a fingerprint of
    the samples, from which the ETag of a response is made.
    `derived_from` is one of what a derived channel is made of (apps/signals/storage/derivation.py),
    null for a channel that was recorded or loaded.
    """

    pk = models.CompositePrimaryKey("record_id", "datatype_id")
    record = models.ForeignKey(Record, models.CASCADE, related_name="channels", db_index=False)
    datatype = models.ForeignKey(Datatype, models.PROTECT, related_name="+", db_index=False)
    start = models.BigIntegerField()
    step = models.IntegerField(null=True)
    count = models.BigIntegerField()
    dtype = models.CharField(max_length=8)
    overview = models.BinaryField(null=True)
    version = models.BinaryField(max_length=16)
    derived_from = models.BinaryField(max_length=16, null=True)

    def __str__(self) -> str:
        return f"datatype {self.datatype_id} of record {self.record_id}"


class Chunk(models.Model):
    """A stretch of `count` samples; `start` is the tick of the first.

    `codec` says how `payload` is packed (apps/signals/storage/codec.py). The column is stored
    EXTERNAL: it is already compressed, and PostgreSQL should not try again. `size` and `crc` are
    bytes and CRC-32 of its part in the file of a whole channel (apps/signals/storage/content.py).
    `counts` says how often each value occurs in a channel of one sample per second
    (apps/signals/storage/counts.py). All three are null in chunks of older stores.
    A chunk in an object store has the name of its `object` instead of the payload
    (apps/signals/storage/objects/).
    """

    pk = models.CompositePrimaryKey("record_id", "datatype_id", "start")
    record = models.ForeignKey(Record, models.CASCADE, related_name="+", db_index=False)
    datatype = models.ForeignKey(Datatype, models.PROTECT, related_name="+", db_index=False)
    start = models.BigIntegerField()
    count = models.IntegerField()
    codec = models.SmallIntegerField()
    payload = models.BinaryField(null=True)
    size = models.IntegerField(null=True)
    crc = models.BigIntegerField(null=True)
    counts = models.BinaryField(null=True)
    object = models.BinaryField(max_length=32, null=True)

    class Meta:
        indexes = [
            models.Index(fields=["object"], condition=Q(object__isnull=False), name="chunk_object"),
        ]

    def __str__(self) -> str:
        return f"chunk at {self.start} of datatype {self.datatype_id}, record {self.record_id}"


class LooseObject(models.Model):
    """An object that no chunk of any world names, `since` it was first found so.

    Only the rows of the store's own database are used; copies of it have them for nothing.
    """

    name = models.BinaryField(max_length=32, primary_key=True)
    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"loose object {bytes(self.name).hex()}"
