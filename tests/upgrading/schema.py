"""What a first start takes ready-made: its tables, and the hashes of the demo world's passwords.

`python -m tests.upgrading.schema` (bin/prepare-start) writes both files.
"""

from __future__ import annotations

import json
import re
import subprocess

import django
import psycopg
from django.core.management import call_command
from django.db import connections
from django.db.migrations.loader import MigrationLoader

from hexostore.database.using import use_database
from hexostore.postgres import Embedded
from tests.embedded import remove_home, throwaway_home
from tests.upgrading.kept import program

COMMAND = "bin/prepare-start"

ABOUT = f"""\
-- What the migrations make of an empty database, for the first start of a store.
-- Written by {COMMAND}, and never by hand. It stands for these migrations:
"""

_OPTIONS = (
    "--no-owner", "--no-privileges", "--no-table-access-method", "--rows-per-insert=1000",
    "--exclude-table-data=django_migrations",
)  # fmt: skip

_LINES = re.MULTILINE
_NOISE = re.compile(
    r"^(--.*|SET .*|\\(un)?restrict .*|SELECT pg_catalog\.set_config.*)\n", re.MULTILINE
)
_UNUSED = re.compile(r"^SELECT pg_catalog\.setval\(.*, false\);\n", _LINES)
_MIGRATIONS = re.compile(
    r"^SELECT pg_catalog\.setval\('public\.django_migrations_id.*\n", re.MULTILINE
)
_USUAL = re.compile(
    r"\(\n(    SEQUENCE NAME \S+)\n    START WITH 1\n    INCREMENT BY 1\n"
    r"    NO MINVALUE\n    NO MAXVALUE\n    CACHE 1\n\);"
)
_EDITION = re.compile(
    r"^(INSERT INTO api_edition VALUES\n)((?:\s+\('\w+', \d+, \d+\)[,;]\n)+)", re.MULTILINE
)


def dump(url: str) -> str:
    """Return tables and rows of a database as SQL, without what differs from store to store."""
    from apps.api.models import DRAWN

    command = [str(program("pg_dump")), *_OPTIONS, url]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for noise in (_NOISE, _UNUSED, _MIGRATIONS):
        text = noise.sub("", text)
    text = text.replace("public.", "")  # they are made where the connection looks first
    text = _USUAL.sub(r"(\n\1\n);", text)
    text = _EDITION.sub(
        lambda found: found[1] + re.sub(r"\d+, \d+\)", f"0, {DRAWN})", found[2]), text
    )
    return re.sub(r"\n{2,}", "\n\n", text).strip() + "\n"


def written(url: str) -> str:
    """Return what the file says where its migrations have made that database."""
    from apps.sandbox import prepared

    known = MigrationLoader(None).disk_migrations
    with psycopg.connect(url) as connection:
        applied = connection.execute("SELECT app, name FROM django_migrations ORDER BY id")
        header = prepared.schema_header(applied.fetchall(), known)
    return f"{ABOUT}{header}\n\n{dump(url)}"


def passwords() -> dict[str, str]:
    """Return the hashes of the demo world's passwords: those of the file that are up to date."""
    from apps.sandbox import ready_made, store

    return {
        each["password"]: ready_made.hash_password(each["password"]) for each in store.demo_logins()
    }


def write() -> None:
    """Write both files, that of the tables from a database to which migrations were applied."""
    django.setup()
    from apps.sandbox import prepared, ready_made

    ready_made.FILE.write_text(json.dumps(passwords(), indent=1) + "\n")
    home = throwaway_home()
    try:
        with Embedded(home, durable=False) as embedded:
            use_database(embedded.url)
            call_command("migrate", verbosity=0, interactive=False)
            connections.close_all()
            prepared.FILE.write_text(written(embedded.url))
    finally:
        remove_home(home)


if __name__ == "__main__":
    write()
