"""How recorded signals lie in the database: compressed chunks, and a row that sums them up."""

from __future__ import annotations

from django.db import models

from apps.catalog.models import Datatype
from apps.records.models import Record


class Channel(models.Model):
    """What a record holds of one datatype, to be known without touching its chunks.

    Synchronous channels: sample i stands at `start` + i * `step` ticks. Asynchronous ones:
    `step` is null, and events stand at `start`, the start of the record, plus their offset.
    `dtype` is the numpy name of the stored counts. `overview` holds the whole channel thinned
    to the documented cap, as little-endian counts, where it is longer than the cap.
    `version` is a fingerprint of the samples, from which the ETag of an answer is made.
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
    EXTERNAL: it is compressed already, and Postgres shall not try again. `size` and `crc` are
    bytes and CRC-32 of what the file of a whole channel has of it
    (apps/signals/storage/content.py), `counts` how often each value occurs in a channel of one
    sample per second (apps/signals/storage/counts.py); all three are null in chunks that were
    written before there were such columns.
    """

    pk = models.CompositePrimaryKey("record_id", "datatype_id", "start")
    record = models.ForeignKey(Record, models.CASCADE, related_name="+", db_index=False)
    datatype = models.ForeignKey(Datatype, models.PROTECT, related_name="+", db_index=False)
    start = models.BigIntegerField()
    count = models.IntegerField()
    codec = models.SmallIntegerField()
    payload = models.BinaryField()
    size = models.IntegerField(null=True)
    crc = models.BigIntegerField(null=True)
    counts = models.BinaryField(null=True)

    def __str__(self) -> str:
        return f"chunk at {self.start} of datatype {self.datatype_id}, record {self.record_id}"
