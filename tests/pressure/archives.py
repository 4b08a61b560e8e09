"""Hostile archives: the tests of the archives, counted as one direction."""

from __future__ import annotations

import re
import subprocess
import sys

from tests.chaos.store import Store
from tests.live import ROOT
from tests.pressure.outcome import Outcome

TESTS = "tests/archives/test_hostile.py"


def attack_archives(store: Store, scale: float) -> Outcome:
    """Run the tests of hostile downloads; each that fails is a finding. They need no store."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", TESTS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return read_results(done.stdout)


def read_results(output: str) -> Outcome:
    """Return the outcome that the summary of pytest tells of."""
    counts = {
        word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|error)", output)
    }
    outcome = Outcome(sum(counts.values()))
    for line in re.findall(r"^(?:FAILED|ERROR) .*", output, re.MULTILINE):
        outcome.find(line)
    if not outcome.tried:
        outcome.find(f"no test ran: {output[-200:]}")
    return outcome
