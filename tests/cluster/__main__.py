"""`python -m tests.cluster`: kills each server of a cluster in turn, and prints what clients saw."""

import argparse
import sys

from tests.cluster.run import run


def main() -> int:
    """Return 0 if nothing was lost, stale or refused without need."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster")
    parser.add_argument("--rounds", type=int, default=3, help="how often each server is killed")
    parser.add_argument("--writes", type=int, default=300, help="writes between two events")
    options = parser.parse_args()
    report = run(options.rounds, options.writes, print)
    print("\n".join(report.lines()))
    findings = report.findings()
    print("\n".join(findings) or "nothing lost, nothing stale, nothing refused without need")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
