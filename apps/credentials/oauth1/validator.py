"""What the endpoints of oauthlib ask of the store (RFC 5849, section 2).

Form, client, signature, timestamp and nonce of a request are checked before it comes here
(signed_requests.py), by the server's clock and with a reason for each refusal; what is left are
realms, callbacks, tokens and verifiers. A refusal is raised rather than returned, and passes
through the library.
"""

from __future__ import annotations

import hmac
import sys
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from oauthlib.oauth1 import RequestValidator
from oauthlib.oauth1.rfc5849 import parameters

from apps.api.access import REALM
from apps.api.errors import ApiError
from apps.api.reasons import Reason
from apps.credentials import scopes
from apps.credentials.models import Client, OAuth1RequestToken, OAuth1Token
from apps.credentials.oauth1.signed_requests import METHOD, Signed, refused
from apps.credentials.signed_keys.signatures import urls_as_sent
from hexostore import clock

LIFETIME = timedelta(minutes=10)
"""How long a person has to consent, and the client to fetch its token."""

OUT_OF_BAND = "oob"
"""The callback of a client that has none: the verifier is shown (section 2.1)."""

Realms = list[str]

_written: Any = parameters.prepare_headers


def plainly(sent: Signed) -> tuple[str, str, None, dict[str, str]]:
    """The same request in the form that the library reads best: URI, method, body and headers."""
    others = [pair for pair in sent.parameters if pair[0] not in sent.oauth]
    headers: dict[str, str] = _written(list(sent.oauth.items()))
    url = next(iter(urls_as_sent(sent.request))).partition("?")[0]
    return f"{url}?{urlencode(others)}", sent.method, None, headers


class Validator(RequestValidator):
    """The store as one request sees it: sent by `client`, about the temporary credentials `row`."""

    allowed_signature_methods = (METHOD,)
    timestamp_lifetime = sys.maxsize
    enforce_ssl = False  # the public profile redirects every request to https by itself

    def __init__(
        self,
        sent: Signed,
        client: Client,
        row: OAuth1RequestToken | None = None,
    ) -> None:
        super().__init__()
        self.sent, self.client, self.row = sent, client, row

    # What was checked before

    def check_client_key(self, client_key: str) -> bool:
        return True

    def check_nonce(self, nonce: str) -> bool:
        return True

    def check_request_token(self, request_token: str) -> bool:
        return True

    def check_verifier(self, verifier: str) -> bool:
        return True

    def check_realms(self, realms: Realms) -> bool:
        return True

    def validate_client_key(self, client_key: str, request: Any) -> bool:
        return True

    def validate_request_token(self, client_key: str, token: str, request: Any) -> bool:
        return True

    def validate_timestamp_and_nonce(self, *asked: Any, **tokens: Any) -> bool:
        return True

    def get_client_secret(self, client_key: str, request: Any) -> str:
        return self.client.secret

    def get_request_token_secret(self, client_key: str, token: str, request: Any) -> str:
        return self._row.secret

    def get_access_token_secret(self, client_key: str, token: str, request: Any) -> str:
        """None: no token signs the request for temporary credentials, even if one is sent."""
        return ""

    # Temporary credentials (section 2.1)

    def get_default_realms(self, client_key: str, request: Any) -> Realms:
        return []

    def validate_requested_realms(self, client_key: str, realms: Realms, request: Any) -> bool:
        """Looks at the realms of the header only: the library would take a parameter of the
        query that is called so for one."""
        request.realms = self._wanted()
        if not scopes.allowed(self.client).issuperset(request.realms):
            raise self._refused(Reason.REALM_NOT_ALLOWED)
        return True

    def _wanted(self) -> Realms:
        """The realms that the header names, or what the client usually asks for.

        A realm that is only the word of our own challenge names none.
        """
        named = self.sent.realm.split()
        if named and named != [REALM]:
            return list(dict.fromkeys(named))
        return list(scopes.usual(self.client))

    def validate_redirect_uri(self, client_key: str, redirect_uri: str, request: Any) -> bool:
        if redirect_uri != OUT_OF_BAND and not self.client.redirect_uri_allowed(redirect_uri):
            raise self._refused(Reason.CALLBACK_NOT_REGISTERED)
        return True

    def save_request_token(self, token: Any, request: Any) -> None:
        """Keeps the temporary credentials, and forgets those that are too old."""
        now = clock.now()
        OAuth1RequestToken.objects.filter(expires__lte=now).delete()
        OAuth1RequestToken.objects.create(
            token=token["oauth_token"],
            secret=token["oauth_token_secret"],
            client=self.client,
            callback_uri=request.redirect_uri,
            realms=" ".join(request.realms),
            expires=now + LIFETIME,
        )

    # Token credentials (section 2.3)

    def validate_verifier(self, client_key: str, token: str, verifier: str, request: Any) -> bool:
        expected = self._row.verifier
        right = hmac.compare_digest(verifier.encode(), expected.encode())
        if not (expected and self._row.user_id and right):
            raise self._refused(Reason.VERIFIER_MISMATCH)
        return True

    def get_realms(self, token: str, request: Any) -> Realms:
        return self._row.realms.split()

    def save_access_token(self, token: Any, request: Any) -> None:
        assert self._row.user is not None
        OAuth1Token.objects.create(
            token=token["oauth_token"],
            secret=token["oauth_token_secret"],
            client=self.client,
            user=self._row.user,
            realms=self._row.realms,
        )

    def invalidate_request_token(self, client_key: str, request_token: str, request: Any) -> None:
        self._row.delete()

    @property
    def _row(self) -> OAuth1RequestToken:
        assert self.row is not None
        return self.row

    def _refused(self, reason: Reason) -> ApiError:
        return refused(self.sent, reason, client=self.client)
