"""The files for services that run the checks call scripts that exist, on each Python we promise."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.live import ROOT

FILES = (".ci/run", ".github/workflows/ci.yml", ".pre-commit-config.yaml")


@pytest.mark.parametrize("file", FILES)
def test_every_script_that_is_called_exists(file: str) -> None:
    called = set(re.findall(r"(?<![/\w])(?:\./)?bin/\w+", (ROOT / file).read_text()))
    assert called
    assert not [script for script in called if not (ROOT / script).is_file()]


def test_each_python_is_tried_and_named() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    workflow = (ROOT / ".github/workflows/ci.yml").read_text()
    (matrix,) = re.findall(r"python: \[(.*)\]", workflow)
    assert re.findall(r"3\.\d+", matrix) == named
    assert project["requires-python"] == f">={named[0]},<3.{int(named[-1][2:]) + 1}"
