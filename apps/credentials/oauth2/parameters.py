"""The parameters of requests to the endpoints of OAuth 2, wherever clients put them.

One published client sends them in the query of an empty POST, one labels its form as something
else, and one puts the credentials into the body (wire row 39). So both query and body are read, and
the label of the body is ignored.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode

from django.conf import settings
from django.http import HttpRequest

from apps.api.reasons import Reason
from apps.credentials import forms

MOST = 100

AUTHORIZE = frozenset(
    {
        "approval_prompt",
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "prompt",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
    }
)
TOKEN = frozenset(
    {
        "client_id",
        "client_secret",
        "code",
        "code_verifier",
        "grant_type",
        "password",
        "redirect_uri",
        "refresh_token",
        "scope",
        "username",
    }
)
SECRETS = frozenset({"client_secret", "code_verifier", "password", "refresh_token", "token"})
"""Parameters that a public server does not accept in the query. One published client sends its
secret there (wire row 39), and the sandbox accepts that."""
INSPECT = frozenset({"client_id", "client_secret", "token", "token_type_hint"})

Pairs = list[tuple[str, str]]


class MalformedError(ValueError):
    """A query or a body that cannot or may not be read. The text and the reason say why, and
    `status` is that of the response."""

    def __init__(
        self, text: str, status: int = 400, reason: Reason = Reason.REQUEST_MALFORMED
    ) -> None:
        super().__init__(text)
        self.status, self.reason = status, reason


@dataclass(frozen=True)
class Parameters:
    """The values of the known parameters, and which of them were sent more than once.

    Unknown ones are ignored, and those without a value count as left out (RFC 6749, sections 3.1
    and 3.2). Bytes that are not UTF-8 are kept as surrogates, so that they can be returned.
    """

    values: dict[str, str]
    repeated: frozenset[str]

    @classmethod
    def of(cls, pairs: Pairs, known: frozenset[str]) -> Parameters:
        """Return the known parameters among the pairs. The first value counts."""
        kept = [(name, value) for name, value in pairs if name in known and value]
        counts = Counter(name for name, _ in kept)
        repeated = frozenset(name for name, count in counts.items() if count > 1)
        first_values = dict(reversed(kept))
        return cls(first_values, repeated)

    def form(self, *without: str) -> str:
        """Return the parameters as a form, each once."""
        return encode_form(
            (name, value) for name, value in self.values.items() if name not in without
        )


def of_query(request: HttpRequest, known: frozenset[str]) -> Parameters:
    """Return the parameters in the query. Raise MalformedError if they cannot be read."""
    return Parameters.of(_query_pairs(request), known)


def of_post(request: HttpRequest, known: frozenset[str]) -> Parameters:
    """Return the parameters in query and body together.

    Raise MalformedError if they cannot be read, or if a public server gets a secret in the query.
    """
    query = _query_pairs(request)
    if settings.HEXOSTORE_PROFILE == "public" and not SECRETS.isdisjoint(dict(query)):
        reason = Reason.SECRET_IN_QUERY
        raise MalformedError(reason.sentence, reason.status, reason)
    return Parameters.of(query + _body_pairs(request), known)


def encode_form(pairs: Iterable[tuple[str, str]]) -> str:
    """Return the pairs as a form, with %20 for blanks, which every client understands."""
    return urlencode(list(pairs), quote_via=quote, safe="", errors="surrogateescape")


def _query_pairs(request: HttpRequest) -> Pairs:
    return _parse_pairs(request.META.get("QUERY_STRING", "").encode("latin-1", "replace"))


def _body_pairs(request: HttpRequest) -> Pairs:
    fault = forms.form_fault(request)
    if fault is not None:
        raise MalformedError(f"Send a form of at most {forms.LONGEST} bytes.", fault.status)
    text = request.body.strip()
    return _json_pairs(text) if text.startswith(b"{") else _parse_pairs(text)


def _parse_pairs(text: bytes) -> Pairs:
    decoded = text.decode(errors="surrogateescape")
    try:
        return parse_qsl(
            decoded, keep_blank_values=True, errors="surrogateescape", max_num_fields=MOST
        )
    except ValueError:
        raise MalformedError("There are too many parameters.") from None


def _json_pairs(text: bytes) -> Pairs:
    """Return the texts of a JSON object, which some clients send instead of a form."""
    try:
        pairs = json.loads(text, object_pairs_hook=list)
    except (ValueError, RecursionError):
        raise MalformedError("The body is neither a form nor JSON.") from None
    return [pair for pair in pairs if isinstance(pair[1], str)]
