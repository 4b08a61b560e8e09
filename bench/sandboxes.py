"""Sandboxes: a request in one against the same in the store itself, and how long the rest takes.

Requests go through the WSGI handler with Basic login. "without" has no control plane, as in the
public profile. Resets and copies are wall-clock times of the operation alone, at two sizes of the
store. With a copy at hand, the reset waits for none.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import quantiles
from typing import Any

from bench.harness import basic, cpu_in_turn, demo_store, get, show

LOGIN = basic("athlete@example.com", "athlete")
PATHS = {"detail": "/api/user/1511/", "list of 20": "/api/record/"}
RESETS, SANDBOXES, MEGABYTES = 40, 50, 240


def main() -> None:
    """Print ratios of requests, and milliseconds of everything else."""
    with demo_store():
        from django.core.handlers.wsgi import WSGIHandler

        app = WSGIHandler()
        _show_requests(app)
        _show_operations()
        _show_idle(app)


def _show_requests(app: Any) -> None:
    from apps.control.connection import URL

    sandboxes = open_sandboxes()
    sandboxes.create("one")
    address = os.environ.pop(URL)

    def ask(path: str, *, control: bool = True) -> Callable[[], object]:
        def run() -> None:
            os.environ.pop(URL, None)
            if control:
                os.environ[URL] = address
            get(path, LOGIN, app)

        return run

    for name, path in PATHS.items():
        works = {
            "without a control plane": ask(path, control=False),
            "main": ask(path),
            "a sandbox": ask(f"/~one{path}"),
        }
        show(f"a {name}", cpu_in_turn(works, rounds=7, times=100), "main")
    os.environ[URL] = address


def open_sandboxes() -> Any:
    """Open the control plane, and return the operations on sandboxes."""
    from django.db import connections

    from apps.control.opening import open_control
    from apps.sandbox import store, store_worlds

    begun = store.require_begun()
    connections.close_all()
    open_control(os.environ["DATABASE_URL"], store_worlds.made_for(begun), print)
    store_worlds.store_templates().adopt_main()
    connections.close_all()
    return store_worlds.store_sandboxes()


def _show_operations() -> None:
    from apps.control.worlds import sizes
    from apps.sandbox.store_worlds import store_sandboxes, store_templates

    sandboxes, templates = store_sandboxes(), store_templates()
    with_copy, without = [], []
    for _ in range(RESETS):
        while templates.keep_spares():
            pass
        with_copy.append(_spent(lambda: sandboxes.reset("one")))
        sandboxes.drop_retired()
    for _ in range(RESETS // 4):
        _forget_spares()
        without.append(_spent(lambda: sandboxes.reset("one")))
        sandboxes.drop_retired()
    _show_times("reset with a copy at hand", with_copy)
    _show_times("reset without", without)
    for megabytes in (0, MEGABYTES):
        if megabytes:
            _grow("one", megabytes)
        world = sandboxes.require("one").world
        size = sizes([world])[world] / 2**20
        _show_times(
            f"snapshot of {size:.0f} MB", [_spent(lambda: sandboxes.take_snapshot("one", "kept"))]
        )
        _show_times("restore", [_spent(lambda: sandboxes.restore("one", "kept"))])
        _show_times("fork", [_spent(lambda: sandboxes.fork("one", "two"))])
        sandboxes.delete("two")
        sandboxes.delete_snapshot("one", "kept")
        sandboxes.drop_retired()


def _show_idle(app: Any) -> None:
    """Print what many idle sandboxes cost: connections, and memory of PostgreSQL and of us."""
    from apps.control.connection import control
    from apps.sandbox.store_worlds import store_sandboxes

    sandboxes = store_sandboxes()
    before, own_before = _connections(), _resident([os.getpid()])
    for number in range(SANDBOXES):
        sandboxes.create(f"s{number}")
        get(f"/~s{number}/api/user/1511/", LOGIN, app)
    row = control().execute("SELECT count(*) FROM sandbox").fetchone()
    print(f"{row[0] if row else 0} sandboxes, each asked once")
    print(f"  connections {before} -> {_connections()}")
    print(f"  memory of this process {own_before:.0f} -> {_resident([os.getpid()]):.0f} MB")


def _connections() -> int:
    from apps.control.connection import control

    row = control().execute("SELECT count(*) FROM pg_stat_activity WHERE datname <> ''").fetchone()
    return int(row[0]) if row else 0


def _resident(processes: Iterable[int]) -> float:
    total = 0
    for process in processes:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
        total += pages * os.sysconf("SC_PAGE_SIZE")
    return total / 2**20


def _forget_spares() -> None:
    from apps.control import worlds
    from apps.control.connection import control

    for (name,) in control().execute("SELECT name FROM world WHERE role = 'spare'").fetchall():
        worlds.drop_world(name)


def _grow(sandbox: str, megabytes: int) -> None:
    from django.db import connection

    from apps.control.plane import plane

    known = plane()
    assert known is not None
    with known.inside(sandbox), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE filler (filled text)")
        cursor.execute("ALTER TABLE filler ALTER filled SET STORAGE EXTERNAL")
        cursor.execute(
            "INSERT INTO filler SELECT repeat('x', 1000000) FROM generate_series(1, %s)",
            [megabytes],
        )


def _spent(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _show_times(what: str, milliseconds: list[float]) -> None:
    if len(milliseconds) == 1:
        print(f"  {what:<44} {milliseconds[0]:8.1f} ms")
        return
    cuts = quantiles(milliseconds, n=20)
    print(f"  {what:<44} {cuts[9]:8.1f} ms p50   {cuts[18]:8.1f} ms p95")


if __name__ == "__main__":
    main()
