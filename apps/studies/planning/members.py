"""The members of an object in a planning, in either spelling, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from apps.studies.json_values import shown
from apps.studies.planning.faults import PlanningFault, PropertyError

T = TypeVar("T")

_WORD = re.compile(r"[A-Za-z]\w{0,59}", re.ASCII)
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def snake_case(name: str) -> str:
    """Return `repeat_count` of `repeatCount`, and other names as they are."""
    return _CAPITAL.sub("_", name).lower() if name[:1].islower() and "_" not in name else name


class GivenMembers:
    """The members of one object, which are taken one by one.

    `path` is the place of the object, before which a dot stands if it has a name. Faults are
    gathered in `faults`, and the names of wrong members in `wrong`.
    """

    def __init__(self, given: dict[str, object], path: str, known: Iterable[str]) -> None:
        self.path = path
        self.faults: list[PlanningFault] = []
        self.wrong: set[str] = set()
        self.values: dict[str, object] = {}
        self.others: dict[str, object] = {}
        names = frozenset(known)
        for sent, value in given.items():
            self._put(sent, value, names)

    def _put(self, sent: str, value: object, known: frozenset[str]) -> None:
        name = snake_case(sent)
        if name not in known:
            self.others[sent] = value
        elif name in self.values and not _same(self.values[name], value):
            self.refuse(name, "It is written in two spellings, with different values.")
        else:
            self.values[name] = value

    def has(self, name: str) -> bool:
        """Return whether a member is given, be it a wrong one."""
        return self.values.get(name) is not None or name in self.wrong

    def take(self, name: str, read: Callable[[object], T]) -> T | None:
        """Return the value of a member; None if it is absent, null or wrong."""
        value = self.values.get(name)
        if value is None or name in self.wrong:
            return None
        try:
            return read(value)
        except PropertyError as error:
            for place, text in error.parts:
                self.refuse(name, text, place)
            return None

    def refuse(self, name: str, text: str, place: str = "") -> None:
        """Note that a member is wrong."""
        self.wrong.add(name)
        self.faults.append(PlanningFault(f"{self.path}.{name}{place}", text))

    def refuse_others(self) -> None:
        """Note that nothing is known of the members that are left."""
        for sent in self.others:
            path = f"{self.path}.{sent}" if _WORD.fullmatch(sent) else self.path
            self.faults.append(PlanningFault(path, f"There is no property {shown(sent)}."))


def _same(one: object, other: object) -> bool:
    """Whether two JSON values are the same; 10 and "10" are."""
    if one == other:
        return True
    nested = isinstance(one, list | dict) or isinstance(other, list | dict)
    return not nested and shown(one).strip('"') == shown(other).strip('"')
