"""What a month of a team leaves in the tables: sizes, dead rows, vacuum, indexes, and times.

`bench/team.py` says what happens. A month takes minutes here, so autovacuum looks as often as it
would by the clock of the month (or as near as it can: once a second) and never pauses. Bloat is
not estimated: at the end every table is written anew, and both sizes are printed. `--first SQL`
tries other settings of tables, `--copy` leaves the database to be looked into.

    python -m bench.month --people 30 --days 30
"""

from __future__ import annotations

import json
import os
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from typing import Any

import orjson

from bench.harness import basic, demo_store, get
from bench.team import BASE, PASSWORD, Team
from bench.writes import send

QUIET = 120.0
"""Seconds within which autovacuum should be done."""

_MONTH = (
    "ALTER SYSTEM SET autovacuum_naptime = '1s'",
    "ALTER SYSTEM SET autovacuum_vacuum_cost_delay = 0",
    "ALTER SYSTEM SET track_io_timing = off",
    "SELECT pg_reload_conf()",
)
_TABLES = """
    SELECT relname, n_live_tup, n_tup_ins, n_tup_upd, n_tup_hot_upd, n_tup_del, n_dead_tup,
        pg_relation_size(relid) AS heap, pg_indexes_size(relid) AS indexes,
        pg_total_relation_size(relid) - pg_relation_size(relid) - pg_indexes_size(relid) AS toast,
        autovacuum_count + vacuum_count AS vacuums, autoanalyze_count AS analyzed
    FROM pg_stat_user_tables ORDER BY pg_total_relation_size(relid) DESC
"""
_INDEXES = """
    SELECT relname, indexrelname, pg_relation_size(indexrelid) AS bytes, idx_scan
    FROM pg_stat_user_indexes ORDER BY bytes DESC
"""
_DEAD = """
    SELECT relname AS name, n_dead_tup AS dead FROM pg_stat_user_tables
    WHERE relname IN ('signals_chunk', 'signals_channel', 'tracks_trackpoint', 'jobs_job')
    UNION ALL
    SELECT 'TOAST of ' || owner.relname, n_dead_tup FROM pg_class AS owner
    JOIN pg_stat_all_tables ON relid = reltoastrelid
    WHERE owner.relname IN ('signals_chunk', 'signals_channel') ORDER BY 1
"""
_WORKING = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'"

Row = dict[str, Any]


def main() -> None:
    """Spend the month, and print what is left of it."""
    parser = ArgumentParser(description="A month of a team in a store of its own.")
    parser.add_argument("--people", type=int, default=30)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--first", default="", help="SQL that is run before the month")
    parser.add_argument("--rewrite", action="store_true", help="also write all tables anew")
    given = parser.parse_args()
    with demo_store():
        for statement in (*_MONTH, *filter(None, [given.first])):
            ask(statement)
        team = Team(given.people)
        team.gather()
        print("before the month")
        show_times(team)
        ask("SELECT pg_stat_reset()")
        spend(team, given.days)
        show_tables("after the month", 25)
        show_indexes()
        before = {row["relname"]: row for row in ask(_TABLES)}
        show_times(team)
        show_journal()
        if given.rewrite:
            show_bloat(before)


def spend(team: Team, days: int) -> None:
    """Spend the days, and wait until autovacuum has nothing more to do."""
    began, used = time.perf_counter(), time.process_time()
    most: dict[str, int] = {}
    for number in range(days):
        team.spend_day(number)
        for row in ask(_DEAD):
            most[row["name"]] = max(most.get(row["name"], 0), int(row["dead"]))
    quiet()
    spent, cpu = time.perf_counter() - began, time.process_time() - used
    print(f"{days} days of {team.people} people in {spent:.0f} s, {cpu:.0f} s CPU of Python")
    print("  " + ", ".join(f"{name} {number}" for name, number in sorted(team.happened.items())))
    print("  dead rows at the end of the worst day: "
          + ", ".join(f"{name} {number}" for name, number in most.items()))  # fmt: skip


def quiet() -> None:
    """Wait until no autovacuum has worked for three seconds, but at most QUIET."""
    deadline, calm = time.monotonic() + QUIET, 0
    while calm < 3 and time.monotonic() < deadline:
        time.sleep(1)
        calm = 0 if ask(_WORKING)[0]["count"] else calm + 1


def ask(statement: str, values: list[Any] | None = None) -> list[Row]:
    """Run a statement outside of transactions; return its rows."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        if cursor.description is None:
            return []
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def show_tables(title: str, most: int) -> None:
    """Print what statistics say of the largest tables."""
    print(f"{title}: table, rows, inserted, updated (of these HOT), deleted, dead, MB of rows +"
          " TOAST + indexes, vacuum and analyze runs")  # fmt: skip
    rows = ask(_TABLES)
    updated = sorted(rows[most:], key=lambda row: -int(row["n_tup_upd"]))[:5]
    for row in rows[:most] + updated:
        hot = row["n_tup_hot_upd"] / row["n_tup_upd"] if row["n_tup_upd"] else 0
        print(
            f"  {row['relname']:<34} {row['n_live_tup']:>8} {row['n_tup_ins']:>8}"
            f" {row['n_tup_upd']:>7} ({hot:4.0%}) {row['n_tup_del']:>7} {row['n_dead_tup']:>7}"
            f" {_mb(row['heap'])} + {_mb(row['toast'])} + {_mb(row['indexes'])}"
            f" {row['vacuums']:>5} {row['analyzed']:>5}"
        )


def show_indexes() -> None:
    """Print the largest indexes with how often they were used, and all large ones that were not."""
    rows = ask(_INDEXES)
    print("indexes: MB, scans")
    for row in rows[:30]:
        print(f"  {row['indexrelname']:<48} {_mb(row['bytes'])} {row['idx_scan']:>9}")
    unused = [row for row in rows[30:] if not row["idx_scan"] and row["bytes"] > 2**16]
    print("smaller, and not used:", ", ".join(row["indexrelname"] for row in unused))


def show_bloat(before: dict[str, Row]) -> None:
    """Write all tables anew, and print what that made of the sizes that they had."""
    ask("VACUUM FULL")
    after = {row["relname"]: row for row in ask(_TABLES)}
    print("written anew: MB of rows, TOAST, indexes, each before -> after")
    for name, row in [*before.items()][:25]:
        pairs = [
            f"{_mb(row[part])} -> {_mb(after[name][part])}" for part in ("heap", "toast", "indexes")
        ]
        print(f"  {name:<34} {'   '.join(pairs)}")


def show_journal() -> None:
    """Print what stays of the journal of requests when a hundred times as many have passed."""
    from apps.control import opening
    from apps.control.connection import control
    from apps.control.journal import rows

    opening.open_control(os.environ["DATABASE_URL"], "bench", lambda _: None)
    found = control().execute("SELECT name, created FROM sandbox").fetchone()
    assert found is not None
    columns = [found[0], found[1].isoformat(), found[1].isoformat(), "GET", "/api/record/", 200]
    line = orjson.dumps([*columns, "person@example.com", "", "basic", "", {"headers": "x" * 900}])
    for kept in (1_000, rows.MOST_KEPT):
        control().execute("TRUNCATE request")
        rows.keep_newest(kept)
        spent = 0.0
        for _ in range(30 * kept // 500):
            began = time.perf_counter()
            rows._add_rows([line] * 500)
            spent += time.perf_counter() - began
            time.sleep(0.2)  # autovacuum looks once a second, thus after 2,500 requests
        size = control().execute("SELECT pg_total_relation_size('request')").fetchone()
        assert size is not None
        print(f"journal of {kept}, {kept * 30} requests later: {size[0] / 1e6:.1f} MB,"
              f" {size[0] / kept / len(line):.1f} x its texts,"
              f" {spent / kept / 30 * 1000:.3f} ms a request")  # fmt: skip


def show_times(team: Team) -> None:
    """Print medians of the hot requests and statements, and of planning."""
    for name, work in _works(team):
        spent = [_milliseconds(work) for _ in range(30)]
        print(f"  {name:<44} {median(spent):8.2f} ms")
    for name, text in _STATEMENTS.items():
        found = [ask(f"EXPLAIN (ANALYZE, FORMAT JSON) {text}", [BASE]) for _ in range(15)]
        plans = [_plan_of(rows) for rows in found]
        planning = median(plan["Planning Time"] for plan in plans)
        running = median(plan["Execution Time"] for plan in plans)
        print(f"  {name:<44} {running:8.2f} ms   planning {planning:6.2f} ms")


_NEWEST = "(SELECT max(id) FROM records_record WHERE user_id = %s)"
_STATEMENTS = {  # made of constants
    "chunks of a channel": "SELECT start, count FROM signals_chunk "  # noqa: S608
    f"WHERE datatype_id = 4113 AND record_id = {_NEWEST} ORDER BY start",
    "all channels of a record": f"SELECT * FROM signals_channel WHERE record_id = {_NEWEST}",  # noqa: S608
    "20 of the log of a user": "SELECT * FROM bookkeeping_activitylog WHERE user_id = %s "
    "ORDER BY id LIMIT 20",
    "points of a track": "SELECT * FROM tracks_trackpoint WHERE track_id = "
    "(SELECT max(id) FROM tracks_track WHERE user_id = %s) ORDER BY time NULLS FIRST, id",
}


def _works(team: Team) -> Iterator[tuple[str, Callable[[], object]]]:
    login = basic(team.users[0].username, PASSWORD)
    user = team.users[0]
    key = ask("SELECT max(id) AS id FROM records_record WHERE user_id = %s", [user.pk])[0]["id"]
    record = team.template.upload(user, 10**9) if key is None else None
    data = f"/api/data/?record={record.pk if record else key}&datatype=19"
    body = {"name": "Run", "start": 10**9, "end": 10**9 + 256, "user": f"/api/user/{user.pk}/"}

    def write() -> None:
        made = json.loads(send("POST", "/api/range/", body, login, team.app))
        ask("DELETE FROM records_range WHERE id = %s", [made["id"]])

    for name in ("record", "range", "activitylog"):
        path = f"/api/{name}/?limit=20&order_by=-id"
        yield f"list of 20, {name}, after a write", partial(_after_write, path, login, team)
    yield "data of an hour, 1 Hz", partial(get, data, login, team.app)
    yield "a range is posted and deleted", write
    latest = user.records.latest("id")
    yield "an hour of 53 channels is stored", partial(team.template.write, latest)


def _after_write(path: str, login: dict[str, str], team: Team) -> None:
    from apps.api.kept_pages import forget_pages

    forget_pages()
    get(path, login, team.app)


def _milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _plan_of(rows: list[Row]) -> Row:
    found = rows[0]["QUERY PLAN"]
    plans = json.loads(found) if isinstance(found, str) else found
    return dict(plans[0])


def _mb(size: int) -> str:
    return f"{size / 1e6:8.2f}"


if __name__ == "__main__":
    os.environ.setdefault("HEXOSTORE_LOG_LEVEL", "ERROR")
    main()
