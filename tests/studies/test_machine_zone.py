"""The zone of the machine changes nothing: neither dates nor windows nor what is given back."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from apps.studies.planning.reading import read_planning
from apps.studies.planning.writing import planning_json
from tests.studies import second_opinion
from tests.studies.dates import dates_of, window_of
from tests.studies.examples import PUBLISHED, item

ROOT = Path(__file__).parents[2]
SCRIPT = "from tests.studies import test_machine_zone; print(test_machine_zone.summary())"


def summary() -> str:
    """What the planning of the published examples comes to."""
    planning = read_planning([item(schedule) for schedule in PUBLISHED])
    lines = [str(planning_json(planning))]
    for each in planning:
        days = dates_of(each.schedule, date(2020, 12, 24), date(2021, 4, 30))
        lines += [f"{day} {window_of(each.schedule, day, 'Europe/Berlin')}" for day in days]
    lines += [str(second_opinion.make_case(seed).found()) for seed in range(26)]
    return "\n".join(lines)


@pytest.mark.rule("studies recipe 3")
@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Montreal"])
def test_the_zone_of_the_machine_changes_nothing(zone: str) -> None:
    environment = {**os.environ, "TZ": zone}
    line = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(
        line, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == summary()
    assert len(summary().splitlines()) > 100
