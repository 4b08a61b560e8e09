"""`hexostore stop`."""

from typing import Annotated

from django.conf import settings
from django.core.management.base import CommandError
from typer import Option

from apps.sandbox.detached import PATIENCE, DetachedError, stop_server
from apps.sandbox.management.base import StoreCommand
from apps.sandbox.management.options import finite


class Command(StoreCommand):
    help = "Stop the server of this home, wherever it was started."
    requires_system_checks: list[str] = []

    def handle(
        self,
        timeout: Annotated[
            float, Option(min=0, callback=finite, help="Seconds that the server may take.")
        ] = PATIENCE,
    ) -> None:
        home = settings.HEXOSTORE_HOME
        try:
            process = stop_server(home, timeout)
        except DetachedError as error:
            raise CommandError(f"The server was not stopped: {error}.") from error
        if process:
            self.stdout.write(f"Stopped process {process}, which served {home}.")
        else:
            self.stdout.write(f"{home} is not served.")
