"""How clients of OAuth 1 get their tokens: RFC 5849, sections 2 and 4.

The client is requests-oauthlib, which knows nothing of us: its requests go to the views over
an adapter.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
import time_machine
from django.test import Client as Browser
from requests.adapters import BaseAdapter
from requests.models import PreparedRequest, Response
from requests_oauthlib import OAuth1Session
from requests_oauthlib.oauth1_session import TokenRequestDenied

from apps.accounts.models import User
from apps.credentials.models import Client, OAuth1RequestToken, OAuth1Token, Realm
from tests.credentials.oauth1 import FORM
from tests.people import PASSWORD, new_user

spec = pytest.mark.spec

SITE = "https://testserver"
ASK, AGREE, FETCH = (
    f"{SITE}/oauth/{name}" for name in ("request_token", "authorize", "access_token")
)
ACCOUNT = f"{SITE}/api/account/"
CALLBACK = "https://printer.example.com/ready?shop=7"
KEY, SECRET = "dpf43f3p2l4k3l03", "kd94hf93k423kf44"
NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


class InProcess(BaseAdapter):
    """Sends prepared requests to the views, with the path decoded as WSGI servers hand it over."""

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        target = str(request.url).removeprefix(SITE)
        headers = {name: _text(value) for name, value in request.headers.items()}
        label = headers.pop("Content-Type", "application/octet-stream")
        headers.pop("Content-Length", None)
        answer = Browser().generic(
            str(request.method), target, request.body or b"", label, secure=True, headers=headers
        )
        response = Response()
        response.status_code, response._content = answer.status_code, answer.content
        response.headers.update(answer.headers)
        response.request, response.url = request, str(request.url)
        return response

    def close(self) -> None:
        """Nothing is open."""


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def session(**options: Any) -> OAuth1Session:
    """The client, with what it knows by now."""
    made = OAuth1Session(options.pop("key", KEY), options.pop("secret", SECRET), **options)
    made.mount(SITE, InProcess())
    return made


def asked(**options: Any) -> tuple[OAuth1Session, dict[str, str]]:
    """A client that has temporary credentials."""
    realm = options.pop("realm", None)
    made = session(**{"callback_uri": CALLBACK, **options})
    return made, made.fetch_request_token(ASK, realm)


def agree(client: OAuth1Session, action: str = "allow") -> Any:
    """What a person's browser gets who logs in and decides."""
    page = client.authorization_url(AGREE).removeprefix(SITE)
    browser = Browser()
    login = {"action": "login", "email": "ada", "password": PASSWORD}
    assert browser.post(page, urlencode(login), FORM, secure=True).status_code == 303
    return browser.post(page, urlencode({"action": action}), FORM, secure=True)


def agreed(client: OAuth1Session) -> str:
    """The verifier of a person who has agreed."""
    client.parse_authorization_response(agree(client)["Location"])
    return str(client._client.client.verifier)


def refused(client: OAuth1Session, code: str, *, status: int = 401) -> bool:
    """Whether the request for the token is refused so."""
    with pytest.raises(TokenRequestDenied) as caught:
        client.fetch_access_token(FETCH)
    return is_refused(caught.value.response, code, status=status)


def is_refused(response: Any, code: str, *, status: int = 401) -> bool:
    assert (response.status_code, response.headers["X-HexoStore-Reason"]) == (status, code)
    challenge = response.headers.get("WWW-Authenticate", "")
    return challenge.startswith("OAuth ") if status == 401 else not challenge


@pytest.fixture(autouse=True)
def printer(ada: User) -> Client:
    """A program of somebody else's, which Ada may let in."""
    owner = new_user("dev")
    owner.save()
    made = Client.objects.create(
        client_id=KEY, client_secret=SECRET, user=owner, status="oauth1", redirect_uris=CALLBACK
    )
    made.realms.set(Realm.objects.all())
    return made


@spec("RFC 5849", "2", "A client gets a token in three steps and reaches what its person sees")
@spec("Hexoskin", "Client README, Authorization", "There is one flow, with a callback and a token")
@pytest.mark.parametrize("place", ["AUTH_HEADER", "BODY", "QUERY"])
def test_the_whole_dance(ada: User, place: str) -> None:
    client, _ = asked(signature_type=place)
    agreed(client)
    client.fetch_access_token(FETCH)
    token = OAuth1Token.objects.get()
    keys = {"resource_owner_key": token.token, "resource_owner_secret": token.secret}
    reader = session(signature_type="QUERY" if place == "BODY" else place, **keys)
    assert [row["id"] for row in reader.get(ACCOUNT).json()["objects"]] == [ada.pk]


@spec("RFC 5849", "2.1", "The answer is a form with token and secret, and confirms the callback")
@spec("Hexoskin", "wire 1.7", "Answers of OAuth 1 are forms and never labelled as JSON")
def test_the_first_answer() -> None:
    seen: list[Response] = []
    client = session(callback_uri=CALLBACK)
    client.hooks["response"].append(lambda response, **_: seen.append(response))
    given = client.fetch_request_token(ASK)
    assert sorted(given) == ["oauth_callback_confirmed", "oauth_token", "oauth_token_secret"]
    assert given["oauth_callback_confirmed"] == "true"
    assert seen[0].headers["Content-Type"] == "application/x-www-form-urlencoded"


@spec("RFC 5849", "2.1", "The request must be signed by the client")
def test_the_first_request_is_authenticated() -> None:
    with pytest.raises(TokenRequestDenied) as caught:
        session(secret="x", callback_uri=CALLBACK).fetch_request_token(ASK)
    assert is_refused(caught.value.response, "signature_mismatch")
    assert is_refused(
        session().post(ASK, auth=lambda unsigned: unsigned), "oauth_parameter_missing", status=400
    )


@spec("RFC 5849", "2.1", "The callback is demanded")
def test_the_callback_is_demanded() -> None:
    assert is_refused(session().post(ASK), "oauth_parameter_missing", status=400)


@spec("RFC 5849", "2.1", "The endpoints take POST")
@pytest.mark.parametrize("url", [ASK, FETCH])
def test_only_by_post(url: str) -> None:
    assert session(callback_uri=CALLBACK).get(url).status_code == 405


@spec("RFC 5849", "2.1", "A client without a callback says oob, and its person types the code")
def test_out_of_band() -> None:
    client, given = asked(callback_uri="oob")
    page = agree(client)
    found = re.search(r"<p><code>(\w+)</code></p>", page.content.decode())
    assert page.status_code == 200
    assert found is not None
    session(
        resource_owner_key=given["oauth_token"],
        resource_owner_secret=given["oauth_token_secret"],
        verifier=found[1],
    ).fetch_access_token(FETCH)
    assert OAuth1Token.objects.count() == 1


@spec("RFC 5849", "2.2", "The person proves who he is before he is asked")
def test_who_is_it() -> None:
    client, _ = asked()
    page = client.authorization_url(AGREE).removeprefix(SITE)
    browser = Browser()
    assert browser.post(page, urlencode({"action": "allow"}), FORM, secure=True).status_code == 200
    assert b'type="password"' in browser.get(page, secure=True).content
    assert OAuth1RequestToken.objects.get().verifier == ""


@spec("RFC 5849", "2.2", "The token is demanded on the page")
def test_the_page_without_a_token() -> None:
    answer = Browser().get("/oauth/authorize", secure=True)
    assert is_refused(answer, "request_token_unknown", status=400)


@spec("RFC 5849", "2.2", "The callback keeps its own query and brings token and verifier")
def test_the_callback() -> None:
    client, given = asked()
    query = parse_qsl(urlsplit(agree(client)["Location"]).query)
    assert [name for name, _ in query] == ["shop", "oauth_token", "oauth_verifier"]
    assert (query[0][1], query[1][1]) == ("7", given["oauth_token"])


@spec("RFC 5849", "2.2", "The verifier cannot be guessed")
def test_the_verifier() -> None:
    verifiers = {agreed(asked()[0]) for _ in range(3)}
    assert len(verifiers) == 3
    assert min(map(len, verifiers)) >= 22  # 128 bits in letters and digits


@spec("RFC 5849", "2.2", "Who denies is not sent back with a verifier, and no token follows")
def test_denied() -> None:
    client, _ = asked()
    answer = agree(client, "deny")
    assert "oauth_verifier" not in answer["Location"]
    client._client.client.verifier = "x"
    assert refused(client, "request_token_unknown")


@spec("RFC 5849", "2.3", "The answer is a form with the token and its secret")
def test_the_last_answer() -> None:
    client, given = asked()
    agreed(client)
    got = client.fetch_access_token(FETCH)
    assert sorted(got) == ["oauth_authorized_realms", "oauth_token", "oauth_token_secret"]
    assert got["oauth_token"] != given["oauth_token"]
    assert got["oauth_token_secret"] != given["oauth_token_secret"]


@spec("RFC 5849", "2.3", "The verifier is demanded")
def test_without_a_verifier() -> None:
    client, _ = asked()
    agree(client)
    keys = dict(OAuth1RequestToken.objects.values_list("token", "secret"))
    [(token, secret)] = keys.items()
    response = session(resource_owner_key=token, resource_owner_secret=secret).post(FETCH)
    assert is_refused(response, "oauth_parameter_missing", status=400)


@spec("RFC 5849", "2.3", "A wrong verifier is refused")
def test_a_wrong_verifier() -> None:
    client, _ = asked()
    agree(client)
    client._client.client.verifier = "x"
    assert refused(client, "verifier_mismatch")


@spec("RFC 5849", "2.3", "The verifier of other temporary credentials is refused")
def test_the_verifier_of_another() -> None:
    (one, _), (other, _) = asked(), asked()
    agreed(one)
    one._client.client.verifier = agreed(other)
    assert refused(one, "verifier_mismatch")


@spec("RFC 5849", "2.3", "Temporary credentials are good for their own client only")
def test_another_client(printer: Client) -> None:
    other = Client.objects.create(client_id="0ther", user=printer.user, status="oauth1")
    client, given = asked()
    verifier = agreed(client)
    thief = session(
        key=other.client_id,
        secret=other.secret,
        resource_owner_key=given["oauth_token"],
        resource_owner_secret=given["oauth_token_secret"],
        verifier=verifier,
    )
    assert refused(thief, "request_token_unknown")


@spec("RFC 5849", "2.3", "Temporary credentials are exchanged once")
def test_once() -> None:
    client, given = asked()
    verifier = agreed(client)
    client.fetch_access_token(FETCH)
    again = session(
        resource_owner_key=given["oauth_token"],
        resource_owner_secret=given["oauth_token_secret"],
        verifier=verifier,
    )
    assert refused(again, "request_token_unknown")


@spec("RFC 5849", "2.3", "Temporary credentials are exchanged while they are fresh")
def test_in_time() -> None:
    with time_machine.travel(NOW, tick=False) as time:
        client, _ = asked()
        agreed(client)
        time.shift(timedelta(minutes=10))
        assert refused(client, "request_token_unknown")


@spec("RFC 5849", "2.3", "Temporary credentials give no access themselves")
def test_temporary_credentials_open_nothing() -> None:
    client, _ = asked()
    agree(client)
    assert is_refused(client.get(ACCOUNT), "unknown_token")


@spec("RFC 5849", "4.5", "A changed secret of the client counts at once")
def test_a_new_secret(printer: Client) -> None:
    client, _ = asked()
    agreed(client)
    Client.objects.filter(pk=printer.pk).update(client_secret="another")
    assert refused(client, "signature_mismatch")


@spec("RFC 5849", "4.7", "People are told which program asks, and who is behind it")
@spec("RFC 5849", "4.8", "People are told how far the access reaches, and it may be less than all")
def test_what_the_page_says(printer: Client) -> None:
    Client.objects.filter(pk=printer.pk).update(name="Photo printer")
    client, _ = asked(realm=["readonly"])
    browser = Browser()
    page = client.authorization_url(AGREE).removeprefix(SITE)
    login = {"action": "login", "email": "ada", "password": PASSWORD}
    browser.post(page, urlencode(login), FORM, secure=True)
    text = browser.get(page, secure=True).content.decode()
    for shown in ("Photo printer", KEY, "printer.example.com", "<code>readonly</code>"):
        assert shown in text
    assert "<code>readwrite</code>" not in text


@spec("RFC 5849", "4.8", "A token reaches as far as its realms: one that reads does not write")
def test_a_token_that_reads() -> None:
    client, _ = asked(realm=["readonly"])
    agreed(client)
    got = client.fetch_access_token(FETCH)
    assert got["oauth_authorized_realms"] == "readonly"
    keys = {
        "resource_owner_key": got["oauth_token"],
        "resource_owner_secret": got["oauth_token_secret"],
    }
    reader = session(**keys)
    url = f"{SITE}/api/range/"
    assert reader.get(url).status_code == 200
    answer = reader.post(url, json={"name": "x", "start": 256, "end": 512})
    assert is_refused(answer, "scope_insufficient", status=403)


@spec("RFC 5849", "4.8", "A client may name several realms in the header, and gets no more")
def test_several_realms() -> None:
    client, _ = asked(realm=["readonly", "readwrite"])
    agreed(client)
    got = client.fetch_access_token(FETCH)
    assert got["oauth_authorized_realms"] == "readonly readwrite"


@spec("RFC 5849", "4.8", "A realm that the client has not is refused")
def test_a_realm_of_others(printer: Client) -> None:
    printer.realms.set(Realm.objects.filter(name="readonly"))
    with pytest.raises(TokenRequestDenied) as caught:
        asked(realm=["readwrite"])
    assert is_refused(caught.value.response, "realm_not_allowed")


@spec("RFC 5849", "4.9", "Tokens and their secrets cannot be guessed")
def test_entropy() -> None:
    given = [asked()[1] for _ in range(3)]
    texts = {
        text for each in given for name, text in each.items() if name.startswith("oauth_token")
    }
    assert len(texts) == 6
    assert min(map(len, texts)) >= 22


@spec("RFC 5849", "4.10", "Temporary credentials that nobody used are not kept for ever")
def test_nothing_piles_up() -> None:
    with time_machine.travel(NOW, tick=False) as time:
        asked()
        time.shift(timedelta(minutes=10))
        asked()
    assert OAuth1RequestToken.objects.count() == 1


@spec("RFC 5849", "4.13", "Nobody else can have a person agree, nor finish a dance that he began")
def test_forged_consent() -> None:
    client, _ = asked()
    page = client.authorization_url(AGREE).removeprefix(SITE)
    browser = Browser(enforce_csrf_checks=True)
    login = {"action": "login", "email": "ada", "password": PASSWORD}
    assert browser.post(page, urlencode(login), FORM, secure=True).status_code == 403
    client._client.client.verifier = "guessed"
    assert refused(client, "verifier_mismatch")


@spec("RFC 5849", "4.14", "The page cannot be framed")
def test_no_frames() -> None:
    client, _ = asked()
    answer = Browser().get(client.authorization_url(AGREE).removeprefix(SITE), secure=True)
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"


@spec("RFC 5849", "4.15", "People are asked each time, also where they have agreed before")
def test_no_automatic_consent() -> None:
    client, _ = asked()
    agreed(client)
    client.fetch_access_token(FETCH)
    again, _ = asked()
    page = again.authorization_url(AGREE).removeprefix(SITE)
    browser = Browser()
    login = {"action": "login", "email": "ada", "password": PASSWORD}
    browser.post(page, urlencode(login), FORM, secure=True)
    assert b'value="allow"' in browser.get(page, secure=True).content


@spec(
    "Hexoskin", "API reference, OAuth General considerations", "Only registered callbacks are taken"
)
@pytest.mark.parametrize("uri", ["https://evil.example.com/", "https://printer.example.com/ready"])
def test_registered_callbacks(uri: str) -> None:
    with pytest.raises(TokenRequestDenied) as caught:
        asked(callback_uri=uri)
    assert is_refused(caught.value.response, "callback_not_registered", status=400)


@spec("Hexoskin", "wire 1.7", "After the dance callback and verifier go on being sent and signed")
def test_the_client_that_goes_on_sending_them(ada: User) -> None:
    client, _ = asked()
    agreed(client)
    got = client.fetch_access_token(FETCH)
    talkative = session(
        resource_owner_key=got["oauth_token"],
        resource_owner_secret=got["oauth_token_secret"],
        callback_uri=CALLBACK,
        verifier="v3r1fi3r",
    )
    response = talkative.get(ACCOUNT)
    assert 'oauth_verifier="v3r1fi3r"' in _text(response.request.headers["Authorization"])
    assert [row["id"] for row in response.json()["objects"]] == [ada.pk]


@spec(
    "Hexoskin",
    "API reference, API keys and OAuth requests",
    "The status decides the scheme: oauth1",
)
def test_the_status(printer: Client) -> None:
    client, _ = asked()
    agreed(client)
    Client.objects.filter(pk=printer.pk).update(status="oauth2")
    assert refused(client, "client_not_oauth1")


def test_the_adapter_speaks_to_the_views() -> None:
    plain = requests.Session()
    plain.mount(SITE, InProcess())
    assert plain.get(f"{SITE}/livez").status_code == 200
