"""`hexostore token`."""

import json
from typing import Annotated, Any

from django.core.management.base import CommandError
from django_typer.management import command
from typer import Argument, Option

from apps.sandbox import access_tokens
from apps.sandbox.management.base import Json, StoreCommand, require_begun


class Command(StoreCommand):
    """List access tokens of OAuth 2, and have some expire."""

    help = "List access tokens, and have some expire before their time."

    @command(name="list")
    def show(self, as_json: Json = False) -> None:
        """List the tokens, the newest first, without what they could be used by."""
        require_begun()
        self._print(access_tokens.list_tokens(), as_json)

    @command()
    def end(
        self,
        token: Annotated[str, Argument(help="The access token.")] = "",
        number: Annotated[
            int | None, Option("--id", min=1, max=2**63 - 1, help="Its number in the list.")
        ] = None,
        user: Annotated[str, Option(help="Name or e-mail address: all tokens of a user.")] = "",
        client: Annotated[str, Option(help="Key: all tokens of a client.")] = "",
        as_json: Json = False,
    ) -> None:
        """Have access tokens expire now. Their refresh tokens still work."""
        if not (token or number or user or client):
            raise CommandError("Say which tokens: the token, --id, --user or --client.")
        require_begun()
        ended = access_tokens.end_tokens(token=token, key=number, user=user, client=client)
        if not ended:
            raise CommandError("There is no such token that has not expired.")
        self._print(ended, as_json)

    def _print(self, found: list[dict[str, Any]], as_json: bool) -> None:
        self.stdout.write(json.dumps(found) if as_json else "\n".join(map(_line, found)))


def _line(token: dict[str, Any]) -> str:
    state = "expired" if token["expired"] else f"until {token['expires']}"
    return f"{token['id']} {token['user'] or '-'} {token['client']} {token['scope']} {state}"
