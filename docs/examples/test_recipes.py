"""The recipes of docs/testing.md. Run them with pytest.

They need the packages hexostore, pytest and requests, and the client in test_client.py.
"""

from __future__ import annotations

import time

import pytest
import requests
from test_client import Client, me


@pytest.fixture
def client(hexostore):
    return Client(hexostore.base_url, hexostore.login("athlete"))


def client_of(sandbox):
    return Client(sandbox.base_url, sandbox.login("athlete"))


def add_label(client, name):
    return client.send("POST", "label/", json={"name": name, "user": me(client)}).json()


def label_names(client):
    return [label["name"] for label in client.get("label/", limit=0).json()["objects"]]


def test_two_tests_do_not_meet(client, hexostore_server):
    with hexostore_server.sandbox() as other:
        add_label(client, "mine")
        assert "mine" in label_names(client)
        assert "mine" not in label_names(client_of(other))


@pytest.fixture(scope="module")
def shared(hexostore_server):
    with hexostore_server.sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def begun_anew(shared):
    shared.reset()
    return client_of(shared)


@pytest.mark.parametrize("name", ["one", "two"])
def test_each_begins_anew(begun_anew, name):
    assert not {"one", "two"} & set(label_names(begun_anew))
    add_label(begun_anew, name)


SEED = {
    "user": {"mia": {"username": "mia@example.com", "password": "long-enough-1"}},
    "record": {"morning": {"id": 501, "user": "mia", "start": 361446243405, "end": 361447667055}},
}


def test_own_rows(hexostore_server):
    with hexostore_server.sandbox(seed=SEED) as sandbox:
        mia = Client(sandbox.base_url, ("mia@example.com", "long-enough-1"))
        assert [record["id"] for record in mia.get("record/").json()["objects"]] == [501]


def test_one_token_ends_early(hexostore):
    client = Client(hexostore.base_url, hexostore.login(), hexostore.oauth2)
    hexostore.end_token(client.tokens["access_token"])
    me(client)
    hexostore.requests.verify_in_order(
        {"resource": "account", "reason": "expired_token"},
        {"path": "/api/connect/oauth2/token/", "body": {"grant_type": "refresh_token"}},
        {"resource": "account", "status": 200},
    )


def test_an_outage_is_given_up(client, hexostore):
    hexostore.fault({"status": 503, "retry_after": 0}, match={"resource": "record"})
    with pytest.raises(requests.HTTPError, match="503"):
        client.get("record/")
    hexostore.requests.verify({"resource": "record", "status": 503}, exactly=3)


def finished_record(client, record):
    for _ in range(10):
        found = client.get(f"record/{record}/").json()
        if found["status"] == "complete":
            return found
        time.sleep(0.05)
    raise TimeoutError(record)


def test_a_record_is_waited_for(client, hexostore):
    hexostore.fault({"record_status": "processing"}, match={"resource": "record"}, times=2)
    assert finished_record(client, 301204)["id"] == 301204
    hexostore.requests.verify({"path": "/api/record/301204/"}, exactly=3)


def test_what_is_sent(client, hexostore):
    client.get("record/", limit=2)
    lists = {"method": "GET", "resource": "record"}
    hexostore.requests.verify(lists | {"query": {"limit": "2", "offset": None}}, exactly=1)
    with pytest.raises(AssertionError, match=r"query\.limit: wanted '20', found '2'"):
        hexostore.requests.verify(lists | {"query": {"limit": "20"}})


def every_record(client):
    found, offset = {}, 0
    while page := client.get("record/", limit=2, offset=offset, order="id").json()["objects"]:
        found |= {record["id"]: record for record in page}
        offset += 2
    return found


def test_a_row_that_comes_twice_counts_once(client, hexostore):
    undisturbed = every_record(client)
    hexostore.fault({"repeat_row": True}, match={"resource": "record"})
    assert every_record(client) == undisturbed


def make_range(client):
    hour = {"start": 502848000000, "end": 503769600000}
    body = {"name": "golden", "user": me(client), **hour}
    return client.send("POST", "range/", json=body).json()


def test_an_answer_is_the_same_every_time(client, hexostore):
    answers = []
    for _ in range(2):
        hexostore.reset()
        hexostore.clock.freeze("2031-01-01T12:00:00")
        answers.append(make_range(client))
    assert answers[0] == answers[1]
    assert answers[0]["last_modified"] == "2031-01-01T12:00:00+00:00"
