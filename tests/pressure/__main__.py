"""`bin/attack`: some directions or all; exit status 1 if there is a finding."""

from __future__ import annotations

import argparse
import sys

from tests.chaos.report import say
from tests.pressure.directions import DIRECTIONS
from tests.pressure.outcome import SHOWN, Outcome, format_table
from tests.pressure.target import served_target


def main() -> int:
    """Attack as asked, print the table and return the exit status."""
    parser = argparse.ArgumentParser(prog="bin/attack", description="Attack a demo world.")
    parser.add_argument("directions", nargs="*", metavar="DIRECTION", help=", ".join(DIRECTIONS))
    parser.add_argument("--scale", type=float, default=1.0, help="share of all tries (1)")
    asked = parser.parse_args()
    unknown = set(asked.directions) - DIRECTIONS.keys()
    if unknown:
        parser.error(f"no such direction: {', '.join(sorted(unknown))}")
    rows = attack(asked.directions or list(DIRECTIONS), asked.scale)
    say(format_table(rows))
    return 0 if all(outcome.held for _, outcome in rows) else 1


def attack(names: list[str], scale: float) -> list[tuple[str, Outcome]]:
    """Attack one demo world in each direction, and tell of each when it is done."""
    rows = []
    with served_target() as store:
        for name in names:
            outcome = DIRECTIONS[name](store, scale)
            rows.append((name, outcome))
            say(f"{name}: {outcome.tried} tried, {len(outcome.findings)} findings")
            for finding in outcome.findings[:SHOWN]:
                say(f"  {finding}")
    return rows


if __name__ == "__main__":
    sys.exit(main())
