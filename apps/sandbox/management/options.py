"""What the commands share."""

from typing import Annotated

from django.core.management.base import CommandError
from typer import Option

from apps.sandbox import store

# What Django adds to every command, and ours do not need.
DJANGO_OPTIONS = {
    "--force-color",
    "--hide-locals",
    "--no-color",
    "--pythonpath",
    "--settings",
    "--show-locals",
    "--skip-checks",
    "--traceback",
    "--verbosity",
    "--version",
}

Json = Annotated[bool, Option("--json", help="Answer in JSON, for programs.")]


def begun() -> None:
    """Ends the command when there is no store to work on yet."""
    try:
        store.require_begun()
    except store.StoreError as error:
        raise CommandError(str(error)) from error
