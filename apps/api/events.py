"""What the resource layer tells others of: every write through the API."""

from django.dispatch import Signal

written = Signal()
"""Sent inside the transaction of a write, with `context`, `request` (whose method is the one that
was meant), `resource` and `uri`, the path of the object that was written, or None."""
