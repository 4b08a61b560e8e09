"""The start page, and the files that pages of the console load."""

from __future__ import annotations

import hashlib

import pytest
from django.test import Client

from apps.console.files import FILES, VENDORED

pytestmark = pytest.mark.django_db


def test_a_browser_gets_a_page(client: Client) -> None:
    answer = client.get("/", headers={"Accept": "text/html,application/xhtml+xml"})
    assert answer["Content-Type"].startswith("text/html")
    assert answer["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
    assert b"Hexostore" in answer.content


def test_a_program_gets_the_addresses(client: Client) -> None:
    found = client.get("/").json()
    assert found["api"] == "http://testserver/api/"
    assert found["outbox"] == "http://testserver/outbox/"


def test_strangers_on_other_machines_get_neither(client: Client) -> None:
    assert client.get("/", REMOTE_ADDR="192.0.2.7").status_code == 401


def test_a_public_server_has_no_console(client: Client, settings: object) -> None:
    settings.HEXOSTORE_PROFILE = "public"  # type: ignore[attr-defined]
    paths = ["/", *(f"/console/files/{name}" for name in FILES)]
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
