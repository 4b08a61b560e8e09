"""Workouts to TCX, within what Garmin's schema allows: short names, 20 steps, whole numbers.

What a step cannot say stands in the Notes of the workout.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apps.exchange import sports
from apps.exchange.activity import Step, Workout
from apps.exchange.formats.tcx import elements
from apps.exchange.formats.tcx.step_texts import StepTexts
from apps.exchange.formats.tcx.steps import Node, count_ids, nested
from apps.exchange.formats.tcx.writer import HEAD, author
from apps.exchange.formats.xml import escaping

_LONGEST_NAME, _MOST_IDS = 15, 20

_NAMELESS = "Workout"


def write(workout: Workout) -> bytes:
    """Return a TCX file with the workout, in several parts if it has more than 20 steps."""
    parts = [*_parts(nested(workout.steps))]
    names = unique_names([_part_name(workout.name, n, len(parts)) for n in range(len(parts))])
    texts = [_workout(workout, name, part) for name, part in zip(names, parts, strict=True)]
    body = "".join(texts)
    return f"{HEAD}<Workouts>\n{body}</Workouts>\n{author()}</{elements.ROOT}>\n".encode()


def unique_names(names: Sequence[str]) -> list[str]:
    """Return each name with at most 15 characters, all different: "Long interva~2"."""
    found: list[str] = []
    for name in names:
        plain = " ".join(name.split()) or _NAMELESS
        short = plain[:_LONGEST_NAME].strip()
        number = 2
        while short in found:
            short = f"{plain[: _LONGEST_NAME - len(f'~{number}')].strip()}~{number}"
            number += 1
        found.append(short)
    return found


def _part_name(name: str, number: int, parts: int) -> str:
    if parts == 1:
        return name
    place = f" {number + 1}/{parts}"
    return name[: _LONGEST_NAME - len(place)] + place


def _parts(nodes: Sequence[Node]) -> Iterator[list[Node]]:
    """Return the steps in parts of at most 20, and at least one part."""
    part: list[Node] = []
    for node in _small(nodes):
        if part and count_ids([*part, node]) > _MOST_IDS:
            yield part
            part = []
        part.append(node)
    yield part


def _small(nodes: Sequence[Node]) -> Iterator[Node]:
    """Return the steps, without repetitions of more than a part can hold: those are done once."""
    for node in nodes:
        if count_ids([node]) > _MOST_IDS:
            yield from _small(node.children)
        else:
            yield node


def _workout(workout: Workout, name: str, nodes: Sequence[Node]) -> str:
    texts = StepTexts()
    steps = "".join(texts.step("Step", node) for node in nodes or nested((Step(),)))
    notes = "\n".join(line for line in (workout.name, workout.description, *texts.notes) if line)
    sport = sports.tcx_word(workout.activitytype)
    return (
        f'<Workout Sport="{sport}">{escaping.element("Name", name)}\n{steps}'
        f"{escaping.element('Notes', notes)}</Workout>\n"
    )
