"""Which rules of docs/contract the tests prove, by their marks.

`@pytest.mark.rule("T57", "wire trap 13")` names rules; a mark `spec("Hexoskin", …)` names one too,
or a section of a public page (tests/conformance/matrix.py). A parameter may carry its own mark.
"""

from __future__ import annotations

import importlib
import inspect
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

TESTS = Path(__file__).parent


@cache
def cited() -> dict[str, set[str]]:
    """What the marks name, and the tests that carry them: `api/test_paging.py::test_a_limit`."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in _marked():
        place = file.relative_to(TESTS)
        module = importlib.import_module(".".join(("tests", *place.with_suffix("").parts)))
        for test, function in _tests(module):
            for name in _names(module, function):
                found[name].add(f"{place.as_posix()}::{test}")
    return dict(found)


def _marked() -> Iterator[Path]:
    for file in sorted(TESTS.glob("**/test_*.py")):
        text = file.read_text()
        if "mark.rule(" in text or '"Hexoskin"' in text:
            yield file


def _tests(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """The tests of a module, those in classes too, by their names."""
    for name, member in vars(module).items():
        if name.startswith("test_") and member.__module__ == module.__name__:
            yield name, member
        elif name.startswith("Test") and inspect.isclass(member):
            inner = vars(member).items()
            yield from ((f"{name}::{each}", one) for each, one in inner if each.startswith("test_"))


def _names(module: ModuleType, function: Any) -> Iterator[str]:
    for mark in [*_marks(module), *_marks(function)]:
        yield from _named(mark)
        if mark.name == "parametrize":
            for parameters in mark.args[1]:
                for inner in getattr(parameters, "marks", ()):
                    yield from _named(inner)


def _marks(member: Any) -> list[pytest.Mark]:
    """The marks of a module or function, of which a module may have one alone."""
    marks = getattr(member, "pytestmark", [])
    return [_mark(each) for each in (marks if isinstance(marks, list) else [marks])]


def _named(given: pytest.Mark | pytest.MarkDecorator) -> tuple[str, ...]:
    """The names that a mark gives; none for marks of other kinds."""
    mark = _mark(given)
    if mark.name == "rule":
        return mark.args
    return mark.args[1:2] if mark.name == "spec" and mark.args[0] == "Hexoskin" else ()


def _mark(given: pytest.Mark | pytest.MarkDecorator) -> pytest.Mark:
    return given if isinstance(given, pytest.Mark) else given.mark
