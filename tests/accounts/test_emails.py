"""Letters of every operation: counted in public, linked to the server's own name."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.core import mail
from django.test import Client as Browser
from django.test import RequestFactory

from apps.access.models import READ, Bundle
from apps.accounts.models import User
from apps.credentials.basic import login_throttle
from apps.credentials.models import Client, OneTimeToken, RateCounter
from apps.credentials.rate_limits.rate_counters import RateLimit
from apps.jobs import queue
from apps.jobs.models import Job
from apps.letters.post import absolute_url
from tests.accounts.loops import NEW, change_email, mails
from tests.people import ANYBODY, Caller, Cast

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer
    from pytest_django.fixtures import Settings

REQUESTS = "/api/bundle_permission_request/"


@pytest.fixture
def public(settings: Settings) -> None:
    """A public server, which has a mail server."""
    settings.HEXOSTORE_PROFILE = "public"
    settings.HEXOSTORE_HOSTS = ["hexo.example.org", "other.example.org", "testserver"]
    settings.HEXOSTORE_HTTPS_PORT = 443
    settings.ALLOWED_HOSTS = ["*"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def bundle() -> str:
    found, _ = Bundle.objects.get_or_create(name="reader", rights=[READ])
    return f"/api/bundle/{found.pk}/"


def create_user(cast: Cast, number: int) -> Answer:
    return cast.staff.post("/api/createuser/", {"email": f"n{number}@example.com"})


def create_related(cast: Cast, number: int) -> Answer:
    body = {"email": f"n{number}@example.com", "bundles": [bundle()]}
    return cast.owner.post("/api/createrelateduser/", body)


def change(cast: Cast, number: int) -> Answer:
    return cast.owner.post("/api/changeemail/", {"email": f"n{number}@example.com"})


def reset(cast: Cast, number: int) -> Answer:
    return ANYBODY.post("/api/resetpassword/", {"email": f"n{number}@example.com"})


def request_user(cast: Cast, number: int) -> Answer:
    body = {"email": f"n{number}@example.com", "password": "correct horse battery"}
    return ANYBODY.post("/api/createuserrequest/", body)


def ask_for_grant(cast: Cast, number: int) -> Answer:
    target = User.objects.create(username=f"n{number}@example.com", email=f"n{number}@example.com")
    users = {"user_allowed": cast.friend.user.email, "user_target": target.email}
    return cast.friend.post(REQUESTS, {"bundle": bundle(), **users})


SENDING = (create_user, create_related, change, reset, request_user, ask_for_grant)
"""Everything that sends a letter, each time to another address."""

sending = pytest.mark.parametrize("send", SENDING, ids=lambda each: each.__name__)
Send = Callable[[Cast, int], "Answer"]


@sending
@pytest.mark.usefixtures("public")
def test_a_sender_has_a_limit(cast: Cast, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_throttle, "SENDER", RateLimit(2, 60))
    statuses = [send(cast, number).status_code for number in range(3)]
    assert statuses[0] in {201, 202}
    assert statuses == [statuses[0], statuses[0], 429]
    assert Job.objects.count() == 2
    assert OneTimeToken.objects.count() == 2


@sending
@pytest.mark.usefixtures("public")
def test_an_address_has_a_limit(cast: Cast, send: Send, rf: RequestFactory) -> None:
    for number in range(login_throttle.LETTERS.most):
        elsewhere = rf.get("/", REMOTE_ADDR=f"192.0.2.{number}")
        login_throttle.count_letter(elsewhere, "N7@example.com")
    assert send(cast, 7).status_code == 429
    assert not Job.objects.exists()
    assert send(cast, 8).status_code in {201, 202}


@sending
def test_a_sandbox_has_none(cast: Cast, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_throttle, "SENDER", RateLimit(1, 60))
    for number in range(3):
        assert send(cast, number).status_code in {201, 202}
    assert not RateCounter.objects.exists()


# The old address


def test_the_old_address_is_told(owner: Caller) -> None:
    old = owner.user.email
    path = change_email(owner)
    assert mails(old) == []
    assert owner.put(path, {}).status_code == 200
    (told,) = mails(old)
    assert told["subject"] == "Your address was changed"
    assert NEW in told["body"]
    assert told["links"] == []


def test_no_change_is_told_when_there_is_none(owner: Caller) -> None:
    path = change_email(owner)
    User.objects.filter(pk=owner.user.pk).update(email=NEW.upper(), username="me")
    himself = Caller(User.objects.get(pk=owner.user.pk))
    before = len(mails(NEW))
    assert himself.put(path, {}).status_code == 200
    assert len(mails(NEW)) == before


@pytest.mark.usefixtures("public")
def test_an_address_that_cannot_be_told_is_not_changed(owner: Caller, rf: RequestFactory) -> None:
    assert owner.post("/api/changeemail/", {"email": NEW}).status_code == 202
    queue.do_due()
    token = str(mail.outbox[-1].body).split("Token: ")[1].split("\n")[0]
    for number in range(login_throttle.LETTERS.most):
        login_throttle.count_letter(rf.get("/", REMOTE_ADDR=f"192.0.2.{number}"), owner.user.email)
    assert owner.put(f"/api/changeemail/{token}/", {}).status_code == 429
    assert User.objects.get(pk=owner.user.pk).email == owner.user.email
    assert OneTimeToken.objects.get().redeemed is None


# Links


@pytest.mark.usefixtures("public")
@pytest.mark.parametrize("host", ["testserver", "other.example.org"])
def test_links_name_the_server_and_not_the_host_of_the_request(owner: Caller, host: str) -> None:
    body = json.dumps({"email": owner.user.email})
    answer = Browser(HTTP_HOST=host).post(
        "/api/resetpassword/", body, "application/json", secure=True
    )
    assert answer.status_code == 202
    queue.do_due()
    text = str(mail.outbox[-1].body)
    assert "https://hexo.example.org/api/resetpassword/" in text
    assert host not in text


@pytest.mark.parametrize(
    ("changes", "url"),
    [
        ({"HEXOSTORE_HTTPS_PORT": 8443}, "https://hexo.example.org:8443/a"),
        (
            {"HEXOSTORE_HTTPS_PORT": 8443, "HEXOSTORE_TRUSTED_PROXIES": ["10.0.0.0/8"]},
            "https://hexo.example.org/a",
        ),
        ({"HEXOSTORE_HOSTS": [".Example.org"]}, "https://example.org/a"),
        ({"HEXOSTORE_PROFILE": "sandbox"}, "http://testserver/a"),
    ],
)
@pytest.mark.usefixtures("public")
def test_urls_for_letters(
    settings: Settings, rf: RequestFactory, changes: dict[str, Any], url: str
) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)
    assert absolute_url(rf.get("/"), "/a") == url


# Where a request for a grant leads


def ask_with(caller: Caller, target: Caller, url: str) -> Answer:
    users = {"user_allowed": caller.user.email, "user_target": target.user.email}
    return caller.post(REQUESTS, {"bundle": bundle(), "redeem_url": url, **users})


def last_text() -> str:
    queue.do_due()
    return str(mail.outbox[-1].body)


REFUSED = (
    "https://evil.example/",
    "https://app.example.com.evil.example/",
    "http://hexo.example.org/",
    "http://app.example.com/grant",
)
HIDDEN = ("https://hexo.example.org@evil.example/", "https://evil.example\\@hexo.example.org/")


@pytest.mark.usefixtures("public")
@pytest.mark.parametrize("url", [*REFUSED, *HIDDEN])
def test_a_public_mail_leads_to_nobody_else(owner: Caller, friend: Caller, url: str) -> None:
    answer = ask_with(friend, owner, url)
    assert answer.status_code == 400
    assert "redeem_url" in answer.json()["bundle_permission_request"]
    assert not Job.objects.exists()


@pytest.mark.usefixtures("public")
@pytest.mark.parametrize("host", ["hexo.example.org", "OTHER.example.org:8443"])
def test_a_public_mail_leads_to_the_server(owner: Caller, friend: Caller, host: str) -> None:
    assert ask_with(friend, owner, f"https://{host}/grants?a=1").status_code == 201
    assert f"https://{host}/grants?a=1&token=" in last_text()


@pytest.mark.usefixtures("public")
def test_a_public_mail_leads_to_the_program_that_asked(owner: Caller, friend: Caller) -> None:
    program = Client(user=friend.user, redirect_uris="https://app.example.com/back app:/x")
    program.save()
    signed = Caller(friend.user, signature_of(program))
    assert ask_with(signed, owner, "https://app.example.com/grant").status_code == 201
    assert "It leads to app.example.com" in last_text()
    assert ask_with(signed, owner, "https://evil.example/").status_code == 400
    assert ask_with(friend, owner, "https://app.example.com/grant").status_code == 400


def signature_of(program: Client) -> dict[str, str]:
    """The headers of a request that the program signs for REQUESTS."""
    from apps.credentials.signed_keys.signatures import compute_signature
    from hexostore import clock

    stamp = str(int(clock.now().timestamp()))
    url = f"http://testserver{REQUESTS}"
    return {
        "X-HexoTimestamp": stamp,
        "X-HexoAPIKey": program.client_id,
        "X-HexoAPISignature": compute_signature(program.secret, stamp, url),
    }


@pytest.mark.parametrize("url", HIDDEN)
def test_a_sandbox_refuses_hosts_that_look_like_others(
    owner: Caller, friend: Caller, url: str
) -> None:
    assert ask_with(friend, owner, url).status_code == 400


def test_a_sandbox_names_the_host(owner: Caller, friend: Caller) -> None:
    assert ask_with(friend, owner, "http://127.0.0.1:3000/x").status_code == 201
    (told,) = mails(owner.user.email)
    assert "It leads to 127.0.0.1, which then knows the token" in told["body"]
    assert f"chosen by {friend.user.email}" in told["body"]
