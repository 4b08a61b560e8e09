"""The start of a record cannot change once it has data, because their times count from it."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import pre_save
from django.dispatch import receiver

from apps.api.errors import InvalidFields
from apps.records.models import Record
from apps.signals.models import Channel

TEXT = "The start cannot be changed because the record already has data."


@receiver(pre_save, sender=Record)
def refuse_another_start(instance: Record, update_fields: Any = None, **_more: Any) -> None:
    """Raise InvalidFields if a record with channels would begin at another tick."""
    if instance._state.adding or (update_fields is not None and "start" not in update_fields):
        return
    held = Channel.objects.filter(record=instance.pk).exclude(record__start=instance.start)
    if held.exists():
        raise InvalidFields("record", {"start": [TEXT]})
