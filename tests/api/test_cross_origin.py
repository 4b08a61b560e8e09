"""What pages of other origins may do with a sandbox, and what nobody may."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.records.models import Label
from hexostore.settings import read_origins
from tests.api.test_origins import basic
from tests.people import new_user

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db

PAGE = {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"}
LABELS = "/api/label/"
TOKENS = "/api/connect/oauth2/token/"
ASKED = {
    "Access-Control-Request-Method": "PATCH",
    "Access-Control-Request-Headers": "authorization,content-type",
}


@pytest.fixture(autouse=True)
def ada() -> User:
    user = new_user("ada")
    user.save()
    return user


def ask(method: str, path: str, headers: dict[str, str], **sent: str) -> Answer:
    kind = sent.get("kind", "application/json")
    return Client().generic(method, path, sent.get("body", ""), kind, headers=headers)


def shared_with(answer: Answer) -> str | None:
    return answer.headers.get("Access-Control-Allow-Origin")


def test_a_page_reads_and_is_told_where_things_are() -> None:
    answer = ask("GET", "/api/account/", {**PAGE, **basic()})
    assert answer.status_code == 200
    assert shared_with(answer) == "*"
    assert "Location" in answer["Access-Control-Expose-Headers"]
    assert "Origin" in answer["Vary"]
    assert "Access-Control-Allow-Credentials" not in answer


def test_a_refusal_can_be_read_as_well() -> None:
    answer = ask("GET", "/api/account/", PAGE)
    assert answer.status_code == 401
    assert shared_with(answer) == "*"
    assert "X-HexoStore-Reason" in answer["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("path", [LABELS, "/api/v1/label/", "/~t1/api/label/", TOKENS])
def test_a_preflight_needs_no_login(path: str) -> None:
    answer = ask("OPTIONS", path, {**PAGE, **ASKED})
    assert answer.status_code == 204
    assert shared_with(answer) == "*"
    assert answer["Access-Control-Allow-Headers"] == "authorization,content-type"
    assert "PATCH" in answer["Access-Control-Allow-Methods"]
    assert "Access-Control-Allow-Private-Network" not in answer
    assert not answer.content


def test_a_preflight_from_a_public_site_may_ask_for_this_machine() -> None:
    asked = {**PAGE, **ASKED, "Access-Control-Request-Private-Network": "true"}
    assert ask("OPTIONS", LABELS, asked)["Access-Control-Allow-Private-Network"] == "true"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_page_changes_rows_with_a_login_of_its_own(ada: User, method: str) -> None:
    label = Label.objects.create(name="old", user=ada)
    path = LABELS if method == "POST" else f"{LABELS}{label.pk}/"
    body = f'{{"name": "new", "user": "/api/user/{ada.pk}/"}}'
    answer = ask(method, path, {**PAGE, **basic()}, body="" if method == "DELETE" else body)
    assert answer.status_code in {200, 201, 202, 204}
    assert shared_with(answer) == "*"
    assert Label.objects.filter(name="old").exists() == (method == "POST")


@pytest.mark.parametrize(
    "kind", ["text/plain", "multipart/form-data; boundary=x", "", "TEXT/plain"]
)
def test_what_a_form_could_send_is_refused_as_before(ada: User, kind: str) -> None:
    """For it comes without a preflight, and with the login that the browser remembers."""
    body = f'{{"name": "new", "user": "/api/user/{ada.pk}/"}}'
    answer = ask("POST", LABELS, {**PAGE, **basic()}, body=body, kind=kind)
    assert answer.status_code == 403
    assert answer["X-HexoStore-Reason"] == "cross_site"
    assert not Label.objects.exists()


def test_tokens_are_issued_to_pages() -> None:
    form = "grant_type=password&username=ada&password=x&client_id=nobody"
    answer = ask("POST", TOKENS, PAGE, body=form, kind="application/x-www-form-urlencoded")
    assert answer.status_code == 400
    assert answer["X-HexoStore-Reason"] == "no_credentials"
    assert shared_with(answer) == "*"


@pytest.mark.parametrize(
    "path",
    [
        "/_sandbox/outbox",
        "/~t1/_sandbox/requests",
        "/api/connect/oauth2/auth/",
        "/oauth/authorize/",
        "/",
        "/docs/",
        "/apis/",
    ],
)
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_nothing_else_is_shared(path: str, method: str) -> None:
    answer = ask(method, path, {**PAGE, **ASKED})
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_programs_get_what_they_got(settings: Settings) -> None:
    shared = ask("GET", "/api/account/", basic())
    settings.HEXOSTORE_CORS = frozenset()
    alone = ask("GET", "/api/account/", basic())
    assert shared.headers.keys() == alone.headers.keys()
    assert shared.headers["Vary"] == alone.headers["Vary"]


class TestNamedOrigins:
    @pytest.fixture(autouse=True)
    def named(self, settings: Settings) -> None:
        settings.HEXOSTORE_CORS = frozenset({"http://localhost:3000"})

    def test_the_named_one_may(self, ada: User) -> None:
        answer = ask("GET", "/api/account/", {**PAGE, **basic()})
        assert shared_with(answer) == "http://localhost:3000"
        assert ask("OPTIONS", LABELS, {**PAGE, **ASKED}).status_code == 204

    @pytest.mark.parametrize("origin", ["http://localhost:3001", "https://localhost:3000", "null"])
    def test_others_may_not(self, ada: User, origin: str) -> None:
        page = {**PAGE, "Origin": origin}
        read = ask("GET", "/api/account/", {**page, **basic()})
        preflight = ask("OPTIONS", LABELS, {**page, **ASKED})
        sent = ask("DELETE", f"{LABELS}1/", {**page, **basic()})
        assert [shared_with(each) for each in (read, preflight, sent)] == [None] * 3
        assert "Origin" in read["Vary"]
        assert sent["X-HexoStore-Reason"] == "cross_site"


def test_it_can_be_turned_off(settings: Settings) -> None:
    settings.HEXOSTORE_CORS = frozenset()
    assert shared_with(ask("GET", "/api/account/", {**PAGE, **basic()})) is None


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("", {"*"}),
        ("*", {"*"}),
        ("off", set()),
        ("http://a.example", {"http://a.example"}),
        ("http://a.example:80,https://[::1]:443", {"http://a.example", "https://[::1]"}),
        ("https://a.example:80", {"https://a.example:80"}),
        (
            "HTTP://A.example:81, https://[::1]:3000,null",
            {"http://a.example:81", "https://[::1]:3000", "null"},
        ),
    ],
)
def test_the_variable(monkeypatch: pytest.MonkeyPatch, text: str, origins: set[str]) -> None:
    monkeypatch.setenv("HEXOSTORE_CORS", text)
    assert read_origins("HEXOSTORE_CORS", default="*") == origins


@pytest.mark.parametrize(
    "text", ["a.example", "http://a.example/", "*,http://a.example", "file://x"]
)
def test_what_is_no_origin(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("HEXOSTORE_CORS", text)
    with pytest.raises(Exception, match=r"HEXOSTORE_CORS .* has"):
        read_origins("HEXOSTORE_CORS", default="*")
