"""The public profile as somebody meets who starts it, and who reaches it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from django.test import Client
from django.urls import URLPattern
from pytest_django.fixtures import Settings

from apps.sandbox import store, urls
from tests.embedded import remove_home, throwaway_home
from tests.live import Live, free_port

SOUND = {
    "HEXOSTORE_HOSTS": "localhost",
    "SECRET_KEY": "x7Qm" * 10 + "and ten others",
    "EMAIL_URL": "smtp://localhost",
}
CONTROL_PLANE = (
    "outbox",
    "auth/last",
    "truth/1",
    "sandboxes",
    "sandboxes/main",
    "sandboxes/main/load",
    "sandboxes/main/simulate",
    "sandboxes/main/reset",
    "sandboxes/main/fork",
    "sandboxes/main/restore",
    "sandboxes/main/snapshots",
    "sandboxes/main/snapshots/one",
    "requests",
    "requests/verify",
    "requests/1",
    "clock",
    "clock/advance",
    "sandboxes/main/clock",
    "sandboxes/main/clock/advance",
    "openapi.json",
    "docs",
    "faults",
    "faults/1",
    "tokens",
    "tokens/end",
)


def refusals(home: Path, *options: str, **changes: str) -> list[str]:
    """The lines with which `serve` refuses to start a store that is sound but for the changes."""
    environment = {name: value for name, value in {**SOUND, **changes}.items() if value}
    ports = "--port", str(free_port()), "--https-port", str(free_port())
    done = Live(home, environment=environment).run("serve", *ports, *options)
    assert done.returncode == 1, done.stdout
    assert done.stdout == ""
    progress = "Creating the ", "Seeding the "
    lines = [line for line in done.stderr.splitlines() if not line.startswith(progress)]
    return [line.removeprefix("error: ") for line in lines]


@pytest.mark.parametrize(
    ("changes", "begins"),
    [
        ({"SECRET_KEY": ""}, ["hexostore.E001: The public profile has no SECRET_KEY. "]),
        ({"SECRET_KEY": "changeme"}, ["hexostore.E001: The public profile has a SECRET_KEY that "]),
        ({"DEBUG": "1"}, ["hexostore.E002: DEBUG shows internals to everyone. "]),
        ({"HEXOSTORE_HOSTS": ""}, ["hexostore.E003: Every host name is accepted, or none. "]),
        ({"HEXOSTORE_HOSTS": "*"}, ["hexostore.E003: "]),
        (
            {"HEXOSTORE_HOSTS": "", "DEBUG": "1", "SECRET_KEY": ""},
            ["hexostore.E001: ", "hexostore.E002: ", "hexostore.E003: "],
        ),
    ],
)
def test_it_does_not_start_unsafely(home: Path, changes: dict[str, str], begins: list[str]) -> None:
    lines = refusals(home, "--public", **changes)
    assert len(lines) == len(begins), lines
    assert all(line.startswith(begin) for line, begin in zip(lines, begins, strict=True)), lines
    assert not (home / "postgres").exists()


@pytest.mark.parametrize("profile", ["public", "sandbox"])
def test_the_flag_is_the_profile(home: Path, profile: str) -> None:
    """The same refusal for the variable, and for the flag whatever the variable says."""
    options = [] if profile == "public" else ["--public"]
    lines = refusals(home, *options, HEXOSTORE_PROFILE=profile, SECRET_KEY="")
    assert [line.partition(":")[0] for line in lines] == ["hexostore.E001"]


def test_it_does_not_start_with_what_the_demo_world_prints(begun_home: Path) -> None:
    private = Live(begun_home, ("--empty",)).start()
    login, key = store.demo_logins()[0], store.demo_key()
    added = private.run("user", "add", "--email", login["email"], "--password", login["password"])
    assert added.returncode == 0, added.stderr
    seed = begun_home / "seed.json"
    client = {"client_id": key["key"], "secret": key["secret"], "user": login["email"]}
    seed.write_text(json.dumps({"client": {"printed": client}}))
    loaded = private.run("load", str(seed))
    assert loaded.returncode == 0, loaded.stderr
    private.stop()
    lines = refusals(begun_home, "--public")
    assert [line.partition(":")[0] for line in lines] == ["hexostore.E004", "hexostore.E005"]
    assert login["email"] in lines[0]
    assert key["key"] in lines[1]
    assert key["secret"] not in "".join(lines)


@pytest.fixture(scope="module")
def public() -> Iterator[Live]:
    """A sound public store, served."""
    folder = throwaway_home()
    served = Live(folder, ("--public",), SOUND).start()
    yield served
    served.stop()
    remove_home(folder)


def ask(public: Live, path: str, **headers: str) -> requests.Response:
    base = public.https.replace("127.0.0.1", "localhost")
    return requests.get(f"{base}{path}", headers=headers, verify=str(public.ca), timeout=10)


def test_it_begins_with_the_catalogues_and_prints_no_login(public: Live) -> None:
    assert public.facts["seed"] == "catalogue"
    assert not {"logins", "key", "secret"} & set(public.facts)


def test_http_leads_to_https(public: Live) -> None:
    base, target = (url.replace("127.0.0.1", "localhost") for url in (public.base, public.https))
    moved = requests.get(f"{base}/api/", allow_redirects=False, timeout=10)
    assert (moved.status_code, moved.headers["Location"]) == (301, f"{target}/api/")
    assert "Strict-Transport-Security" not in moved.headers  # RFC 6797 7.2


@pytest.mark.parametrize(
    ("path", "status"), [("/livez", 200), ("/docs/", 200), ("/api/", 200), ("/nowhere", 404)]
)
def test_security_headers(public: Live, path: str, status: int) -> None:
    answer = ask(public, path)
    assert answer.status_code == status
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    if answer.headers["Content-Type"].startswith("text/html"):
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", CONTROL_PLANE)
def test_there_is_no_control_plane(public: Live, path: str) -> None:
    assert ask(public, f"/_sandbox/{path}").status_code == 404


def test_a_name_that_is_not_its_own_is_refused(public: Live) -> None:
    answer = ask(public, "/api/", Host="evil.example.com")
    assert answer.status_code == 421
    assert "evil" not in answer.text


def test_this_machine_has_no_name_of_its_own_there(public: Live) -> None:
    for host in ("127.0.0.1", "hexoskin", "api.hexoskin.com"):
        assert ask(public, "/api/", Host=host).status_code == 421
        assert ask(public, "/livez", Host=host).status_code == 200


def test_its_commands_need_no_flag(public: Live) -> None:
    added = public.run("user", "add", "--email", "me@example.com", "--password", "pw")
    assert added.returncode == 0, added.stderr


def test_the_deployment_check_is_clean(home: Path) -> None:
    environment = {**SOUND, "HEXOSTORE_PROFILE": "public"}
    done = Live(home, environment=environment).run("check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr


def test_the_flag_alone_is_not_taken_for_the_profile() -> None:
    """Settings are read before a command is: one called otherwise must not serve a sandbox."""
    from django.core.management import CommandError, call_command

    with pytest.raises(CommandError, match="HEXOSTORE_PROFILE=public"):
        call_command("serve", public=True)


def sandbox_patterns() -> list[URLPattern]:
    assert all(isinstance(pattern, URLPattern) for pattern in urls.urlpatterns)
    return urls.urlpatterns


@pytest.mark.django_db
def test_every_page_of_the_control_plane_is_hidden_in_public(settings: Settings) -> None:
    """A new page belongs into CONTROL_PLANE."""
    for pattern in sandbox_patterns():
        assert any(pattern.resolve(path) for path in CONTROL_PLANE), pattern
    settings.HEXOSTORE_PROFILE = "public"
    for path in CONTROL_PLANE:
        for method in ("get", "post", "delete"):
            assert getattr(Client(), method)(f"/_sandbox/{path}").status_code == 404
