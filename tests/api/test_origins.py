"""A page of another site must not have a browser change anything here."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import pytest
from django.http import HttpRequest, HttpResponseBase
from django.test import Client, modify_settings

from apps.accounts.models import User
from apps.api.middleware import GetResponse
from apps.jobs.models import Job
from apps.records.models import Label
from apps.sandbox.models import Mail
from tests.people import PASSWORD, new_user

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db

RESET, LABELS, OUTBOX = "/api/resetpassword/", "/api/label/", "/_sandbox/outbox"
JSON, BODY = "application/json", '{"email": "ada@example.com"}'
FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://testserver:9000"},
    {"Origin": "https://testserver"},
    {"Origin": "null"},
]
OWN = [
    {},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://testserver"},  # TLS ended by a proxy
    {"Origin": "http://testserver"},
]


@pytest.fixture(autouse=True)
def nothing_shared(settings: Settings) -> None:
    """Have no page of another origin permitted anything (test_cross_origin.py)."""
    settings.HEXOSTORE_CORS = frozenset()


@pytest.fixture(autouse=True)
def ada() -> User:
    user = new_user("ada")
    user.save()
    return user


def basic() -> dict[str, str]:
    pair = b64encode(f"ada@example.com:{PASSWORD}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def send(
    path: str,
    headers: dict[str, str],
    body: str = BODY,
    kind: str = JSON,
    method: str = "POST",
) -> Answer:
    return Client().generic(method, path, body, kind, headers=headers)


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_foreign_page_has_no_mail_sent(headers: dict[str, str]) -> None:
    answer = send(RESET, headers)
    assert answer.status_code == 403
    assert answer["X-HexoStore-Reason"] == "cross_site"
    assert not Job.objects.exists()


@pytest.mark.parametrize("headers", OWN, ids=str)
def test_programs_and_own_pages_do(headers: dict[str, str]) -> None:
    assert send(RESET, headers).status_code == 202
    assert Job.objects.count() == 1


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_remembered_login_changes_nothing(ada: User, headers: dict[str, str]) -> None:
    body = f'{{"name": "x", "user": {ada.pk}}}'
    assert send(LABELS, {**basic(), **headers}, body).status_code == 403
    assert not Label.objects.exists()


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_the_mail_of_the_sandbox_is_not_emptied(headers: dict[str, str]) -> None:
    Mail.objects.create(to="ada@example.com", sender="s@example.com", subject="", body="", links=[])
    assert send(OUTBOX, headers, method="DELETE").status_code == 403
    assert Mail.objects.count() == 1


def test_an_override_is_no_way_round(ada: User) -> None:
    headers = {**basic(), **FOREIGN[0], "X-HTTP-Method-Override": "POST"}
    body = f'{{"name": "x", "user": {ada.pk}}}'
    assert send(LABELS, headers, body, method="GET").status_code == 403


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_reading_is_left_to_the_browser(headers: dict[str, str]) -> None:
    """Which keeps the answer from the page without Access-Control-Allow-Origin."""
    answer = send("/api/account/", {**basic(), **headers}, "", method="GET")
    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer


@pytest.mark.parametrize(
    "credentials",
    [
        {"Authorization": "Bearer guessed"},
        {"Authorization": "OAuth oauth_token=guessed"},
        {"X-HEXOAPISIGNATURE": "0" * 40},
    ],
    ids=str,
)
def test_tokens_and_keys_are_judged_by_themselves(credentials: dict[str, str]) -> None:
    """No page can write these headers, and no browser remembers them."""
    answer = send(LABELS, {**credentials, **FOREIGN[0]})
    assert answer["X-HexoStore-Reason"] != "cross_site"
    assert answer.status_code in {400, 401}


def test_a_signature_in_the_query_is_no_excuse(ada: User) -> None:
    """Any page can write one, and a login that the browser adds would count all the same."""
    body = f'{{"name": "x", "user": {ada.pk}}}'
    answer = send(f"{LABELS}?oauth_signature=x", {**basic(), **FOREIGN[0]}, body)
    assert answer.status_code == 403


def without_label(path: str, headers: dict[str, str], body: str) -> Answer:
    """A POST that has no Content-Type at all, which the test client cannot send by itself."""
    with modify_settings(MIDDLEWARE={"prepend": f"{__name__}.lose_label"}):
        return Client().generic("POST", path, body, "lost", headers=headers)


def lose_label(get_response: GetResponse) -> GetResponse:
    """Takes the Content-Type from every request."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        request.META.pop("CONTENT_TYPE", None)
        return get_response(request)

    return middleware


def test_a_body_without_a_label_is_no_json_from_a_stranger() -> None:
    assert without_label(RESET, {}, BODY).status_code == 415
    assert not Job.objects.exists()


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "a/b"])
def test_what_forms_can_send_is_no_json(kind: str) -> None:
    assert send(RESET, {}, BODY, kind).status_code == 415
    assert send(RESET, {}, BODY, f"{kind}; a=application/json").status_code == 415


def test_a_program_that_logs_in_needs_no_label(ada: User) -> None:
    body = f'{{"name": "x", "user": {ada.pk}}}'
    assert without_label(LABELS, basic(), body).status_code == 201


@pytest.mark.parametrize("headers", [{"Origin": "http://testserver"}, {"Sec-Fetch-Site": "none"}])
def test_a_browser_that_logs_in_needs_one(ada: User, headers: dict[str, str]) -> None:
    body = f'{{"name": "x", "user": {ada.pk}}}'
    assert without_label(LABELS, {**basic(), **headers}, body).status_code == 415
