"""What the commands share."""

import sys
from types import TracebackType
from typing import Annotated, Any

from django.core.management.base import CommandError
from django_typer.management import TyperCommand
from typer import BadParameter, Option

from apps.sandbox import store
from hexostore.cli import USAGE

Json = Annotated[bool, Option("--json", help="Answer in JSON, for programs.")]

_UsageError: Any = BadParameter.__base__  # which typer does not name


class StoreCommand(TyperCommand):
    """A command with its own options only, which ends with 2 when it is called wrongly."""

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
        if isinstance(error, _UsageError) and self._called_from_command_line:
            self.stderr.write(f"{error.format_message()} See --help.")
            sys.exit(USAGE)
        done: bool | None = super().__exit__(kind, error, trace)  # type: ignore[no-untyped-call]
        return done


def require_begun() -> None:
    """Ends the command when there is no store to work on yet."""
    try:
        store.require_begun()
    except store.StoreError as error:
        raise CommandError(str(error)) from error
