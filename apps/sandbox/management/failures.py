"""What the commands that force failures share."""

from __future__ import annotations

from django.core.management.base import CommandError

from apps.credentials.refusals import forced_failures
from hexostore.suggestions import did_you_mean


def require_failure(text: str) -> str:
    """Return the name of a failure. Raise CommandError for an unknown one, or in public."""
    if not forced_failures.are_obeyed():
        raise CommandError("Failures can only be forced in the sandbox profile.")
    if text not in forced_failures.FAILURES:
        known = f"There is no failure {text!r}; choose from {', '.join(forced_failures.FAILURES)}."
        raise CommandError(known + did_you_mean(text, forced_failures.FAILURES))
    return text
