"""`hexostore key`."""

import json
from typing import Annotated

from django.core.management.base import CommandError
from django_typer.management import command, initialize
from typer import Option

from apps.accounts.models import User
from apps.credentials.models import Client
from apps.sandbox.management.base import Json, StoreCommand, require_begun


class Command(StoreCommand):
    help = "API keys, with which programs sign their requests."

    @initialize()
    def begin(self) -> None:
        """Makes `add` a sub-command, though it is the only one."""

    @command()
    def add(
        self,
        user: Annotated[str, Option(help="E-mail address of the key's owner.")],
        name: Annotated[str, Option(help="What the key is for.")] = "",
        as_json: Json = False,
    ) -> None:
        """Add an API key; the secret is shown now and signs requests."""
        require_begun()
        owner = User.objects.filter(email=user).first()
        if owner is None:
            raise CommandError(f"There is no user {user}; add one with: hexostore user add")
        if name and Client.objects.filter(name=name).exists():
            raise CommandError(f"There is a key called {name!r} already.")
        client = Client.objects.create(user=owner, name=name)
        answer = {"key": client.client_id, "secret": client.secret}
        text = f"key     {client.client_id}\nsecret  {client.secret}"
        self.stdout.write(json.dumps(answer) if as_json else text)
