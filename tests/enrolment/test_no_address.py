"""People without an e-mail address: nothing finds them by it, and nothing is mailed to nobody."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command

from apps.access.models import Bundle
from apps.credentials import one_time_tokens
from apps.credentials.models import ForcedFailure
from apps.credentials.refusals import forced_failures
from apps.sandbox.models import Mail
from tests.enrolment.cast import StudyCast
from tests.people import ANYBODY

SECRET = "correct horse battery"


def test_they_set_an_address_and_keep_their_name(cast: StudyCast) -> None:
    answer = cast.subject.post("/api/changeemail/", {"email": "new@example.com"})
    assert answer.status_code == 202
    (letter,) = Mail.objects.all()
    assert (letter.to, "night7_001" in letter.body) == ("new@example.com", True)
    token = letter.body.partition("Token: ")[2].split()[0]
    answer = cast.subject.put(f"/api/changeemail/{token}/", {})
    assert answer.status_code == 200, answer.content
    assert (answer.json()["email"], answer.json()["username"]) == ("new@example.com", "night7_001")
    assert Mail.objects.count() == 1  # there is no old address


def test_no_token_is_mailed_to_nobody(cast: StudyCast) -> None:
    assert ANYBODY.post("/api/resetpassword/", {"email": ""}).status_code == 400
    assert ANYBODY.post("/api/resetpassword/", {"email": "night7_001"}).status_code == 400
    assert ANYBODY.post("/api/resetpassword/", {"email": "x@example.com"}).status_code == 202
    assert [letter.to for letter in Mail.objects.all()] == ["x@example.com"]


def test_a_token_serves_who_has_lost_their_address(cast: StudyCast) -> None:
    token = one_time_tokens.issue_token("resetpassword", user=cast.subject.user).token
    path = f"/api/resetpassword/{token}/"
    assert ANYBODY.get(path).json() == {"email": ""}
    assert ANYBODY.put(path, {"password": SECRET}).status_code == 200
    cast.subject.user.refresh_from_db()
    assert cast.subject.user.check_password(SECRET)


def test_they_are_asked_for_grants_without_a_mail(cast: StudyCast) -> None:
    bundle = Bundle.objects.create(name="all", rights=["read"])
    sent = {
        "bundle": f"/api/bundle/{bundle.pk}/",
        "user_allowed": cast.subject.user.username,
        "user_target": cast.owner.user.email,
    }
    assert cast.subject.post("/api/bundle_permission_request/", sent).status_code == 201
    turned = {**sent, "user_allowed": sent["user_target"], "user_target": sent["user_allowed"]}
    assert cast.owner.post("/api/bundle_permission_request/", turned).status_code == 201
    (letter,) = Mail.objects.all()
    assert "night7_001" in letter.body


def test_commands_call_them_by_their_names(
    cast: StudyCast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.sandbox.store.require_begun", lambda: None)
    out = StringIO()
    call_command("user", "mark", "night7_001", "fail:login", stdout=out)
    assert out.getvalue().strip() == "night7_001 is marked fail:login"
    for name in ("night7_002", "owner-night7@example.com"):
        call_command("user", "mark", name, "fail:rate", stdout=out)
    assert sorted(forced_failures.list_failures()) == [
        "night7_001",
        "night7_002",
        "owner-night7@example.com",
    ]
    out = StringIO()
    call_command("user", "list", "--json", stdout=out)
    found = {each["username"]: each["email"] for each in json.loads(out.getvalue())}
    assert found["night7_001"] == ""
    call_command("user", "unmark", "night7_001", stdout=out)
    assert ForcedFailure.objects.count() == 2
