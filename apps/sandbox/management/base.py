"""The base of all commands."""

import sys
from types import TracebackType
from typing import Annotated, Any

from django.core.management.base import CommandError
from django.db import connection
from django_typer.management import TyperCommand
from typer import Abort, BadParameter, Option

from apps.api.own_writes import note_for_all
from apps.sandbox import store
from apps.sandbox.management.control import enter_chosen_sandbox
from hexostore.cli import INTERRUPTED, USAGE

Json = Annotated[bool, Option("--json", help="Print JSON, for programs.")]

_UsageError: Any = BadParameter.__base__  # which typer does not name


class StoreCommand(TyperCommand):
    # A command with its own options only. An error is one line, `error: ...`. The exit code is 2
    # for wrong usage, and 130 after an interruption. (This is not a docstring, because `--help`
    # would show it for commands without one.)

    suppressed_base_arguments = {
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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        if error is None and connection.connection is not None:
            note_for_all()  # what it wrote, if this server has replicas
        if self._called_from_command_line:
            self._end_program(error)
        done: bool | None = super().__exit__(kind, error, trace)  # type: ignore[no-untyped-call]
        return done

    def _end_program(self, error: BaseException | None) -> None:
        """End the program with one line, if a command expects this error."""
        if isinstance(error, _UsageError):
            self.stderr.write(f"error: {error.format_message()} See --help.")
            sys.exit(USAGE)
        if isinstance(error, CommandError):
            self.stderr.write(printable(f"error: {error}"))
            sys.exit(error.returncode)
        if isinstance(error, (Abort, KeyboardInterrupt)):
            self.stderr.write("Interrupted.")
            sys.exit(INTERRUPTED)


def printable(text: str) -> str:
    """Return the text with control characters escaped, such as an escape sequence out of a file."""
    return "".join(
        each if each.isprintable() or each == "\n" else ascii(each)[1:-1] for each in text
    )


def require_begun() -> None:
    """End the command if there is no store to work on yet, or no such sandbox in it."""
    enter_chosen_sandbox()
    require_store()


def require_store() -> None:
    """End the command if there is no store yet."""
    try:
        store.require_begun()
    except store.StoreError as error:
        raise CommandError(str(error)) from error
