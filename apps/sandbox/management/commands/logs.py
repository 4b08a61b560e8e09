"""`hexostore logs`."""

import sys
from collections import deque
from pathlib import Path
from time import sleep
from typing import Annotated, TextIO

from django.conf import settings
from django.core.management.base import CommandError
from typer import Option

from apps.sandbox.detached import LOG
from apps.sandbox.management.base import StoreCommand
from apps.sandbox.served import server_pid

PAUSE = 0.2
"""Seconds between two looks for more lines."""


class Command(StoreCommand):
    help = "Show the log of the server that runs in the background."
    requires_system_checks: list[str] = []

    def handle(
        self,
        follow: Annotated[
            bool, Option("--follow", "-f", help="Go on as long as the server does.")
        ] = False,
        lines: Annotated[int, Option(min=0, help="Lines to begin with, from the end.")] = 50,
    ) -> None:
        home = settings.HEXOSTORE_HOME
        try:
            with (home / LOG).open(errors="replace") as log:
                _show(deque(log, maxlen=lines))
                if follow:
                    _follow(log, home)
        except FileNotFoundError:
            raise CommandError(
                f"There is no log in {home}: no server ran in the background (serve --detach)."
            ) from None


def _follow(log: TextIO, home: Path) -> None:
    """Show what is added to the log until nobody serves the home."""
    while True:
        served = server_pid(home)
        _show(log)
        if not served:
            return
        sleep(PAUSE)


def _show(lines: deque[str] | TextIO) -> None:
    sys.stdout.writelines(lines)
    sys.stdout.flush()
