"""Values of options that several commands share, and their error texts."""

from __future__ import annotations

from datetime import datetime

from django.core.management.base import CommandError

from hexostore import hexotime
from hexostore.cli import USAGE

EXAMPLE = "2026-11-20T08:00:00"


def wrong(option: str, problem: str) -> CommandError:
    """Return the error for a value that an option cannot have."""
    return CommandError(f"{option}: {problem}", returncode=USAGE)


def moment(option: str, text: str) -> datetime:
    """Return the time in an option, in UTC if it has no offset. Raise CommandError."""
    try:
        return hexotime.from_iso(text)
    except ValueError as error:
        raise wrong(option, f"{text!r} is not an ISO time such as {EXAMPLE}") from error
