"""The forms that the documents and stock Tastypie write differently.

`hexoskin` follows the published documents. `tastypie` follows Tastypie's defaults, and `serve
--empty` uses it. docs/differences.md lists the forms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from hexostore import hexotime


def clock_text(seconds: int) -> str:
    """Return `H:MM:SS`, the form of a range's duration (API reference, Range)."""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}"


@dataclass(frozen=True)
class Conventions:
    """The forms that one store uses.

    `moment` writes a datetime, `duration` a number of seconds. `documented_order` says whether
    lists without order_by follow the documents (newest record first) or the key. With
    `computed_status`, the status of a range is computed from the records it overlaps.
    """

    name: str
    moment: Callable[[datetime], str]
    duration: Callable[[int], str | int]
    documented_order: bool
    computed_status: bool


HEXOSKIN = Conventions("hexoskin", hexotime.to_iso, clock_text, True, True)
TASTYPIE = Conventions("tastypie", hexotime.to_naive_iso, int, False, False)


def store_conventions() -> Conventions:
    """Return the conventions of this store, from the setting HEXOSTORE_CONVENTIONS."""
    return TASTYPIE if TASTYPIE.name == settings.HEXOSTORE_CONVENTIONS else HEXOSKIN
