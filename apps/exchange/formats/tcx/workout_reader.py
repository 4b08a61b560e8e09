"""A Workout of a TCX file to the steps of a training routine."""

from __future__ import annotations

from lxml.etree import _Element as Element

from apps.exchange import sports
from apps.exchange.activity import Workout
from apps.exchange.formats.xml.reading import child_text


def read_workout(element: Element) -> Workout:
    """Return a workout."""
    return Workout(child_text(element, "Name"), sports.of_word(element.get("Sport", "")))
