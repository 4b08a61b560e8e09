"""`bin/setup` says what it does, on a terminal and off it."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.live import ROOT

PYTHON = """\
#!/bin/sh
# Stands for Python with pip: it begins with two packages, and installs when it is let go on.
case "$*" in
    "-m venv "*) mkdir -p .venv/bin && ln -sf "$0" .venv/bin/python ;;
    *--require-hashes*)
        echo "Collecting one"; echo "Collecting two"
        until [ -e go-on ]; do sleep 0.05; done
        echo "Installing collected packages: one, two"
        until [ -e finish ]; do sleep 0.05; done
        [ ! -e fail ] || { echo "ERROR: no such wheel"; exit 1; } ;;
esac
"""


@dataclass
class Checkout:
    """A folder with bin/setup, a lock file of three packages, and a Python that waits."""

    folder: Path

    def start(self, stderr: int, *options: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self.folder / "bin" / "setup"), *options],
            env={**os.environ, "PYTHON": str(self.folder / "python")},
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )

    def let(self, *names: str) -> None:
        for name in names:
            (self.folder / name).touch()


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    (tmp_path / "bin").mkdir()
    shutil.copy(ROOT / "bin" / "setup", tmp_path / "bin" / "setup")
    (tmp_path / "requirements.lock").write_text("one==1\ntwo==2\nthree==3\n")
    (tmp_path / "requirements-signals.lock").write_text("four==4\n")
    (tmp_path / "requirements-otel.lock").write_text("four==4\n")
    (tmp_path / "requirements-objects.lock").write_text("four==4\n")
    (tmp_path / "requirements-dev.lock").write_text("five==5\nsix==6\n")
    (tmp_path / "python").write_text(PYTHON)
    (tmp_path / "python").chmod(0o755)
    made = Checkout(tmp_path)
    yield made
    made.let("go-on", "finish")


def test_off_a_terminal_there_is_a_line_where_there_is_news(checkout: Checkout) -> None:
    process = checkout.start(subprocess.PIPE)
    assert process.stderr is not None
    assert process.stderr.readline().endswith("3 packages, which may take a minute ...\n")
    assert process.stderr.readline() == "  2 of 3\n"
    checkout.let("go-on")
    assert process.stderr.readline() == "  2 of 3, installing\n"
    checkout.let("finish")
    assert process.stderr.read() == ""
    assert process.wait() == 0
    again = checkout.start(subprocess.PIPE)
    assert again.communicate() == ("", "")


@pytest.mark.parametrize("extra", ["--signals", "--otel"])
def test_a_set_with_more_is_enough(checkout: Checkout, extra: str) -> None:
    checkout.let("go-on", "finish")
    (checkout.folder / "requirements-otel.lock").write_text("seven==7\n")
    _, said = checkout.start(subprocess.PIPE, extra).communicate()
    assert "1 packages" in said
    for option in ((), (extra,)):
        assert checkout.start(subprocess.PIPE, *option).communicate() == ("", "")
    _, said = checkout.start(subprocess.PIPE, "--dev").communicate()
    assert "2 packages" in said


def test_a_failure_says_why(checkout: Checkout) -> None:
    checkout.let("fail", "go-on", "finish")
    _, said = checkout.start(subprocess.PIPE).communicate()
    assert "ERROR: no such wheel\nThe packages could not be installed, see above" in said


def test_who_comes_second_says_that_it_waits(checkout: Checkout) -> None:
    first = checkout.start(subprocess.PIPE)
    assert first.stderr is not None
    first.stderr.readline()
    second = checkout.start(subprocess.PIPE)
    assert second.stderr is not None
    assert second.stderr.readline() == f"Waiting for another bin/setup in {checkout.folder} ...\n"
    checkout.let("go-on", "finish")
    assert second.communicate() == ("", "")
    first.communicate()
    assert (first.returncode, second.returncode) == (0, 0)


def test_on_a_terminal_one_line_counts(checkout: Checkout) -> None:
    ours, theirs = pty.openpty()
    process = checkout.start(theirs)
    os.close(theirs)
    said = ""
    while "\r  2 of 3 " not in said:
        said += os.read(ours, 1000).decode()
    checkout.let("go-on")
    while "\r  2 of 3, installing " not in said:
        said += os.read(ours, 1000).decode()
    checkout.let("finish")
    process.communicate()
    os.close(ours)
    assert process.returncode == 0
