"""What a server writes to its log and its journal: every request, and no secret of any scheme."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from oauthlib.oauth1 import Client as Signer

from apps.credentials.signed_keys.signatures import compute_signature
from hexostore import clock
from tests import begun_homes
from tests.embedded import remove_home, throwaway_home
from tests.live import Live
from tests.sandbox.test_public import SOUND

JOURNAL = "/_sandbox/requests?limit=1000"
EMAIL, PASSWORD = "me@example.com", "pa55+w/rd%hunter2"
SECRETS = {status: f"s3cr3t{status}{'x' * 20}" for status in ("apikey", "oauth1", "oauth2")}


@dataclass
class Visitor:
    """Somebody who tries everything; `secrets` is what nobody may find afterwards."""

    base: str
    ca: Path
    secrets: set[str] = field(default_factory=lambda: {PASSWORD, *SECRETS.values()})
    sent: int = 0

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        self.sent += 1
        url = f"{self.base}{path}"
        return requests.request(
            method, url, verify=str(self.ca), timeout=20, allow_redirects=False, **more
        )

    def token(self, **asked: str) -> str:
        """The token that a request for one gives, or one that is made up."""
        told = self.ask("POST", "/api/connect/oauth2/token/", data=asked)
        found = told.json() if told.status_code == 200 else {"access_token": f"made-up-{self.sent}"}
        self.secrets |= {found[name] for name in ("access_token", "refresh_token") if name in found}
        return str(found["access_token"])


@pytest.fixture(params=["sandbox", "public"])
def served(request: pytest.FixtureRequest) -> Iterator[Live]:
    """A store with one user and a client of each scheme, with the fullest log."""
    home = throwaway_home()
    begun_homes.fill_home(home, "empty")
    environment = {**SOUND, "HEXOSTORE_LOG_LEVEL": "DEBUG", "EMAIL_URL": "dummymail://"}
    options = ("--empty", *(["--public"] if request.param == "public" else []))
    live = Live(home, options, environment).start()
    assert live.run("user", "add", "--email", EMAIL, "--password", PASSWORD).returncode == 0
    grants = {"grant_type": "password client_credentials authorization_code implicit"}
    seed = {
        status: {
            "client_id": f"key-{status}",
            "secret": secret,
            "user": EMAIL,
            "status": status,
            **(grants if status == "oauth2" else {}),
        }
        for status, secret in SECRETS.items()
    }
    (home / "seed.json").write_text(json.dumps({"client": seed}))
    loaded = live.run("load", str(home / "seed.json"))
    assert loaded.returncode == 0, loaded.stderr
    yield live
    live.stop()
    remove_home(home)


def basic(me: Visitor) -> None:
    me.ask("GET", "/api/account/", auth=(EMAIL, PASSWORD))
    me.ask("GET", "/api/account/", auth=(EMAIL, f"{PASSWORD}-but-wrong"))
    me.ask("GET", "/api/account/", headers={"Authorization": f"Basic {PASSWORD}"})
    me.ask("GET", f"/api/account/?username={EMAIL}&password={quote(PASSWORD)}")
    pair = f"{EMAIL}:{PASSWORD}".encode()
    me.secrets |= {b64encode(pair).decode(), quote(PASSWORD), quote(PASSWORD, safe="")}


def signed_key(me: Visitor) -> None:
    for secret in (SECRETS["apikey"], "another"):
        stamp = str(int(clock.now().timestamp()))
        made = compute_signature(secret, stamp, f"{me.base}/api/account/")
        headers = dict(
            zip(
                ("X-HEXOTIMESTAMP", "X-HEXOAPIKEY", "X-HEXOAPISIGNATURE"),
                (stamp, "key-apikey", made),
                strict=True,
            )
        )
        me.ask("GET", "/api/account/", headers=headers, auth=(EMAIL, PASSWORD))
        me.secrets.add(made)


def oauth2(me: Visitor) -> None:
    client = {"client_id": "key-oauth2", "client_secret": SECRETS["oauth2"]}
    login = {"grant_type": "password", "username": EMAIL, "password": PASSWORD}
    tokens = {
        me.token(**client, **login),
        me.token(**client, grant_type="client_credentials"),
        me.token(**client, grant_type="refresh_token", refresh_token="made-up-refresh"),
        me.token(**client, grant_type="authorization_code", code="made-up-code"),
    }
    me.ask("POST", "/api/connect/oauth2/token/", params={**client, **login})
    me.ask("POST", "/api/connect/oauth2/token/", data=login, auth=tuple(client.values()))
    for token in tokens:
        me.ask("GET", "/api/account/", headers={"Authorization": f"Bearer {token}"})
        me.ask("GET", "/api/account/", params={"access_token": token})
        me.ask("POST", "/api/range/", data={"access_token": token})
    asked = {"client_id": "key-oauth2", "response_type": "code", "redirect_uri": "x:/"}
    me.ask("GET", "/api/connect/oauth2/auth/", params=asked)
    me.secrets |= {"made-up-refresh", "made-up-code"}


def oauth1(me: Visitor) -> None:
    for place in ("AUTH_HEADER", "QUERY", "BODY"):
        signer = Signer(
            "key-oauth1",
            client_secret=SECRETS["oauth1"],
            resource_owner_key="made-up-owner-key",
            resource_owner_secret="made-up-owner-secret",
            verifier="made-up-verifier",
            signature_type=place,
        )
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        for path in ("/oauth/request_token", "/oauth/access_token", "/api/account/"):
            url, headers, body = signer.sign(f"{me.base}{path}", "POST", "a=b", form)
            me.ask("POST", url.removeprefix(me.base), headers=headers, data=body)
    me.ask("GET", "/oauth/authorize?oauth_token=made-up-owner-key")
    me.secrets |= {"made-up-owner-key", "made-up-owner-secret", "made-up-verifier"}


def mail(me: Visitor) -> None:
    me.ask("POST", "/api/resetpassword/", json={"email": EMAIL})
    mailed = "m" * 43
    me.ask("POST", f"/api/resetpassword/{mailed}/", json={"password": PASSWORD})
    me.secrets.add(mailed)


def test_no_secret_is_in_the_log(served: Live) -> None:
    me = Visitor(served.https.replace("127.0.0.1", "localhost"), served.ca)
    schemes = (basic, signed_key, oauth2, oauth1, mail)
    for scheme in schemes:
        scheme(me)
    exports = [me.ask("GET", f"{JOURNAL}&format={kind}").text for kind in ("json", "har", "curl")]
    if "--public" in served.options:
        assert "requests" not in exports[0]
    else:
        assert len(json.loads(exports[0])["requests"]) == me.sent - len(exports)
    assert {secret for secret in me.secrets if secret in "".join(exports)} == set()
    served.stop()
    log = served.log()
    assert log.count("hexostore.request: ") == me.sent
    assert {secret for secret in me.secrets if secret in log} == set()
    for name in ("access_token", "oauth_signature", "client_secret", "password"):
        assert f"{name}=..." in log
    assert "Authorization" not in log
    assert "Traceback" not in log, log
