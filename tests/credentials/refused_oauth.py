"""Refusals of OAuth 1 and of the endpoints of OAuth 2."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.test import Client as Browser
from oauth2_provider.models import get_grant_model, get_refresh_token_model
from oauthlib.oauth1 import Client as Signer

from apps.api.reasons import Reason
from apps.credentials.models import Client, OAuth1RequestToken, OAuth1Token, Realm
from apps.credentials.oauth2.revocations import token_checksum
from hexostore import clock
from tests.credentials.refused import (
    CALLBACK,
    HOST,
    NOW,
    OAUTH1,
    OAUTH1_SECRET,
    OAUTH2,
    OAUTH2_SECRET,
    Sent,
    ada,
    basic,
    client,
    refused,
)
from tests.credentials.tokens import ACCOUNT, new_token
from tests.people import PASSWORD

AUTHORIZE, TOKEN = "/api/connect/oauth2/auth/", "/api/connect/oauth2/token/"
ASK, AGREE, FETCH = "/oauth/request_token", "/oauth/authorize", "/oauth/access_token"
NAME, NAME_SECRET = "t0k3n0f0auth1", "t0k3n0f0auth1s3cr3t"
CODE, REFRESH = "c0d3-of-the-tests", "r3fr3sh-of-the-tests"


# OAuth 1


def signed(
    path: str = ACCOUNT, method: Any = "GET", changed: dict[str, str] | None = None, **options: Any
) -> Sent:
    """A request signed with the token; `changed` are headers' letters changed after signing."""
    defaults = {
        "client_secret": OAUTH1_SECRET,
        "resource_owner_key": NAME,
        "resource_owner_secret": NAME_SECRET,
        "timestamp": str(NOW),
        "nonce": "7654321",
    }
    body, label = options.pop("body", None), options.pop("label", None)
    signer = Signer(options.pop("key", OAUTH1), **{**defaults, **options})
    _, headers, _ = signer.sign(f"https://{HOST}{path}", method, body, label)
    headers.pop("Content-Type", None)
    for old, new in (changed or {}).items():
        assert old in headers["Authorization"]
        headers["Authorization"] = headers["Authorization"].replace(old, new)
    return Sent(path, method, headers)


def asking(changed: dict[str, str] | None = None, **options: Any) -> Sent:
    """A request for temporary credentials."""
    nobody = {"resource_owner_key": None, "resource_owner_secret": None, "callback_uri": CALLBACK}
    return signed(ASK, "POST", changed, **{**nobody, **options})


def fetching(**options: Any) -> Sent:
    """A request for a token."""
    return signed(FETCH, "POST", **{"verifier": "v3r1f13r", **options})


def token_of_oauth1(**columns: Any) -> None:
    OAuth1Token.objects.create(
        token=NAME,
        secret=NAME_SECRET,
        client=client(OAUTH1),
        user=ada(),
        realms="readonly readwrite",
        **columns,
    )


def temporary(**columns: Any) -> None:
    defaults = {"user": ada(), "verifier": "v3r1f13r"}
    OAuth1RequestToken.objects.create(
        token=NAME,
        secret=NAME_SECRET,
        client=client(OAUTH1),
        callback_uri=CALLBACK,
        realms="readonly",
        expires=clock.now() + timedelta(minutes=10),
        **{**defaults, **columns},
    )


@refused(Reason.OAUTH_PARAMETER_MISSING)
def no_nonce() -> Sent:
    """OAuth 1 without a nonce"""
    return signed(changed={'oauth_nonce="7654321", ': ""})


@refused(Reason.OAUTH_PARAMETER_REPEATED)
def two_nonces() -> Sent:
    """OAuth 1 with two nonces"""
    nonce = 'oauth_nonce="7654321", '
    return signed(changed={nonce: nonce * 2})


@refused(Reason.OAUTH_VERSION_UNSUPPORTED)
def version() -> Sent:
    """OAuth 1 with the version 2.0"""
    return signed(changed={'oauth_version="1.0"': 'oauth_version="2.0"'})


@refused(Reason.SIGNATURE_METHOD_UNSUPPORTED)
def plaintext() -> Sent:
    """OAuth 1 with the method PLAINTEXT"""
    return signed(signature_method="PLAINTEXT")


@refused(Reason.NONCE_MALFORMED)
def fraction() -> Sent:
    """OAuth 1 with a timestamp that has a fraction"""
    return signed(timestamp=f"{NOW}.25")


@refused(Reason.BODY_HASH_MISMATCH)
def other_body() -> Sent:
    """OAuth 1 with the digest of another body"""
    token_of_oauth1()
    label = {"Content-Type": "application/json"}
    return signed("/api/range/", "POST", body='{"name": "mine"}', label=label)


@refused(Reason.UNKNOWN_KEY)
def unknown_consumer() -> Sent:
    """OAuth 1 with an unknown key"""
    return asking(key="n0b0DyS")


@refused(Reason.CLIENT_NOT_OAUTH1)
def consumer_of_another_scheme() -> Sent:
    """OAuth 1 with a client of the status oauth2"""
    return asking(key=OAUTH2, client_secret=OAUTH2_SECRET)


@refused(Reason.SIGNATURE_MISMATCH)
def wrong_token_secret() -> Sent:
    """OAuth 1 signed with a wrong secret of the token"""
    token_of_oauth1()
    return signed(resource_owner_secret="other")


@refused(Reason.TIMESTAMP_OUTSIDE_WINDOW)
def old() -> Sent:
    """OAuth 1 with a clock that is an hour behind"""
    token_of_oauth1()
    return signed(timestamp=str(NOW - 3600))


@refused(Reason.NONCE_USED)
def twice() -> Sent:
    """The same OAuth 1 request twice"""
    token_of_oauth1()
    request = signed()
    assert request.send().status_code == 200
    return request


@refused(Reason.REVOKED_TOKEN)
def taken_back() -> Sent:
    """OAuth 1 with a token that was revoked"""
    token_of_oauth1(revoked=clock.now())
    return signed()


@refused(Reason.CALLBACK_NOT_REGISTERED)
def other_callback() -> Sent:
    """OAuth 1 with a callback that is not registered"""
    return asking(callback_uri="https://other.example.com/")


@refused(Reason.REALM_NOT_ALLOWED)
def other_realm() -> Sent:
    """OAuth 1 with a realm that the client does not have"""
    client(OAUTH1).realms.set(Realm.objects.filter(name="readonly"))
    return asking(realm="readwrite")


@refused(Reason.REQUEST_TOKEN_UNKNOWN)
def unknown_temporary() -> Sent:
    """OAuth 1 with a request token that was already used"""
    return fetching()


@refused(Reason.VERIFIER_MISMATCH)
def other_verifier() -> Sent:
    """OAuth 1 with a wrong verifier"""
    temporary()
    return fetching(verifier="guess")


# The endpoints of OAuth 2


def posted(form: dict[str, str], pair: tuple[str, str] = (OAUTH2, OAUTH2_SECRET)) -> Sent:
    """A form for the token endpoint with the client's Basic credentials."""
    return Sent(TOKEN, "POST", basic(*pair), form)


def opened(**changed: str) -> Sent:
    """The authorization endpoint as a browser opens it."""
    asked = {"response_type": "code", "client_id": OAUTH2, "redirect_uri": CALLBACK, "state": "s7"}
    return Sent(f"{AUTHORIZE}?{urlencode({**asked, **changed})}")


def code(**columns: Any) -> None:
    """The code CODE, which lasts a minute."""
    defaults = {"expires": clock.now() + timedelta(seconds=60), "redirect_uri": CALLBACK}
    get_grant_model().objects.create(
        code=token_checksum(CODE),
        user=ada(),
        application=client(OAUTH2),
        scope="readonly",
        **{**defaults, **columns},
    )


def exchange(**changed: str) -> Sent:
    """The code for a token."""
    form = {"grant_type": "authorization_code", "code": CODE, "redirect_uri": CALLBACK}
    return posted({**form, **changed})


@refused(Reason.REQUEST_MALFORMED)
def no_grant_type() -> Sent:
    """A token request without grant_type"""
    return posted({"scope": "readonly"})


@refused(Reason.SECRET_IN_QUERY, public=True)
def secret_in_query() -> Sent:
    """A token request with the secret of the client in the URL, in the public profile"""
    asked = {"grant_type": "client_credentials", "client_id": OAUTH2, "client_secret": "s3cret"}
    return Sent(f"{TOKEN}?{urlencode(asked)}", "POST")


@refused(Reason.UNKNOWN_CLIENT)
def nobodys_client() -> Sent:
    """A token request with an unknown client_id"""
    return posted({"grant_type": "client_credentials"}, ("n0b0DyS", "x"))


@refused(Reason.WRONG_SECRET)
def wrong_client_secret() -> Sent:
    """A token request with a wrong client secret"""
    return posted({"grant_type": "client_credentials"}, (OAUTH2, "guess"))


@refused(Reason.REDIRECT_MISMATCH)
def other_redirect() -> Sent:
    """A request for consent with a redirect URI that is not registered"""
    return opened(redirect_uri="https://other.example.com/")


@refused(Reason.GRANT_NOT_ALLOWED)
def grant_of_others() -> Sent:
    """A grant that the client may not use"""
    Client.objects.filter(client_id=OAUTH2).update(grant_type="authorization_code")
    return posted({"grant_type": "client_credentials"})


@refused(Reason.GRANT_UNSUPPORTED)
def device() -> Sent:
    """The device grant, which this server does not have"""
    return posted({"grant_type": "urn:ietf:params:oauth:grant-type:device_code"})


@refused(Reason.SCOPE_NOT_ALLOWED)
def other_scope() -> Sent:
    """An unknown scope"""
    return posted({"grant_type": "client_credentials", "scope": "everything"})


@refused(Reason.CODE_UNKNOWN)
def unknown_code() -> Sent:
    """A code that was never issued"""
    return exchange()


@refused(Reason.CODE_EXPIRED)
def old_code() -> Sent:
    """A code one second after it expired"""
    code(expires=clock.now() - timedelta(seconds=1))
    return exchange()


@refused(Reason.CODE_USED)
def used_code() -> Sent:
    """A code for the second time"""
    code()
    request = exchange()
    assert request.send().status_code == 200
    return request


@refused(Reason.CODE_REDIRECT_MISMATCH)
def code_for_another_redirect() -> Sent:
    """A code with another redirect URI than in its request"""
    code()
    return exchange(redirect_uri="https://other.example.com/")


@refused(Reason.PKCE_MISMATCH)
def other_code_verifier() -> Sent:
    """A code with a wrong code_verifier for the challenge of RFC 7636, appendix B"""
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    code(code_challenge=challenge, code_challenge_method="S256")
    return exchange(code_verifier="x" * 43)


def refreshing() -> Sent:
    return posted({"grant_type": "refresh_token", "refresh_token": REFRESH})


@refused(Reason.REFRESH_UNKNOWN)
def unknown_refresh() -> Sent:
    """A refresh token that was never issued"""
    return refreshing()


@refused(Reason.REFRESH_REUSED)
def used_refresh() -> Sent:
    """A refresh token for the second time"""
    get_refresh_token_model().objects.create(
        user=ada(),
        token=REFRESH,
        application=client(OAUTH2),
        access_token=new_token(client(OAUTH2), ada()),
        token_family=UUID(int=7),
    )
    request = refreshing()
    assert request.send().status_code == 200
    return request


@refused(Reason.NOT_THE_OWNER)
def somebody_else() -> Sent:
    """The password grant with the right password of somebody else"""
    form = {"grant_type": "password", "username": "bob@example.com", "password": PASSWORD}
    return posted(form)


@refused(Reason.WRONG_PASSWORD)
def wrong_password_grant() -> Sent:
    """The password grant with a wrong password"""
    return posted({"grant_type": "password", "username": "ada", "password": "guess"})


def at_the_browser(action: str) -> Sent:
    """Ada, who is logged in, sends the form of the page that asks for her consent."""
    browser, path = Browser(), opened().path
    login = {"action": "login", "email": "ada", "password": PASSWORD}
    assert Sent(path, "POST", form=login, browser=browser).send().status_code == 303
    return Sent(path, "POST", form={"action": action}, browser=browser)


@refused(Reason.CONSENT_DENIED)
def denied() -> Sent:
    """A person who denies access"""
    return at_the_browser("deny")


@refused(Reason.FORM_FORGED)
def forged() -> Sent:
    """The form of the page, sent by another site without its CSRF token"""
    request = at_the_browser("allow")
    assert request.browser is not None
    request.browser.handler.enforce_csrf_checks = True
    return request
