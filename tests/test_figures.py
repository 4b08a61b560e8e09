"""The figures of a checkout (bench/figures.py), counted on one whose figures are known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench import figures

Figure = Callable[[figures.Checkout], str]

CODE = '''"""A module."""

from typing import Any


class Chunk:
    """Samples that are kept together."""

    def read(self, key: Any, *rest: Any, step: int = 1) -> Any:
        return [each if each else step for each in rest]  # a remark

    def write_all(self) -> None:
        """Write every sample."""
'''


@pytest.fixture
def checkout(tmp_path: Path) -> figures.Checkout:
    for name, text in {
        "apps/one.py": CODE,
        "apps/two.py": CODE,
        "apps/migrations/0001.py": CODE,
        "tests/test_one.py": "def test_nothing() -> None:\n    assert True\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return figures.read(tmp_path)


@pytest.mark.parametrize(
    ("figure", "shown"),
    [
        (figures.sizes, "2 / 26"),
        (figures.code_lines, "10"),
        (figures.function_lines, "2 / 2 / 2"),
        (figures.long_functions, "0"),
        (figures.dense_expressions, "200 / 200"),
        (figures.docstrings, "100 % / 100 % / 50 %"),
        (figures.comments, "20.0"),
        (figures.biggest_folder, "apps 2"),
        (figures.any_parameters, "2 (25.0 %)"),
        (figures.any_starred, "2"),
        (figures.any_returns, "2"),
        (figures.one_word_names, "50 %"),
        (figures.repeated_class_names, "1"),
        (figures.test_ratio, "0.08 (0.20)"),
    ],
)
def test_figure(checkout: figures.Checkout, figure: Figure, shown: str) -> None:
    assert figure(checkout) == shown


def test_table_has_a_column_for_each_checkout(checkout: figures.Checkout) -> None:
    lines = figures.table([checkout, checkout], ["before", "after"]).splitlines()
    assert lines[0] == "|  | before | after |"
    assert "| files / lines | 2 / 26 | 2 / 26 |" in lines
    assert len(lines) == 2 + len(figures.ROWS)
