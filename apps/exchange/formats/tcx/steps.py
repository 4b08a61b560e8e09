"""The steps of a workout: a list with ways back, as in FIT, and nested, as in TCX."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.exchange.activity import Step

REPEAT = "repeat_until_steps_cmplt"
"""The duration type of a step that goes back."""

FEWEST_TIMES, MOST_TIMES = 2, 99
"""How often TCX can repeat steps."""


@dataclass(frozen=True, slots=True)
class Node:
    """A step, or the repetition of others. `index` is its place in the list of steps."""

    index: int
    step: Step
    children: tuple[Node, ...] = ()


def nested(steps: Sequence[Step]) -> list[Node]:
    """Return the steps with those that are repeated below their repetition.

    [run, rest, back to 0 until done 3 times] becomes [3 x (run, rest)]. A repetition of nothing is
    left out, and so is one of less than 2 times.
    """
    found: list[Node] = []
    for index, step in enumerate(steps):
        if step.duration_type != REPEAT:
            found.append(Node(index, step))
        elif (step.target_value or 0) >= FEWEST_TIMES:
            first = int(step.duration_value or 0)
            children = tuple(node for node in found if _first_index(node) >= first)
            found = [node for node in found if _first_index(node) < first]
            if children:
                found.append(Node(index, step, children))
    return found


def _first_index(node: Node) -> int:
    return _first_index(node.children[0]) if node.children else node.index


def flat(nodes: Sequence[Node]) -> tuple[Step, ...]:
    """Return nested steps as a list, in which repetitions follow what they repeat."""
    steps: list[Step] = []
    _append(nodes, steps)
    return tuple(steps)


def _append(nodes: Sequence[Node], steps: list[Step]) -> None:
    for node in nodes:
        if not node.children:
            steps.append(node.step)
            continue
        first = len(steps)
        _append(node.children, steps)
        times = node.step.target_value
        steps.append(Step(duration_type=REPEAT, duration_value=first, target_value=times))


def count_ids(nodes: Sequence[Node]) -> int:
    """Return how many numbers the steps need: one for each step and each repetition."""
    return sum(1 + count_ids(node.children) for node in nodes)
