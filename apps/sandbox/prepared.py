"""The tables of a new store in one step, from `fixtures/schema.sql`.

All migrations together make the same tables, but take many times as long. The file names each
migration that it contains, with a digest of its text. If these are not exactly the migrations of
this program, the file is not used.
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
    """Create the tables of an empty database, all of them or none. Return whether that was done.

    `known` are the migrations of this program. Nothing is done if the file contains other
    migrations, or if the database has a table already.
    """
    text = FILE.read_text() if FILE.exists() else ""
    applied = _read_digests(text)
    if applied != digest_migrations(known):
        return False
    with transaction.atomic():
        if tables.any_there():
            return False
        with connection.cursor() as cursor:
            cursor.execute(text)
        _record_applied(applied)
    return True


def _record_applied(applied: Iterable[Key]) -> None:
    recorder = MigrationRecorder(connection)
    rows = [recorder.Migration(app=app, name=name) for app, name in applied]
    recorder.migration_qs.bulk_create(rows)


def _read_digests(text: str) -> dict[Key, str]:
    """Return the digests of the migrations in a schema, in the order of applying."""
    return {(app, name): digest for app, name, digest in _LINES.findall(text)}


def digest_migrations(migrations: Mapping[Key, Migration]) -> dict[Key, str]:
    """Return digests of the texts of migrations, which differ between versions."""
    return {key: _digest_of(migration) for key, migration in migrations.items()}


def _digest_of(migration: Migration) -> str:
    source = sys.modules[type(migration).__module__].__file__
    assert source is not None
    return hashlib.sha256(Path(source).read_bytes()).hexdigest()[:_DIGEST]


def schema_header(order: Iterable[Key], known: Mapping[Key, Migration]) -> str:
    """Return the lines that name the migrations in a schema."""
    found = digest_migrations(known)
    lines = [_LINE.format(app=key[0], name=key[1], digest=found[key]) for key in order]
    return "\n".join(lines)
