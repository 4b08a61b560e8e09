"""Fields that only the resources of credentials have, and who sees and changes their rows."""

from __future__ import annotations

import json

from django.db.models import Case, F, Model, Q, Value, When
from django.db.models.expressions import Combinable, RawSQL

from apps.api.bodies import JSONValue
from apps.api.callers import Caller
from apps.api.context import Context
from apps.api.errors import BadRequest
from apps.api.fields import JSON, Column, Reader, ServerText, Text
from apps.credentials import redirects
from apps.credentials.models import Client, OAuth1Token

MOST_URIS = 50


class Concealed(Text):
    """A text that grants more than a token does. It is "" in requests with a token."""

    annotated = True
    personal = True

    def path(self) -> None:
        return None

    def expression(self, context: Context) -> Combinable:
        return Value("") if context.by_token else self.told(context)

    def told(self, context: Context) -> Combinable:
        """Return the column, for callers who may see it."""
        return F(str(self.attribute))

    def reader(self, context: Context, prefix: str = "") -> Reader:
        return Reader((self.alias,))


class Secret(Concealed, ServerText):
    """Shown only to its owner, if they use a password or a key. For all others it is ""."""

    def told(self, context: Context) -> Combinable:
        mine = When(user=context.caller.pk, then=F(str(self.attribute)))
        return Case(mine, default=Value(""))


class PublicKey(Text):
    """The public key. It cannot be changed."""

    def accept(self, row: Model, value: JSONValue, context: Context) -> None:
        if value != getattr(row, str(self.attribute)):
            raise BadRequest(f"The '{self.name}' is set by the server and cannot be changed.")


class RedirectURIs(JSON):
    """URIs that are stored as one text and shown as a list, although the schema calls them a
    string.

    Accepted are lists (API reference, OAuth General considerations) and texts: URIs separated by
    blanks, or a list written as JSON.
    """

    def reader(self, context: Context, prefix: str = "") -> Reader:
        return Reader((f"{prefix}{self.attribute}",), str.split)

    def convert(self, value: JSONValue, column: Column) -> str:
        """Return the text to store. Raise BadRequest for a URI that people may not be sent to."""
        sent = _list_uris(value) if isinstance(value, str) else value
        if not isinstance(sent, list):
            raise self.wrong("a list of URIs", value)
        uris = [uri for uri in sent if isinstance(uri, str)]
        if len(uris) < len(sent):
            raise self.wrong("a list of URIs", value)
        if len(uris) > MOST_URIS:
            raise BadRequest(f"The '{self.name}' field can have at most {MOST_URIS} URIs.")
        for uri in uris:
            fault = redirects.redirect_fault(uri)
            if fault:
                raise BadRequest(f"The '{self.name}' field: '{uri[:200]}' {fault}.")
        return " ".join(dict.fromkeys(uris))


def _list_uris(text: str) -> JSONValue:
    """Return the URIs in a text."""
    try:
        listed: JSONValue = json.loads(text)
    except ValueError:
        listed = [*text.split()]
    return listed


class Own:
    """Rows that their user and staff see; `kept` narrows them further."""

    path = "user"

    def __init__(self, kept: Q | None = None) -> None:
        self.kept = kept or Q()

    def condition(self, caller: Caller) -> Q:
        return self.kept if caller.is_staff else self.kept & Q(user=caller.pk)

    def owners(self, caller: Caller) -> RawSQL | None:
        """Return the ids of the users whose rows `caller` sees, or None if these are all users."""
        return None if caller.is_staff else RawSQL("SELECT %s::bigint", (caller.pk,))

    def may_change(self, caller: Caller, row: Client | OAuth1Token) -> bool:
        return bool(caller.is_staff or row.user_id == caller.pk)


class Everybodys:
    """Rows of the service itself, which nobody changes."""

    def condition(self, caller: Caller) -> Q:
        return Q()

    def may_change(self, caller: Caller, row: Model) -> bool:
        return False
