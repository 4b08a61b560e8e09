"""The start page, and the files that pages of the console load."""

from __future__ import annotations

import hashlib
import re
from html import unescape
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.console.files import FILES, VENDORED
from apps.credentials.models import Client as AccessClient
from apps.records.models import Record
from apps.sandbox import held, seeds, store
from apps.sandbox.models import Mail, Store
from tests.console.browsing import PROGRAMS, counted_statements, links_of, read_page
from tests.control.requests.conftest import controlled

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

__all__ = ["controlled"]

pytestmark = pytest.mark.django_db

HOSTILE = "<script>document.title='taken'</script>"


@pytest.fixture
def demo(db: None) -> Store:
    """The rows of the demo world, without signals."""
    seeds.load(store.read_fixtures("demo"))
    return Store.objects.create(id=1, seed="demo", conventions="hexoskin")


def test_a_browser_gets_a_page(client: Client) -> None:
    answer = client.get("/", headers={"Accept": "text/html,application/xhtml+xml"})
    assert answer["Content-Type"].startswith("text/html")
    assert answer["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
    assert b"Hexostore" in answer.content


def test_a_program_gets_the_addresses(client: Client) -> None:
    found = client.get("/").json()
    assert found["api"] == "http://testserver/api/"
    assert found["outbox"] == "http://testserver/outbox/"


@pytest.mark.parametrize("program", sorted(PROGRAMS.keys() - {"a program like a browser"}))
def test_no_program_gets_the_page(client: Client, program: str) -> None:
    answer = client.get("/", headers=PROGRAMS[program])
    assert (answer["Content-Type"], answer["Vary"]) == ("application/json", "Accept")


def test_it_has_the_logins_and_keys_of_the_store(demo: Store) -> None:
    text = read_page("/")
    for login in store.demo_logins():
        assert f"<code>{login['email']}</code>" in text
    assert store.demo_key()["secret"] in text
    assert store.demo_oauth2()["secret"] in text


def test_it_has_only_those_that_still_work(demo: Store) -> None:
    coach = User.objects.get(email="coach@example.com")
    coach.set_password("another")
    coach.save()
    AccessClient.objects.all().delete()
    text = read_page("/")
    assert "<code>athlete@example.com</code>" in text
    assert "<code>coach@example.com</code>" not in text
    assert store.demo_key()["secret"] not in text


def test_a_wrong_password_is_not_checked_at_every_visit(
    demo: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    coach = User.objects.get(email="coach@example.com")
    coach.set_password("another")
    coach.save()
    before = read_page("/")
    monkeypatch.delattr(held, "check_password")
    assert read_page("/") == before


def test_the_first_request_goes_to_the_address_of_the_page(demo: Store) -> None:
    text = unescape(read_page("/", Host="localhost:8123"))
    for part in ("curl -s -u athlete@example.com:athlete", "import requests", "await fetch("):
        assert part in text
    assert "http://localhost:8123/api/data/?record=37700&datatype=19&max_values=10" in text
    Record.objects.filter(pk=37700).delete()
    assert "http://localhost:8123/api/record/?limit=3" in unescape(
        read_page("/", Host="localhost:8123")
    )


def test_both_addresses_are_named(settings: Settings) -> None:
    settings.HEXOSTORE_HTTP_PORT, settings.HEXOSTORE_HTTPS_PORT = 8123, 443
    text = read_page("/", Host="localhost:8123")
    assert ">http://localhost:8123<" in text
    assert ">https://localhost<" in text


def test_an_empty_store_says_how_to_begin() -> None:
    text = read_page("/")
    assert "hexostore user add" in text
    assert "No records yet" in text
    assert "No mail yet" in text
    assert "keeps no journal" in text
    assert "A first request" not in text


def test_records_and_mail_and_requests_lead_on(controlled: None, demo: Store) -> None:
    Mail.objects.create(to="a@example.com", sender="b@example.com", subject=HOSTILE, body="")
    Client().get("/api/account/")
    text = read_page("/")
    links = links_of(text)
    newest = Record.objects.order_by("-id").values_list("id", flat=True)[:6]
    assert {f"/explore/record/{each}/" for each in newest} <= links
    assert any(re.fullmatch(r"/outbox/\d+/", each) for each in links)
    assert any(re.fullmatch(r"/requests/\d+/", each) for each in links)
    assert "no_credentials" in text
    assert "<script>document" not in text


def test_links_stay_in_a_sandbox(controlled: None, demo: Store) -> None:
    text = read_page("/~main/")
    outside = ("#", "/docs/", "/console/files/")
    assert all(each.startswith(("/~main/", *outside)) for each in links_of(text))
    assert "http://testserver/~main/api/" in text


def test_its_cost_does_not_grow(controlled: None, demo: Store) -> None:
    Client().get("/api/account/")
    read_page("/")
    with counted_statements() as before:
        read_page("/")
    owner = User.objects.get(email="athlete@example.com")
    Record.objects.bulk_create(Record(user=owner, start=n, end=n + 256) for n in range(50))
    Mail.objects.bulk_create(Mail(to="a", sender="b", subject="c", body="") for _ in range(50))
    for _ in range(20):
        Client().get("/api/account/")
    read_page("/")
    with counted_statements() as after:
        text = read_page("/")
    assert len(after) == len(before) <= 18
    assert text.count("/explore/record/") == 6


def test_a_record_without_a_sensible_time_is_listed(demo: Store) -> None:
    owner = User.objects.get(email="athlete@example.com")
    Record.objects.create(user=owner, start=2**62)
    assert str(2**62) in read_page("/")


def test_strangers_on_other_machines_get_neither(client: Client) -> None:
    assert client.get("/", REMOTE_ADDR="192.0.2.7").status_code == 401


def test_a_public_server_has_no_console(client: Client, settings: object) -> None:
    settings.HEXOSTORE_PROFILE = "public"  # type: ignore[attr-defined]
    paths = ["/", "/requests/", "/requests/1/", "/requests/controls/", "/outbox/", "/outbox/1/"]
    paths += [f"/console/files/{name}" for name in FILES]
    assert {client.get(path).status_code for path in paths} == {404}


def test_files_are_there(client: Client) -> None:
    for name, (_, kind) in FILES.items():
        answer = client.get(f"/console/files/{name}")
        assert answer["Content-Type"] == kind
        assert b"".join(answer)


def test_vendored_files_are_those_of_their_releases() -> None:
    lines = (VENDORED / "SHA256SUMS").read_text().splitlines()
    for digest, name in map(str.split, lines):
        assert hashlib.sha256((VENDORED / name).read_bytes()).hexdigest() == digest
    assert {file.name for file in VENDORED.iterdir()} == {
        "SHA256SUMS",
        *(line.split()[1] for line in lines),
    }
