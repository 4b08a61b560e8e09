"""The examples in other languages run beside a server, where their languages are installed."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from tests.live import ROOT

EXAMPLES = {"labels.test.mjs": ("node", "--test"), "LabelsTest.java": ("java",)}


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_passes(name: str) -> None:
    program, *options = EXAMPLES[name]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    ours = ("DATABASE_URL", "DJANGO_", "HEXOSTORE_", "PYTEST_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(
        [str(ROOT / "bin" / "hexostore"), "run", "--", program, *options, name],
        cwd=ROOT / "docs" / "examples",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_example_is_run() -> None:
    there = {file.name for file in (ROOT / "docs" / "examples").iterdir()}
    assert there - set(EXAMPLES) == {"github-actions.yml", "gitlab-ci.yml"}
