"""`hexostore restart`."""

from typing import Annotated

from django.conf import settings
from django.core.management.base import CommandError
from typer import Option

from apps.sandbox.management.base import StoreCommand
from apps.sandbox.management.options import finite
from apps.sandbox.restarting import PATIENCE, RestartError, restart_server


class Command(StoreCommand):
    help = "Restart the server of this home, without refusing a connection."
    requires_system_checks: list[str] = []

    def handle(
        self,
        timeout: Annotated[
            float, Option(min=0, callback=finite, help="Seconds that the restart may take.")
        ] = PATIENCE,
    ) -> None:
        home = settings.HEXOSTORE_HOME
        try:
            process = restart_server(home, timeout)
        except RestartError as error:
            raise CommandError(f"The server was not restarted: {error}.") from error
        if not process:
            raise CommandError(f"{home} is not served.")
        self.stdout.write(f"Restarted process {process}, which serves {home}.")
