"""Modules of signals import those of their own folder and of the folders below it only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parents[2]
SIGNALS = HERE / "apps" / "signals"

LAYERS = (
    ("models", "texts", "endpoints", "formats.text_forms"),
    ("storage", "formats.file_names"),
    ("selection", "delivery", "formats.reading"),
    ("formats.json", "formats.csv", "formats.edf", "formats.wav", "formats.hxd"),
    ("formats.download",),
    ("resources", "apps"),
)
"""The folders and modules of `apps/signals`, the lowest first."""

LEVELS = {name: level for level, names in enumerate(LAYERS) for name in names}
ABOVE = "apps.archives", "apps.simulation", "apps.bookkeeping", "apps.sandbox"


def modules() -> list[Path]:
    return [path for path in sorted(SIGNALS.rglob("*.py")) if path.name != "__init__.py"
            and "migrations" not in path.parts]  # fmt: skip


def part(name: str) -> str:
    """The folder or module of signals that `apps.signals.formats.csv.writer` lies in."""
    words = name.split(".")[2:]
    return ".".join(words[:2] if words[0] == "formats" else words[:1])


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SIGNALS)))
def test_imports_point_downward(path: Path) -> None:
    own = part(".".join(path.relative_to(HERE).with_suffix("").parts))
    assert own in LEVELS, f"{own} has no place yet: add it to LAYERS in {__file__}"
    for name in imported(path):
        assert not name.startswith(ABOVE)
        if name.startswith("apps.signals."):
            other = part(name)
            assert other == own or LEVELS[other] < LEVELS[own], name
