"""Which indexes nothing uses that a program can ask for.

In a store with many rows in every table, every order and every allowed filter of all resources is
asked for by staff, by somebody who sees all of it through grants, and by a member. Rows are written
and deleted too, which looks up what hangs on them. Printed are the indexes that were never scanned,
and those whose columns a unique index begins with.
"""

from __future__ import annotations

from argparse import ArgumentParser

from bench import growing
from bench.growth import logins
from bench.harness import demo_store, get

_UNUSED = """
    SELECT relname, indexrelname, pg_relation_size(indexrelid) / 1e6
    FROM pg_stat_user_indexes JOIN pg_index USING (indexrelid)
    WHERE idx_scan = 0 AND NOT indisunique ORDER BY 3 DESC, 2
"""
_DOUBLED = """
    SELECT one.indrelid::regclass, one.indexrelid::regclass, other.indexrelid::regclass,
        pg_relation_size(one.indexrelid) / 1e6
    FROM pg_index AS one JOIN pg_index AS other
        ON other.indrelid = one.indrelid AND other.indisunique AND NOT one.indisunique
    WHERE one.indrelid::regclass::text !~ '^pg_' AND one.indexprs IS NULL
        AND one.indpred IS NULL AND other.indpred IS NULL
        AND (other.indkey::text || ' ') LIKE (one.indkey::text || ' %')
    ORDER BY 4 DESC, 1, 2
"""


def main() -> None:
    """Ask for everything, and print both lists."""
    parser = ArgumentParser(description="Indexes that nothing uses.")
    parser.add_argument("--rows", type=int, default=20_000)
    given = parser.parse_args()
    with demo_store():
        from django.core.handlers.wsgi import WSGIHandler
        from django.db import connection

        app = WSGIHandler()
        for _ in growing.stores([given.rows]):
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_stat_reset()")
            print(f"{_ask_all(app)} requests")
            connection.close()
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_stat_force_next_flush()")
                for title, text in (("never scanned", _UNUSED), ("doubled", _DOUBLED)):
                    cursor.execute(text)
                    print(title)
                    for row in cursor.fetchall():
                        print("  ", *row)


def _ask_all(app: object) -> int:
    from tests.api import sweep

    asked = 0
    for resource in sweep.resources():
        for query in sweep.few_queries(resource):
            for who in ("staff", "owner", "member"):
                try:
                    get(f"/api/{resource.name}/?limit=20&{query}", logins()[who], app)
                    asked += 1
                except AssertionError:  # what is refused tells nothing
                    continue
    return asked


if __name__ == "__main__":
    main()
