"""Reading takes memory for the values of a file, not for its text."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.rule("exchange recipe 45")
def test_memory_does_not_hold_the_elements_of_a_file() -> None:
    """Elements that are kept would take ten times its length."""
    command = [sys.executable, "-m", "tests.exchange.tcx.long_file", "30000"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    grown, length = map(float, ran.stdout.split())
    assert length > 9
    assert grown < 2 * length
