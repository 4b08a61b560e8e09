"""What the page about security says of tests and components is so."""

from __future__ import annotations

import ast
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.live import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text()
NAMED = re.findall(r"`([a-z0-9_/]+\.py(?:::\w+)?)`", PAGE)


@pytest.mark.parametrize("name", NAMED)
def test_every_test_that_is_named_exists(name: str) -> None:
    file, _, function = name.partition("::")
    tree = ast.parse((ROOT / "tests" / file).read_text())
    found = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert not function or function in found


def test_every_row_of_the_table_is_answered() -> None:
    rows = [line.strip("|").split("|") for line in PAGE.splitlines() if line.startswith("| V")]
    assert len(rows) > 30
    for row in rows:
        section, what, holds, tests = (cell.strip() for cell in row)
        assert section
        assert what
        assert holds.startswith(("yes", "no", "the operator's"))
        assert tests


def outdated(folder: Path, pip: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs bin/outdated with a program in place of Python."""
    program = folder / "python"
    program.write_text(f"#!/bin/sh\n{pip}\n")
    program.chmod(0o755)
    return subprocess.run(
        [ROOT / "bin" / "outdated"],
        env={**os.environ, "PYTHON": str(program), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_outdated_shows_what_the_client_says(tmp_path: Path) -> None:
    done = outdated(tmp_path, "echo 'numpy 2.2 2.3 wheel'")
    assert (done.returncode, done.stdout) == (
        0,
        "Packages that have newer releases:\nnumpy 2.2 2.3 wheel\n",
    )


def test_outdated_when_all_is_current(tmp_path: Path) -> None:
    done = outdated(tmp_path, "exit 0")
    assert (done.returncode, done.stdout) == (0, "No newer releases of packages are known.\n")


@pytest.mark.parametrize("pip", ["exit 1", "echo half; exec sleep 50"])
def test_outdated_without_a_network(tmp_path: Path, pip: str) -> None:
    done = outdated(tmp_path, pip, HEXOSTORE_OUTDATED_SECONDS="1")
    assert (done.returncode, done.stdout) == (
        0,
        "Newer releases of packages: could not be asked for.\n",
    )
