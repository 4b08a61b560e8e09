"""Requests with the journal against the same without it, and what moving a line costs.

All run in this process through the WSGI handler, in the sandbox main of a control plane; what is
printed is CPU per request and the ratio. Lines are moved by the process that does jobs, once a
second; the last line says what that costs for a request, apart from the server of the database.
"""

from __future__ import annotations

import os
import time
from typing import Any

from bench.harness import basic, cpu_in_turn, demo_store, get, show

LOGIN = "athlete@example.com", "athlete"
PATHS = {
    "the index": "/api/",
    "the account": "/api/account/",
    "20 records": "/api/record/?limit=20",
}
MOVED = 1000


def main() -> None:
    """Print the comparison."""
    with demo_store():
        from apps.control import opening

        opening.open_control(os.environ["DATABASE_URL"], "bench", lambda _: None)
        kept, unkept, headers = _application(), _application(without=True), basic(*LOGIN)
        for name, path in PATHS.items():
            works = {
                f"{name}, without the journal": lambda path=path: get(path, headers, unkept),
                f"{name}, with it": lambda path=path: get(path, headers, kept),
            }
            spent = cpu_in_turn(works, 15, 60)
            show(path, spent, f"{name}, without the journal")
            one, other = spent.values()
            print(f"  {(other - one):.3f} ms more")
        _show_moving(kept, headers)


def _application(*, without: bool = False) -> Any:
    """Our application, perhaps without the journal."""
    from django.core.handlers.wsgi import WSGIHandler
    from django.test import override_settings

    from hexostore import settings

    ours = "apps.control.journal.middleware.keep_journal"
    chosen = [each for each in settings.MIDDLEWARE if not (without and each == ours)]
    with override_settings(MIDDLEWARE=chosen):
        return WSGIHandler()


def _show_moving(application: Any, headers: dict[str, str]) -> None:
    from apps.control.journal.rows import drain_spool

    drain_spool()
    for _ in range(MOVED):
        get("/api/account/", headers, application)
    began = time.process_time()
    drain_spool()
    spent = (time.process_time() - began) / MOVED * 1000
    print(f"moving {MOVED} lines into the database: {spent:.3f} ms CPU each")


if __name__ == "__main__":
    main()
