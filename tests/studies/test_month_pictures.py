"""The calendars in docs/studies.md show the dates that their schedules have."""

from __future__ import annotations

import json
from datetime import date
from itertools import pairwise

import pytest

from apps.studies.planning.expansion import last_study_day
from apps.studies.planning.reading import read_planning
from tests.docs.markdown import EXAMPLE, ROOT, Block, blocks
from tests.studies.dates import days_of
from tests.studies.examples import item
from tests.studies.month_pictures import draw_months

PAGE = ROOT / "docs" / "studies.md"
START = date(2020, 12, 24)
MONTHS = [(2020, 12), (2021, 1), (2021, 2)]
SHOWN = [
    (schedule, picture)
    for schedule, picture in pairwise(blocks(PAGE))
    if schedule.language == "json" and picture.language == "text" and EXAMPLE in picture.marks
]


@pytest.mark.rule("studies 4.2")
@pytest.mark.parametrize(("schedule", "picture"), SHOWN, ids=str)
def test_pictures_of_schedules(schedule: Block, picture: Block) -> None:
    (planned,) = read_planning([item(json.loads(schedule.text))])
    found = set(days_of(planned.schedule, START, last_study_day(START, 60)))
    drawn = draw_months(found, MONTHS)
    assert picture.text == drawn, f"{picture} should be\n{drawn}"


def test_there_are_pictures() -> None:
    assert len(SHOWN) == 7
