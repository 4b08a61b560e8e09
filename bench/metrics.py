"""A list of 20 ranges with 20 metrics each that are kept, against the same list without metrics.

Each is over ten minutes of its own record. Pages are forgotten before each request, so that rows
and results are read from the database; printed are CPU per request of this process, wall time,
which holds the database's part too, and the number of statements. The first computation, with
nothing kept, is a line of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from bench.harness import basic, cpu_in_turn, demo_store, get, show

RANGES, SECONDS = 20, 600
METRICS = (1, 3, 4, 12, 14, 15, 17, 19, 20, 44, 46, 47, 55, 57, 58, 71, 9001, 9003, 9004, 9005)
LOGIN = "runner@example.com", "runner"


def fill() -> None:
    """Give the user who logs in as many ranges, each with a record that has 1 Hz channels."""
    import numpy as np

    from apps.accounts.models import User
    from apps.catalog.models import Datatype
    from apps.records.models import Range, Record
    from apps.signals.storage import store

    user = User.objects.get(username=LOGIN[0])
    Range.objects.filter(user=user).delete()
    known = Datatype.objects.in_bulk([19, 33, 36, 37, 49, 53])
    draw = np.random.default_rng(1)
    for n in range(RANGES):
        start = 400_000_000_000 + n * 2 * SECONDS * 256
        record = Record.objects.create(user=user, start=start, end=start + SECONDS * 256)
        for datatype in known.values():
            store.write_channel(record, datatype, draw.integers(40, 200, SECONDS))
        Range.objects.create(user=user, start=start + 256 * 5, end=record.end)


def main() -> None:
    with demo_store():
        from django.core.wsgi import get_wsgi_application
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        from apps.api import kept_pages
        from apps.metrics.models import RangeResults

        fill()
        app, login = get_wsgi_application(), basic(*LOGIN)
        plain = "/api/range/?limit=20"
        asked = f"{plain}&include_metrics={','.join(map(str, METRICS))}"

        def page(path: str) -> Any:
            kept_pages.forget_pages()
            return get(path, login, app)

        def first() -> None:
            RangeResults.objects.all().delete()
            page(asked)

        works: dict[str, Callable[[], object]] = {
            "without metrics": lambda: page(plain),
            "20 kept metrics each": lambda: page(asked),
            "nothing kept": first,
        }
        for name, work in works.items():
            work()
            with CaptureQueriesContext(connection) as captured:
                work()
            print(f"{name}: {len(captured)} statements")
        show("CPU of this process", cpu_in_turn(works, 15, 5), "without metrics")
        wall = cpu_in_turn(works, 15, 5, time.perf_counter)
        show("wall time", wall, "without metrics")


if __name__ == "__main__":
    main()
