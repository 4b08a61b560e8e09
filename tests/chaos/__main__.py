"""`bin/chaos`: faults at random for some minutes; exit status 1 if anything was broken."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from random import SystemRandom

from tests.chaos.faults import PROCESS_FAULTS
from tests.chaos.report import say
from tests.chaos.run import prepared_run, run_faults
from tests.chaos.surroundings import (
    ClockJumps,
    FullDisk,
    SlowClients,
    small_disk,
)
from tests.embedded import remove_home, throwaway_home


def main() -> int:
    """Run as asked, print what was seen and return the exit status."""
    asked = _arguments()
    if sys.platform != "linux":
        say("skipped: the processes of a store are read from /proc, which only Linux has")
        return 0
    home = throwaway_home()
    try:
        with small_disk(home), tempfile.TemporaryDirectory() as clock:
            return _run(asked, home, Path(clock))
    finally:
        remove_home(home)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/chaos", description="Serve a store amid faults.")
    parser.add_argument("--minutes", type=float, default=2.0, help="how long (2)")
    parser.add_argument("--seed", type=int, help="of the plan; drawn and printed without it")
    parser.add_argument("--only", action="append", metavar="FAULT", help="only these faults")
    asked = parser.parse_args()
    asked.seed = SystemRandom().randrange(10_000) if asked.seed is None else asked.seed
    return asked


def _run(asked: argparse.Namespace, home: Path, clock: Path) -> int:
    jumps = ClockJumps(clock)
    faults = [*PROCESS_FAULTS, FullDisk(), jumps, SlowClients()]
    if asked.only:
        faults = [fault for fault in faults if fault.name in asked.only]
    say(f"seed {asked.seed}")
    with prepared_run(home, asked.seed, jumps.environment()) as run:
        run_faults(run, faults, asked.minutes * 60)
        say(run.summary())
        return 1 if run.report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
