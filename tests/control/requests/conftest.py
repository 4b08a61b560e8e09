"""A test's own database with a control plane, so that its requests are kept in a journal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from apps.control import opening
from apps.control.connection import URL, close_control
from tests import databases

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings


@pytest.fixture
def controlled(
    db: None, home: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """The control plane of the test's database."""
    settings.HEXOSTORE_HOME = home
    name = str(connection.settings_dict["NAME"])
    monkeypatch.setenv(URL, "")  # which is put back in the end
    opening.open_control(databases.url_of(name), "tests", lambda _: None)
    yield
    close_control()
    databases.drop(f"{name}_control")
