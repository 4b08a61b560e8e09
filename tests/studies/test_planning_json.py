"""Any JSON for a planning is refused with its faults, or given back so that it reads the same."""

from __future__ import annotations

import json
from datetime import date
from itertools import islice
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from apps.studies.planning.faults import PlanningError
from apps.studies.planning.members import snake_case
from apps.studies.planning.reading import MEMBERS, read_planning
from apps.studies.planning.schedule import Planning
from apps.studies.planning.schedule_reading import PROPERTIES
from apps.studies.planning.writing import planning_json
from tests.studies.dates import dates_of
from tests.studies.examples import CALENDAR, PUBLISHED, item
from tests.studies.hypotheses import few, many

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
small = st.integers(-1, 40)
likely = st.one_of(
    small,
    small.map(str),
    st.lists(small | small.map(str), max_size=4),
    st.builds("P{}{}".format, small, st.sampled_from("YMWD")),
    st.builds("P{}M{}D".format, small, small),
    st.dates().map(str),
    st.dates(date(2019, 1, 1), date(2027, 1, 1)).map(str),
    st.times().map(lambda time: time.strftime("%H:%M")),
    st.sampled_from(["/api/survey/3/", "/api/activity/4/", "24:00", "PT12H", "/api/kpi/weight/"]),
)


def camel_case(name: str) -> str:
    """`repeatCount` of `repeat_count`."""
    first, *others = name.split("_")
    return first + "".join(other.title() for other in others)


names = st.sampled_from(PROPERTIES)
some_names = names | names.map(camel_case) | st.text(max_size=12)
likely_schedules = st.dictionaries(some_names, likely | anything, max_size=5)
right_values: dict[str, st.SearchStrategy[Any]] = {
    "repeat_frequency": st.sampled_from(["P1D", "P1M", "P2W", "P1Y", "P40D", "P1M3D"]),
    "repeat_period": st.integers(0, 5),
    "repeat_count": st.integers(1, 5),
    "start_time": st.times().map(lambda time: time.strftime("%H:%M:%S")),
    "start_date": st.dates(date(2019, 1, 1), date(2022, 1, 1)).map(str),
    "end_date": st.dates(date(2022, 1, 1), date(2024, 1, 1)).map(str),
    "by_month_day": st.lists(st.integers(1, 31), max_size=5),
    "resource_uri": st.sampled_from(["/api/survey/3/", "/api/v1/activity/4/", None]),
}
right_schedules = st.fixed_dictionaries(
    {"repeat_frequency": right_values.pop("repeat_frequency")}, optional=right_values
)
items = st.fixed_dictionaries(
    {"name": st.text(max_size=3) | st.just("Walk"), "event_schedule": likely_schedules | anything},
    optional={"description": st.text() | anything, "other": anything},
)
plannings = st.one_of(
    anything,
    st.lists(items | anything, max_size=4),
    st.lists(items, max_size=3).map(json.dumps),
    st.text(),
)


def read_or_faults(sent: object) -> Planning | list[str]:
    """The planning, or what is wrong with it."""
    try:
        return read_planning(sent)
    except PlanningError as error:
        return error.texts


@few
@given(plannings)
def test_any_json_is_refused_or_given_back_in_one_form(sent: Any) -> None:
    read = read_or_faults(sent)
    if isinstance(read, list):
        assert read
        assert all(text.startswith("planning") for text in read)
        assert orjson.loads(orjson.dumps(read)) == read
        return
    written: Any = planning_json(read)
    stored = orjson.loads(orjson.dumps(written))
    assert read_planning(stored) == read
    assert planning_json(read_planning(stored)) == written
    for item_json, each in zip(written, read, strict=True):
        assert set(item_json["event_schedule"]) <= set(PROPERTIES)
        list(islice(dates_of(each.schedule, date(2021, 5, 31), None), 1000))


@few
@given(st.lists(right_schedules, max_size=3))
def test_most_right_schedules_are_accepted_and_mean_the_same(schedules: list[Any]) -> None:
    planning = read_planning([item(schedule) for schedule in schedules])
    assert read_planning(planning_json(planning)) == planning


@few
@given(st.lists(st.tuples(st.text(max_size=5), st.sampled_from(PUBLISHED)), max_size=4))
def test_spellings_are_the_same(pairs: list[tuple[str, dict[str, Any]]]) -> None:
    schedules = [schedule for _, schedule in pairs]
    snake = [{snake_case(name): value for name, value in each.items()} for each in schedules]
    camel = [{camel_case(name): value for name, value in each.items()} for each in snake]
    read = [read_planning([item(each) for each in some]) for some in (schedules, snake, camel)]
    assert read[0] == read[1] == read[2]


@many
@given(st.integers(0, 6), st.sampled_from(["name", "event_schedule"]))
def test_a_fault_names_the_item_that_has_it(position: int, name: str) -> None:
    sent = [dict(CALENDAR[0]) for _ in range(7)]
    del sent[position][name]
    faults = read_or_faults(sent)
    assert [str(text).partition(": ")[0] for text in faults] == [f"planning[{position}].{name}"]


def test_every_property_has_two_spellings() -> None:
    for name in (*PROPERTIES, *MEMBERS):
        assert snake_case(camel_case(name)) == name
        assert snake_case(name) == name
