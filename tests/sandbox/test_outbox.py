"""The outbox: what is kept, who reads it, and when mail is really sent."""

import json
import os
import subprocess
import sys
from io import StringIO
from typing import Any

import pytest
from django.core.mail import EmailMessage, send_mail
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from pytest_django.fixtures import Settings

from apps.sandbox import store
from apps.sandbox.models import Mail
from apps.sandbox.plane.replies import HEADER
from hexostore import clock

pytestmark = pytest.mark.django_db

OUTBOX = "/_sandbox/outbox"


@pytest.fixture(autouse=True)
def outbox(settings: Settings) -> None:
    """The backend of the sandbox, in whose place pytest-django puts one of its own."""
    settings.EMAIL_BACKEND = "apps.sandbox.outbox.Backend"


@pytest.fixture
def three(db: None) -> None:
    """Three mails to two people."""
    for number, to in enumerate(("ann@example.com", "bob@example.com", "ann@example.com")):
        send_mail(f"number {number}", f"Go to https://x.test/{number}?a=1", "me@x.test", [to])


def listed(path: str = OUTBOX) -> list[dict[str, Any]]:
    """What the page lists."""
    answer = Client().get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    found: list[dict[str, Any]] = answer.json()
    return found


def subjects(path: str = OUTBOX) -> list[str]:
    return [mail["subject"] for mail in listed(path)]


def printed(*options: str) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("outbox", *options, stdout=out)
    return out.getvalue()


def test_a_mail_does_nothing_to_the_terminal() -> None:
    store.begin_store("empty", None, lambda _: None)
    send_mail("\x1b[2J", "Dear \x1b]0;Rémi\x07,\nhello", "me@x.test", ["ann@example.com"])
    assert "\x1b" not in printed()
    assert "Dear \\x1b]0;Rémi\\x07,\nhello" in printed()


def test_a_mail_as_it_would_have_arrived() -> None:
    text = 'Rémi,\n"https://x.test/a/?token=T_1-2" or <http://y.test/b>.\n'
    before = clock.now()
    send_mail("A word", text, "Hexostore <me@x.test>", ["remi@example.com"])
    (mail,) = listed()
    assert mail == {
        "id": Mail.objects.get().pk,
        "to": "remi@example.com",
        "sender": "Hexostore <me@x.test>",
        "subject": "A word",
        "body": text,
        "links": ["https://x.test/a/?token=T_1-2", "http://y.test/b"],
        "created": Mail.objects.get().created.isoformat(),
    }
    assert before <= Mail.objects.get().created <= clock.now()


def test_every_recipient_has_a_mail_of_his_own() -> None:
    mail = EmailMessage("To all", "text", "me@x.test", ["a@x.test"])
    mail.cc, mail.bcc = ["b@x.test"], ["c@x.test"]
    assert mail.send() == 1
    assert sorted(mail["to"] for mail in listed()) == ["a@x.test", "b@x.test", "c@x.test"]


def test_mail_is_part_of_the_transaction_that_sends_it() -> None:
    with transaction.atomic():
        send_mail("never", "text", "me@x.test", ["a@x.test"])
        transaction.set_rollback(True)
    assert listed() == []


@pytest.mark.usefixtures("three")
def test_the_page_lists_the_newest_first() -> None:
    assert subjects() == ["number 2", "number 1", "number 0"]
    assert subjects(f"{OUTBOX}/") == subjects()
    assert subjects(f"{OUTBOX}?to=ANN@example.com") == ["number 2", "number 0"]
    assert subjects(f"{OUTBOX}?to=ann@example.com&limit=1") == ["number 2"]
    assert subjects(f"{OUTBOX}?limit=0") == []
    assert subjects(f"{OUTBOX}?to=nobody@example.com") == []
    assert subjects(f"{OUTBOX}?to=%00") == []
    assert subjects(f"{OUTBOX}?to=") == subjects()


@pytest.mark.parametrize("limit", ["-1", "x", "", "1.5", "9999999999", "%D9%A3"])
def test_a_limit_is_a_whole_number(limit: str) -> None:
    answer = Client().get(f"{OUTBOX}?limit={limit}")
    assert (answer.status_code, answer.json()) == (400, {"error": "limit must be a whole number."})


@pytest.mark.usefixtures("three")
def test_delete_empties_it() -> None:
    client = Client(enforce_csrf_checks=True, headers={HEADER: "1"})
    answer = client.delete(f"{OUTBOX}?to=bob@example.com")
    assert (answer.status_code, answer.content) == (204, b"")
    assert subjects() == ["number 2", "number 0"]
    assert client.delete(OUTBOX).status_code == 204
    assert listed() == []


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("too=bob@example.com", "Unknown argument 'too'; known: to"),
        ("limit=1", "Unknown argument 'limit'; known: to"),
        ("to=", "to must not be empty."),
    ],
)
def test_an_argument_that_it_does_not_have_deletes_nothing(query: str, why: str) -> None:
    answer = Client(headers={HEADER: "1"}).delete(f"{OUTBOX}?{query}")
    assert (answer.status_code, answer.json()) == (400, {"error": why})
    assert len(listed()) == 3


@pytest.mark.usefixtures("three")
def test_emptying_it_needs_the_header_of_every_change() -> None:
    answer = Client().delete(OUTBOX)
    assert answer.status_code == 403
    assert HEADER in answer.json()["error"]
    assert len(listed()) == 3


@pytest.mark.usefixtures("three")
def test_other_methods_are_refused() -> None:
    answer = Client().post(OUTBOX)
    assert (answer.status_code, answer["Allow"]) == (405, "GET, DELETE, HEAD")
    assert len(listed()) == 3


@pytest.mark.usefixtures("three")
def test_a_public_server_has_no_outbox(settings: Settings) -> None:
    settings.HEXOSTORE_PROFILE = "public"
    for method in ("GET", "DELETE", "POST"):
        assert Client().generic(method, OUTBOX).status_code == 404
    assert Mail.objects.count() == 3


@pytest.mark.usefixtures("three")
def test_the_command_prints_what_the_page_lists() -> None:
    with pytest.raises(CommandError, match="no store"):
        printed()
    store.begin_store("empty", None, lambda _: None)
    assert json.loads(printed("--json")) == listed()
    assert json.loads(printed("--json", "--to", "bob@example.com"))[0]["subject"] == "number 1"
    text = printed("--to", "bob@example.com")
    assert "bob@example.com\nFrom: me@x.test\nSubject: number 1\n\nGo to https://x.test/1" in text
    assert printed("--to", "bob@example.com", "--clear") == "deleted: 1\n"
    assert json.loads(printed("--clear", "--json")) == {"deleted": 2}
    assert printed() == "No mail.\n"


def mail_settings(**environment: str) -> dict[str, Any]:
    """What settings of a process with these variables say of mail."""
    names = ("BACKEND", "HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "TIMEOUT")
    code = (
        "import json; from django.conf import settings;"
        f"print(json.dumps({{n: getattr(settings, 'EMAIL_' + n) for n in {names!r}}}"
        " | {'FROM': settings.DEFAULT_FROM_EMAIL}))"
    )
    taken = {"EMAIL_URL", "HEXOSTORE_MAIL_FROM", "HEXOSTORE_PROFILE"}
    inherited = {name: value for name, value in os.environ.items() if name not in taken}
    variables = {**inherited, "DJANGO_SETTINGS_MODULE": "hexostore.settings", **environment}
    done = subprocess.run(
        [sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_sandbox_keeps_its_mail() -> None:
    found = mail_settings()
    assert found["BACKEND"] == "apps.sandbox.outbox.Backend"
    assert found["FROM"] == "hexostore@localhost"


@pytest.mark.parametrize("profile", ["sandbox", "public"])
def test_a_url_chooses_smtp(profile: str) -> None:
    found = mail_settings(
        HEXOSTORE_PROFILE=profile,
        EMAIL_URL="smtp+tls://me%40x.test:p%2Fw@mail.x.test:587",
        HEXOSTORE_MAIL_FROM="Hexo <hexo@x.test>",
    )
    assert found == {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "HOST": "mail.x.test",
        "PORT": 587,
        "HOST_USER": "me@x.test",
        "HOST_PASSWORD": "p/w",
        "USE_TLS": True,
        "TIMEOUT": 10,
        "FROM": "Hexo <hexo@x.test>",
    }


def test_a_public_server_sends_its_mail() -> None:
    assert mail_settings(HEXOSTORE_PROFILE="public")["BACKEND"].endswith("smtp.EmailBackend")


def test_too_many_parameters_are_no_fault_of_the_server(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    for path in ("/_sandbox/outbox", "/_sandbox/auth/last", "/docs/", "/oauth/authorize"):
        answer = client.get(f"{path}?{'a=1&' * 2000}")
        assert answer.status_code in {200, 400}
    assert not [record for record in caplog.records if record.exc_info]
    assert client.get(f"/_sandbox/outbox?{'a=1&' * 2000}").status_code == 400
