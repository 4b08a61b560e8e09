"""`python -m tests.cluster`: kills each server in turn, and prints what clients saw."""

import argparse
import sys

from tests.cluster.run import run


def main() -> int:
    """Return 0 if nothing was lost, stale or refused without need."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster")
    parser.add_argument("--rounds", type=int, default=3, help="how often each server is killed")
    parser.add_argument("--writes", type=int, default=300, help="writes between two events")
    options = parser.parse_args()
    report = run(options.rounds, options.writes, _say)
    findings = report.findings()
    lines = [*report.lines(), *findings]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if findings else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
