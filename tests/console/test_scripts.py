"""The scripts of the console: valid, small, and served under the names that they import."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from apps.console.explore.record_page import MODULES
from apps.console.files import FILES, OURS

SCRIPTS = sorted(OURS.glob("*.js"))
LONGEST = 400


NODE = shutil.which("node") or ""


@pytest.mark.skipif(not NODE, reason="node is not installed")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_it_is_valid(script: Path, tmp_path: Path) -> None:
    module = tmp_path / script.with_suffix(".mjs").name
    module.write_text(script.read_text())
    found = subprocess.run([NODE, "--check", module], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_it_imports_what_is_served_and_needs_no_eval(script: Path) -> None:
    text = script.read_text()
    assert len(text.splitlines()) <= LONGEST
    assert {*re.findall(r'from "\./([^"]+)"', text)} <= set(FILES)
    assert "eval(" not in text
    assert "innerHTML =" not in text


def test_the_page_of_a_record_names_all_that_its_script_imports() -> None:
    found: set[str] = set()
    names = {"explorer.js"}
    while names:
        text = (OURS / names.pop()).read_text()
        imported = set(re.findall(r'from "\./([^"]+)"', text))
        names |= imported - found
        found |= imported
    assert sorted(found) == MODULES
