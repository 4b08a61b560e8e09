"""`hexostore mark`."""

import json

from django.db import transaction
from django_typer.management import command

from apps.credentials.models import Client, ForcedFailure
from apps.credentials.refusals import forced_failures
from apps.sandbox.management.base import Json, StoreCommand, printable, require_begun


class Command(StoreCommand):
    """List the users and keys whose requests are made to fail, and remove all of these marks."""

    help = "List or clear the marks that make requests of users and keys fail."

    @command(name="list")
    def show(self, as_json: Json = False) -> None:
        """List the marks of users and keys."""
        require_begun()
        found = forced_failures.list_failures()
        lines = [f"{name} {failure}" for name, failure in found.items()]
        text = printable("\n".join(lines)) or "Nobody is marked."
        self.stdout.write(json.dumps(found) if as_json else text)

    @command()
    def clear(self) -> None:
        """Remove all marks."""
        require_begun()
        found = len(forced_failures.list_failures())
        with transaction.atomic():
            ForcedFailure.objects.all().delete()
            Client.objects.exclude(forced_failure="").update(forced_failure="")
        self.stdout.write(f"{found} marks removed")
