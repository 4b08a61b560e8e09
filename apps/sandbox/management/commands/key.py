"""`hexostore key`."""

import json
from typing import Annotated, Any, Literal

from django.core.management.base import CommandError
from django.db import transaction
from django_typer.management import command
from typer import Argument, Option

from apps.api.access import READONLY, READWRITE
from apps.credentials import clients, redirects
from apps.credentials.models import Client, Realm
from apps.credentials.refusals import forced_failures
from apps.sandbox.management.base import Json, StoreCommand, printable, require_begun
from apps.sandbox.management.failures import require_failure
from apps.sandbox.management.options import wrong
from apps.sandbox.management.people import require_user
from hexostore import program
from hexostore.suggestions import did_you_mean

Key = Annotated[str, Argument(help="The public key.")]


class Command(StoreCommand):
    """Add, list and revoke keys and clients, and force failures for them."""

    help = "Manage the keys and clients of programs."

    @command()
    def add(
        self,
        user: Annotated[str, Option(help="E-mail address of the key's owner.")],
        name: Annotated[str, Option(help="A name that says what the key is for.")] = "",
        status: Annotated[
            Literal["apikey", "oauth1", "oauth2"],
            Option(help="The authentication scheme of the key."),
        ] = "apikey",
        redirect_uri: Annotated[
            list[str] | None, Option(help="An allowed redirect URI for OAuth; can be repeated.")
        ] = None,
        grant: Annotated[
            list[str] | None,
            Option(help="An OAuth 2 grant that the client can use; can be repeated."),
        ] = None,
        realm: Annotated[
            list[str] | None,
            Option(help="readonly or readwrite; can be repeated, the first is the default."),
        ] = None,
        as_json: Json = False,
    ) -> None:
        """Add a key. Its secret is only shown now; it signs requests."""
        require_begun()
        owner = require_user(user)
        if name and Client.objects.filter(name=name).exists():
            raise CommandError(f"There is already a key called {name!r}.")
        uris, grants = redirect_uri or [], grant or []
        client = Client(user=owner, name=name, status=status)
        client.redirect_uris, client.grant_type = " ".join(uris), " ".join(grants)
        _require_sound(client, uris)
        _save_client(client, realm or [READWRITE, READONLY])
        answer = {"key": client.client_id, "secret": client.secret}
        text = f"key     {client.client_id}\nsecret  {client.secret}"
        self.stdout.write(json.dumps(answer) if as_json else text)

    @command(name="list")
    def show(
        self,
        user: Annotated[str | None, Option(help="E-mail address of an owner.")] = None,
        as_json: Json = False,
    ) -> None:
        """List the keys, without their secrets."""
        require_begun()
        rows = Client.objects.select_related("user", "default_realm").prefetch_related("realms")
        found = [
            _client_facts(row) for row in (rows.filter(user=require_user(user)) if user else rows)
        ]
        lines = [" ".join(_table_row(each)) for each in found]
        self.stdout.write(json.dumps(found) if as_json else printable("\n".join(lines)))

    @command()
    def revoke(self, key: Key) -> None:
        """Remove a key permanently, with all of its tokens."""
        _find_client(key).delete()
        self.stdout.write(f"{key} is revoked")

    @command()
    def mark(
        self,
        key: Key,
        failure: Annotated[str, Argument(help=f"One of {', '.join(forced_failures.FAILURES)}.")],
    ) -> None:
        """Make every request with a key fail, until it is unmarked."""
        client = _find_client(key)
        client.forced_failure = require_failure(failure)
        client.save(update_fields=["forced_failure"])
        self.stdout.write(f"{key} is marked {failure}")

    @command()
    def unmark(self, key: Key) -> None:
        """Let a marked key work again."""
        client = _find_client(key)
        client.forced_failure = ""
        client.save(update_fields=["forced_failure"])
        self.stdout.write(f"{key} has no mark")


def _find_client(key: str) -> Client:
    """Return the client with that public key. Raise CommandError when there is none."""
    require_begun()
    found = Client.objects.filter(client_id=key).first()
    if found is None:
        hint = did_you_mean(key, Client.objects.values_list("client_id", flat=True))
        raise CommandError(
            f"There is no key {key}.{hint or f' See: {program.program_name()} key list'}"
        )
    return found


def _require_sound(client: Client, uris: list[str]) -> None:
    for uri in uris:
        fault = redirects.redirect_fault(uri)
        if fault:
            raise wrong("--redirect-uri", f"{uri} {fault}.")
    for name, texts in clients.client_faults(client).items():
        raise CommandError(f"{name}: {texts[0]}")


def _save_client(client: Client, names: list[str]) -> None:
    """Save a client with its realms, of which the first is the usual one."""
    realms = {row.name: row for row in Realm.objects.filter(name__in=names)}
    unknown = [name for name in names if name not in realms]
    if unknown:
        hint = did_you_mean(unknown[0], (READONLY, READWRITE))
        problem = f"There is no realm {unknown[0]}; choose readonly or readwrite."
        raise wrong("--realm", problem + hint)
    with transaction.atomic():
        client.default_realm = realms[names[0]]
        client.save()
        client.realms.set(realms.values())


def _client_facts(client: Client) -> dict[str, Any]:
    return {
        "key": client.client_id,
        "status": client.status,
        "user": client.user.called,
        "name": client.name,
        "grants": client.grant_type.split(),
        "redirect_uris": client.redirect_uris.split(),
        "realms": [realm.name for realm in client.realms.all()],
        "default_realm": client.default_realm.name if client.default_realm else None,
        "mark": client.forced_failure,
    }


def _table_row(facts: dict[str, Any]) -> list[str]:
    texts = [facts[name] for name in ("key", "status", "user", "name")]
    if facts["mark"]:
        texts.append(f"marked {facts['mark']}")
    return [text for text in texts if text]
