"""What the code holds to: a class name stands for one thing, and files are short enough to know."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)

NAMED_BY_OTHERS = frozenset(("Command", "Meta"))
"""Names that Django looks for."""


MOST_LINES = 400


def modules() -> Iterator[Path]:
    """Every module of the program but migrations."""
    for folder in ("apps", "hexostore"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts and "_bundle" not in path.parts:
                yield path


def classes() -> Iterator[tuple[str, str]]:
    """The name of every class of a module, with the module."""
    for path in modules():
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                yield node.name, str(path.relative_to(ROOT))


def test_class_names_are_unique() -> None:
    found = defaultdict(list)
    for name, module in classes():
        found[name].append(module)
    assert len(found) > 300
    twice = {name: modules for name, modules in found.items() if len(modules) > 1}
    assert {name: twice[name] for name in twice.keys() - NAMED_BY_OTHERS} == {}


def test_files_stay_short() -> None:
    """Split a file by the roles that it has; CONTRIBUTING.md says how long one may be."""
    lengths = {str(path.relative_to(ROOT)): path.read_text().count("\n") for path in modules()}
    assert len(lengths) > 300
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}
