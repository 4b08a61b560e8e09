"""How the database runs the first pages of the ten lists in a store of a million rows.

Each list is asked for by staff, by somebody who sees all of it through grants, and by a member who
has a thousand rows, right after a write. For every statement on the table the plan is printed, with
rows and the blocks of 8 KB that were read or found in memory.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from bench import growing
from bench.growth import RESOURCES, Grown, logins
from bench.harness import demo_store, get

_EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, SUMMARY OFF) "

Statement = tuple[str, Any]
"""The text of a statement and its parameters."""


@contextmanager
def statements() -> Iterator[list[Statement]]:
    """Collect the statements that are run inside."""
    seen: list[Statement] = []

    def note(execute: Any, text: str, given: Any, many: bool, context: Any) -> Any:
        seen.append((text, given))
        return execute(text, given, many, context)

    with connection.execute_wrapper(note):
        yield seen


def plans(resource: Grown, headers: dict[str, str], app: Any) -> Iterator[str]:
    """The plan of each statement that the first page needs on its table."""
    with connection.cursor() as cursor:
        cursor.execute(resource.touch)
    with statements() as seen:
        get(f"/api/{resource.name}/?limit=20", headers, app)
    with connection.cursor() as cursor:
        for text, given in seen:
            if resource.table in text:
                cursor.execute(_EXPLAIN + text, given)
                yield "\n".join(line for (line,) in cursor.fetchall())


def main() -> None:
    """Make the store and print all plans."""
    parser = ArgumentParser(description="Plans of the first pages in a large store.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    given = parser.parse_args()
    with demo_store():
        from hexostore.wsgi import application

        for _ in growing.stores([given.rows]):
            for resource in RESOURCES:
                for who in ("staff", resource.seer, "member"):
                    print(f"\n# {resource.name}, {who}")
                    for plan in plans(resource, logins()[who], application):
                        print(plan, end="\n\n", flush=True)


if __name__ == "__main__":
    main()
