"""The pytest plugin: `hexostore` is a fresh sandbox for each test, on one server for the run.

The first test that needs the server has it started, and the workers of pytest-xdist share it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hexostore.testing.sandbox import HexostoreServer, Sandbox
from hexostore.testing.starter import Starter, ask_for_server

FOLDER = "HEXOSTORE_PYTEST_RUN"
"""The variable that tells workers the folder of the run."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option for `hexostore serve`."""
    parser.getgroup("hexostore").addoption(
        "--hexostore-option",
        action="append",
        default=[],
        metavar="OPTION",
        help="An option of `hexostore serve`, such as --hexostore-option=--empty; repeatable.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Let the processes of this run ask for a server, before its workers are started."""
    if hasattr(config, "workerinput"):
        return
    folder = Path(tempfile.mkdtemp(prefix="hexostore-run-"))
    starter = Starter(folder / "socket", config.getoption("--hexostore-option"))
    os.environ[FOLDER] = str(folder)

    def end_run() -> None:
        os.environ.pop(FOLDER, None)
        starter.stop()
        shutil.rmtree(folder, ignore_errors=True)

    config.add_cleanup(end_run)


@pytest.fixture(scope="session")
def hexostore_server() -> HexostoreServer:
    """The server of the run, with the demo world."""
    return ask_for_server(Path(os.environ[FOLDER]) / "socket")


@pytest.fixture
def hexostore(hexostore_server: HexostoreServer) -> Iterator[Sandbox]:
    """A fresh sandbox, which is deleted after the test."""
    with hexostore_server.sandbox() as sandbox:
        yield sandbox
