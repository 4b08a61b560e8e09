"""Operations on sandboxes that end early, or meet another one."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from apps.control import worlds
from apps.control.connection import control
from apps.control.plane import ControlPlane
from apps.control.sandboxes import Conflict, Missing
from apps.control.templates import Templates
from apps.control.worlds import Role, WorldError
from tests import databases
from tests.control.small import SmallStore


class Killed(BaseException):
    """Stands for the end of the process."""


def _be_killed(*_: object) -> None:
    raise Killed


def test_the_template_of_a_fork_that_was_never_made_is_swept(small: SmallStore) -> None:
    small.sandboxes.create("one")
    small.sandboxes.fork("one", "two")
    needed = small.databases()
    template = worlds.copy_world(small.main, small.main, Role.TEMPLATE)
    assert template in small.databases()
    small.reopen()
    assert small.databases() == needed
    assert small.words("two") == ["first"]


def test_a_copy_ends_the_connections_to_its_source_and_no_others(small: SmallStore) -> None:
    world = small.sandboxes.create("one").world
    small.sandboxes.create("two")
    idle = [psycopg.connect(databases.url_of(world)) for _ in range(12)]
    other = psycopg.connect(databases.url_of(small.plane.sandbox("two").world))
    small.sandboxes.take_snapshot("one", "kept")
    for each in idle:
        with each, pytest.raises(psycopg.OperationalError):
            each.execute("SELECT 1")
    with other:
        other.execute("SELECT 1")


def test_a_copy_is_given_up_if_somebody_does_not_leave(
    small: SmallStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = small.sandboxes.create("one").world
    before = small.databases()
    monkeypatch.setattr(worlds, "_END", "SELECT 1 FROM pg_stat_activity WHERE datname = %s")
    monkeypatch.setattr(worlds, "_MOST_LOOKS", 2)
    monkeypatch.setattr(worlds, "MOST_TRIES", 1)
    with (
        psycopg.connect(databases.url_of(world)),
        pytest.raises(WorldError, match=f"The world {world} is in use"),
    ):
        small.sandboxes.take_snapshot("one", "kept")
    assert small.databases() == before


def test_a_fork_that_cannot_be_copied_leaves_nothing(
    small: SmallStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.sandboxes.create("one")
    before = small.databases()
    copy_world = worlds.copy_world

    def lack_space(source: str, main: str, role: Role, template: str = "") -> str:
        if role == Role.USED:
            raise WorldError("There is no space for a copy.")
        return copy_world(source, main, role, template)

    monkeypatch.setattr(worlds, "copy_world", lack_space)
    with pytest.raises(WorldError):
        small.sandboxes.fork("one", "two")
    with pytest.raises(WorldError):
        small.sandboxes.create("two", fill=lambda: None)
    assert small.databases() == before


def test_a_sandbox_is_usable_if_nobody_was_told_of_its_reset(
    small: SmallStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.sandboxes.create("one")
    small.add("one", "more")
    with monkeypatch.context() as patched:
        patched.setattr(ControlPlane, "tell_all", _be_killed)
        with pytest.raises(Killed):
            small.sandboxes.reset("one")
    small.sandboxes.drop_retired()
    assert small.words("one") == ["first"]


def test_the_rows_of_main_are_never_exchanged_without_its_incarnation(
    small: SmallStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kept answers would otherwise be those of the rows before."""
    before = small.plane.sandbox("main").incarnation
    exchange_names = worlds.exchange_names

    def exchange_and_be_killed(*arguments: object) -> None:
        exchange_names(*arguments)  # type: ignore[arg-type]
        raise Killed

    monkeypatch.setattr(worlds, "exchange_names", exchange_and_be_killed)
    with pytest.raises(Killed):
        small.sandboxes.reset("main")
    small.plane.tell_all()
    assert small.plane.sandbox("main").incarnation != before


def test_sweeping_survives_that_an_idle_sandbox_is_deleted_or_used_meanwhile(
    small: SmallStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("deleted", "used", "idle"):
        small.sandboxes.create(name, timedelta(seconds=60))
    control().execute("UPDATE sandbox SET used = now() - interval '1 hour'")
    delete_idle = small.sandboxes._delete_idle

    def be_late(name: str) -> bool:
        if name == "deleted":
            small.sandboxes.delete(name)
        if name == "used":
            small.sandboxes.reset(name)
        return delete_idle(name)

    monkeypatch.setattr(small.sandboxes, "_delete_idle", be_late)
    assert small.sandboxes.sweep() == ["idle"]
    assert set(small.plane.state().sandboxes) == {"main", "used"}


@pytest.mark.parametrize("name", ["a\0", "A", "a/b", "", "a" * 41])
def test_there_is_nothing_of_a_name_that_none_can_have(small: SmallStore, name: str) -> None:
    with pytest.raises(Missing):
        small.sandboxes.reset(name)
    with pytest.raises(Missing):
        small.sandboxes.delete(name)
    with pytest.raises(Missing):
        small.sandboxes.fork(name, "two")


def test_a_name_that_is_taken_meanwhile_leaves_no_template(
    small: SmallStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.sandboxes.create("one")
    before = small.databases()
    monkeypatch.setattr(small.sandboxes, "_require_new", lambda _: None)
    with pytest.raises(Conflict):
        small.sandboxes.create("one", fill=lambda: None)
    assert small.databases() == before


def test_usual_template_survives_a_failed_copy(
    small: SmallStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = small.templates.usual()
    with monkeypatch.context() as patched:
        patched.setattr(Templates, "take_copy", _be_killed)
        with pytest.raises(Killed):
            small.sandboxes.create("one")
    assert small.templates.usual() == usual
