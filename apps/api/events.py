"""The events of the resource layer: every write through the API."""

from django.dispatch import Signal

written = Signal()
"""Sent inside the transaction of a write.

It has `context`, `request` (with the effective method), `resource` and `uri`, the path of the
written object, or None.
"""
