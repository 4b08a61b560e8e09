"""The examples of tests run beside a server, where their languages are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live import ROOT

HEXOSTORE = str(ROOT / "bin" / "hexostore")
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
EXAMPLES = {
    "labels.test.mjs": (HEXOSTORE, "run", "--", "node", "--test"),
    "LabelsTest.java": (HEXOSTORE, "run", "--", "java"),
    "test_client.py": PYTEST,
    "test_recipes.py": PYTEST,
}
NOT_RUN = {"github-actions.yml", "gitlab-ci.yml"}
IN_CONTAINERS = {"test_in_container.py", "container.test.mjs", "ContainerTest.java"}
"""Those that test_container_examples.py runs."""


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_passes(name: str, tmp_path: Path) -> None:
    command = EXAMPLES[name]
    if command[1] == "run" and shutil.which(command[3]) is None:
        pytest.skip(f"{command[3]} is not installed")
    shutil.copytree(ROOT / "docs" / "examples", tmp_path, dirs_exist_ok=True)
    ours = ("DATABASE_", "DJANGO_", "HEXOSTORE_", "PYTEST_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(
        [*command, name],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_example_is_run() -> None:
    there = {file.name for file in (ROOT / "docs" / "examples").iterdir() if file.is_file()}
    assert there == set(EXAMPLES) | NOT_RUN | IN_CONTAINERS
