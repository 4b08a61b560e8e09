"""What a planning may say, property by property, and what is said of a wrong one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from apps.studies.planning.faults import PlanningError
from apps.studies.planning.reading import count_occurrences, read_planning
from apps.studies.planning.schedule import MOST_ITEMS, MOST_OCCURRENCES
from apps.studies.planning.targets import PlanningTarget, TargetKind
from apps.studies.planning.writing import planning_json
from tests.studies.examples import CALENDAR, PUBLISHED, item

P1D, P1M = {"repeat_frequency": "P1D"}, {"repeat_frequency": "P1M"}


def normal(schedule: object) -> Any:
    """The schedule of an item as it is given back."""
    return planning_json(read_planning([item(schedule)]))[0]["event_schedule"]


def faults(*items: object, **options: Any) -> list[str]:
    """What is said of items; nothing if they are right."""
    try:
        read_planning(list(items), **options)
    except PlanningError as error:
        return error.texts
    return []


def places(*items: object) -> list[str]:
    """Where the faults of items are."""
    return [text.partition(": ")[0] for text in faults(*items)]


@pytest.mark.rule("studies 4")
def test_published_examples_are_given_back_in_one_spelling() -> None:
    assert [normal(schedule) for schedule in PUBLISHED[:2]] == [
        {
            "repeat_frequency": "P1M",
            "by_month_day": [1, 15],
            "start_time": "09:00",
            "end_time": "10:00",
            "resource_uri": "/api/activitytype/4/",
        },
        {
            "repeat_frequency": "P10D",
            "by_period_day": [2, 4],
            "start_time": "09:00",
            "end_time": "10:00",
            "resource_uri": "/api/trainingroutine/4/",
        },
    ]
    assert normal(PUBLISHED[4])["repeat_count"] == 10
    assert planning_json(read_planning(CALENDAR)) == CALENDAR


@pytest.mark.rule("studies 4.2")
@pytest.mark.parametrize(
    ("sent", "given_back"),
    [
        ({"repeat_frequency": "P1Y6M"}, {"repeat_frequency": "P1Y6M"}),
        ({"repeat_frequency": "P1W2D"}, {"repeat_frequency": "P1W2D"}),
        ({"repeat_frequency": "P7D"}, {"repeat_frequency": "P7D"}),
        ({"repeat_frequency": "P0Y07D"}, {"repeat_frequency": "P7D"}),
        ({"repeatFrequency": "P1D", "repeatPeriod": "0"}, {**P1D, "repeat_period": 0}),
        ({**P1D, "repeatCount": 2.0}, {**P1D, "repeat_count": 2}),
        ({"daysOffset": 5}, {"days_offset": 5}),
        ({"startTime": "9:00"}, {"start_time": "09:00"}),
        ({"start_time": "09:00:30"}, {"start_time": "09:00:30"}),
        ({"start_time": "09:00:00"}, {"start_time": "09:00"}),
        (
            {"start_time": "22:00", "end_time": "06:00"},
            {"start_time": "22:00", "end_time": "06:00"},
        ),
        ({"end_time": "24:00"}, {"end_time": "24:00"}),
        ({**P1M, "byMonthDay": [15, 1, 15, "2"]}, {**P1M, "by_month_day": [1, 2, 15]}),
        ({**P1M, "by_week_day": []}, P1M),
        ({**P1M, "by_week_day": [6, 0]}, {**P1M, "by_week_day": [0, 6]}),
        ({**P1M, "by_period_day": [31]}, {**P1M, "by_period_day": [31]}),
        (
            {"repeat_frequency": "P1Y", "by_period_day": [366]},
            {"repeat_frequency": "P1Y", "by_period_day": [366]},
        ),
        (
            {"start_date": "2020-12-24", "days_offset": 0},
            {"start_date": "2020-12-24", "days_offset": 0},
        ),
        ({"repeat_count": 1, "repeatCount": "1"}, {"repeat_count": 1}),
        (
            {"start_date": "2020-12-24", "end_date": "2025-12-24"},
            {"start_date": "2020-12-24", "end_date": "2025-12-24"},
        ),
        ({"repeat_period": 1}, {"repeat_period": 1}),
        (dict.fromkeys(("resource_uri", "start_time", "by_week_day", "end_date")), {}),
    ],
)
def test_what_is_accepted_and_given_back(
    sent: dict[str, object], given_back: dict[str, object]
) -> None:
    assert normal(sent) == given_back
    assert normal(given_back) == given_back


@pytest.mark.rule("studies 4.2")
@pytest.mark.parametrize(
    ("uri", "given_back"),
    [
        ("/api/activity/4/", "/api/activitytype/4/"),
        ("/api/v1/activitytype/4/", "/api/activitytype/4/"),
        ("api/survey/3/", "/api/survey/3/"),
        ("https://api.hexoskin.com/api/trainingroutine/1012/", "/api/trainingroutine/1012/"),
        ("/api/trainingroutine/1012", "/api/trainingroutine/1012/"),
        ("/api/kpi/weight/", "/api/kpi/weight/"),
        ("/api/profile/me/fitness/hr_rest/", "/api/kpi/hr_rest/"),
    ],
)
def test_what_can_be_planned(uri: str, given_back: str) -> None:
    assert normal({"resource_uri": uri}) == {"resource_uri": given_back}


WRONG: dict[str, tuple[object, ...]] = {
    "repeat_frequency": (
        *("P0D", "-P1D", "P1.5D", "p1d", "R5/P1D", "P", "", "P1D1M", "P٣D", "P1D\n", 1),
        *("PT12H", "P1DT0H", "P61M", "P6Y", "P1827D", "P9999999999D"),
    ),
    "repeat_period": (-1, 1.5, True, "x", "", [], 10**30, 10**5000),
    "repeat_count": (0, -1, "0", 1.5, False, 101, {}, float("nan"), 1e300),
    "days_offset": (-1, 1827, "1e3", "٣"),
    "start_time": ("25:00", "09:60", "09:00Z", "9", "24:00", "09:00+01:00"),
    "end_time": ("24:01", "00:00", "0:00", "9:0", 9, "nine"),
    "by_month_day": ([0], [32], ["x"], 15, "15", [[1]], [None], [1] * 1001),
    "by_week_day": ([7], [-1], ["monday"], [True]),
    "by_period_day": ([0], [32], [2.5]),
    "start_date": ("2020-02-30", "24.12.2020", "2020-12-24T00:00", 20201224),
    "end_date": ("2021-1-1", "0021-01-01", "3000-01-01", "tomorrow"),
    "resource_uri": (
        *("/api/user/1/", "/api/survey/", "4", "/api/survey/x/", "", 4),
        *("/api/survey/1/2/", "/api/survey/99999999999/", "/api/survey/1/\n"),
    ),
    **dict.fromkeys(("byDay", "exceptDate", "scheduleTimezone", "repeat_periods"), (1,)),
}


@pytest.mark.rule("studies 4.2")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param(name, value, id=f"{name} {number}")
        for name, values in WRONG.items()
        for number, value in enumerate(values)
    ],
)
def test_what_is_refused(name: str, value: object) -> None:
    frequency = {} if name == "repeat_count" else P1M
    (place,) = places(item({**frequency, name: value}))
    assert place.removesuffix("[0]") == f"planning[0].event_schedule.{name}"


@pytest.mark.rule("studies 4.2")
@pytest.mark.parametrize(
    ("schedule", "name"),
    [
        ({"start_time": "09:00", "end_time": "09:00:00"}, "end_time"),
        ({"start_date": "2020-12-24", "end_date": "2020-12-23"}, "end_date"),
        ({"start_date": "2020-12-24", "end_date": "2025-12-25"}, "end_date"),
        ({"start_date": "2020-12-24", "days_offset": 1}, "days_offset"),
        ({**P1M, "by_month_day": [1], "by_week_day": [1]}, "by_week_day"),
        ({"by_month_day": [1]}, "by_month_day"),
        ({"repeat_period": 2}, "repeat_period"),
        ({"repeat_count": 1, "repeatCount": 2}, "repeat_count"),
        ({**P1D, "repeat_period": 0, "repeat_count": 101}, "repeat_count"),
        ({"repeat_frequency": "P10D", "by_period_day": [11]}, "by_period_day[0]"),
    ],
)
def test_what_does_not_go_together(schedule: dict[str, object], name: str) -> None:
    assert places(item(schedule)) == [f"planning[0].event_schedule.{name}"]


@pytest.mark.rule("studies 4.2")
@pytest.mark.parametrize(
    ("frequency", "most"),
    [("P1M", 60), ("P1Y", 5), ("P1W", 260), ("P10D", 182), ("P1D", 1826), ("P5Y", 1), ("P7M", 8)],
)
@pytest.mark.parametrize("name", ["repeat_period", "repeat_count"])
def test_five_years_are_the_most(frequency: str, most: int, name: str) -> None:
    """Of periods, which repeat_count counts too where nothing else does."""
    assert places(item({"repeat_frequency": frequency, name: most})) == []
    too_many = faults(item({"repeat_frequency": frequency, name: most + 1}))
    place = f"planning[0].event_schedule.{name}"
    text = f"{most + 1} periods of {frequency} are longer than 5 years, {most} are not."
    assert too_many == [f"{place}: {text}"]


def test_all_faults_of_all_items_are_said_at_once() -> None:
    first = item(
        {
            "repeatFrequency": "PT12H",
            "repeat_count": True,
            "byDay": ["Monday"],
            "by_week_day": [0, 7, "x"],
            "start_time": "25:00",
        },
        name="",
    )
    last = {"event_schedule": {**P1M, "repeat_period": 61, "start_date": "2020-02-30"}}
    right = item(P1D)
    assert places(first, right, "text", last, {"name": "None"}) == [
        "planning[0].name",
        "planning[0].event_schedule.repeat_frequency",
        "planning[0].event_schedule.repeat_count",
        "planning[0].event_schedule.start_time",
        "planning[0].event_schedule.by_week_day[1]",
        "planning[0].event_schedule.by_week_day[2]",
        "planning[0].event_schedule.byDay",
        "planning[2]",
        "planning[3].name",
        "planning[3].event_schedule.repeat_period",
        "planning[3].event_schedule.start_date",
        "planning[4].event_schedule",
    ]


@pytest.mark.parametrize(
    ("frequency", "days"),
    [("P1M", 31), ("P2M", 62), ("P4M", 123), ("P1Y", 366), ("P4Y", 1461), ("P1M2W3D", 48)],
)
def test_the_last_day_that_a_period_can_have(frequency: str, days: int) -> None:
    schedule = {"repeat_frequency": frequency, "by_period_day": [days]}
    assert normal(schedule) == schedule
    assert len(places(item({**schedule, "by_period_day": [days + 1]}))) == 1


def test_hours_are_refused_with_a_hint() -> None:
    (text,) = faults(item({"repeat_frequency": "PT24H"}))
    assert "write P1D here and their number as repeat_count" in text


@pytest.mark.parametrize("given", [{}, 1, "nonsense", "{}", True, "[" * 100_000, '["\ud800"]'])
def test_a_planning_is_a_list(given: object) -> None:
    with pytest.raises(PlanningError) as refused:
        read_planning(given)
    assert len(refused.value.texts) == 1
    assert refused.value.texts[0].startswith("planning: Expected a list of items, got")


@pytest.mark.parametrize(("given", "items"), [(None, 0), ([], 0), (json.dumps(CALENDAR), 2)])
def test_null_is_an_empty_planning_and_a_text_of_json_a_planning(given: object, items: int) -> None:
    assert len(read_planning(given)) == items


def test_what_stands_beside_a_name_is_kept() -> None:
    sent = {**item(P1D), "description": "In bed", "colour": ["red", {"depth": 1}], "Ämne": None}
    assert planning_json(read_planning([sent])) == [sent]
    assert planning_json(read_planning([{**item(P1D), "description": None}])) == [item(P1D)]
    assert planning_json(read_planning([{"name": "A", "eventSchedule": {}}])) == [item({}, "A")]


deep: list[object] = []
for _ in range(5000):
    deep = [deep]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"name": " "}, ".name"),
        ({"name": "x" * 201}, ".name"),
        ({"name": 3}, ".name"),
        ({"name": "\x00"}, ".name"),
        ({"description": []}, ".description"),
        ({"description": "\ud800"}, ".description"),
        ({"colour": "\x00"}, ""),
        ({"\udc00": 1}, ""),
        ({"colour": deep}, ""),
        ({"colour": float("inf")}, ""),
        ({"event_schedule": []}, ".event_schedule"),
        ({"event_schedule": None}, ".event_schedule"),
    ],
)
def test_what_an_item_cannot_be(change: dict[str, object], place: str) -> None:
    assert places({**item(P1D), **change}) == [f"planning[0]{place}"]


def test_what_does_not_exist_cannot_be_planned() -> None:
    """All targets are asked for at once, with those of items that are wrong otherwise."""
    asked: list[set[PlanningTarget]] = []

    def missing(targets: Any) -> set[PlanningTarget]:
        asked.append(set(targets))
        return {PlanningTarget(TargetKind.SURVEY, 3)}

    wrong = item({"resource_uri": "/api/activity/7/", "repeat_frequency": "P0D"})
    found = faults(wrong, item({}), 3, item({"resourceUri": "/api/v1/survey/3/"}), missing=missing)
    assert asked == [
        {PlanningTarget(TargetKind.SURVEY, 3), PlanningTarget(TargetKind.ACTIVITY_TYPE, 7)}
    ]
    assert found[-1] == "planning[3].event_schedule.resource_uri: There is no /api/survey/3/."


def test_a_description_has_at_most_1000_characters() -> None:
    """A feed has it with every event."""
    assert faults({**item({}), "description": "é" * 1000}) == []
    assert places({**item({}), "description": "é" * 1001}) == ["planning[0].description"]


def test_a_planning_has_at_most_200_items() -> None:
    assert faults(*[item({})] * MOST_ITEMS) == []
    assert places(*[item({})] * (MOST_ITEMS + 1)) == ["planning"]


def test_a_planning_has_at_most_50000_events() -> None:
    most, left = divmod(MOST_OCCURRENCES, 100 * 100)
    hundred = {**P1D, "repeat_period": 100, "repeat_count": 100}
    assert left == 0
    assert faults(*[item(hundred)] * most) == []
    assert places(*[item(hundred)] * most, item({})) == ["planning"]
    endless = [item({**P1D, "repeat_period": 0, "repeat_count": 10})] * 20
    assert places(*endless) == ["planning"]
    assert faults(*endless, duration_in_days=28) == []
    assert count_occurrences(read_planning(endless, 28), 28) == 20 * 10 * 28


@pytest.mark.parametrize("day", ["1904-01-01", "2018-01-01", "2035-01-01", "2999-12-31"])
@pytest.mark.parametrize("duration", [None, 28, 3660])
def test_events_of_dates_of_their_own_count_too(day: str, duration: int | None) -> None:
    """Whoever starts at the right time has all of them, however far away they are."""
    hundred = {**P1D, "repeat_period": 0, "repeat_count": 100}
    ends = [item({**hundred, "end_date": day})] * 20
    assert faults(*ends, duration_in_days=duration)
    assert faults(ends[0], duration_in_days=28) == []
    if day < "2999":
        starts = [item({**hundred, "start_date": day})] * 20
        assert faults(*starts, duration_in_days=duration)
