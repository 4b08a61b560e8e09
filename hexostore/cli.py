"""The command line: `hexostore`, and `manage.py` in a checkout."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import execute_from_command_line

from hexostore import home
from hexostore.postgres import Embedded
from hexostore.postgres_place import PostgresError

FAILED, USAGE = 1, 2
_WITHOUT_DATABASE = {"check", "doctor", "help", "serve", "version"}
_HELP = {"-h", "--help", "help"}


def main() -> None:
    """Runs the command that sys.argv names; commands that need the database get it started."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hexostore.settings")
    try:
        with _database(sys.argv[1:]):
            execute_from_command_line(sys.argv)
    except PostgresError as error:
        print(error, file=sys.stderr)  # noqa: T201
        sys.exit(FAILED)


@contextmanager
def _database(arguments: list[str]) -> Iterator[None]:
    """Has DATABASE_URL name a running server, for as long as the command runs."""
    needless = not arguments or arguments[0] in _WITHOUT_DATABASE or _HELP & set(arguments)
    if needless or os.environ.get("DATABASE_URL"):
        yield
        return
    with Embedded(home.path(os.environ)) as embedded:
        os.environ["DATABASE_URL"] = embedded.url
        yield
