"""Whole requests with rules of faults and a clock, against the same without: the ratio of one run.

Requests go through the WSGI handler with Basic login. No rule fits them. A rule about a user costs
a statement, which finds the user by any of their names, so there is a row with one more such rule.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bench.harness import cpu_in_turn, demo_store, get, show
from bench.sandboxes import LOGIN, PATHS, open_sandboxes

RULES: list[dict[str, Any]] = [
    {"path": "/api/nothing/*"},
    {"resource": "track"},
    {"method": "PUT"},
    {"query": {"page": "*"}},
    {"headers": {"X-Test": "*"}},
    {"method": "GET", "body": "nothing"},
    {"json": {"name": "nothing"}},
    {"resource": "record", "query": {"limit": "77"}},
    {"path": "*/api/*", "headers": {"Accept": "text/nothing"}},
    {"method": ["POST", "PATCH"], "resource": "label"},
]


def main() -> None:
    """Print ratios to a sandbox without rules and with the clock of the system."""
    with demo_store():
        from django.core.handlers.wsgi import WSGIHandler

        sandboxes = open_sandboxes()
        for name in ("plain", "faults", "user", "frozen", "both"):
            sandboxes.create(name)
        for name in ("faults", "user", "both"):
            _add_rules(name, RULES)
        _add_rules("user", [{"user": "nobody@example.com"}])
        for name in ("frozen", "both"):
            _freeze(name)
        _show_requests(WSGIHandler())


def _show_requests(app: Any) -> None:
    def ask(sandbox: str, path: str) -> Callable[[], object]:
        return lambda: get(f"/~{sandbox}{path}", LOGIN, app)

    for name, path in PATHS.items():
        works = {
            "a sandbox": ask("plain", path),
            f"with {len(RULES)} rules that do not fit": ask("faults", path),
            "and one about a user": ask("user", path),
            "with a frozen clock": ask("frozen", path),
            f"with {len(RULES)} rules and a frozen clock": ask("both", path),
        }
        show(f"a {name}", cpu_in_turn(works, rounds=7, times=100), "a sandbox")


def _add_rules(sandbox: str, matches: list[dict[str, Any]]) -> None:
    from apps.control.fault_rules import add_rule
    from apps.sandbox.store_worlds import require_plane

    for match in matches:
        add_rule(require_plane(), sandbox, {"match": match, "action": {"status": 500}})


def _freeze(sandbox: str) -> None:
    from apps.control.clocks import change_clock
    from apps.sandbox.store_worlds import require_plane

    change_clock(require_plane(), sandbox, moment=datetime(2031, 1, 1, tzinfo=UTC), speed=0)


if __name__ == "__main__":
    main()
