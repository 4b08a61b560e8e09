"""The refusal log, the header with the reason, and the page `/_sandbox/auth/last`."""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.http import HttpResponse
from django.test import Client as Browser
from django.test import RequestFactory

from apps.accounts.models import User
from apps.api.reasons import Reason
from apps.credentials.models import Client, Refusal
from apps.credentials.refusals import refusal_log
from apps.records.models import Range
from tests.credentials.conftest import KEY, SECRET
from tests.credentials.test_signatures import HOST, NOW, PATH, send, sign, signed
from tests.credentials.tokens import ACCOUNT, reason
from tests.people import PASSWORD, Cast, new_user

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer
    from pytest_django import DjangoAssertNumQueries
    from pytest_django.fixtures import Settings

LAST = "/_sandbox/auth/last"

pytestmark = pytest.mark.usefixtures("client_key")


def basic(pair: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def get(headers: dict[str, str], path: str = ACCOUNT) -> Answer:
    return Browser().get(path, headers=headers)


def last(number: int | None = None) -> Any:
    answer = Browser().get(LAST if number is None else f"{LAST}?n={number}")
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    return answer.json()


def inactive() -> None:
    User.objects.update(is_active=False)


def oauth2() -> None:
    Client.objects.update(status="oauth2")


def nothing() -> None:
    """The world as it is."""


LOGINS: list[tuple[dict[str, str], Callable[[], None], str, str]] = [
    ({}, nothing, "no_credentials", "no_credentials"),
    (basic("ada:wrong"), nothing, "bad_login", "wrong_password"),
    (basic("nobody:wrong"), nothing, "bad_login", "unknown_user"),
    (basic(f"ada:{PASSWORD}"), inactive, "inactive_user", "inactive_user"),
    (basic("ada:wrong"), inactive, "bad_login", "wrong_password"),
    (basic("ada"), nothing, "malformed_authorization", "malformed_authorization"),
    ({"Authorization": "Basic"}, nothing, "malformed_authorization", "malformed_authorization"),
    ({"Authorization": ""}, nothing, "malformed_authorization", "malformed_authorization"),
    ({"Authorization": "x"}, nothing, "malformed_authorization", "malformed_authorization"),
    ({"Authorization": "ApiKey a:b"}, nothing, "unsupported_scheme", "unsupported_scheme"),
]


@pytest.mark.parametrize(("headers", "change", "told", "noted"), LOGINS)
def test_the_reasons_of_logins(
    headers: dict[str, str], change: Callable[[], None], told: str, noted: str
) -> None:
    change()
    answer = get(headers)
    assert (answer.status_code, answer.content, reason(answer)) == (401, b"", told)
    assert answer["WWW-Authenticate"] == 'Basic Realm="django-tastypie"'
    assert last()[0]["reason"] == noted


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in signed().items() if key != name}


SIGNED: list[tuple[dict[str, str], Callable[[], None], str]] = [
    (without("X-HEXOTIMESTAMP"), nothing, "header_missing"),
    (without("X-HEXOAPIKEY"), nothing, "header_missing"),
    (without("X-HEXOAPISIGNATURE"), nothing, "header_missing"),
    (signed(key="other"), nothing, "unknown_key"),
    (signed(key="o\0ther"), nothing, "unknown_key"),
    (signed(secret="other"), nothing, "signature_mismatch"),
    (signed(secret="other", timestamp=str(NOW - 999)), nothing, "signature_mismatch"),
    (signed(timestamp="yesterday"), nothing, "timestamp_malformed"),
    (signed(timestamp=str(NOW - 301)), nothing, "timestamp_outside_window"),
    (signed(timestamp=str(NOW * 256)), nothing, "timestamp_outside_window"),
    (signed(), oauth2, "key_not_apikey"),
    (signed(secret="other"), oauth2, "signature_mismatch"),
    (signed(), inactive, "inactive_user"),
]


@pytest.mark.parametrize(("headers", "change", "code"), SIGNED)
def test_the_reasons_of_signed_keys(
    headers: dict[str, str], change: Callable[[], None], code: str
) -> None:
    change()
    with time_machine.travel(datetime.fromtimestamp(NOW, UTC), tick=False):
        answer = send(headers)
    assert (answer.status_code, reason(answer)) == (401, code)
    assert answer.content == b'{"error": "API signature failed."}'
    assert (last()[0]["reason"], last()[0]["scheme"]) == (code, "key")


def test_what_the_server_signed_stands_beside_what_came() -> None:
    query = "a=b&password=s3cret"
    headers = signed(f"https://{HOST}{PATH}?{query}", secret="other")
    with time_machine.travel(datetime.fromtimestamp(NOW, UTC), tick=False):
        send(headers, f"{PATH}?{query}")
    [found] = last()
    received = {
        "timestamp": str(NOW),
        "key": KEY,
        "signature": headers["X-HEXOAPISIGNATURE"],
    }
    assert found["received"] == received
    assert found["expected"]["signed"] == [
        f"<secret>{NOW}https://{host}{PATH}?a=b&password=..." for host in (HOST, f"{HOST}:443")
    ]
    assert found["expected"]["server_time"] == NOW
    assert (found["client"], found["path"]) == (KEY, f"{PATH}?a=b&password=...")
    assert found["time"] == "2014-05-13T16:53:20+00:00"
    text = str(found)
    assert SECRET not in text
    assert "s3cret" not in text
    assert sign(f"https://{HOST}{PATH}?{query}") not in text


def test_no_secret_is_written_down() -> None:
    get(basic("ada:wrong-but-secret"), f"{ACCOUNT}?token=s3cret&secret=s3cret")
    get({"Authorization": "Basic wrong-but-secret"})
    get({"Authorization": "wrong-but-secret"})
    get({"Authorization": "Bearer wrong-but-secret"})
    get({"Authorization": "Own wrong-but-secret"})
    text = str(last(10))
    assert len(last(10)) == 5
    assert "secret" not in text.replace("&secret=...", "")
    assert "s3cret" not in text


def test_a_caller_who_may_not_is_named(cast: Cast) -> None:
    row = Range.objects.create(user=cast.owner.user, name="x", start=256, end=512)
    answer = cast.friend.patch(f"/api/range/{row.pk}/", {"name": "y"})
    assert (answer.status_code, reason(answer)) == (403, "not_permitted")
    assert (last()[0]["user"], last()[0]["scheme"]) == ("friend@example.com", "basic")


def test_a_refusal_survives_what_is_rolled_back(cast: Cast) -> None:
    theirs = Range.objects.create(user=cast.owner.user, name="x", start=256, end=512)
    mine = {"name": "made", "start": 256, "end": 512, "user": cast.friend.user.pk}
    body = {"objects": [mine, {"resource_uri": f"/api/range/{theirs.pk}/", "name": "y"}]}
    assert cast.friend.patch("/api/range/", body).status_code == 403
    assert list(Range.objects.values_list("name", flat=True)) == ["x"]
    assert last()[0]["reason"] == "not_permitted"


def test_the_newest_come_first_and_only_they_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusal_log, "KEPT", 5)
    for number in range(8):
        get({}, f"{ACCOUNT}?number={number}")
    assert [row["path"][-1] for row in last(100)] == ["7", "6", "5", "4", "3"]
    assert len(last()) == 1
    assert last(0) == []
    assert Refusal.objects.count() == 5


def test_a_refusal_costs_two_statements(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(2):
        get({})


def test_a_served_request_none(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    get(basic(f"ada:{PASSWORD}"))
    with django_assert_num_queries(1):
        assert get(basic(f"ada:{PASSWORD}"), "/api/account/schema/").status_code == 200
    with (
        time_machine.travel(datetime.fromtimestamp(NOW, UTC), tick=False),
        django_assert_num_queries(1),
    ):
        path = "/api/account/schema/"
        assert send(signed(f"https://{HOST}{path}"), path).status_code == 200
    assert not Refusal.objects.exists()


def test_the_answer_comes_though_nothing_can_be_written(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr(Refusal.objects, "create", fails)
    answer = get({})
    assert (answer.status_code, reason(answer)) == (401, "no_credentials")
    assert "could not be recorded" in caplog.text


def test_the_last_note_of_a_request_counts() -> None:
    def view(request: Any) -> HttpResponse:
        with transaction.atomic():
            refusal_log.record_refusal(request, Reason.UNKNOWN_TOKEN)
            refusal_log.record_refusal(request, Reason.CODE_USED, extra=1)
            transaction.set_rollback(True)
        return HttpResponse(status=400)

    answer = refusal_log.log_refusals(view)(RequestFactory().post("/x\0?code=abc"))
    assert reason(answer) == "code_used"
    [row] = last()
    assert (row["status"], row["method"], row["extra"]) == (400, "POST", 1)
    assert row["path"] == "/x%00?code=..."
    assert (row["user"], row["client"], row["scheme"]) == (None, None, None)
    assert row["sentence"] == Reason.CODE_USED.sentence
    assert row["remedy"] == Reason.CODE_USED.remedy


def test_long_and_odd_texts_fit() -> None:
    get(basic(f"{'n' * 5000}:x"), f"{ACCOUNT}?{'q' * 5000}")
    [row] = last()
    assert (len(row["login"]), len(row["path"])) == (200, 1000)
    get({"X-HEXOAPIKEY": "k\0" * 500, "X-HEXOTIMESTAMP": "1", "X-HEXOAPISIGNATURE": "é" * 900})
    assert len(last()[0]["received"]["key"]) == 200


@pytest.mark.parametrize("number", ["-1", "x", "", "1.5", "9999999999", "%D9%A3"])
def test_n_is_a_whole_number(number: str) -> None:
    answer = Browser().get(f"{LAST}?n={number}")
    assert (answer.status_code, answer.json()) == (400, {"error": "n must be a whole number."})


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_the_page_is_for_reading(method: str) -> None:
    answer = Browser(enforce_csrf_checks=True).generic(method, LAST)
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")


def test_a_public_server_has_no_refusal_log(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    get({})
    settings.HEXOSTORE_PROFILE = "public"
    for method in ("GET", "POST"):
        assert Browser().generic(method, LAST).status_code == 404
    answer = get(basic("ada:wrong"))
    assert reason(answer) == "bad_login"
    assert ("hexostore.refused", logging.INFO, "wrong_password") in caplog.record_tuples
    assert Refusal.objects.count() == 1


def test_others_of_the_same_name_are_not_confused(user: User) -> None:
    other = new_user("bob")
    other.save()
    get(basic("bob@example.com:wrong"))
    assert last()[0]["user"] == other.username


@pytest.mark.parametrize("each", Reason, ids=str)
def test_each_reason_has_a_page(each: Reason) -> None:
    assert Browser().get(each.page).status_code == 200


def test_a_refusal_links_to_its_page_in_a_sandbox_only(settings: Settings) -> None:
    refused = Browser().get("/api/account/")
    assert refused["Link"] == '</docs/reasons/no_credentials/>; rel="help"'
    assert "Link" not in Browser().get("/docs/")
    settings.HEXOSTORE_PROFILE = "public"
    assert "Link" not in Browser().get("/api/account/")
