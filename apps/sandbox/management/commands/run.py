"""`hexostore run`."""

import os
import subprocess
import sys
from typing import Annotated

from django.core.management.base import CommandError
from typer import Argument, Option

from apps.sandbox.management.base import StoreCommand
from hexostore.testing import StartError, serve

NOT_FOUND = 127
"""The exit status of shells for a command that there is not."""


class Command(StoreCommand):
    help = "Run a command, such as your tests, beside a server of its own."
    requires_system_checks: list[str] = []

    def handle(
        self,
        command: Annotated[
            list[str], Argument(help="The command and its arguments, after two hyphens.")
        ],
        empty: Annotated[bool, Option("--empty", help="Serve a store without any rows.")] = False,
        no_demo: Annotated[
            bool, Option("--no-demo", help="Serve a store with the catalogues only.")
        ] = False,
    ) -> None:
        options = [name for name, on in (("--empty", empty), ("--no-demo", no_demo)) if on]
        try:
            with serve(*options) as server:
                status = _run(command, server.environment())
        except StartError as error:
            raise CommandError(str(error)) from error
        sys.exit(status)


def _run(command: list[str], variables: dict[str, str]) -> int:
    """Return the exit status of a command, that of a shell if a signal ended it."""
    try:
        done = subprocess.run(command, env={**os.environ, **variables}, check=False)
    except FileNotFoundError:
        print(f"error: There is no command {command[0]!r}.", file=sys.stderr)  # noqa: T201
        return NOT_FOUND
    return done.returncode if done.returncode >= 0 else 128 - done.returncode
