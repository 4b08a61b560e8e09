"""Database folders outside of their homes, and which of them no home uses any more.

If root's home cannot contain the database, it is under /var/lib/hexostore
(hexostore/postgres_place.py). Deleting such a home leaves the folder behind.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hexostore import postgres_leftovers as leftovers
from hexostore import postgres_place
from hexostore.locks import Lock
from hexostore.postgres_place import PostgresError

State = Literal["abandoned", "running", "unknown", "used"]


@dataclass(frozen=True)
class AbandonedFolder:
    """A database folder, the homes that were seen to use it, its size and its state.

    It is `unknown` if its homes were never noted, because no version that notes them has started
    it.
    """

    path: Path
    homes: tuple[Path, ...]
    size: int
    state: State


def find_folders() -> list[AbandonedFolder]:
    """Return the database folders outside of homes, sorted by path. Raise PostgresError if this
    user may not look into them."""
    try:
        found = sorted(path.parent for path in postgres_place.MACHINE_WIDE.glob("*/data"))
        return [_look_at(path) for path in found]
    except PermissionError as error:
        raise PostgresError(f"{error.filename} cannot be read; run this as root.") from error


def _look_at(path: Path) -> AbandonedFolder:
    homes = postgres_place.noted_homes(path)
    size = sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
    return AbandonedFolder(path, homes, size, _state_of(path, homes))


def _state_of(path: Path, homes: tuple[Path, ...]) -> State:
    lock = Lock(path / "lock")
    if not lock.take():
        return "running"
    lock.release()
    if not homes:
        return "unknown"
    return "used" if _is_used(path, homes) else "abandoned"


def _is_used(path: Path, homes: tuple[Path, ...]) -> bool:
    """Return whether one of the homes still uses the folder."""
    return any((home / "postgres").resolve() == path.resolve() for home in homes)


def remove_folder(folder: AbandonedFolder) -> bool:
    """Remove an abandoned folder. Return False if it has come to life meanwhile."""
    lock = Lock(folder.path / "lock")
    if not lock.take():
        return False
    try:
        if _is_used(folder.path, postgres_place.noted_homes(folder.path)):
            return False
        leftovers.end_processes(folder.path / "data")
        shutil.rmtree(folder.path)
    finally:
        lock.release()
    return True
