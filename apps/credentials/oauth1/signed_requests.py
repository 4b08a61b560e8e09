"""Requests signed by OAuth 1, parsed and checked (RFC 5849, section 3).

oauthlib computes what is signed. The parameters are found here, because oauthlib's own parsing
loses parameters that a header repeats and fails on queries with characters that no URL should
contain but many do.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from oauthlib.oauth1.rfc5849 import signature as rules

from apps.api.access import Scheme
from apps.api.errors import ApiError, TooLarge
from apps.api.reasons import Reason
from apps.credentials import forms
from apps.credentials.models import Client
from apps.credentials.oauth1 import nonces
from apps.credentials.refusals.refusal_log import MASK, shorten_text
from apps.credentials.refusals.responses import refuse_credentials
from apps.credentials.sent_urls import urls_as_sent
from hexostore import clock
from hexostore.middleware import without_secrets

FORM = "application/x-www-form-urlencoded"
METHOD = "HMAC-SHA1"
MOST = 1000
"""The most parameters in a query or a form."""

Pairs = list[tuple[str, str]]

_PREFIX = "oauth_"
_NEEDED = "oauth_consumer_key", "oauth_signature", "oauth_timestamp", "oauth_nonce"
_FIELD = re.compile(r'\s*([^\s=",]+)\s*=\s*(?:"([^"]*)"|([^\s",]*))\s*(?:,|$)', re.ASCII)
_USED = re.compile(r"(?:^|&)oauth_(?:consumer_key|signature)=")
_NONCE = re.compile(r"[^\x00-\x1f\x7f]{1,100}")  # published clients send seven digits
_TIMESTAMP = re.compile(r"[1-9][0-9]{0,11}", re.ASCII)
_HIDDEN = "..."

_rules: Any = rules  # its stubs take parameters for a dict, which they are not


@dataclass(frozen=True)
class Keys:
    """The two secrets that a request is signed with, under the names that oauthlib expects."""

    client_secret: str
    resource_owner_secret: str


@dataclass(frozen=True)
class OAuth1Request:
    """A signed request: the signed `parameters`, those of the protocol in `oauth`, and the realm of
    the header."""

    request: HttpRequest
    parameters: Pairs
    oauth: Mapping[str, str]
    realm: str

    @property
    def method(self) -> str:
        """The method as sent; a header may have overridden it since."""
        return str(self.request.META["REQUEST_METHOD"])

    @property
    def key(self) -> str:
        """The public key of the client."""
        return self.oauth.get("oauth_consumer_key", "")

    @property
    def token(self) -> str:
        """The token, or "". An empty token counts as none (RFC 5849, section 3.1)."""
        return self.oauth.get("oauth_token", "")

    def is_fresh(self) -> bool:
        """Return whether the timestamp is within the window around the server's clock."""
        sent, window = int(self.oauth["oauth_timestamp"]), settings.HEXOSTORE_SIGNATURE_WINDOW
        return abs(clock.now().timestamp() - sent) <= window

    def is_by(self, secret: str, token_secret: str) -> bool:
        """Return whether it was signed with these secrets. The comparison takes constant time."""
        keys, sent = Keys(secret, token_secret), self.oauth["oauth_signature"].encode()
        return any(
            hmac.compare_digest(_rules.sign_hmac_sha1_with_client(base, keys).encode(), sent)
            for base in self.bases()
        )

    def bases(self, parameters: Pairs | None = None) -> Iterator[str]:
        """Yield the signature base string (section 3.4.1) for each spelling of the URL; none if the
        host is malformed."""
        text = _rules.normalize_parameters(self.parameters if parameters is None else parameters)
        seen = {""}
        for url in urls_as_sent(self.request):
            uri = _base_uri(url.partition("?")[0])
            if uri not in seen:
                yield _rules.signature_base_string(self.method, uri, text)
            seen.add(uri)


def is_signed(request: HttpRequest) -> bool:
    """Return whether the query or the form contains a signature. It can also be in a header."""
    query = request.META.get("QUERY_STRING", "")
    if _USED.search(query):
        return True
    return _is_form(request) and _USED.search(_form_text(request)) is not None


def read_request(request: HttpRequest) -> OAuth1Request:
    """Return the parsed request.

    Raise a refusal for parameters that are missing, repeated or sent in several places, for
    unsupported methods and versions, and for malformed timestamps and nonces (sections 3.1 and
    3.5).
    """
    # `OAuth realm="readonly", oauth_token="abc"` with the query `a=1` gives the parameters
    # ("oauth_token", "abc") and ("a", "1"), of which the first is the protocol's own.
    header = _of_header(request)
    realm = next((value for name, value in header if name == "realm"), "")
    header = [pair for pair in header if pair[0] != "realm"]
    text = request.META.get("QUERY_STRING", "")
    query = _of_text(request, text.encode("latin-1", "replace"))
    form = _of_text(request, _form_text(request).encode()) if _is_form(request) else []
    places = [own for own in map(_oauth_pairs, (header, query, form)) if own]
    first = places[0] if places else []
    oauth = dict(first)
    signed = [pair for pair in (*header, *query, *form) if pair[0] != "oauth_signature"]
    sent = OAuth1Request(request, signed, oauth, realm)
    is_repeated = len(places) > 1 or len(oauth) < len(first)
    reason = Reason.OAUTH_PARAMETER_REPEATED if is_repeated else _parameter_fault(oauth)
    if reason is not None:
        raise refuse_request(sent, reason)
    return sent


def check_signature(sent: OAuth1Request, client: Client, token_secret: str = "") -> None:
    """Raise Unauthorized unless the request was signed with these secrets (section 3.2), and its
    body too if it has a digest."""
    if not sent.is_by(client.secret, token_secret):
        raise refuse_request(sent, Reason.SIGNATURE_MISMATCH, client=client)
    if not _has_body(sent):
        raise refuse_request(sent, Reason.BODY_HASH_MISMATCH, client=client)


def _has_body(sent: OAuth1Request) -> bool:
    """Return whether the body has the signed digest, if there is one (the extension "OAuth Request
    Body Hash")."""
    signed = sent.oauth.get("oauth_body_hash")
    if signed is None:
        return True
    try:
        body = sent.request.body
    except RequestDataTooBig:
        raise TooLarge(settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) from None
    digest = b64encode(hashlib.sha1(body, usedforsecurity=False).digest())
    return hmac.compare_digest(digest, signed.encode())


def use_up(sent: OAuth1Request, client: Client, token: str = "") -> None:
    """Store the nonce. Call this only after the signature was verified.

    Raise Unauthorized for a timestamp outside the window and for a nonce that was used before.
    """
    if not sent.is_fresh():
        raise refuse_request(sent, Reason.TIMESTAMP_OUTSIDE_WINDOW, client=client)
    stamp, nonce = int(sent.oauth["oauth_timestamp"]), sent.oauth["oauth_nonce"]
    if not nonces.use_nonce(sent.key, token, stamp, nonce):
        raise refuse_request(sent, Reason.NONCE_USED, client=client)


def refuse_request(
    sent: OAuth1Request, reason: Reason, *, client: Any = None, user: Any = None
) -> ApiError:
    """Return the refusal to raise, with what came beside what the server signed in the refusal
    log."""
    shown = {"received": _show_received(sent), "expected": _show_expected(sent)}
    return refuse_credentials(
        sent.request, reason, Scheme.OAUTH1, client=client, user=user, **shown
    )


@lru_cache(maxsize=256)  # a program asks for the same few paths all the time
def _base_uri(url: str) -> str:
    """Return the URL without its query as it is signed (section 3.4.1.2); "" if host or port are
    malformed."""
    try:
        return str(_rules.base_string_uri(url.encode(errors="replace").decode()))
    except ValueError:
        return ""


def _parameter_fault(oauth: Mapping[str, str]) -> Reason | None:
    method = oauth.get("oauth_signature_method", "")
    if method and method != METHOD:
        return Reason.SIGNATURE_METHOD_UNSUPPORTED
    if not method or not all(oauth.get(name) for name in _NEEDED):
        return Reason.OAUTH_PARAMETER_MISSING
    if oauth.get("oauth_version", "1.0") != "1.0":
        return Reason.OAUTH_VERSION_UNSUPPORTED
    stamp, nonce = oauth["oauth_timestamp"], oauth["oauth_nonce"]
    right = _TIMESTAMP.fullmatch(stamp) and _NONCE.fullmatch(nonce)
    return None if right else Reason.NONCE_MALFORMED


def _oauth_pairs(pairs: Pairs) -> Pairs:
    return [pair for pair in pairs if pair[0].startswith(_PREFIX)]


def _of_header(request: HttpRequest) -> Pairs:
    """Return the parameters of the Authorization header (section 3.5.1)."""
    word, _, rest = request.headers.get("Authorization", "").partition(" ")
    pairs: Pairs = []
    at, rest = 0, rest.strip() if word.lower() == "oauth" else ""
    while at < len(rest):
        field = _FIELD.match(rest, at)
        if field is None or len(pairs) >= MOST:
            raise refuse_credentials(request, Reason.MALFORMED_AUTHORIZATION, Scheme.OAUTH1)
        name, quoted, bare = field.groups()
        pairs.append((unquote(name), unquote(bare if quoted is None else quoted)))
        at = field.end()
    return pairs


def _of_text(request: HttpRequest, text: bytes) -> Pairs:
    """Return the parameters of a query or a form. A plus is a blank (section 3.4.1.3.1)."""
    try:
        return parse_qsl(text.decode(errors="replace"), keep_blank_values=True, max_num_fields=MOST)
    except ValueError:  # too many
        raise refuse_credentials(request, Reason.MALFORMED_AUTHORIZATION, Scheme.OAUTH1) from None


def _is_form(request: HttpRequest) -> bool:
    label = str(request.META.get("CONTENT_TYPE", ""))
    media_type, _, _ = label.partition(";")
    return media_type.strip().lower() == FORM


def _form_text(request: HttpRequest) -> str:
    if not forms.is_short(request):
        raise TooLarge(forms.LONGEST)
    return request.body.decode(errors="replace")


def _show_received(sent: OAuth1Request) -> dict[str, str]:
    some = list(sent.oauth.items())[:20]
    return {shorten_text(name): shorten_text(value) for name, value in _mask_pairs(some)}


def _show_expected(sent: OAuth1Request) -> dict[str, Any]:
    """Return what the server signed. The signature that it computed is not shown: whoever reads the
    refusal log could send it."""
    return {
        "signed": [shorten_text(base, 2000) for base in sent.bases(_mask_pairs(sent.parameters))],
        "with": f"{MASK}&{MASK}",
        "digest": "HMAC-SHA1, in Base64",
        "server_time": int(clock.now().timestamp()),
    }


def _mask_pairs(pairs: Pairs) -> Pairs:
    """Return the parameters without the verifier and without values whose name suggests a
    secret."""
    return [(name, _HIDDEN if _is_secret(name) else value) for name, value in pairs]


def _is_secret(name: str) -> bool:
    if name.startswith(_PREFIX):
        return name == "oauth_verifier"
    return without_secrets(f"?{name}=x") != f"?{name}=x"
