"""Times and names as the explorer writes them for people."""

from __future__ import annotations

from datetime import datetime

from django import template

register = template.Library()

_LARGE = 10_000
"""From here on, digits behind the point tell nothing."""


@register.filter
def duration(seconds: int | None) -> str:
    """Return a length in hours, such as 1:02:03; "goes on" if it is unknown."""
    if seconds is None:
        return "goes on"
    minutes, rest = divmod(seconds, 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


@register.filter
def minutes(number: float) -> str:
    """Return a length in minutes, or in hours from one on, such as 8.2 h."""
    return f"{number / 60:.3g} h" if number >= 60 else f"{number:.3g} min"


@register.filter
def moment(at: datetime | None) -> str:
    """Return a time to the second in its own zone; Django would convert it to UTC."""
    return "" if at is None else at.strftime("%-d %b %Y, %H:%M:%S")


@register.filter
def words(name: str) -> str:
    """Return a name such as rest_test in words."""
    return name.replace("_", " ")


@register.filter
def clock(at: datetime | None) -> str:
    """Return only the time of day, to the second."""
    return "" if at is None else at.strftime("%H:%M:%S")


@register.filter
def significant(number: float | None) -> str:
    """Return a number with five digits that tell something, at most six of them behind the point;
    "" for none."""
    if number is None:
        return ""
    if abs(number) >= _LARGE:
        return f"{number:.0f}"
    text = f"{float(f'{number:.5g}'):.6f}"
    return text.rstrip("0").rstrip(".")


@register.filter
def minus(number: int, listed: list[object]) -> int:
    """Return how many are left behind those that are listed."""
    return number - len(listed)


@register.filter
def words_of(text: str) -> list[str]:
    """Return the words of a text."""
    return text.split()
