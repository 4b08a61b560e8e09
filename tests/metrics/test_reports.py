"""Reports and distributions through the API."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import Profile, User
from apps.api.versions import HEADER
from apps.catalog.models import ActivityType, Datatype, TrainingRoutine
from apps.metrics import selection
from apps.records.models import Range, Record
from apps.signals.storage import store
from tests.catalogue import load_catalogue
from tests.people import grant
from tests.signals.conftest import HR, START, client_of, new_record

DAY = 24 * 3600 * 256
HOUR = 3600 * 256
FIRST_HOUR = START - START % HOUR
"""The full hour before START."""

MEAN, GREATEST, HISTOGRAM = 44, 46, 45


@pytest.fixture
def catalogue(db: None) -> None:
    load_catalogue("unit", "metric")


pytestmark = pytest.mark.usefixtures("catalogue")


def ask(by: User, path: str = "report", version: str = "3.3.x", **params: Any) -> Any:
    params.setdefault("include_metrics", str(MEAN))
    return client_of(by).get(f"/api/{path}/", params, headers={HEADER: version})


def report(by: User, path: str = "report", version: str = "3.3.x", **params: Any) -> Any:
    answer = ask(by, path, version, **params)
    assert answer.status_code == 200, answer.content
    return answer.json()


def mean(by: User, **params: Any) -> float | None:
    """The mean heart rate that a report tells."""
    (found,) = report(by, **params)["metrics"]
    assert found["name"] == "heartrate_avg"
    value: float | None = found["value"]
    return value


def times(found: Any) -> list[tuple[int, int]]:
    return [(each["start"], each["end"]) for each in found["timeranges"]]


def new_range(user: User, first: int, last: int, **members: Any) -> Range:
    start = START + 256 * first
    return Range.objects.create(user=user, start=start, end=START + 256 * last, **members)


def beating(user: User, datatypes: dict[int, Datatype], second: int, *rates: int) -> Record:
    """A record with these heart rates, so many seconds after START."""
    made = new_record(user, START + 256 * second, len(rates))
    store.write_channel(made, datatypes[HR], np.array(rates))
    return made


@pytest.mark.rule("metrics 1.3")
def test_a_record_as_the_reference_prints_it(record: Record, athlete: User) -> None:
    found = report(athlete, record=37, include_metrics=f"{MEAN},{GREATEST}")
    assert list(found) == ["metrics", "timeranges"]
    end = START + 256 * 10
    assert found["timeranges"] == [{"end": end, "start": START, "user": "/api/user/1511/"}]
    first, second = found["metrics"]
    assert (first["value"], second["value"]) == (74.5, 79)
    assert first["resource_uri"] == "/api/metric/44/"
    assert first["unit"] == {
        "id": 700,
        "info": "",
        "resource_uri": "/api/unit/700/",
        "si_long": "beats per minute",
        "si_short": "bpm",
    }


@pytest.mark.rule("metrics 1.3")
@pytest.mark.parametrize(
    "spelled",
    [
        {"include_metrics": "46,44"},
        {"include_metrics": ["46", "44"]},
        {"include_metrics__in": "46,44"},
        {"include_metrics__exact": "46,44"},
        {"include_metrics": "/api/metric/46/", "include_metrics__in": "/api/v1/metric/44/"},
        {"include_metrics": " 46 ,44,46,"},
    ],
)
def test_metrics_stand_in_the_order_of_the_request(
    record: Record, athlete: User, spelled: dict[str, Any]
) -> None:
    answer = client_of(athlete).get("/api/report/", {"record": "37", **spelled})
    assert [each["id"] for each in answer.json()["metrics"]] == [46, 44]


@pytest.mark.rule("metrics 1.1")
def test_metrics_that_nobody_knows_are_skipped(record: Record, athlete: User) -> None:
    answer = ask(athlete, record=37, include_metrics="44,999999,foo\r\nbar,99999999999")
    assert [each["id"] for each in answer.json()["metrics"]] == [44]
    assert answer["X-HexoStore-Remark"] == "unknown metric 999999 99999999999 foo??bar"
    assert "X-HexoStore-Remark" not in ask(athlete, record=37)


@pytest.mark.parametrize("named", ["37", "/api/record/37/", "http://x/api/v1/record/37", "37,37"])
@pytest.mark.parametrize("spelling", ["record", "record__in"])
def test_records_by_id_and_uri(record: Record, athlete: User, spelling: str, named: str) -> None:
    assert mean(athlete, **{spelling: named}) == 74.5


@pytest.mark.rule("metrics 1.3")
def test_several_records_are_one_set_of_samples(
    record: Record, athlete: User, datatypes: dict[int, Datatype]
) -> None:
    later = beating(athlete, datatypes, 100, 100, 0, 130)
    for params in (
        {"record__in": f"{later.pk},37"},
        {"record": [str(later.pk), "37"]},
        {"record": "37", "record__in": str(later.pk)},
    ):
        found = report(athlete, **params)
        assert found["metrics"][0]["value"] == pytest.approx((745 + 230) / 12, rel=1e-15)
        assert times(found) == [(START, record.end), (later.start, later.end)]


@pytest.mark.rule("metrics 1.3")
def test_overlapping_time_counts_once(
    record: Record, athlete: User, datatypes: dict[int, Datatype]
) -> None:
    ranges = [new_range(athlete, 0, 4), new_range(athlete, 2, 6)]
    found = report(athlete, range=",".join(str(each.pk) for each in ranges))
    assert found["metrics"][0]["value"] == np.mean(range(70, 76))
    assert len(found["timeranges"]) == 2
    assert mean(athlete, record=37, range=ranges[0].pk) == 74.5
    other = beating(athlete, datatypes, 8, 100, 100, 100)
    assert mean(athlete, record__in=f"37,{other.pk}") == pytest.approx((745 + 100) / 11)


@pytest.mark.rule("metrics 1.3")
def test_all_that_a_user_recorded_in_full_hours(
    record: Record, athlete: User, datatypes: dict[int, Datatype]
) -> None:
    beating(athlete, datatypes, 3600 * 30, 100)
    iso = "2014-07-17T19"
    for start, end in (
        (START + 5000, START + 5001),
        (f"{START}.7", f"{START + 1:.1f}"),
        (FIRST_HOUR, FIRST_HOUR + HOUR),
        (f"{iso}:23:20Z", f"{iso}:59"),
    ):
        for user in (1511, "/api/user/1511/", "athlete@example.com"):
            found = report(athlete, user=user, start=start, end=end)
            assert found["metrics"][0]["value"] == 74.5
            assert times(found) == [(FIRST_HOUR, FIRST_HOUR + HOUR)]
    assert mean(athlete, user=1511, start=START, end=START + 2 * DAY) == pytest.approx(845 / 11)


@pytest.mark.rule("metrics 1.3")
def test_kinds_narrow_a_time_to_ranges(
    record: Record, athlete: User, datatypes: dict[int, Datatype]
) -> None:
    running = ActivityType.objects.create(id=10, name="run", category="running")
    resting = ActivityType.objects.create(id=8, name="rest", category="resting")
    track = TrainingRoutine.objects.create(id=5, name="track", activitytype=running)
    new_range(athlete, 0, 2, activitytype=running, trainingroutine=track)
    new_range(athlete, 4, 6, activitytype=resting)
    new_range(athlete, 6, 7)
    new_range(athlete, 9, 10, activitytype=running, autodetected=True)
    time: dict[str, Any] = {"user": 1511, "start": START, "end": START + 1}
    first, second, third = (70 + 71) / 2, (74 + 75) / 2, 76
    for kind, expected in (
        ({"activitytype": "10"}, first),
        ({"activitytype__in": "8,/api/activitytype/8/"}, second),
        ({"activitytype__isnull": "true"}, third),
        ({"category": "running"}, first),
        ({"category": "/api/activitytype/10/"}, first),
        ({"category__in": "running,resting"}, (70 + 71 + 74 + 75) / 4),
        ({"trainingroutine": "5"}, first),
        ({"trainingroutine__isnull": "1"}, (74 + 75 + 76) / 3),
        ({"category": "running", "activitytype": "8"}, None),
        ({"category": "running", "include_autodetected": "true"}, (70 + 71 + 79) / 3),
        ({"category": "running", "include_autodetected__true": "1"}, (70 + 71 + 79) / 3),
        ({"category": "running", "include_autodetected": "false"}, first),
    ):
        assert mean(athlete, **time, **kind) == expected, kind
    assert times(report(athlete, **time, category="running")) == [(START, START + 512)]
    assert mean(athlete, path="distribution", **time, category__isnull="true") == third


@pytest.mark.rule("metrics 1.3")
def test_days_have_lists_of_their_own(athlete: User, datatypes: dict[int, Datatype]) -> None:
    midnight = FIRST_HOUR - FIRST_HOUR % DAY + DAY
    before = (midnight - START) // 256 - 5
    beating(athlete, datatypes, before, *range(60, 70))
    later = beating(athlete, datatypes, before + 3 * 24 * 3600, 100, 100)
    time: dict[str, Any] = {"user": 1511, "start": START, "end": START + 10 * DAY}
    for spelled in (
        {"group_by": "day"},
        {"group_by__day": "true"},
        {"time": "day"},
        {"time__day": "1"},
        {"grouped": "1"},
        {"grouped": "day", "display": "anything"},
    ):
        found = report(athlete, **time, **spelled)
        assert found["count"] == 3
        values = [each["metrics"][0]["value"] for each in found["data"]]
        assert values == [62, 67, 100]
        assert [times(each) for each in found["data"]] == [
            [(FIRST_HOUR, midnight)],
            [(midnight, midnight + DAY)],
            [(midnight + 2 * DAY, midnight + 3 * DAY)],
        ]
    for off in ({"group_by": ""}, {"grouped": "0"}, {"time__day": "false"}):
        assert "data" not in report(athlete, **time, **off)
    by_record = report(athlete, record=later.pk, group_by="day")
    assert [times(each) for each in by_record["data"]] == [[(later.start, later.end)]]
    assert report(athlete, **{**time, "start": START + 8 * DAY}, group_by="day") == {
        "count": 0,
        "data": [],
    }


RMSSD, SDNN = 9023, 180


def without_end(user: User, datatypes: dict[int, Datatype], seconds: int) -> Record:
    """A record of a beat and a heart rate a second, which does not say when it ends."""
    made = beating(user, datatypes, 0, *[70] * seconds)
    beats = 256 * np.arange(1, seconds + 1)
    store.write_events(made, datatypes[18], beats, np.resize([256, 230], seconds))
    store.write_events(made, datatypes[1004], beats, np.zeros(seconds, int))
    Record.objects.filter(pk=made.pk).update(end=None, status="complete")
    return made


def test_days_of_a_record_without_an_end(athlete: User, datatypes: dict[int, Datatype]) -> None:
    """They are those up to its last sample, not all since then."""
    growing = without_end(athlete, datatypes, 600)
    last = START + 256 * 600
    (whole,) = report(athlete, record=growing.pk)["timeranges"]
    assert (whole["start"], whole["end"]) == (START, None)
    row = Range.objects.create(user=athlete, start=START, end=None)
    for name, key in (("record", growing.pk), ("range", row.pk)):
        found = report(athlete, group_by="day", **{name: str(key)})
        assert [times(each) for each in found["data"]] == [[(START, last)]]
        assert found["data"][0]["metrics"][0]["value"] == 70
    time: dict[str, Any] = {"user": 1511, "start": START, "end": START + 100 * DAY}
    assert report(athlete, **time, group_by="day")["count"] == 1


def test_beats_of_a_record_without_an_end(athlete: User, datatypes: dict[int, Datatype]) -> None:
    """It is as long as it was recorded, so that it is not too long for a report of beats."""
    growing = without_end(athlete, datatypes, 600)
    ended = without_end(athlete, datatypes, 600)
    Record.objects.filter(pk=ended.pk).update(end=START + 256 * 600)
    hrv = f"{RMSSD},{SDNN}"
    told = report(athlete, record=growing.pk, include_metrics=hrv)["metrics"]
    assert told == report(athlete, record=ended.pk, include_metrics=hrv)["metrics"]
    assert None not in [each["value"] for each in told]


def test_a_record_without_an_end_or_any_sample(athlete: User) -> None:
    empty = Record.objects.create(user=athlete, start=START, end=None)
    assert mean(athlete, record=empty.pk, include_metrics=str(MEAN)) is None
    assert report(athlete, record=empty.pk, group_by="day") == {"count": 0, "data": []}


def test_records_and_ranges_are_cut_to_a_time(record: Record, athlete: User) -> None:
    whole = new_range(athlete, -7200, 7200)
    time: dict[str, Any] = {"start": FIRST_HOUR, "end": START}
    assert times(report(athlete, range=whole.pk, **time)) == [(FIRST_HOUR, FIRST_HOUR + HOUR)]
    assert mean(athlete, record=37, user=1511, start=FIRST_HOUR) == 74.5
    found = report(athlete, record=37, end=FIRST_HOUR)
    assert (found["metrics"][0]["value"], found["timeranges"]) == (None, [])


def test_what_has_no_samples_is_null(athlete: User) -> None:
    Record.objects.create(pk=38, user=athlete)
    for params, expected in (
        ({"record": "38"}, []),
        ({"range": str(new_range(athlete, 0, 9).pk)}, [(START, START + 256 * 9)]),
        ({"user": "1511", "start": START, "end": START}, [(FIRST_HOUR, FIRST_HOUR + HOUR)]),
    ):
        found = report(athlete, **params)
        (metric,) = found["metrics"]
        assert (metric["value"], metric["zone"]) == (None, None)
        assert times(found) == expected


def test_zones_of_a_report_about_nothing_are_those_of_the_person(
    record: Record, athlete: User, outsider: User, staff: User
) -> None:
    """Wherever it is known whom it would be about; those of the catalogue for several."""
    own, usual = [65, 67, 70, 72, 74, 88], [0, 114, 133, 152, 171, 250]
    Profile.objects.create(user=athlete, zones=own)
    later: dict[str, Any] = {"start": START + DAY, "end": START + 2 * DAY}
    whole = new_range(athlete, 0, 5)
    for params, expected in (
        ({"record": 37, **later}, own),
        ({"range": whole.pk, "record": 37, **later}, own),
        ({"user": 1511, **later}, own),
        ({"user": 1511, "activitytype": 10, **later}, own),
        ({"user": f"1511,{outsider.pk}", "activitytype": 10, **later}, usual),
    ):
        (told,) = report(staff, **params)["metrics"]
        assert (told["value"], told["zone"], told["zones"]) == (None, None, expected)


@pytest.mark.rule("metrics 1.3", "metrics 7")
def test_the_version_of_2014(record: Record, athlete: User) -> None:
    for path in ("report", "statistics", "distribution"):
        found = report(athlete, path, "2.0.x", record=37, include_metrics="44,45")
        assert {**found, "data": 0, "record": 0} == {
            "count": 1,
            "data": 0,
            "name": "",
            "outputtype": "list",
            "record": 0,
            "report": "/api/templatereport/None/",
            "title": "",
        }
        assert (
            found["record"]
            == client_of(athlete).get("/api/record/37/", headers={HEADER: "2.0.x"}).json()
        )
        ((rate, shape),) = found["data"]
        assert (rate["value"], rate["unit"], rate["record"]) == (74.5, "bpm", "/api/record/37/")
        assert shape["data2"]["value"] == [0, 0, 10, 0, 0, 0, 0, 0, 0, 0]
    assert (
        len(report(athlete, "distribution", "2.0.x", record=37, include_histograms="45")["data"][0])
        == 2
    )
    by_day = report(athlete, "report", "2.0.x", user=1511, start=START, end=START, grouped="1")
    assert (by_day["count"], len(by_day["data"]), by_day["record"]) == (1, 1, None)


@pytest.mark.rule("metrics 1.4")
def test_distributions_have_histograms(
    record: Record, athlete: User, datatypes: dict[int, Datatype]
) -> None:
    later = beating(athlete, datatypes, 100, 100, 0, 130)
    asked: dict[str, Any] = {
        "record": f"37,{later.pk}",
        "include_histograms": "304,45,44",
        "group_by": "day",
    }
    answer = ask(athlete, "distribution", **asked)
    assert answer["X-HexoStore-Remark"] == "unknown metric 44"
    found = answer.json()
    assert list(found) == ["histograms", "metrics", "timeranges"]
    first, second = found["histograms"]
    assert (first["id"], second["id"], first["outputtype"]) == (304, 45, "histogram")
    middles, counts = first["value"]
    assert middles == [30, 50, 70, 90, 110, 130, 150, 170, 190, 210]
    assert counts == [0, 0, 10, 0, 1, 1, 0, 0, 0, 0]
    assert second["value"] == first["value"]
    assert [each["id"] for each in found["metrics"]] == [MEAN]
    nothing = ask(athlete, "distribution", record=37, include_metrics="").json()
    assert (nothing["histograms"], nothing["metrics"]) == ([], [])


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({}, selection.NOTHING_SELECTED),
        ({"record": ""}, selection.NOTHING_SELECTED),
        ({"user": "1511"}, selection.NOTHING_SELECTED),
        ({"user": "1511", "start": START}, selection.NOTHING_SELECTED),
        ({"start": START, "end": START}, selection.NOTHING_SELECTED),
        ({"record": "37", "activitytype": "8"}, selection.KINDS_NEED_TIME),
        ({"record": "none"}, None),
        ({"record": "/api/range/37/"}, None),
        (
            {"record__gt": "3"},
            "'gt' is not an allowed filter on the 'record' field.",
        ),
        ({"user": "1511", "start": "yesterday", "end": START}, None),
        ({"user": "1511", "start": "9" * 70, "end": START}, "The end must be after the start."),
        ({"user": "1511", "start": START, "end": FIRST_HOUR}, "The end must be after the start."),
        ({"user": "1511", "start": START, "end": 2**60}, "A report covers at most 3660 days."),
        ({"record": "37", "start": START, "end": FIRST_HOUR}, "The end must be after the start."),
        (
            {"user": "1511", "start": START, "end": START, "group_by": "week"},
            "'group_by' must be 'day'.",
        ),
        ({"user": "1511", "start": START, "end": START, "category": "chess"}, None),
        ({"record": ",".join(["1"] * 1001)}, "A filter takes at most 1000 values."),
        (
            {"record": "37", "include_metrics": ",".join(["1"] * 1001)},
            "A filter takes at most 1000 values.",
        ),
    ],
)
def test_refusals(record: Record, athlete: User, params: dict[str, Any], text: str | None) -> None:
    answer = ask(athlete, **params)
    assert answer.status_code == 400
    expected = text or "Invalid resource lookup data provided (mismatched type)."
    assert answer.json() == {"error": expected}


def test_a_report_by_day_of_more_days_than_ten_years(athlete: User) -> None:
    record = Record.objects.create(user=athlete, start=0, end=2**61)
    assert ask(athlete, record=record.pk).status_code == 200
    answer = ask(athlete, record=record.pk, group_by="day")
    assert answer.json() == {"error": "A report by day covers at most 3660 days."}


def test_metrics_of_beats_are_about_a_month(athlete: User) -> None:
    """Each beat is read for them, 100,000 a day; other metrics are sums over counted values."""
    hrv, days = "9023", 31 * DAY
    months = [Record.objects.create(user=athlete, start=at, end=at + days) for at in (0, days)]
    keys = [each.pk for each in months]
    for key in keys:
        assert ask(athlete, record=key, include_metrics=hrv).status_code == 200
    both: dict[str, Any] = {"record": ",".join(map(str, keys))}
    for more in ({}, {"group_by": "day"}):
        answer = ask(athlete, **both, **more, include_metrics=hrv)
        assert answer.json() == {
            "error": "Metrics of single beats cover at most 31 days of records."
        }
    assert ask(athlete, **both).status_code == 200


def test_more_records_than_a_report_may_be_about(
    record: Record, athlete: User, datatypes: dict[int, Datatype], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "MOST_FOUND", 1)
    time: dict[str, Any] = {"user": 1511, "start": START, "end": START}
    assert mean(athlete, **time) == 74.5
    beating(athlete, datatypes, 20, 70)
    assert ask(athlete, **time).json() == {"error": "A report covers at most 1 records or ranges."}


@pytest.mark.rule("metrics 1.3")
def test_only_what_the_caller_sees(
    record: Record, athlete: User, outsider: User, staff: User, datatypes: dict[int, Datatype]
) -> None:
    """Who may not see a record learns nothing of it, not even that it is there."""
    own, of_athlete = beating(outsider, datatypes, 0, 50, 52), new_range(athlete, 0, 4)
    for named in ({"record": "37"}, {"range": str(of_athlete.pk)}, {"record": "9999999"}):
        answer = ask(outsider, **named)
        assert (answer.status_code, answer.content) == (404, b"")
    found = report(outsider, record__in=f"37,{own.pk}", range=of_athlete.pk)
    assert (found["metrics"][0]["value"], len(found["timeranges"])) == (51, 1)
    time: dict[str, Any] = {"start": START, "end": START}
    for user in ("1511", "athlete@example.com", "/api/user/1511/", "4711", "nobody@example.com"):
        answer = ask(outsider, user=user, **time)
        assert (answer.status_code, answer.content) == (404, b"")
    found = report(outsider, user__in=f"1511,{outsider.pk}", **time)
    assert (found["metrics"][0]["value"], len(found["timeranges"])) == (51, 1)
    assert ask(outsider, record=own.pk, user=1511, **time).status_code == 404
    everybody = report(staff, user__in=f"1511,{outsider.pk}", **time)
    assert everybody["metrics"][0]["value"] == pytest.approx((745 + 102) / 12)
    for params in ({"user": "1511"}, {"record": "37"}):
        assert client_of(outsider).get("/api/distribution/", {**params, **time}).status_code == 404


def test_kinds_that_the_caller_does_not_see(record: Record, athlete: User, outsider: User) -> None:
    """The category of somebody else's activity type is nobody's business."""
    hidden = ActivityType.objects.create(id=10, name="mine", category="running", user=outsider)
    shown = ActivityType.objects.create(id=11, name="run", category="running")
    new_range(athlete, 0, 2, activitytype=shown)
    time: dict[str, Any] = {"user": 1511, "start": START, "end": START}
    assert mean(athlete, **time, category=hidden.pk) is None
    assert mean(athlete, **time, category=shown.pk) == 70.5


def test_a_grant_opens_reports(record: Record, athlete: User, outsider: User) -> None:
    assert ask(outsider, record=37).status_code == 404
    grant(athlete, outsider, "read")
    assert mean(outsider, record=37) == 74.5
    assert mean(outsider, user=1511, start=START, end=START) == 74.5


def test_methods(record: Record, athlete: User) -> None:
    for verb in ("post", "put", "patch", "delete", "head"):
        answer = getattr(client_of(athlete), verb)("/api/report/?record=37")
        assert (answer.status_code, answer["Allow"]) == (405, "GET")
    assert client_of(athlete).get("/api/report/37/").status_code == 405


def test_other_formats_get_json(record: Record, athlete: User) -> None:
    for accept in ("application/xml", "text/yaml", "text/csv", "*/*"):
        answer = client_of(athlete).get("/api/report/?record=37", headers={"Accept": accept})
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


def test_statements_do_not_grow(
    record: Record, athlete: User, datatypes: dict[int, Datatype]
) -> None:
    def statements(**params: Any) -> int:
        with CaptureQueriesContext(connection) as asked:
            report(athlete, include_metrics="44,46,47,45,1,12,71", **params)
        return len(asked)

    keys = [record.pk]
    time: dict[str, Any] = {"user": 1511, "start": START, "end": START + DAY}
    few = statements(record=37), statements(**time), statements(**time, grouped="1")
    keys += [beating(athlete, datatypes, 20 + 7200 * each, 70, 80).pk for each in range(12)]
    many = (
        statements(record=",".join(map(str, keys))),
        statements(**time),
        statements(**time, grouped="1"),
    )
    assert many == few
    assert max(few) <= 6


def test_order_and_grouping_change_no_sample(athlete: User, datatypes: dict[int, Datatype]) -> None:
    rng = np.random.default_rng(7)
    rates = [rng.integers(40, 180, 50).tolist() for _ in range(6)]
    keys = [
        beating(athlete, datatypes, 3600 * 9 * number, *each).pk
        for number, each in enumerate(rates)
    ]
    forth = report(athlete, record=",".join(map(str, keys)), include_metrics="44,46,45")
    back = report(athlete, record=",".join(map(str, keys[::-1])), include_metrics="44,46,45")
    assert forth == back
    everything = np.concatenate(rates)
    assert forth["metrics"][0]["value"] == pytest.approx(everything.mean(), rel=1e-14)
    assert forth["metrics"][1]["value"] == everything.max()
    days = report(athlete, record=",".join(map(str, keys)), include_metrics="45", grouped="1")
    counts = [each["metrics"][0]["value"][1] for each in days["data"]]
    assert np.sum(counts, axis=0).tolist() == forth["metrics"][2]["value"][1]
