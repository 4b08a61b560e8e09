"""Developers' clients, and the tokens that users granted to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from oauth2_provider.models import get_access_token_model
from rest_framework.request import Request

from apps.api import paging, registry
from apps.api.access import only_in_person
from apps.api.bodies import JSONValue
from apps.api.callers import Caller
from apps.api.context import Context
from apps.api.derived import URI
from apps.api.errors import CannedNotFound, NotFound
from apps.api.fields import Field, Id, Integer, ServerMoment, Text
from apps.api.lookups import KEY
from apps.api.relations import ToMany, ToOne
from apps.api.resources import DELETE, GET, PATCH, POST, PUT, ModelResource, Resource, ResourceReply
from apps.api.versions import Version
from apps.credentials import clients, keys
from apps.credentials.fields import (
    Everybodys,
    Own,
    PublicKey,
    RedirectURIs,
    Secret,
)
from apps.credentials.models import Client, OAuth1Token, Realm
from apps.credentials.withdrawals import take_back, tokens_for
from hexostore import clock


def client_of(text: str) -> int:
    """Return the primary key of the client in a URI: its number or its public key.

    The documents call both "client id". Raise ValueError if there is no such public key.
    """
    try:
        return int(text)
    except ValueError:
        found = None if "\0" in text else Client.objects.filter(client_id=text).first()
        if found is None:
            raise
        return int(found.pk)


@registry.register_resource
class OAuthRealmResource(ModelResource[Realm]):
    """The names are those of the scopes of OAuth 2."""

    name = "oauthrealm"
    summary = "What a client may do with tokens of OAuth 1."
    model = Realm
    names = ("name",)
    list_methods = (GET,)
    detail_methods = (GET,)
    fields = {
        "id": Id(readonly=True, unique=True),
        "name": Text(unique=True, help="The name, as a program asks for it."),
        "resource_uri": URI(),
    }
    visible = Everybodys()


@registry.register_resource
class OAuthClientResource(ModelResource[Client]):
    """The key in a URI is the id or the `client_id`. `redirect_uris` is a list; a text with blanks
    between the URIs is accepted too."""

    name = "oauthclient"
    summary = "A developer's access, for each of the three schemes."
    description = "The key in a URI is the id or the `client_id`."
    model = Client
    names = ("client_id",)
    list_methods = (GET,)
    detail_methods = (GET, PUT, PATCH)
    fields = {
        "client_id": PublicKey(
            blank=True, default="", unique=True, help="The public key, which stays as it is."
        ),
        "default_realm": ToOne(
            "oauthrealm", null=True, help="The realm of tokens that ask for none."
        ),
        "grant_type": Text(blank=True, default="", help="The grants of OAuth2 that it may use."),
        "id": Id(readonly=True, unique=True),
        "name": Text(unique=True, help="What people read when they are asked for consent."),
        "realms": ToMany("oauthrealm", readonly=True, help="The realms that it may ask for."),
        "redirect_uris": RedirectURIs(
            help="Where consent may lead; a text with blanks between is taken too."
        ),
        "resource_uri": URI(),
        "response_type": Text(
            blank=True, default="", help="The responses of OAuth2 that it may ask for."
        ),
        "secret": Secret(
            "client_secret",
            readonly=True,
            help="The private key, shown to its owner with their password only.",
        ),
        "status": Text(help="The scheme: `apikey`, `oauth1` or `oauth2`."),
        "user": ToOne("user", readonly=True, help="The developer."),
    }
    visible = Own()

    @classmethod
    def parse_key(cls, text: str) -> int:
        return client_of(text)

    @classmethod
    def prepare(cls, row: Client, data: Mapping[str, JSONValue], context: Context) -> None:
        """Raise Forbidden for a program that would change another client, or more than the name of
        its own."""
        if context.in_person:
            return
        if context.client.pk != row.pk:
            raise only_in_person("A program can only change its own client.")
        further = _changed_columns(row) - _changed_by_program(context)
        if further:
            raise only_in_person(f"A program may not change {min(further)} of its client.")

    @classmethod
    def validate(cls, row: Client) -> dict[str, list[str]]:
        return clients.client_faults(row)


def _changed_columns(row: Client) -> set[str]:
    """Return the columns in which a client differs from its row in the table."""
    kept = Client.objects.get(pk=row.pk)
    columns = [field.attname for field in Client._meta.concrete_fields]
    return {name for name in columns if getattr(row, name) != getattr(kept, name)}


def _changed_by_program(context: Context) -> set[str]:
    """Return the columns that a program may change in its own client.

    A published client registers its redirect URIs with a token of client_credentials (wire row 48).
    For that token it has proved its secret. A token that a user granted proves nothing like that,
    and whoever holds it could redirect other people's codes.
    """
    return {"name", "redirect_uris"} if context.of_program else {"name"}


@registry.register_resource
class OAuth1TokenResource(ModelResource[OAuth1Token]):
    """Users can create a token for a client of their own. Tokens for other clients come from
    consent only."""

    name = "oauth1token"
    summary = "What a user allowed clients of OAuth 1 to do."
    description = (
        "They may give themselves a token for a client of their own; tokens for others' "
        "clients come from consent alone."
    )
    model = OAuth1Token
    list_methods = (GET, POST, PATCH)
    detail_methods = (GET, PUT, PATCH, DELETE)
    fields = {
        "access_token": Secret(
            "token", unique=True, help="The token, shown to its owner with their password only."
        ),
        "access_token_secret": Secret("secret", help="The secret of the token, shown likewise."),
        "created": ServerMoment(blank=True, default=True, help="When it was given."),
        "id": Id(readonly=True, unique=True),
        "oauthclient": ToOne("oauthclient", attribute="client", help="The program that holds it."),
        "resource_uri": URI(),
        "user": ToOne("user", prepared=True, help="Who gave it."),
    }
    filtering = {"id": KEY, "oauthclient": KEY, "user": KEY}
    ordering = ("id", "user", "oauthclient")
    in_person = (POST, PUT, PATCH, DELETE)
    visible = Own(kept=Q(revoked=None))

    @classmethod
    def prepare(cls, row: OAuth1Token, data: Mapping[str, JSONValue], context: Context) -> None:
        """Create the texts of a new token."""
        if not row.pk:
            row.token, row.secret = keys.new_secret(), keys.new_secret()
            row.realms = " ".join(row.client.realms.values_list("name", flat=True))
        if not row.user_id:
            row.user = context.user(get_user_model())

    @classmethod
    def validate(cls, row: OAuth1Token) -> dict[str, list[str]]:
        if row.client.status == Client.Status.OAUTH1:
            return {}
        return {"oauthclient": ["OAuth1 is not the scheme of this client."]}


def _live_tokens(caller: Caller) -> QuerySet[Any, Any]:
    """Return for each client the caller's token that expires last, if it has not expired yet."""
    tokens = get_access_token_model().objects
    live = tokens.filter(tokens_for(caller), expires__gt=clock.now(), application__isnull=False)
    newest = live.order_by("application_id", "-expires", "-pk").distinct("application_id")
    rows: QuerySet[Any, Any] = newest.select_related("application__user", "user")
    return rows


class Tokens(Resource):
    """The caller's tokens of OAuth 2, one object for each client. DELETE revokes all tokens of the
    client (behaviour 11)."""

    list_methods = (GET,)
    detail_methods = (GET, DELETE)
    for_every_scope = (DELETE,)

    def get_list(self, context: Context, request: Request) -> ResourceReply:
        page = paging.parse_page(request.query_params, self.limit, self.max_limit)
        found = _live_tokens(context.caller)
        rows = found[page.offset : page.offset + page.limit]
        meta = page.meta(request.path, request.query_params, found.count())
        objects = [self._shown(context, row) for row in rows]
        return ResourceReply({"meta": meta, "objects": objects})

    def get_detail(self, context: Context, request: Request, key: str) -> ResourceReply:
        """Return the token of a client. Raise NotFound if it has none."""
        row = _live_tokens(context.caller).filter(application=_parse_client_key(key)).first()
        if row is None:
            raise NotFound
        return ResourceReply(self._shown(context, row))

    def delete_detail(self, context: Context, request: Request, key: str) -> ResourceReply:
        """Revoke the token. Raise Forbidden for a program other than the token's own."""
        client = _parse_client_key(key)
        if not context.in_person and context.client.pk != client:
            raise only_in_person("A program can only revoke its own tokens.")
        if not take_back(context.caller, client):
            raise NotFound
        return ResourceReply(status=204, uri=self._uri(context, client))

    def _shown(self, context: Context, row: Any) -> dict[str, Any]:
        user = row.user or row.application.user
        return {
            "client": row.application.client_id,
            "expires_in": int((row.expires - clock.now()).total_seconds()),
            "resource_uri": self._uri(context, row.application_id),
            "scopes": row.scope,
            "token_type": "Bearer",
            "user": user.get_username(),
        }

    def _uri(self, context: Context, client: int) -> str:
        return f"{context.prefix}/{self.name}/{client}/"


def _parse_client_key(key: str) -> int:
    """Return the client that a key means. Raise CannedNotFound if there is none (Tastypie rule
    T7)."""
    try:
        found = client_of(key)
    except ValueError:
        raise CannedNotFound from None
    if not 0 < found < 2**63:
        raise NotFound
    return found


def _token_fields() -> dict[str, Field]:
    return {
        "client": Text(help="The public key of the program."),
        "expires_in": Integer(help="Seconds until the token ends."),
        "resource_uri": URI(),
        "scopes": Text(help="What it is good for, with blanks between."),
        "token_type": Text(help="Always `Bearer`."),
        "user": Text(help="Who gave it."),
    }


@registry.register_resource
class OAuth2TokenResource(Tokens):
    """DELETE revokes all tokens of the client."""

    name = "oauth2token"
    summary = (
        "The caller's tokens of OAuth 2, one for each client. The client is the key in their URIs."
    )
    description = "A DELETE takes back all that the client holds."
    fields = _token_fields()


@registry.register_resource
class AccessTokenResource(Tokens):
    name = "accesstoken"
    summary = "The newer name of oauth2token."
    fields = _token_fields()
    since, listed_since = Version.V3_3, Version.V4_0
