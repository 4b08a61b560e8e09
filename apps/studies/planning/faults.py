"""What is wrong with a planning, all of it at once."""

from __future__ import annotations

from typing import NamedTuple


class PlanningFault(NamedTuple):
    """A sentence on what is wrong, and where: `planning[1].event_schedule.repeat_frequency`."""

    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}"


class PlanningError(Exception):
    """A planning is refused for its faults, which are in the order of items and properties."""

    def __init__(self, faults: list[PlanningFault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults

    @property
    def texts(self) -> list[str]:
        """What the response lists for the field `planning`."""
        return [str(fault) for fault in self.faults]


class PropertyError(ValueError):
    """The value of one property is wrong. `parts` are pairs of the place in the value, such as
    `[2]` or nothing, and a sentence."""

    def __init__(self, *parts: tuple[str, str]) -> None:
        super().__init__(parts)
        self.parts = parts
