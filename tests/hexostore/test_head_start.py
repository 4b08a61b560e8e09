"""The database of a new store is begun while the program is being loaded."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from hexostore import cli, head_start, postgres_place
from hexostore.locks import Lock
from hexostore.postgres import Embedded
from hexostore.postgres_place import PostgresError, PostgresPlace


def begun(home: Path) -> Embedded:
    """Return a server whose cluster is being made."""
    embedded = Embedded(home, durable=False)
    embedded.begin()
    return embedded


def made(early: Embedded) -> None:
    """Wait until the cluster is made."""
    assert early._begun is not None
    early._begun.initdb.wait()


def drafts(home: Path) -> list[Path]:
    return list((home / "postgres").resolve().glob("draft-*"))


def answers(url: str) -> bool:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


def test_the_start_goes_on_with_it(home: Path) -> None:
    early = begun(home)
    made(early)
    assert not early.place.data.exists()
    (draft,) = drafts(home)
    made_by = draft.stat().st_ino
    with early:
        assert answers(early.url)
        assert early.place.data.stat().st_ino == made_by
        assert drafts(home) == []


def test_nothing_is_left_of_one_that_nobody_went_on_with(home: Path) -> None:
    with head_start.head_start(home):
        place = (home / "postgres").resolve()
        assert place.exists()
    assert not os.path.lexists(home / "postgres")
    assert not place.exists()
    assert Lock(home / "postgres.lock").take()


def test_it_is_whose_who_asks_for_it(home: Path) -> None:
    with head_start.head_start(home):
        taken = head_start.start_embedded(home)
    with taken:
        assert answers(taken.url)
    assert head_start.start_embedded(home) is not taken


def test_what_is_there_is_left_alone(home: Path) -> None:
    with Embedded(home, durable=False):
        pass
    with head_start.head_start(home):
        assert Lock(home / "postgres.lock").take()
    assert (home / "postgres" / "data").resolve().exists()


def test_nobody_else_is_disturbed(home: Path) -> None:
    first = begun(home)
    made(first)
    with head_start.head_start(home):
        assert len(drafts(home)) == 1
    with first:
        assert answers(first.url)


def test_a_failure_is_told_by_the_start(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PostgresPlace, "program", lambda *_: "/bin/false")
    early = begun(home)
    with pytest.raises(PostgresError, match="initdb failed"):
        early.start()


def test_a_home_that_cannot_be_is_told_by_the_start(home: Path) -> None:
    (home / "file").touch()
    with head_start.head_start(home / "file"):
        pass


def test_a_machine_without_a_user_for_it_is_told_by_the_start(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_place, "_ACCOUNTS", ())
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with head_start.head_start(home), pytest.raises(PostgresError, match="no user"):
        head_start.start_embedded(home)


def test_another_start_goes_on_after_kill_9(home: Path) -> None:
    code = (
        "import os, signal; from pathlib import Path; from hexostore.postgres import Embedded;"
        f"Embedded(Path({str(home)!r})).begin(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", code], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert drafts(home) or os.path.lexists(home / "postgres")
    with Embedded(home, durable=False) as embedded:
        assert answers(embedded.url)
        assert drafts(home) == []


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        (("serve", "--help"), {}),
        (("doctor",), {}),
        (("serve",), {"DATABASE_URL": "postgresql:///other"}),
        (("serve",), {"HEXOSTORE_PROFILE": "public"}),
    ],
)
def test_there_is_none_where_checks_come_first_or_no_database_is_made(
    arguments: tuple[str, ...], variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(cli, "head_start", lambda _: pytest.fail("begun"))
    with cli._head_start(*arguments):
        pass


@pytest.mark.parametrize(
    ("variables", "flushes"),
    [
        ({}, "on"),
        ({"HEXOSTORE_DURABLE": "1"}, "on"),
        ({"HEXOSTORE_DURABLE": "0"}, "off"),
        ({"HEXOSTORE_DURABLE": "0", "HEXOSTORE_PROFILE": "public"}, "on"),
    ],
    ids=str,
)
def test_only_what_may_be_lost_is_not_flushed_to_the_disk(
    home: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], flushes: str
) -> None:
    for name in ("HEXOSTORE_DURABLE", "HEXOSTORE_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with head_start.start_embedded(home) as embedded, psycopg.connect(embedded.url) as connection:
        assert connection.execute("SHOW fsync").fetchone() == (flushes,)
