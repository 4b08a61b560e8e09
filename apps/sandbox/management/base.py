"""What the commands share."""

import sys
from types import TracebackType
from typing import Annotated, Any

from django.core.management.base import CommandError
from django_typer.management import TyperCommand
from typer import Abort, BadParameter, Option

from apps.sandbox import store
from hexostore.cli import INTERRUPTED, USAGE

Json = Annotated[bool, Option("--json", help="Print JSON, for programs.")]

_UsageError: Any = BadParameter.__base__  # which typer does not name


class StoreCommand(TyperCommand):
    # A command with its own options only. What goes wrong is one line, `error: ...`; it ends with
    # 2 when it is called wrongly, and with 130 when it is interrupted. (This is no docstring, for
    # `--help` would show it to whoever asks for a command that has none.)

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
        if self._called_from_command_line:
            self._end(error)
        done: bool | None = super().__exit__(kind, error, trace)  # type: ignore[no-untyped-call]
        return done

    def _end(self, error: BaseException | None) -> None:
        """End the program with one line, where this is an error that a command foresees."""
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
    """The text with what a terminal would obey, such as an escape out of a file, written out."""
    return "".join(
        each if each.isprintable() or each == "\n" else ascii(each)[1:-1] for each in text
    )


def require_begun() -> None:
    """Ends the command when there is no store to work on yet."""
    try:
        store.require_begun()
    except store.StoreError as error:
        raise CommandError(str(error)) from error
