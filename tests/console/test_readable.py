"""Answers of the API as pages, which no program gets."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from django.test import Client
from django.test.utils import modify_settings

from apps.api.reasons import Reason
from tests.console.browsing import CHROMIUM, PROGRAMS
from tests.control.requests.conftest import controlled
from tests.people import Caller, owner

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer
    from pytest_django.fixtures import Settings

__all__ = ["controlled", "owner"]

pytestmark = pytest.mark.django_db

UNSHOWN = modify_settings(MIDDLEWARE={"remove": "apps.console.readable.show_answers"})
PATHS = (
    "/api/",
    "/api/v1/",
    "/api/record/",
    "/api/record/schema/",
    "/api/label/?limit=1",
    "/api/label/999999999/",
    "/api/nothing/",
    "/api/account/",
    "/api/openapi.json",
)
HOSTILE = "<script>document.title='taken'</script>\"'&"


def ask(caller: Caller, path: str, headers: dict[str, str]) -> Answer:
    return Client().get(path, headers={**caller._headers(), **headers})


def outcome(answer: Answer) -> tuple[int, list[tuple[str, str]], bytes]:
    """What a client sees of an answer."""
    return answer.status_code, list(answer.items()), answer.content


def shown_json(answer: Answer) -> Any:
    """The JSON on a page, as somebody who copies its text has it."""
    found = re.search(r'<pre class="json"[^>]*>(.*?)</pre>', answer.content.decode(), re.DOTALL)
    assert found is not None
    return orjson.loads(unescape(re.sub(r"<[^>]*>", "", found[1])))


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_get_what_they_would_get_without_it(program: str, owner: Caller) -> None:
    for caller in (owner, Caller()):
        for path in PATHS:
            found = outcome(ask(caller, path, PROGRAMS[program]))
            with UNSHOWN:
                assert found == outcome(ask(caller, path, PROGRAMS[program]))


def test_a_browser_gets_a_page_with_the_same_json(owner: Caller) -> None:
    owner.post("/api/label/", {"name": HOSTILE, "user": f"/api/user/{owner.user.pk}/"})
    for path in ("/api/", "/api/record/schema/", "/api/label/", "/api/account/"):
        page, plain = ask(owner, path, CHROMIUM), owner.get(path)
        assert page["Content-Type"] == "text/html; charset=utf-8"
        assert page.status_code == plain.status_code
        assert shown_json(page) == orjson.loads(plain.content)


def test_nothing_of_an_object_runs(owner: Caller) -> None:
    owner.post("/api/label/", {"name": HOSTILE, "user": f"/api/user/{owner.user.pk}/"})
    text = ask(owner, f"/api/label/?name={HOSTILE}", CHROMIUM).content.decode()
    assert "<script>document" not in text
    assert "&lt;script&gt;" in text


def test_a_page_is_not_kept_and_has_no_tag_of_the_answer(owner: Caller) -> None:
    plain, page = owner.get("/api/label/"), ask(owner, "/api/label/", CHROMIUM)
    assert page["Cache-Control"] == "no-store"
    assert "Accept" in page["Vary"]
    assert not {"ETag", "Last-Modified"} & {name for name, _ in page.items()}
    assert page["Content-Security-Policy"].startswith("default-src 'none'")
    assert page["X-HexoStore"] == "mock"
    assert "Content-Security-Policy" not in plain


def test_the_index_varies_only_where_it_is_a_page() -> None:
    assert "Accept" in Client().get("/api/", headers=CHROMIUM)["Vary"]
    assert "Vary" not in Client().get("/api/")


@pytest.mark.parametrize("query", ["format=json", "limit=1&format=json"])
def test_a_wished_format_is_no_page(query: str, owner: Caller) -> None:
    answer = ask(owner, f"/api/label/?{query}", CHROMIUM)
    assert answer["Content-Type"] == "application/json"


def test_links_lead_on(owner: Caller) -> None:
    for name in ("one", "two"):
        owner.post("/api/label/", {"name": name, "user": f"/api/user/{owner.user.pk}/"})
    first = ask(owner, "/api/label/?limit=1", CHROMIUM).content.decode()
    uri = owner.get("/api/label/?limit=1").json()["objects"][0]["resource_uri"]
    assert f'<a href="{uri}">' in first
    assert 'rel="next" href="?limit=1&amp;offset=1"' in first
    assert 'rel="prev"' not in first
    second = ask(owner, "/api/label/?limit=1&offset=1", CHROMIUM).content.decode()
    assert 'rel="prev"' in second


def test_a_browser_without_a_login_is_asked_for_one_and_told_why() -> None:
    answer = Client().get("/api/account/", headers=CHROMIUM)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (
        401,
        'Basic Realm="django-tastypie"',
    )
    assert answer["X-HexoStore-Reason"] == "no_credentials"
    text = answer.content.decode()
    assert Reason.NO_CREDENTIALS.sentence in text
    assert 'href="/docs/reasons/no_credentials/"' in text


def test_a_page_does_not_tell_whether_the_name_or_the_password_was_wrong(owner: Caller) -> None:
    right = owner._headers()["Authorization"]
    for pair in ("bm9ib2R5Ong=", right.removeprefix("Basic ")[:-4] + "eA=="):
        answer = Client().get(
            "/api/account/", headers={**CHROMIUM, "Authorization": f"Basic {pair}"}
        )
        assert answer.status_code == 401
        text = answer.content.decode()
        assert "bad_login" in text
        assert "unknown_user" not in text + str(answer.headers)
        assert "wrong_password" not in text + str(answer.headers)


def test_what_is_not_there_is_said(owner: Caller) -> None:
    answer = ask(owner, "/api/label/999999999/", CHROMIUM)
    assert answer.status_code == 404
    assert "this login cannot see it" in answer.content.decode()


def test_the_journal_has_the_answer_of_the_api(controlled: None, owner: Caller) -> None:
    plain = owner.get("/api/label/")
    ask(owner, "/api/label/", CHROMIUM)
    found = Client().get("/_sandbox/requests").json()["requests"]
    answers = [each["answer"] for each in found if each["path"] == "/api/label/"]
    assert [each["bytes"] for each in answers] == [len(plain.content)] * 2
    assert answers[0] == answers[1]


def test_links_stay_in_a_sandbox(controlled: None, owner: Caller) -> None:
    text = ask(owner, "/~main/api/", CHROMIUM).content.decode()
    assert '<a href="/~main/api/record/">' in text
    assert '<a href="/~main/api/record/schema/">' in text


def test_a_public_server_has_no_pages_of_answers(owner: Caller, settings: Settings) -> None:
    settings.HEXOSTORE_PROFILE = "public"
    secure = Client().get("/api/", headers=CHROMIUM, secure=True)
    assert secure["Content-Type"] == "application/json"


def test_other_methods_get_no_page(owner: Caller) -> None:
    body = {"name": "x", "user": f"/api/user/{owner.user.pk}/"}
    answer = Client().post(
        "/api/label/",
        body,
        content_type="application/json",
        headers={**owner._headers(), **CHROMIUM},
    )
    assert answer.status_code == 201
    assert not answer.content.startswith(b"<")
