"""What partitions would cost and bring for chunks and for the activity log, against one table.

Copies of both tables are made with other numbers of partitions: chunks by a hash of the record,
the log by month with a partition for everything else. All have the same rows and indexes. Each
statement is prepared and run in turn on all of them, so that what else the machine does is in all
figures: printed are the best of many, and ratios to one table. Then databases are copied as a reset
of a sandbox copies them, and a month of the log is removed, by rows and by a partition.
"""

# ruff: noqa: S608 - statements are made of names and numbers of ours

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import psycopg

from bench.harness import demo_store

RECORDS, CHUNKS = 2_000, 100
MONTHS, PER_MONTH = 24, 20_000
HASHES, MONTHLY = (0, 16, 64), (0, MONTHS)
ROUNDS = 40

Database = psycopg.Connection[tuple[Any, ...]]


def main() -> None:
    """Print all comparisons."""
    with demo_store():
        from django.db import connections

        connections.close_all()
        url = os.environ["DATABASE_URL"]
        with psycopg.connect(url, autocommit=True, prepare_threshold=0) as database:
            _compare_chunks(database)
            _compare_logs(database)
            _compare_removal(database)
        _compare_copies(url)


def _compare_chunks(database: Database) -> None:
    for number in HASHES:
        _make_chunks(database, number)
    rows = _chunk_rows(range(RECORDS))
    spent = _in_turn({n: partial(_copy_chunks, database, n, rows) for n in HASHES}, 1)
    _show(f"COPY of {RECORDS * CHUNKS} chunks", spent)
    database.execute("VACUUM ANALYZE")
    questions = {
        "a channel of a record": "SELECT start, count, payload FROM chunk_{} "
        "WHERE record_id = %s AND datatype_id = 19 ORDER BY start",
        "the last chunk of it": "SELECT start, count, payload FROM chunk_{} "
        "WHERE record_id = %s AND datatype_id = 19 ORDER BY start DESC LIMIT 1",
        "all chunks of 20 records": "SELECT record_id, datatype_id, start FROM chunk_{} "
        "WHERE record_id = ANY(ARRAY(SELECT %s + generate_series(0, 19)))",
    }
    _compare(database, questions, HASHES, RECORDS // 2)
    statement = "DELETE FROM chunk_{} WHERE record_id = %s"
    works = {n: _each_another(database, statement.format(n)) for n in HASHES}
    _show("the chunks of a record are deleted", _in_turn(works, ROUNDS))
    added = _chunk_rows(range(RECORDS, RECORDS + 1))
    works = {n: partial(_replace, database, n, added) for n in HASHES}
    _show("a record is stored again, 100 chunks", _in_turn(works, ROUNDS))


def _make_chunks(database: Database, number: int) -> None:
    ending = "PARTITION BY HASH (record_id)" if number else ""
    database.execute(
        f"CREATE TABLE chunk_{number} (LIKE signals_chunk INCLUDING DEFAULTS INCLUDING STORAGE,"
        f" PRIMARY KEY (record_id, datatype_id, start)) {ending}"
    )
    for part in range(number):
        database.execute(
            f"CREATE TABLE chunk_{number}_{part} PARTITION OF chunk_{number}"
            f" FOR VALUES WITH (MODULUS {number}, REMAINDER {part})"
        )


def _chunk_rows(records: range) -> list[tuple[Any, ...]]:
    payload = os.urandom(600)
    return [(r, c % 10 + 19, c // 10, 60, 1, payload) for r in records for c in range(CHUNKS)]


def _copy_chunks(database: Database, number: int, rows: Sequence[tuple[Any, ...]]) -> None:
    columns = "record_id, datatype_id, start, count, codec, payload"
    with database.cursor().copy(f"COPY chunk_{number} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _replace(database: Database, number: int, rows: Sequence[tuple[Any, ...]]) -> None:
    with database.transaction():
        database.execute(f"DELETE FROM chunk_{number} WHERE record_id = %s", [RECORDS])
        _copy_chunks(database, number, rows)


def _each_another(database: Database, statement: str) -> Callable[[], object]:
    """Run a statement for another record each time."""
    keys = iter(range(RECORDS))
    return lambda: database.execute(statement, [next(keys)])


def _compare_logs(database: Database) -> None:
    for number in MONTHLY:
        _make_log(database, number)
    database.execute("VACUUM ANALYZE")
    total = MONTHS * PER_MONTH
    questions = {
        "20 of a person's, by id": "SELECT * FROM log_{} WHERE user_id = %s ORDER BY id LIMIT 20",
        "20 of them, latest first": "SELECT * FROM log_{} WHERE user_id = %s"
        " ORDER BY id DESC LIMIT 20",
        "20 of all, by date": "SELECT * FROM log_{} WHERE %s > 0 ORDER BY date DESC, id LIMIT 20",
        "one by its id": "SELECT * FROM log_{} WHERE id = %s",
    }
    _compare(database, questions, MONTHLY, 7)
    works = {n: _inserting(database, n, total) for n in MONTHLY}
    _show("a row is added", _in_turn(works, ROUNDS * 5))


_LOG = "bookkeeping_activitylog"
_BETWEEN = 30.4 * 86_400 / PER_MONTH  # seconds


def _make_log(database: Database, number: int) -> None:
    ending = "PARTITION BY RANGE (date)" if number else ""
    key = "id, date" if number else "id"
    name = f"log_{number}"
    database.execute(
        f"CREATE TABLE {name} (LIKE {_LOG} INCLUDING DEFAULTS, PRIMARY KEY ({key})) {ending}"
    )
    for part in range(number):
        begin, end = (f"timestamptz '2024-01-01' + interval '{n} months'" for n in (part, part + 1))
        dates = database.execute(f"SELECT ({begin})::text, ({end})::text").fetchone()
        assert dates is not None
        database.execute(
            f"CREATE TABLE {name}_{part} PARTITION OF {name}"
            f" FOR VALUES FROM ('{dates[0]}') TO ('{dates[1]}')"
        )
    if number:
        database.execute(f"CREATE TABLE {name}_else PARTITION OF {name} DEFAULT")
    for columns in (
        "user_id NULLS FIRST, id", "user_id, date, id", "date, id",
        "object_resource_uri NULLS FIRST, id", "object_id NULLS FIRST, id",
        "resource_name, id", "method, id", "client_id",
    ):  # fmt: skip
        database.execute(f"CREATE INDEX ON {name} ({columns})")
    database.execute(
        f"INSERT INTO {name} (id, date, method, path, resource_name, object_id,"
        " object_resource_uri, user_agent, user_id) SELECT n,"
        f" timestamptz '2024-01-01' + n * interval '{_BETWEEN} s',"
        " 'POST', '/api/range/', 'range', n, '/api/range/' || n || '/', 'app', n %% 100"
        " FROM generate_series(1, %s) AS n",
        [MONTHS * PER_MONTH],
    )


def _inserting(database: Database, number: int, total: int) -> Callable[[], object]:
    keys = iter(range(total + 1, total + 100_000))
    statement = (
        f"INSERT INTO log_{number} (id, date, method, path, resource_name, user_agent, user_id)"
        " VALUES (%s, '2025-12-20', 'POST', '/api/range/', 'range', 'app', 5)"
    )
    return lambda: database.execute(statement, [next(keys)])


def _compare_removal(database: Database) -> None:
    """Remove a month: 500 rows at a time, as retention does, or a partition."""
    statement = (
        "DELETE FROM log_0 WHERE id IN (SELECT id FROM log_0 WHERE date < '2024-02-01'"
        " ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED)"
    )
    before, began, steps = _wal(database), time.perf_counter(), 0
    longest = 0.0
    while True:
        step = time.perf_counter()
        if not database.execute(statement).rowcount:
            break
        longest, steps = max(longest, time.perf_counter() - step), steps + 1
    spent, written = time.perf_counter() - began, _wal(database) - before
    print(f"a month of {PER_MONTH} rows is removed")
    print(f"  500 at a time: {spent * 1000:.0f} ms in {steps} steps, the longest"
          f" {longest * 1000:.1f} ms, {written / 1e6:.1f} MB of WAL")  # fmt: skip
    before, began = _wal(database), time.perf_counter()
    database.execute(f"DROP TABLE log_{MONTHS}_0")
    spent, written = time.perf_counter() - began, _wal(database) - before
    print(f"  its partition: {spent * 1000:.0f} ms, {written / 1e6:.2f} MB of WAL")
    began = time.perf_counter()
    database.execute("VACUUM log_0")
    print(f"  vacuum of the rows: {(time.perf_counter() - began) * 1000:.0f} ms")


def _wal(database: Database) -> int:
    row = database.execute("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn").fetchone()
    assert row is not None
    return int(row[0])


def _compare_copies(url: str) -> None:
    """Copy a world of the demo store, with empty partitions added, as a reset does."""
    place = "/postgres?"
    own = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    with psycopg.connect(url.replace(f"/{own}?", place), autocommit=True) as database:
        for name in _NAMES:
            database.execute(f"DROP DATABASE IF EXISTS {name}")
        for number, name in zip(HASHES, _NAMES, strict=True):
            database.execute(f"CREATE DATABASE {name} TEMPLATE template0")
            with psycopg.connect(url.replace(f"/{own}?", f"/{name}?"), autocommit=True) as inside:
                from apps.sandbox import prepared

                inside.execute(prepared.FILE.read_text())
                if number:
                    inside.execute("DROP TABLE signals_chunk CASCADE")
                    inside.execute(
                        "CREATE TABLE signals_chunk (record_id bigint, datatype_id int,"
                        " start bigint, count int, codec smallint, payload bytea, size int,"
                        " crc bigint, counts bytea, PRIMARY KEY (record_id, datatype_id, start))"
                        " PARTITION BY HASH (record_id)"
                    )
                for part in range(number):
                    inside.execute(
                        f"CREATE TABLE signals_chunk_{part} PARTITION OF signals_chunk"
                        f" FOR VALUES WITH (MODULUS {number}, REMAINDER {part})"
                    )

        def copy(name: str) -> None:
            database.execute(f"CREATE DATABASE copied TEMPLATE {name} STRATEGY file_copy")
            database.execute("DROP DATABASE copied")

        works = {n: partial(copy, name) for n, name in zip(HASHES, _NAMES, strict=True)}
        _show("a world is copied and dropped", _in_turn(works, 12))


_NAMES = [f"with_{number}" for number in HASHES]


def _compare(
    database: Database, questions: Mapping[str, str], numbers: Sequence[int], value: int
) -> None:
    for title, text in questions.items():
        works = {n: partial(_rows_of, database, text.format(n), value) for n in numbers}
        _show(title, _in_turn(works, ROUNDS * 5))
        planned = {n: _planned(database, text.format(n), value) for n in numbers}
        _show(f"{title}, only planned", planned)


def _rows_of(database: Database, text: str, value: int) -> list[tuple[Any, ...]]:
    return database.execute(text, [value]).fetchall()


def _planned(database: Database, text: str, value: int) -> float:
    """The least time of planning the statement with its value."""
    found = float("inf")
    for _ in range(ROUNDS):
        with psycopg.ClientCursor(database) as cursor:
            cursor.execute(f"EXPLAIN (SUMMARY) {text}", [value])
            lines = [line for (line,) in cursor.fetchall()]
        planning = next(line for line in lines if line.startswith("Planning Time"))
        found = min(found, float(planning.split()[2]))
    return found


def _in_turn(works: Mapping[int, Callable[[], object]], rounds: int) -> dict[int, float]:
    """The least milliseconds of each work."""
    best = dict.fromkeys(works, float("inf"))
    for _ in range(rounds):
        for number, work in works.items():
            began = time.perf_counter()
            work()
            best[number] = min(best[number], (time.perf_counter() - began) * 1000)
    return best


def _show(title: str, spent: Mapping[int, float]) -> None:
    one = spent[0]
    shown = "   ".join(
        f"{number or 'one table'}: {ms:.3f} ms ({ms / one:.2f} x)" for number, ms in spent.items()
    )
    print(f"{title:<44} {shown}", flush=True)


if __name__ == "__main__":
    main()
