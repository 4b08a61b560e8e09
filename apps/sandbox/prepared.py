"""The tables of a new store in one go, as `fixtures/schema.sql` has them.

All migrations together make the same, one after the other, which takes many times as long. The
file names each migration that it stands for, with a digest of its text; where those are not
exactly the ones of this program, it is left alone.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.migration import Migration
from django.db.migrations.recorder import MigrationRecorder

from apps.sandbox import tables

FILE: Path = settings.BASE_DIR / "fixtures" / "schema.sql"

Key = tuple[str, str]
"""App and name of a migration."""

_DIGEST = 16  # hexadecimal digits
_LINE = "-- migration {app}.{name} {digest}"
_LINES = re.compile(r"^-- migration (\w+)\.(\w+) (\w+)$", re.MULTILINE)


def make_tables(known: Mapping[Key, Migration]) -> bool:
    """Make the tables of an empty database, all of them or none, and tell whether that was done.

    `known` are the migrations of this program. Nothing is done where the file does not stand for
    just these, or where the database has a table already.
    """
    text = FILE.read_text() if FILE.exists() else ""
    applied = _migrations(text)
    if applied != digests(known):
        return False
    with transaction.atomic():
        if tables.any_there():
            return False
        with connection.cursor() as cursor:
            cursor.execute(text)
        _record(applied)
    return True


def _record(applied: Iterable[Key]) -> None:
    recorder = MigrationRecorder(connection)
    rows = [recorder.Migration(app=app, name=name) for app, name in applied]
    recorder.migration_qs.bulk_create(rows)


def _migrations(text: str) -> dict[Key, str]:
    """Return the digests of the migrations that a schema stands for, in the order of applying."""
    return {(app, name): digest for app, name, digest in _LINES.findall(text)}


def digests(migrations: Mapping[Key, Migration]) -> dict[Key, str]:
    """Return what tells the texts of migrations from those of other versions."""
    return {key: _digest(migration) for key, migration in migrations.items()}


def _digest(migration: Migration) -> str:
    source = sys.modules[type(migration).__module__].__file__
    assert source is not None
    return hashlib.sha256(Path(source).read_bytes()).hexdigest()[:_DIGEST]


def header(order: Iterable[Key], known: Mapping[Key, Migration]) -> str:
    """Return the lines that name the migrations that a schema stands for."""
    found = digests(known)
    lines = [_LINE.format(app=key[0], name=key[1], digest=found[key]) for key in order]
    return "\n".join(lines)
