"""What the commands that order failures share (apps/credentials/refusals/forced_failures.py)."""

from __future__ import annotations

from django.core.management.base import CommandError

from apps.credentials.refusals import forced_failures
from hexostore.suggestions import did_you_mean


def require_mark(text: str) -> str:
    """The mark. Raises CommandError for one that orders nothing, or where none is obeyed."""
    if not forced_failures.are_obeyed():
        raise CommandError("Failures can only be forced in the sandbox profile.")
    if text not in forced_failures.ORDERED:
        known = f"There is no failure {text!r}; choose from {', '.join(forced_failures.ORDERED)}."
        raise CommandError(known + did_you_mean(text, forced_failures.ORDERED))
    return text
