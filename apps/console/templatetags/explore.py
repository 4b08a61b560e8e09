"""Times and names as the explorer writes them for people."""

from __future__ import annotations

from datetime import datetime

from django import template

register = template.Library()


@register.filter
def duration(seconds: int | None) -> str:
    """Return a length in hours, such as 1:02:03; "goes on" if it is unknown."""
    if seconds is None:
        return "goes on"
    minutes, rest = divmod(seconds, 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


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
    """Return a number with five digits that tell something; "" for none."""
    if number is None:
        return ""
    return f"{number:.0f}" if abs(number) >= 10_000 else f"{float(f'{number:.5g}'):g}"


@register.filter
def minus(number: int, listed: list[object]) -> int:
    """Return how many are left behind those that are listed."""
    return number - len(listed)


@register.filter
def words_of(text: str) -> list[str]:
    """Return the words of a text."""
    return text.split()
