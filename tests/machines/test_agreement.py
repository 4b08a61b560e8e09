"""What servers of one store must have in common is checked when they start."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest
from pytest_django.fixtures import Settings

from hexostore.database import idle
from hexostore.machines import Disagreement, Membership
from hexostore.testing.sandbox import HexostoreServer, Sandbox
from tests import databases
from tests.embedded import remove_home, throwaway_home
from tests.live import Live, free_port
from tests.machines.several import SECRET_KEY, drop_worlds, get, served
from tests.machines.test_restart import await_truth


@contextmanager
def a_database() -> Iterator[str]:
    with databases.database("agreement") as url:
        yield url
        drop_worlds(databases.name_of(url))


def refused(*options: str, environment: dict[str, str]) -> str:
    """Return what a server says that does not start."""
    home = throwaway_home()
    try:
        live = Live(home, environment=environment)
        ports = ["--port", str(free_port()), "--https-port", str(free_port())]
        done = live.run("serve", *([] if "--jobs-only" in options else ports), *options)
        assert done.returncode != 0, done.stdout
        return done.stderr
    finally:
        remove_home(home)


def test_two_first_starts_at_once_make_one_store() -> None:
    with a_database() as url, ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        given = {"DATABASE_URL": url, "SECRET_KEY": SECRET_KEY}
        servers = [served("--web-only", "--empty", environment=given) for _ in range(2)]
        first, second = pool.map(stack.enter_context, servers)
        said = first.log() + second.log()
        assert said.count("Creating the tables") == said.count("Seeding the store") == 1, said
        for each in (first, second):
            assert get(each.base, "/readyz").json() == {"status": "ok"}


def test_what_differs_is_named() -> None:
    with a_database() as url:
        same = {"DATABASE_URL": url, "SECRET_KEY": SECRET_KEY}
        with served("--web-only", "--empty", environment=same):
            said = refused("--web-only", environment={"DATABASE_URL": url})
            assert "has another SECRET_KEY. Set SECRET_KEY to the same value" in said
            said = refused("--jobs-only", environment={**same, "HEXOSTORE_LIMITS": "tiny"})
            assert "has another HEXOSTORE_LIMITS. Set HEXOSTORE_LIMITS" in said
            said = refused("--web-only", "--conventions", "hexoskin", environment=same)
            assert "created with the conventions 'tastypie'" in said


def test_a_server_that_does_everything_is_alone() -> None:
    with a_database() as url:
        same = {"DATABASE_URL": url, "SECRET_KEY": SECRET_KEY}
        with served("--empty", environment=same):
            assert "start it with --web-only" in refused("--web-only", environment=same)
        with (
            served("--web-only", environment=same) as one_of_several,
            served(environment=same) as alone,
        ):
            assert "belong to the server of another home" in alone.log()
            assert get(one_of_several.base, "/~other/api/").status_code == 404


def test_rate_limits_are_counted_together() -> None:
    """While the clock stands, so that no window ends."""
    with a_database() as url:
        given = {"DATABASE_URL": url, "SECRET_KEY": SECRET_KEY, "HEXOSTORE_LIMITS": "tiny"}
        options = ("--web-only", "--empty")
        with (
            served(*options, environment=given) as first,
            served(*options, environment=given) as second,
        ):
            here = HexostoreServer(first.facts).sandbox()
            there = Sandbox(HexostoreServer(second.facts), here.name)
            me = {"username": "me", "email": "me@example.com", "password": "open sesame"}
            here.load({"user": {"me": me}})
            here.clock.freeze()
            bases = [here.base_url, there.base_url] * 4
            found = [get(base, "/api/account/", (me["email"], me["password"])) for base in bases]
            assert [each.status_code for each in found] == [200] * 5 + [429] * 3
            assert found[-1].headers["X-HexoStore-Reason"] == "rate_limited"


def test_the_status_of_a_server_that_only_does_jobs() -> None:
    with a_database() as url:
        given = {"DATABASE_URL": url, "SECRET_KEY": SECRET_KEY}
        with served("--jobs-only", "--empty", environment=given) as live:
            assert live.run("restart").returncode == 0, live.log()
            told = live.run("status", "--json")
            assert (told.returncode, json.loads(told.stdout)["state"]) == (0, "jobs"), told
            assert "only does jobs" in live.run("status").stdout


def test_options_that_exclude_each_other() -> None:
    given = {"DATABASE_URL": "postgresql:///nowhere"}
    assert "exclude each other" in refused("--web-only", "--jobs-only", environment=given)
    assert "Name it in DATABASE_URL" in refused("--web-only", environment={})


def test_another_version_is_told_and_let_in() -> None:
    with a_database() as url:
        first = Membership(url, "one version")
        second = Membership(url, "another")
        assert (first.runs_with_other_version, second.runs_with_other_version) == (False, True)
        first.leave()
        second.leave()
        assert not Membership(url, "one version").runs_with_other_version


def test_a_server_joins_again_after_the_database_ended_its_connection(
    settings: Settings,
) -> None:
    with a_database() as url:
        first = Membership(url, "one version")
        with databases.administrator() as administrator:
            administrator.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [databases.name_of(url)],
            )
        await_truth(lambda: idle.has_ended(first._connection), "its end is not seen")
        first.keep()
        before, settings.SECRET_KEY = settings.SECRET_KEY, "another"
        with pytest.raises(Disagreement, match="SECRET_KEY"):
            Membership(url, "one version")
        settings.SECRET_KEY, settings.HEXOSTORE_PROFILE = before, "public"
        with pytest.raises(Disagreement, match="HEXOSTORE_PROFILE"):
            Membership(url, "one version")
        first.leave()
