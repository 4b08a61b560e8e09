"""Several servers of one store, each with a home of its own, as on machines of their own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import requests

from hexostore.testing.sandbox import HexostoreServer, Sandbox
from tests import databases
from tests.embedded import remove_home, throwaway_home
from tests.live import Live

LOGIN = "athlete@example.com", "athlete"
SECRET_KEY = "the same on all machines " + "x" * 50


@dataclass(frozen=True)
class Machines:
    """Two web servers, and one that does the jobs of their store."""

    first: Live
    second: Live
    jobs: Live
    url: str

    @property
    def servers(self) -> tuple[HexostoreServer, HexostoreServer]:
        """Both web servers, as tests of programs see them."""
        return HexostoreServer(self.first.facts), HexostoreServer(self.second.facts)

    def sandbox(self) -> tuple[Sandbox, Sandbox]:
        """A new sandbox, made by the first server, as both of them show it."""
        first, second = self.servers
        made = first.sandbox(f"m{secrets.token_hex(4)}")
        return made, Sandbox(second, made.name)


@contextmanager
def machines(*begin: str, environment: Mapping[str, str] | None = None) -> Iterator[Machines]:
    """Serve a store by three servers with an environment; `begin` are options for the first start.

    In its values, `{database}` stands for the name of the database.
    """
    with databases.database("machines") as url, ExitStack() as stack:
        name = databases.name_of(url)
        stack.callback(drop_worlds, name)
        given = {"DATABASE_URL": url, "SECRET_KEY": SECRET_KEY}
        if environment and "DATABASE_URL" in environment:
            given["DATABASE_DIRECT_URL"] = url
        for variable, value in (environment or {}).items():
            given[variable] = value.replace("{database}", name)
        jobs = stack.enter_context(served("--jobs-only", *begin, environment=given))
        first = stack.enter_context(served("--web-only", environment=given))
        second = stack.enter_context(served("--web-only", environment=given))
        yield Machines(first, second, jobs, url)


@contextmanager
def served(*options: str, environment: Mapping[str, str]) -> Iterator[Live]:
    """Run a server with a home of its own, and stop it in the end."""
    home = throwaway_home()
    live = Live(home, options, dict(environment))
    try:
        yield live.start()
        if live.process is not None and live.process.poll() is None:
            assert live.stop() == 0, live.log()
    finally:
        if live.process is not None and live.process.poll() is None:
            live.process.kill()
            live.process.communicate()
        remove_home(home)


def drop_worlds(main: str) -> None:
    """Drop what sandboxes have left beside a database."""
    with databases.administrator() as connection:
        rows = connection.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [f"{main}_"]
        ).fetchall()
    for (name,) in rows:
        databases.drop(name)


def get(base: str, path: str, auth: tuple[str, str] = LOGIN) -> requests.Response:
    """Send a GET as the athlete, or as somebody else."""
    return requests.get(f"{base}{path}", auth=auth, timeout=60)


def labels(base: str) -> set[str]:
    """Return the names of the labels that the athlete sees."""
    answer = get(base, "/api/label/?limit=0")
    assert answer.status_code == 200, answer.text
    return {each["name"] for each in answer.json()["objects"]}


def add_label(base: str, name: str) -> None:
    """Add a label of the athlete."""
    user = get(base, "/api/account/").json()["objects"][0]["resource_uri"]
    body = {"name": name, "user": user}
    answer = requests.post(f"{base}/api/label/", json=body, auth=LOGIN, timeout=60)
    assert answer.status_code == 201, answer.text
