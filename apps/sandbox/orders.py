"""What the commands for forced failures share (apps/credentials/refusals/marks.py)."""

from __future__ import annotations

from django.core.management.base import CommandError

from apps.credentials.refusals import marks
from hexostore.suggestions import did_you_mean


def require_mark(text: str) -> str:
    """Return the mark. Raise CommandError if it is unknown, or if this server applies none."""
    if not marks.are_obeyed():
        raise CommandError("Failures can only be forced in the sandbox profile.")
    if text not in marks.ORDERED:
        known = f"There is no failure {text!r}; choose from {', '.join(marks.ORDERED)}."
        raise CommandError(known + did_you_mean(text, marks.ORDERED))
    return text
