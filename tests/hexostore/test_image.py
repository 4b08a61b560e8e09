"""What the image is made of, as far as that shows without Docker."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from tests.live import ROOT, Live

DOCKERFILE = (ROOT / "Dockerfile").read_text()


def health_check() -> list[str]:
    """The command of HEALTHCHECK."""
    (found,) = re.findall(r"^HEALTHCHECK .*? CMD (\[.*?\])$", DOCKERFILE, re.MULTILINE | re.DOTALL)
    return list(json.loads(found.replace("\\\n", "")))


def test_what_is_copied_is_there_and_not_ignored() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    names = [name for line in copied for name in shlex.split(line)]
    assert len(names) > 5
    assert not [name for name in names if not (ROOT / name).exists()]
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert not [name for name in names if name.split("/")[0] in ignored]


def test_it_runs_as_a_number() -> None:
    (user,) = re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE)
    assert re.fullmatch(r"\d+:\d+", user)


def test_the_script_is_valid() -> None:
    assert subprocess.run(["sh", "-n", str(ROOT / "bin" / "install-image")], check=True)  # noqa: S607


def test_the_health_check_tells_a_ready_server_from_none(begun_home: Path) -> None:
    live = Live(begun_home).start()
    command = [word.replace("/8000 ", f"/{live.facts['port']} ") for word in health_check()]
    assert subprocess.run(command, check=False, timeout=30).returncode == 0
    live.stop()
    assert subprocess.run(command, check=False, timeout=30, capture_output=True).returncode != 0


def test_the_bill_of_materials_lists_what_is_installed() -> None:
    command = [sys.executable, str(ROOT / "bin" / "sbom")]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    document = json.loads(printed)
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    found = {each["purl"] for each in document["components"]}
    assert f"pkg:pypi/django@{version('django')}" in found
    assert f"pkg:pypi/hexostore@{version('hexostore')}" in found
    assert len(found) == len(document["components"])
