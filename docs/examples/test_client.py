"""Twelve tests of a small client, each in a sandbox of its own. Run them with pytest.

They need the packages hexostore, pytest and requests.
"""

from __future__ import annotations

import hashlib
import time

import pytest
import requests


class Client:
    """A client as somebody may have written it: it retries, and refreshes its token."""

    def __init__(self, base, login=None, oauth2=None, timeout=5.0):
        self.base, self.timeout, self.oauth2, self.tokens = base, timeout, oauth2, {}
        self.session = requests.Session()
        self.session.auth = None if oauth2 else login
        if oauth2:
            self._ask_for_tokens(grant_type="password", username=login[0], password=login[1])

    def get(self, path, **query):
        return self.send("GET", path, params=query)

    def send(self, method, path, retries=2, **more):
        answer = self.session.request(
            method, f"{self.base}/api/{path}", timeout=self.timeout, **more
        )
        if answer.status_code in {429, 500, 503} and retries:
            time.sleep(int(answer.headers.get("Retry-After", 0)))
            return self.send(method, path, retries - 1, **more)
        if answer.status_code == 401 and self.tokens and retries:
            self._ask_for_tokens(
                grant_type="refresh_token", refresh_token=self.tokens["refresh_token"]
            )
            return self.send(method, path, 0, **more)
        answer.raise_for_status()
        return answer

    def _ask_for_tokens(self, **form):
        url = f"{self.base}/api/connect/oauth2/token/"
        answer = requests.post(url, data=form, auth=self.oauth2, timeout=self.timeout)
        answer.raise_for_status()
        self.tokens = answer.json()
        self.session.headers["Authorization"] = f"Bearer {self.tokens['access_token']}"


@pytest.fixture
def client(hexostore):
    return Client(hexostore.base_url, hexostore.login("athlete"))


def me(client):
    return client.get("account/").json()["objects"][0]["resource_uri"]


def test_login(client):
    assert me(client).startswith("/api/user/")


def test_wrong_password(hexostore):
    with pytest.raises(requests.HTTPError, match="401"):
        me(Client(hexostore.base_url, ("athlete@example.com", "wrong")))
    assert hexostore.requests.list()[0]["reason"] == "wrong_password"


def test_signed_key(hexostore):
    key, secret = hexostore.key
    url, stamp = f"{hexostore.base_url}/api/account/", str(int(time.time()))
    signature = hashlib.sha1(f"{secret}{stamp}{url}".encode()).hexdigest()
    headers = {"X-HEXOAPIKEY": key, "X-HEXOTIMESTAMP": stamp, "X-HEXOAPISIGNATURE": signature}
    assert requests.get(url, headers=headers, timeout=5).status_code == 200


def test_pages(client):
    first = client.get("record/", limit=2).json()
    second = client.get("record/", limit=2, offset=2).json()
    ids = [record["id"] for page in (first, second) for record in page["objects"]]
    assert len(ids) == len(set(ids)) == 4


def test_heart_rate(client):
    (found,) = client.get("data/", record=301204, datatype=19, max_values=10).json()
    assert 0 < len(found["data"]["19"]) <= 10


def test_csv(client):
    text = client.send(
        "GET", "data/?record=301204&datatype=19", headers={"Accept": "text/csv"}
    ).text
    assert text.splitlines()[0].startswith("time")


def test_a_label_is_added_and_removed(client):
    added = client.send("POST", "label/", json={"name": "mine", "user": me(client)}).json()
    client.send("DELETE", added["resource_uri"].removeprefix("/api/"))
    assert "mine" not in {label["name"] for label in client.get("label/").json()["objects"]}


def test_one_error_is_survived(client, hexostore):
    hexostore.fault({"status": 500}, match={"resource": "record"}, times=1)
    assert client.get("record/").status_code == 200
    hexostore.requests.verify({"resource": "record"}, exactly=2)


def test_a_rate_limit_is_waited_for(client, hexostore):
    hexostore.fault({"status": 429, "retry_after": 1}, times=1)
    began = time.monotonic()
    assert client.get("record/").status_code == 200
    assert time.monotonic() - began >= 1


def test_a_slow_answer_is_given_up(hexostore):
    hexostore.fault({"delay_ms": 2000})
    hasty = Client(hexostore.base_url, hexostore.login(), timeout=0.5)
    with pytest.raises(requests.Timeout):
        hasty.get("record/")


def test_a_cut_answer_is_noticed(client, hexostore):
    hexostore.fault({"drop": "amid"}, match={"resource": "record"})
    with pytest.raises(requests.RequestException):
        client.get("record/")


def test_an_expired_token_is_refreshed(hexostore):
    client = Client(hexostore.base_url, hexostore.login(), hexostore.oauth2)
    before = client.tokens["access_token"]
    hexostore.clock.advance(seconds=client.tokens["expires_in"])
    assert me(client).startswith("/api/user/")
    assert client.tokens["access_token"] != before
