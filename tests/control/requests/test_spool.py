"""The spool: every line is moved once, whatever happens to those who write and move."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Thread

import orjson
import psycopg
import pytest

from apps.control.connection import control
from apps.control.journal import rows, spool
from apps.control.journal.rows import JournalQuestion, drain_spool, find_requests, keep_newest
from apps.control.journal.spool import RequestSpool, home_spool

TIME = "2024-05-01T10:00:00+00:00"


def creation(sandbox: str = "main") -> datetime:
    found = control().execute("SELECT created FROM sandbox WHERE name = %s", [sandbox]).fetchone()
    assert found is not None
    created: datetime = found[0]
    return created


def line(path: str, sandbox: str = "main", born: object = None) -> bytes:
    """A line of the spool."""
    born = born or creation(sandbox)
    columns = [sandbox, born, TIME, "GET", path, 200, "", "", "", "", {"url": path}]
    return orjson.dumps(columns)


def paths(sandbox: str | None = "main") -> list[str]:
    return [each.path for each in find_requests(JournalQuestion(sandbox))]


def test_lines_are_moved_once_and_in_order(controlled: None) -> None:
    for number in range(3):
        home_spool().append(line(f"/{number}"))
        drain_spool()
    drain_spool()
    assert paths() == ["/0", "/1", "/2"]


def test_what_a_killed_process_left_of_a_line_spoils_no_other(controlled: None) -> None:
    home_spool().append(line("/a"))
    os.write(home_spool()._file, b"\n" + line("/torn")[:40])
    home_spool().append(line("/b"))
    os.write(home_spool()._file, b"\n" + line("/torn")[:40])
    assert paths() == ["/a", "/b"]
    home_spool().append(line("/c"))
    assert paths() == ["/a", "/b", "/c"]


def test_lines_are_not_lost_if_moving_fails(
    controlled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    home_spool().append(line("/a"))
    with monkeypatch.context() as patched:
        patched.setattr(rows, "_TRIM", "SELECT 1/0, %s, %s")
        with pytest.raises(psycopg.errors.DivisionByZero):
            drain_spool()
    assert paths() == ["/a"]


def test_lines_are_not_moved_twice_if_the_file_could_not_be_emptied(
    controlled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    home_spool().append(line("/a"))
    with monkeypatch.context() as patched:
        patched.setattr(RequestSpool, "empty", lambda *_: None)  # the process ends here
        drain_spool()
    assert paths() == ["/a"]


def test_a_large_file_is_emptied_and_then_read_from_its_beginning(
    controlled: None, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "LARGE", 10)
    file = home / "control" / "requests"
    home_spool().append(line("/a"))
    generation = home_spool().generation()
    assert paths() == ["/a"]
    assert file.stat().st_size == len(generation)
    assert home_spool().generation() != generation
    home_spool().append(line("/b"))
    assert paths() == ["/a", "/b"]


def test_a_file_is_moved_in_parts(controlled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "_AT_ONCE", 300)
    wanted = [f"/{number}" for number in range(20)] + ["/" + "x" * 900, "/end"]
    for path in wanted:
        home_spool().append(line(path))
    assert paths() == wanted


def test_threads_and_processes_append_whole_lines(controlled: None, home: Path) -> None:
    others = [RequestSpool(home / "control") for _ in range(3)]

    def append(writer: RequestSpool, name: str) -> None:
        for number in range(100):
            writer.append(line(f"/{name}/{number}", born=born))

    born = creation()
    threads = [
        Thread(target=append, args=(writer, f"{index}-{again}"))
        for index, writer in enumerate(others)
        for again in range(2)
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        drain_spool()
    for thread in threads:
        thread.join()
    found = paths()
    assert len(found) == len(set(found)) == 600
    for name in {path.rpartition("/")[0] for path in found}:
        numbers = [int(path.rpartition("/")[2]) for path in found if path.startswith(f"{name}/")]
        assert numbers == list(range(100))


def test_only_the_newest_of_each_sandbox_are_kept(controlled: None) -> None:
    control().execute("INSERT INTO sandbox (name, world, template) VALUES ('t', 'w', '')")
    home_spool().append(line("/other", "t"))
    born = creation()
    for number in range(1007):
        home_spool().append(line(f"/{number}", born=born))
    assert paths() == [f"/{number}" for number in range(7, 1007)]
    assert paths("t") == ["/other"]
    assert len(paths(None)) == 1001


@pytest.mark.parametrize("most", [0, 1, 5])
def test_as_many_are_kept_as_the_server_was_told(controlled: None, most: int) -> None:
    for number in range(3):
        home_spool().append(line(f"/{number}"))
    drain_spool()
    keep_newest(most)
    home_spool().append(line("/3"))
    assert paths() == ["/0", "/1", "/2", "/3"][max(0, 4 - most) :]


def test_many_threads_keep_to_the_limit_and_their_order(controlled: None) -> None:
    """While others move what they append."""
    keep_newest(150)
    born = creation()

    def append(name: int) -> None:
        for number in range(100):
            home_spool().append(line(f"/{name}/{number}", born=born))

    with ThreadPoolExecutor(8) as pool:
        busy = [pool.submit(append, name) for name in range(8)]
        while not all(each.done() for each in busy):
            found = list(find_requests(JournalQuestion("main")))
            assert len(found) <= 150
        for each in busy:
            each.result()
    found = list(find_requests(JournalQuestion("main")))
    assert len(found) == 150
    assert [each.id for each in found] == sorted({each.id for each in found})
    for name in range(8):
        numbers = [int(each.path.split("/")[2]) for each in found if each.path[1] == str(name)]
        assert numbers == list(range(100 - len(numbers), 100))


def test_requests_go_with_their_sandbox_and_no_namesake_has_them(controlled: None) -> None:
    add = "INSERT INTO sandbox (name, world, template) VALUES ('t', 'w', '')"
    control().execute(add)
    older = creation("t")
    home_spool().append(line("/moved", "t"))
    assert paths("t") == ["/moved"]
    home_spool().append(line("/waiting", "t"))
    control().execute("DELETE FROM sandbox WHERE name = 't'")
    control().execute(add)
    home_spool().append(line("/late", "t", older))
    home_spool().append(line("/new", "t"))
    assert paths("t") == ["/new"]


def test_the_file_is_for_its_owner_alone(controlled: None, home: Path) -> None:
    home_spool().append(line("/a"))
    assert (home / "control" / "requests").stat().st_mode & 0o077 == 0
