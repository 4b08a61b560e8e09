"""Letters: written down in the request, sent by a job, whatever the mail server does."""

from __future__ import annotations

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test import Client, RequestFactory

from apps.jobs import kinds, overview, queue
from apps.jobs.models import Job
from apps.letters import delivery, post
from apps.sandbox.models import Mail
from tests.frozen import FrozenClock
from tests.jobs.mailserver import MailServer, mail_server
from tests.live import free_port
from tests.people import ANYBODY, Caller, owner

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

__all__ = ["owner"]

pytestmark = pytest.mark.django_db

RESET = "/api/resetpassword/"
LETTER = {"kind": "letter"}


def send_to(settings: Settings, server: MailServer) -> None:
    """Have mail go to that server."""
    for name, value in server.settings().items():
        setattr(settings, name, value)


def ask(to: str = "owner@example.com") -> None:
    """Ask for a new password: a letter with a token."""
    answer = ANYBODY.post(RESET, {"email": to})
    assert (answer.status_code, answer.json()) == (202, {})


def letters() -> list[Job]:
    return list(Job.objects.filter(**LETTER))


def test_a_letter_is_sent_by_its_job(owner: Caller) -> None:
    ask()
    assert mail.outbox == []
    (job,) = letters()
    assert job.state == Job.State.WAITING
    queue.do_due()
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["owner@example.com"], "Choose a new password")
    assert "Token: " in sent.body


def test_the_token_is_gone_once_the_letter_is_sent(
    owner: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "hexostore"):
        ask()
        token = letters()[0].payload["text"].split("Token: ")[1].split("\n")[0]
        queue.do_due()
    (job,) = letters()
    assert (job.state, job.payload) == (
        Job.State.DONE,
        {"to": "owner@example.com", "subject": "Choose a new password"},
    )
    assert len(token) == 43
    assert token not in caplog.text


def test_a_request_that_is_rolled_back_sends_nothing(owner: Caller) -> None:
    request = RequestFactory().get("/")
    with transaction.atomic():
        post.post_letter(request, "a@example.com", "never", "text")
        transaction.set_rollback(True)
    assert letters() == []


def test_a_sandbox_without_a_server_shows_it_at_once(owner: Caller, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "apps.sandbox.outbox.Backend"
    ask()
    assert Mail.objects.get().to == "owner@example.com"
    assert letters() == []


def test_a_mail_server_takes_it(owner: Caller, settings: Settings) -> None:
    with mail_server() as server:
        send_to(settings, server)
        ask()
        queue.do_due()
        assert "Subject: Choose a new password" in server.letter()


def test_a_server_that_is_away_for_hours(
    owner: Caller, settings: Settings, frozen: FrozenClock
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    ask()
    tried = 0
    began = frozen.now
    while frozen.now - began < timedelta(hours=12):
        tried += queue.do_next(kinds.KINDS["letter"])
        frozen.move(timedelta(minutes=15))
    (job,) = letters()
    assert (job.state, job.error, job.tries) == (job.State.WAITING, "ConnectionRefusedError", tried)
    assert 12 < tried < 30
    assert overview.count_jobs().late
    with mail_server() as server:
        send_to(settings, server)
        frozen.move(kinds.LONGEST_WAIT)
        queue.do_due()
        assert "Choose a new password" in server.letter()
    assert letters()[0].state == Job.State.DONE


def test_a_letter_outlives_its_token_in_tries() -> None:
    kind = kinds.KINDS["letter"]
    waits = sum((kind.wait_after(tries) for tries in range(1, kind.tries)), timedelta())
    assert timedelta(hours=36) < waits < timedelta(days=3)


def test_a_server_that_accepts_and_never_answers(owner: Caller, settings: Settings) -> None:
    with mail_server(greets=False) as server:
        send_to(settings, server)
        settings.EMAIL_TIMEOUT = 0.1
        ask()
        queue.do_due()
        assert len(server.callers) == 1
    (job,) = letters()
    assert (job.state, job.tries) == (job.State.WAITING, 1)
    assert job.error in {"TimeoutError", "SMTPServerDisconnected"}


@pytest.mark.parametrize(
    ("answers", "state", "error"),
    [
        ({"RCPT": "550 nobody"}, "dead", "SMTPRecipientsRefused 550"),
        ({"RCPT": "451 later"}, "waiting", "SMTPRecipientsRefused 451"),
        ({"DATA": "554 spam: Token"}, "dead", "SMTPDataError 554"),
        ({"DATA": "452 full"}, "waiting", "SMTPDataError 452"),
        ({"MAIL": "550 not you"}, "waiting", "SMTPSenderRefused"),
    ],
)
def test_a_server_that_refuses(
    owner: Caller, settings: Settings, answers: dict[str, str], state: str, error: str
) -> None:
    with mail_server(answers=answers) as server:
        send_to(settings, server)
        ask()
        queue.do_due()
    (job,) = letters()
    assert (job.state, job.error) == (state, error)
    assert ("text" in job.payload) == (state == "waiting")


def test_letters_are_given_up_in_the_end(
    owner: Caller, settings: Settings, frozen: FrozenClock
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    ask()
    for _ in range(delivery.TRIES):
        assert queue.do_next(kinds.KINDS["letter"])
        frozen.move(kinds.LONGEST_WAIT)
    (job,) = letters()
    assert (job.state, "text" in job.payload) == (job.State.DEAD, False)
    assert overview.count_jobs().dead == 1


@pytest.mark.django_db(transaction=True)
def test_requests_do_not_talk_to_the_mail_server(owner: Caller, settings: Settings) -> None:
    """Twelve at once from one address, in public, with a server that never answers: all are
    answered though it was not even called, and so are those who want no letter."""
    settings.HEXOSTORE_PROFILE = "public"

    def post_one(number: int) -> int:
        try:
            body = json.dumps({"email": f"somebody{number}@example.com"})
            browser = Client(REMOTE_ADDR="192.0.2.1")
            answer = browser.post(RESET, body, content_type="application/json", secure=True)
            return answer.status_code
        finally:
            connection.close()

    with mail_server(greets=False) as server:
        send_to(settings, server)
        with ThreadPoolExecutor(12) as pool:
            assert list(pool.map(post_one, range(12))) == [202] * 12
        assert Client().get("/livez", secure=True).status_code == 200
        assert server.callers == []
    assert len(letters()) == 12


@pytest.mark.django_db(transaction=True)
def test_a_letter_on_its_way_locks_nothing_that_requests_need(
    owner: Caller, settings: Settings
) -> None:
    """While a letter is with the server, the same address asks for another."""
    settings.HEXOSTORE_PROFILE = "public"

    def work() -> None:
        try:
            queue.do_next(kinds.KINDS["letter"])
        finally:
            connection.close()

    with mail_server() as server, ThreadPoolExecutor(1) as pool:
        send_to(settings, server)
        server.free.clear()
        for number in range(2):
            answer = Client().post(
                RESET, {"email": "owner@example.com"}, "application/json", secure=True
            )
            assert answer.status_code == 202
            if number == 0:
                sending = pool.submit(work)
                assert server.holding.wait(30)
        server.free.set()
        sending.result()
    assert sorted(job.state for job in letters()) == ["done", "waiting"]
