"""The pytest plugin that gives the test session a throw-away home and database.

Loaded before Django's settings are (`-p tests.embedded` in pyproject.toml). The workers of
pytest-xdist find both in the environment. A DATABASE_URL that is set already is used as it is.
"""

import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from hexostore.postgres import Embedded

_session: list[Embedded] = []


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None]:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        os.environ["HEXOSTORE_HOME"] = str(throwaway_home())
        if not os.environ.get("DATABASE_URL"):
            _session.append(Embedded(Path(os.environ["HEXOSTORE_HOME"]), durable=False))
            os.environ["DATABASE_URL"] = _session[0].start()
    return (yield)


def pytest_unconfigure() -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        if not _session:
            _drop_template()
        for embedded in _session:
            embedded.stop()
        remove_home(Path(os.environ["HEXOSTORE_HOME"]))


def _drop_template() -> None:
    """Leave nothing behind on a server that is not ours."""
    from tests import databases  # which needs Django's settings

    if databases.made_template().exists():
        databases.drop(databases.TEMPLATE)


def throwaway_home() -> Path:
    """A new folder that every user may enter: as root, another user runs the database in it."""
    folder = Path(tempfile.mkdtemp(prefix="hexostore-test-"))
    folder.chmod(0o711)
    return folder


def remove_home(home: Path) -> None:
    """Removes a home made for tests, with the database folder that may lie elsewhere."""
    shutil.rmtree((home / "postgres").resolve(), ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)
