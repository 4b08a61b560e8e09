"""Databases outside of homes: which are left over, and that no other is removed."""

from __future__ import annotations

import json
import os
import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from hexostore import postgres_place
from hexostore.locks import Lock
from hexostore.postgres_place import PostgresPlace

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root's databases lie elsewhere")


@pytest.fixture(autouse=True)
def machine_wide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for databases of the test's own."""
    folder = tmp_path / "machine-wide"
    monkeypatch.setattr(postgres_place, "MACHINE_WIDE", folder)
    return folder


def made(home: Path) -> Path:
    """The database folder of a home that only root can reach."""
    home.mkdir(mode=0o700, exist_ok=True)
    place = PostgresPlace(home)
    place.make()
    place.data.mkdir(exist_ok=True)
    (place.data / "PG_VERSION").write_text("18\n")
    return place.folder


def states(*options: str) -> dict[Path, Any]:
    out = StringIO()
    call_command("prune", *options, "--json", stdout=out)
    found = json.loads(out.getvalue())
    return {Path(each["path"]): "removed" if each["removed"] else each["state"] for each in found}


def test_none_at_all() -> None:
    assert states() == {}


def test_only_what_no_home_leads_to_is_removed(tmp_path: Path) -> None:
    used, gone, running, unknown = (
        made(tmp_path / name) for name in ("used", "gone", "running", "unknown")
    )
    shutil.rmtree(tmp_path / "gone")
    shutil.rmtree(tmp_path / "running")
    shutil.rmtree(tmp_path / "unknown")
    (unknown / "homes").unlink()
    lock = Lock(running / "lock")
    assert lock.take()
    kept = {used: "used", running: "running", unknown: "unknown"}
    assert states() == {**kept, gone: "abandoned"}
    assert gone.exists()
    assert states("--remove") == {**kept, gone: "removed"}
    lock.release()
    assert states("--remove") == {used: "used", running: "removed", unknown: "unknown"}


def test_a_home_that_was_moved_and_started_keeps_its_own(tmp_path: Path) -> None:
    folder = made(tmp_path / "before")
    (tmp_path / "before").rename(tmp_path / "after")
    assert made(tmp_path / "after") == folder
    assert states("--remove") == {folder: "used"}


def test_it_is_told_in_lines(tmp_path: Path) -> None:
    folder = made(tmp_path / "gone")
    shutil.rmtree(tmp_path / "gone")
    out = StringIO()
    call_command("prune", stdout=out)
    assert out.getvalue() == f"abandoned     0.0 MB  {folder}, of {tmp_path / 'gone'}\n"
