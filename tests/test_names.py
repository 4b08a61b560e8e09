"""A name stands for one thing: no two classes have the same one."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)

NAMED_BY_OTHERS = frozenset(("Command", "Meta"))
"""Names that Django looks for."""


def classes() -> Iterator[tuple[str, str]]:
    """The name of every class of a module, with the module."""
    for folder in ("apps", "hexostore"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts and "_bundle" not in path.parts:
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
