"""Answers that a fault gives itself, and answers that it damages or keeps."""

from __future__ import annotations

import json
import subprocess
from contextlib import closing
from typing import Any

import pytest
import requests

from apps.control.faults.actions import REASONS
from tests.control.faults.conftest import FaultySandbox
from tests.control.test_served_sandboxes import LOGIN, add_label

CANNED = {"error_message": "Sorry, this request could not be processed. Please try again later."}


@pytest.mark.parametrize("status", [500, 502, 503])
def test_an_outage_looks_like_a_real_one(faulty: FaultySandbox, status: int) -> None:
    key = faulty.add({"status": status})
    answer = faulty.get()
    assert (answer.status_code, answer.json()) == (status, CANNED)
    assert answer.headers["X-HexoStore-Fault"] == str(key)
    assert answer.headers.get("Retry-After") == ("60" if status == 503 else None)


def test_too_many_requests_look_like_those_of_a_limit(faulty: FaultySandbox) -> None:
    faulty.add({"status": 429, "retry_after": 3})
    answer = faulty.get()
    assert (answer.status_code, answer.content) == (429, b"")
    assert answer.headers["Retry-After"] == "3"
    assert answer.headers["X-HexoStore-Reason"] == "rate_limited"


def test_a_rule_says_what_the_answer_is(faulty: FaultySandbox) -> None:
    faulty.add({"status": 207, "body": {"ünï": [1, None]}, "headers": {"X-Own": "yes"}})
    answer = faulty.get()
    assert (answer.status_code, answer.json()) == (207, {"ünï": [1, None]})
    assert answer.headers["X-Own"] == "yes"
    assert answer.headers["Content-Type"] == "application/json"


def test_curl_and_a_socket_see_the_same(faulty: FaultySandbox) -> None:
    faulty.add({"status": 503, "body": "down", "headers": {"Content-Type": "text/html"}})
    asked = ["curl", "-s", "-w", " %{http_code} %{content_type}", faulty.base + "/api/record/"]
    done = subprocess.run(asked, capture_output=True, check=True, timeout=60, text=True)
    assert done.stdout == "down 503 text/html"
    with closing(faulty.send_raw(headers="Connection: close\r\n")) as raw:
        received = b"".join(iter(lambda: raw.recv(65536), b""))
    assert received.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert received.endswith(b"\r\n\r\ndown")


def test_headers_alone_are_added_to_the_true_answer(faulty: FaultySandbox) -> None:
    faulty.add({"headers": {"Cache-Control": "max-age=60"}})
    answer = faulty.get()
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "max-age=60"


@pytest.mark.parametrize("reason", REASONS)
def test_each_reason_has_its_status(faulty: FaultySandbox, reason: Any) -> None:
    faulty.add({"reason": str(reason)})
    answer = faulty.get()
    assert answer.status_code == reason.status
    assert answer.headers["X-HexoStore-Reason"] == str(reason.told)
    assert ("WWW-Authenticate" in answer.headers) == (reason.status == 401)


def test_a_refusal_has_the_form_of_the_scheme(faulty: FaultySandbox) -> None:
    faulty.add({"reason": "expired_token"}, times=1)
    bearer = faulty.get(auth=None, headers={"Authorization": "Bearer abc"})
    assert bearer.status_code == 401
    assert 'error="invalid_token"' in bearer.headers["WWW-Authenticate"]
    faulty.add({"reason": "signature_mismatch"})
    signed = faulty.get(auth=None, headers={"X-HEXOAPIKEY": "abc"})
    assert signed.json() == {"error": "API signature failed."}


def test_a_refusal_is_in_the_refusal_log(faulty: FaultySandbox) -> None:
    faulty.add({"reason": "revoked_token"}, times=1)
    faulty.get()
    last = faulty.control("GET", "auth/last").json()
    assert "revoked_token" in json.dumps(last)


class TestDamage:
    """The body is not what it seems."""

    def test_truncated(self, faulty: FaultySandbox) -> None:
        whole = faulty.get().content
        faulty.add({"damage": "truncated"})
        answer = faulty.get()
        assert answer.content == whole[: len(whole) // 2]
        assert answer.headers["Content-Length"] == str(len(whole) // 2)

    def test_broken_json_is_as_long_as_before(self, faulty: FaultySandbox) -> None:
        whole = faulty.get().content
        faulty.add({"damage": "broken"})
        answer = faulty.get()
        assert len(answer.content) == len(whole)
        with pytest.raises(requests.exceptions.JSONDecodeError):
            answer.json()

    def test_what_is_no_json_is_not_broken(self, faulty: FaultySandbox) -> None:
        key = faulty.add({"damage": "broken"})
        csv = faulty.get("/api/data/?record=37700&datatype=19&format=csv")
        assert csv.text.startswith("time")
        assert faulty.counts(key) == (0, 0)

    def test_curl(self, faulty: FaultySandbox) -> None:
        faulty.add({"damage": "broken"})
        asked = ["curl", "-s", "-u", ":".join(LOGIN), faulty.base + "/api/record/?limit=1"]
        done = subprocess.run(asked, capture_output=True, check=True, timeout=60)
        with pytest.raises(ValueError, match=r"Expecting|Extra|delimiter"):
            json.loads(done.stdout)

    def test_socket(self, faulty: FaultySandbox) -> None:
        faulty.add({"damage": "truncated"})
        with closing(faulty.send_raw(headers="Connection: close\r\n")) as raw:
            head, _, body = b"".join(iter(lambda: raw.recv(65536), b"")).partition(b"\r\n\r\n")
        assert f"\r\nContent-Length: {len(body)}\r\n".encode() in head + b"\r\n"


class TestStale:
    """The answer is an old one."""

    LIST = "/api/label/?limit=0"

    def test_it_is_the_first_one(self, faulty: FaultySandbox) -> None:
        key = faulty.add({"stale": True}, match={"resource": "label"})
        first = faulty.get(self.LIST)
        assert "X-HexoCache" not in first.headers
        add_label(faulty.base, "after the first answer")
        again = faulty.get(self.LIST)
        assert again.content == first.content
        assert int(again.headers["X-HexoCache"]) > 0
        assert faulty.counts(key) == (1, 1)
        faulty.control("DELETE", f"faults/{key}")
        assert "after the first answer" in faulty.get(self.LIST).text

    def test_each_question_and_each_caller_has_its_own(self, faulty: FaultySandbox) -> None:
        key = faulty.add({"stale": True})
        mine = faulty.get("/api/account/")
        runner = "runner@example.com", "runner"
        theirs = faulty.get("/api/account/", auth=runner)
        assert mine.content != theirs.content
        assert faulty.get("/api/account/", auth=runner).content == theirs.content
        assert faulty.get("/api/account/?limit=1").headers.get("X-HexoCache") is None
        assert faulty.counts(key) == (1, 1)

    def test_wrong_credentials_are_refused_as_always(self, faulty: FaultySandbox) -> None:
        faulty.add({"stale": True})
        assert faulty.get().status_code == 200
        assert faulty.get(auth=("athlete@example.com", "wrong")).status_code == 401
