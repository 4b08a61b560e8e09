"""Values of options that several commands share, and their error texts."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from typer import BadParameter

from hexostore import hexotime
from hexostore.cli import USAGE

EXAMPLE = "2026-11-20T08:00:00"


def wrong(option: str, problem: str) -> CommandError:
    """Return the error for a value that an option cannot have."""
    return CommandError(f"{option}: {problem}", returncode=USAGE)


def finite(number: float | None) -> float | None:
    """Return the number in an option, or None if it is not given. Raise BadParameter for nan, which
    passes for any range."""
    if number is not None and not isfinite(number):
        raise BadParameter(f"{number} is no number.")
    return number


def moment(option: str, text: str) -> datetime:
    """Return the time in an option, in UTC if it has no offset. Raise CommandError."""
    try:
        return hexotime.from_iso(text)
    except ValueError as error:
        raise wrong(option, f"{text!r} is not an ISO time such as {EXAMPLE}") from error


def read_object(what: str, given: str) -> dict[str, Any]:
    """Return the object of JSON in an argument, in `@FILE`, or in standard input for `-`.

    `what` it is begins the text of a CommandError.
    """
    try:
        text = Path(given[1:]).read_text() if given.startswith("@") else given
        found = json.loads(sys.stdin.read() if given == "-" else text)
    except OSError as error:
        raise CommandError(f"{what} cannot be read: {error}") from error
    except ValueError as error:
        raise CommandError(f"{what} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise CommandError(f"{what} must be a JSON object.")
    return found
