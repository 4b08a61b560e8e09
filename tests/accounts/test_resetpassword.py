"""resetpassword: who has the mailbox gets a new password."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.credentials.models import OneTimeToken
from tests.accounts.loops import (
    GOOD,
    NEW,
    OTHER,
    change_email,
    forget_password,
    link,
    mails,
    may_log_in,
    statements,
)
from tests.contract.contract import empty
from tests.people import ANYBODY, PASSWORD, Caller

LIST = "/api/resetpassword/"


def test_the_whole_loop(owner: Caller) -> None:
    email = owner.user.email
    assert may_log_in(email, PASSWORD)  # and the server remembers that pair
    begun = ANYBODY.post(LIST, {"email": "Owner@Example.COM"})
    assert (begun.status_code, begun.json()) == (202, {})
    path = link(email)
    assert ANYBODY.get(path).json() == {"email": email}
    assert may_log_in(email, PASSWORD)
    done = ANYBODY.put(path, {"password": GOOD, "email": NEW})
    assert (done.status_code, done.json()) == (200, {"email": email})
    assert not may_log_in(email, PASSWORD)
    assert may_log_in(email, GOOD)
    assert User.objects.get().email == email


def test_nobody_learns_whether_an_address_is_known(owner: Caller) -> None:
    with CaptureQueriesContext(connection) as known:
        old = ANYBODY.post(LIST, {"email": owner.user.email})
    with CaptureQueriesContext(connection) as unknown:
        new = ANYBODY.post(LIST, {"email": NEW})
    assert (old.status_code, old.content, old.items()) == (
        new.status_code,
        new.content,
        new.items(),
    )
    assert statements(unknown) == statements(known)
    (mail,) = mails(NEW)
    assert (mail["links"], "there is no account with it" in mail["body"]) == ([], True)


def test_who_may_not_log_in_gets_no_token(owner: Caller) -> None:
    path = forget_password(owner)
    User.objects.update(is_active=False)
    empty(ANYBODY.get(path), 404)
    empty(ANYBODY.put(path, {"password": GOOD}), 404)
    assert ANYBODY.post(LIST, {"email": owner.user.email}).status_code == 202
    assert mails(owner.user.email)[0]["links"] == []


def test_all_other_tokens_of_the_user_die(owner: Caller, outsider: Caller) -> None:
    first, change = forget_password(owner), change_email(owner)
    others, last = forget_password(outsider), forget_password(owner)
    assert ANYBODY.put(last, {"password": GOOD}).status_code == 200
    empty(ANYBODY.put(first, {"password": OTHER}), 404)
    assert not OneTimeToken.objects.filter(user=owner.user, redeemed=None).exists()
    assert change.startswith("/api/changeemail/")
    assert ANYBODY.put(others, {"password": OTHER}).status_code == 200


@pytest.mark.parametrize(
    ("password", "text"),
    [
        (None, "required"),
        ("short7!", "at least 8"),
        ("12345678901", "entirely numeric"),
        ("iloveyou1", "too common"),
        ("owner@example", "too similar"),
        (12345678, "a string of"),
    ],
)
def test_the_rules_for_passwords(owner: Caller, password: object, text: str) -> None:
    path = forget_password(owner)
    answer = ANYBODY.put(path, {"password": password})
    assert answer.status_code == 400
    assert text in " ".join(answer.json()["resetpassword"]["password"])
    assert may_log_in(owner.user.email, PASSWORD)
    assert ANYBODY.put(path, {"password": GOOD}).status_code == 200


@pytest.mark.parametrize("email", [None, "", "x", 5, {}])
def test_addresses_that_are_none(db: None, email: object) -> None:
    answer = ANYBODY.post(LIST, {"email": email})
    assert (answer.status_code, list(answer.json()["resetpassword"])) == (400, ["email"])


def test_the_mail_goes_to_the_address_of_the_account(owner: Caller) -> None:
    """Letters that fold into each other do not turn it to somebody else's mailbox."""
    User.objects.filter(pk=owner.user.pk).update(email="mike@example.com")
    for spelling in ("m\u0131ke@example.com", "MIKE@example.com"):
        ANYBODY.post(LIST, {"email": spelling})
    assert [mail["to"] for mail in mails("mike@example.com")] == ["mike@example.com"] * 2
