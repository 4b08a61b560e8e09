"""The list of requests, and the page of one."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client

from apps.console.journal import MOST_LINES
from tests.console.browsing import counted_statements, links_of, read_page, visit
from tests.control.requests.asking import HEADERS, newest
from tests.control.requests.conftest import controlled
from tests.control.requests.refused import send_wrong_signature
from tests.people import Caller, owner

__all__ = ["controlled", "owner"]

HOSTILE = "<script>document.title='taken'</script>"
LIVE = {"HX-Request": "true"}


def numbers(text: str) -> list[int]:
    """The requests that a list leads to, in its order."""
    return [int(each) for each in re.findall(r'id="r(\d+)"', text)]


def again(text: str) -> str:
    """The address that the list asks again."""
    found = re.search(r'hx-get="([^"]*)" hx-trigger="every', text)
    assert found is not None
    return unescape(found[1])


def page_of_newest() -> str:
    return read_page(f"/requests/{newest()['id']}/")


def test_without_requests_it_says_what_makes_some(controlled: None) -> None:
    assert "No requests yet" in read_page("/requests/")


@pytest.mark.django_db
def test_without_a_control_plane_it_says_so() -> None:
    text = read_page("/requests/")
    assert "no server has opened the control plane" in text
    assert 'id="controls"' not in text


def test_the_newest_is_first_and_leads_to_its_page(controlled: None, owner: Caller) -> None:
    owner.get("/api/label/?limit=1")
    owner.get("/api/record/")
    text = read_page("/requests/")
    first, second = numbers(text)
    assert first > second
    assert f"/requests/{first}/" in links_of(text)
    assert "/api/label/?limit=1" in text


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("method=GET", 2),
        ("path=label", 2),
        ("path=/api/label/", 2),
        ("path=*label/", 2),
        ("path=/api/l", 2),
        ("path=label*", 0),
        ("status=4xx", 1),
        ("status=2xx,401", 3),
        ("reason=no_credentials", 1),
        ("user=nobody", 0),
        ("sandbox=all", 3),
        ("sandbox=main&status=201&method=&user=", 1),
    ],
)
def test_filters(controlled: None, owner: Caller, query: str, count: int) -> None:
    owner.get("/api/label/")
    owner.post("/api/label/", {"name": "x", "user": f"/api/user/{owner.user.pk}/"})
    Client().get("/api/account/")
    text = read_page(f"/requests/?{query}")
    assert len(numbers(text)) == count
    assert ("No request fits" in text) == (count == 0)


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [("status=abc", 400, "status must be a number"), ("sandbox=none", 404, "There is no sandbox")],
)
def test_a_wrong_filter_is_told_on_the_page(
    controlled: None, query: str, status: int, told: str
) -> None:
    answer = visit(f"/requests/?{query}")
    assert answer.status_code == status
    assert told in answer.content.decode()


def test_a_live_list_is_only_sent_when_there_is_something_new(
    controlled: None, owner: Caller
) -> None:
    owner.get("/api/label/")
    address = again(read_page("/requests/?path=label"))
    assert visit(address, **LIVE).status_code == 204
    owner.get("/api/record/")
    assert visit(address, **LIVE).status_code == 204
    owner.get("/api/label/")
    part = read_page(address, **LIVE)
    assert (len(numbers(part)), "<html" in part) == (2, False)
    assert visit(again(part), **LIVE).status_code == 204
    Client().delete("/_sandbox/requests", headers=HEADERS)
    assert "No request fits" in read_page(again(part), **LIVE)


def test_nothing_of_a_request_runs(controlled: None, owner: Caller) -> None:
    owner.sending("X-Mine", HOSTILE).post(f"/api/label/?q={HOSTILE}", {"name": HOSTILE})
    for text in (
        read_page("/requests/"),
        page_of_newest(),
        read_page(f"/requests/?path={HOSTILE}"),
    ):
        assert "<script>document" not in text


def test_a_request_in_full(controlled: None, owner: Caller) -> None:
    owner.sending("X-Mine", "yes").sending("X-HexoStore-Explain", "1").get("/api/label/?limit=1")
    text = unescape(page_of_newest())
    for part in ("/api/label/?limit=1", "X-Mine", "yes", "Basic ...", "SELECT", "curl -X GET"):
        assert part in text


def test_a_refused_signature_beside_what_was_expected(controlled: None, owner: Caller) -> None:
    key = send_wrong_signature(owner)
    text = unescape(page_of_newest())
    assert "signature_mismatch" in text
    assert "/docs/reasons/signature_mismatch/" in links_of(text)
    assert "Compare what you sign with what the server signed" in text
    assert "<secret>1700000000http://testserver/api/account/" in text
    assert "0" * 40 in text
    assert key.client_secret not in text


def test_only_requests_that_change_nothing_are_sent_again(controlled: None, owner: Caller) -> None:
    owner.get("/api/label/?limit=1")
    assert 'data-to="/api/label/?limit=1"' in page_of_newest()
    owner.post("/api/label/", {})
    text = page_of_newest()
    assert "data-again" not in text
    assert "this page does not send it" in text


def test_a_request_is_sent_again_into_its_sandbox(controlled: None, owner: Caller) -> None:
    owner.get("/~main/api/label/?limit=1")
    number = newest()["id"]
    assert 'data-to="/api/label/?limit=1"' in read_page(f"/requests/{number}/")
    assert 'data-to="/~main/api/label/?limit=1"' in read_page(f"/~main/requests/{number}/")


def test_a_request_that_is_not_there_is_404(controlled: None) -> None:
    for number in (1, 10**30):
        answer = visit(f"/requests/{number}/")
        assert (answer.status_code, b"No such request" in answer.content) == (404, True)


def test_the_cost_of_the_list_does_not_grow(controlled: None, owner: Caller) -> None:
    owner.get("/api/label/")
    read_page("/requests/")
    with counted_statements() as before:
        read_page("/requests/")
    for _ in range(MOST_LINES + 5):
        Client().get("/api/")
    read_page("/requests/")
    with counted_statements() as after:
        text = read_page("/requests/")
    assert len(after) == len(before) <= 8
    assert len(numbers(text)) == MOST_LINES


def test_faults_and_the_clock_are_beside_the_list(controlled: None) -> None:
    body = {"action": {"status": 503, "retry_after": 2}, "match": {"path": HOSTILE}, "times": 3}
    added = (
        Client()
        .post("/_sandbox/faults", body, content_type="application/json", headers=HEADERS)
        .json()
    )
    Client().patch(
        "/_sandbox/clock",
        {"now": "2030-01-01T00:00:00", "frozen": True},
        content_type="application/json",
        headers=HEADERS,
    )
    for text in (read_page("/requests/"), read_page("/requests/controls/")):
        assert "503, try again in 2 seconds" in text
        assert f'data-to="/_sandbox/faults/{added["id"]}"' in text
        assert "<script>document" not in text
        assert "2030-01-01 00:00:00 UTC" in text
        assert "it stands still" in text
