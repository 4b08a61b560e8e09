"""How JSON differs from what is wanted of it: objects may have more members, arrays as many
items."""

from __future__ import annotations

from collections.abc import Iterator

ABSENT = object()
"""What is found in place of a member that is missing."""


def json_differences(
    what: str, wanted: object, found: object
) -> Iterator[tuple[str, object, object]]:
    """Yield the name of each place that differs, what is wanted there, and what is found."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for name, value in wanted.items():
            yield from json_differences(f"{what}.{name}", value, found.get(name, ABSENT))
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        for index, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from json_differences(f"{what}[{index}]", one, other)
    elif wanted != found or isinstance(wanted, bool) != isinstance(found, bool):
        yield what, wanted, found


def has_json(found: object, wanted: object) -> bool:
    """Return whether JSON has all that is wanted of it."""
    return next(json_differences("", wanted, found), None) is None
