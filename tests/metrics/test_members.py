"""`metrics` and `histograms` of records and ranges: what is asked for, in which order and form."""

from __future__ import annotations

from datetime import date
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import Profile, User
from apps.api.remarks import HEADER
from apps.api.versions import HEADER as VERSION
from apps.catalog.models import ActivityType
from apps.metrics import results
from apps.metrics.models import RangeResults
from apps.records.models import Range, Record
from tests.catalogue import load_catalogue
from tests.signals.conftest import START, client_of

RUNNING = 10


@pytest.fixture(autouse=True)
def catalogue(db: None) -> None:
    load_catalogue()


@pytest.fixture
def running(athlete: User, record: Record) -> Range:
    """The whole record, as a run."""
    return Range.objects.create(user=athlete, start=START, end=record.end, activitytype_id=RUNNING)


def ask(user: User, path: str, **headers: str) -> Any:
    return client_of(user).get(f"/api/{path}", headers=headers)


def ids(shown: dict[str, Any], member: str = "metrics") -> list[int]:
    return [each["id"] for each in shown[member]]


def test_a_record_shows_no_metrics_unless_asked(athlete: User, record: Record) -> None:
    shown = ask(athlete, f"record/{record.pk}/").json()
    assert (shown["metrics"], shown["histograms"]) == ([], [])


@pytest.mark.parametrize(
    "query",
    [
        "include_metrics=46,44",
        "include_metrics=46%2C44",
        "include_metrics=46&include_metrics=44",
        "include_metrics__in=46,44",
        "include_metrics=/api/metric/46/,/api/metric/44/",
        "include_metrics=http://testserver/api/metric/46/&include_metrics=/api/v1/metric/44",
        "include_metrics=46,,44,46",
    ],
)
def test_the_asked_metrics_in_the_order_asked_for(
    athlete: User, record: Record, query: str
) -> None:
    for path in (f"record/{record.pk}/?{query}", f"record/?{query}"):
        answer = ask(athlete, path)
        shown = answer.json()
        (one,) = shown.get("objects", [shown])
        assert [(each["id"], each["value"]) for each in one["metrics"]] == [(46, 79), (44, 74.5)]
        assert HEADER not in answer


def test_the_form_of_a_metric(athlete: User, record: Record) -> None:
    shown = ask(athlete, f"record/{record.pk}/?include_metrics=46").json()["metrics"]
    assert shown == [
        {
            "id": 46,
            "name": "heartrate_max",
            "outputtype": "value",
            "resource_uri": "/api/metric/46/",
            "title": "HR Max",
            "unit": {
                "id": 700,
                "info": "",
                "resource_uri": "/api/unit/700/",
                "si_long": "beats per minute",
                "si_short": "bpm",
            },
            "value": 79,
            "zone": -1,
            "zones": [],
        }
    ]


def test_what_is_no_metric_is_skipped_and_remarked(athlete: User, record: Record) -> None:
    query = "include_metrics=44,999999,abc%0D%0Ax&include_histograms=44"
    answer = ask(athlete, f"record/{record.pk}/?{query}")
    assert ids(answer.json()) == [44]
    assert answer[HEADER] == "unknown metric 44 999999 abc??x"
    for _ in range(3):  # a kept page has the remark too
        assert ask(athlete, f"record/?{query}")[HEADER] == answer[HEADER]
    many = ",".join(f"x{n}" for n in range(9))
    found = ask(athlete, f"record/?include_metrics={many}")[HEADER]
    assert found == "unknown metric x0 x1 x2 x3 x4 and 4 more"
    assert ask(athlete, "record/?include_metrics=" + "1," * 1000).status_code == 400


def test_histograms(athlete: User, record: Record, running: Range) -> None:
    query = "include_histograms=45&include_metrics=44"
    for path in (f"record/{record.pk}/", f"range/{running.pk}/"):
        shown = ask(athlete, f"{path}?{query}").json()
        (found,) = shown["histograms"]
        assert (found["id"], found["outputtype"]) == (45, "histogram")
        assert found["value"][1] == [0, 0, 10, 0, 0, 0, 0, 0, 0, 0]
        assert 45 not in ids(shown)


def test_a_range_shows_the_defaults_of_its_type_first(athlete: User, running: Range) -> None:
    defaults = sorted(
        ActivityType.objects.get(pk=RUNNING).default_metrics.values_list("pk", flat=True)
    )
    path, asked = f"range/{running.pk}/", "?include_metrics=47,44,46,1"
    more = [each for each in (47, 44, 46, 1) if each not in defaults]
    assert ids(ask(athlete, path).json()) == defaults
    assert ids(ask(athlete, path + asked).json()) == [*defaults, *more]
    (listed,) = ask(athlete, f"range/{asked}").json()["objects"]
    assert ids(listed) == [*defaults, *more]
    first = ask(athlete, path + asked, **{VERSION: "2.0.0"}).json()
    assert ids(first) == sorted({*defaults, *more})


def test_a_range_of_no_type_shows_what_is_asked_for(athlete: User, record: Record) -> None:
    made = Range.objects.create(user=athlete, start=START, end=START + 5 * 256)
    assert ask(athlete, f"range/{made.pk}/").json()["metrics"] == []
    (found,) = ask(athlete, f"range/{made.pk}/?include_metrics=44").json()["metrics"]
    assert found["value"] == 72


def test_writes_answer_with_metrics(athlete: User, record: Record) -> None:
    client = client_of(athlete)
    sent = {
        "user": f"/api/user/{athlete.pk}/",
        "start": START,
        "end": START + 5 * 256,
        "context": {"activitytype": f"/api/activitytype/{RUNNING}/"},
    }
    made = client.post("/api/range/?include_metrics=46", sent, format="json").json()
    found = {each["id"]: each["value"] for each in made["metrics"]}
    assert (found[44], found[46]) == (72, 74)
    uri, moved = made["resource_uri"], {"end": START + 3 * 256}
    for answer in (
        client.patch(uri, moved, format="json").json(),
        client.put(uri, {**sent, **moved}, format="json").json(),
        client.patch(
            "/api/range/", {"objects": [{"resource_uri": uri, **moved}]}, format="json"
        ).json()["objects"][0],
    ):
        assert {each["id"]: each["value"] for each in answer["metrics"]}[44] == 71


def test_values_that_came_with_a_range_are_shown_where_nothing_was_recorded(
    athlete: User, record: Record
) -> None:
    came = [{"metric": 44, "value": 96.7, "zones": [0, 114, 133]}, {"metric": 170, "value": 41.3}]
    far = START + 10**9
    made = Range.objects.create(
        user=athlete, start=far, end=far + 256, activitytype_id=RUNNING, metrics=came
    )
    shown = ask(athlete, f"range/{made.pk}/?include_metrics=46").json()["metrics"]
    found = {each["id"]: (each["value"], each["zones"]) for each in shown}
    assert found[44] == (96.7, [0, 114, 133])
    assert found[170][0] == 41.3
    assert found[46][0] is None
    Range.objects.filter(pk=made.pk).update(start=START, end=START + 256 * 10)
    shown = ask(athlete, f"range/{made.pk}/").json()["metrics"]
    assert {each["id"]: each["value"] for each in shown}[44] == 74.5
    assert 170 not in {each["id"] for each in shown}


def test_an_outsider_sees_none(outsider: User, record: Record, running: Range) -> None:
    for name in ("record", "range"):
        assert ask(outsider, f"{name}/?include_metrics=44").json()["objects"] == []
    assert ask(outsider, f"range/{running.pk}/?include_metrics=44").status_code == 404


@pytest.mark.parametrize("number", [1, 12])
def test_statements_do_not_grow(athlete: User, record: Record, number: int) -> None:
    Profile.objects.create(user=athlete)
    for n in range(number):
        Range.objects.create(user=athlete, start=START, end=START + 256 * (n % 9 + 1))
    plain = statements(athlete, "range/?limit=20")
    first = statements(athlete, "range/?limit=20&include_metrics=44,46,47")
    kept = statements(athlete, "range/?limit=20&include_metrics=44,46,47&rank=0")
    assert RangeResults.objects.count() == number
    assert (first - plain, kept - plain) == (6, 1)


def statements(user: User, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert ask(user, path).status_code == 200
    return len(captured)


@pytest.mark.parametrize("path", ["record/", "range/", "report/", "distribution/"])
def test_a_lookup_that_the_argument_does_not_have(athlete: User, running: Range, path: str) -> None:
    """Is refused wherever metrics are asked for, as for fields; `exact` means the same as none."""
    named = f"{path}?id=0&range={running.pk}"
    refused = ask(athlete, f"{named}&include_metrics__foo=44")
    text = "'foo' is not an allowed filter on the 'include_metrics' field."
    assert (refused.status_code, refused.json()) == (400, {"error": text})
    plain = ask(athlete, f"{named}&include_metrics=44")
    exact = ask(athlete, f"{named}&include_metrics__exact=44")
    assert (plain.status_code, plain.json()) == (200, exact.json())


@pytest.mark.parametrize("shown_by", ["show_all", "include_autodetected"])
def test_exact_means_the_same_as_no_lookup(athlete: User, running: Range, shown_by: str) -> None:
    Range.objects.update(autodetected=True)
    for spelled, status, count in (
        (shown_by, 200, 1),
        (f"{shown_by}__exact", 200, 1),
        (f"{shown_by}__gt", 400, None),
    ):
        answer = ask(athlete, f"range/?{spelled}=1")
        assert answer.status_code == status
        assert answer.json().get("meta", {}).get("total_count") == count


def test_a_patch_of_a_list_reads_the_metrics_once(athlete: User, running: Range) -> None:
    """However many ranges there are; each is shown as its own detail, in the order sent."""
    rows = [running]
    for last in (3, 9, 6):
        rows.insert(0, Range.objects.create(user=athlete, start=START, end=START + 256 * last))
    uris = [f"/api/range/{row.pk}/" for row in [*rows, running]]
    sent = [{"resource_uri": uri, "note": f"{at}", "odd": at} for at, uri in enumerate(uris)]
    client = client_of(athlete)
    with patch.object(results, "read_results", wraps=results.read_results) as read:
        answer = client.patch("/api/range/?include_metrics=44", {"objects": sent}, format="json")
    assert (answer.status_code, read.call_count) == (202, 1)
    shown = answer.json()["objects"]
    assert [each.pop("odd") for each in shown] == [0, 1, 2, 3, 4]
    for each, uri in zip(shown, uris, strict=True):
        detail = client.get(f"{uri}?include_metrics=44").json()
        for name in ("resource_uri", "note", "end", "metrics"):
            assert each[name] == detail[name]
    assert len({each["metrics"][-1]["value"] for each in shown}) == 4


@pytest.mark.rule("metrics 3.1")
def test_what_139_was_in_2014(athlete: User, running: Range) -> None:
    """Energy with what a body spends at rest, which is metric 149 now."""
    Profile.objects.create(
        user=athlete, gender="M", weight=80, height=1.8, date_of_birth=date(1980, 1, 1)
    )

    def shown(path: str, version: str) -> dict[str, float]:
        """The value of each metric by its name."""
        found = ask(athlete, path, **{VERSION: version}).json()
        listed = found["metrics"] if "metrics" in found else found["data"][0]
        return {each["name"]: each["value"] for each in listed if "cal" in each["name"]}

    for path in (f"range/{running.pk}/?", "record/37/?", f"report/?range={running.pk}&"):
        former, newer = (shown(f"{path}include_metrics=139,149", v) for v in ("2.0.x", "3.3.x"))
        (full,) = (value for name, value in newer.items() if name != "energyecg_vo2_kcal")
        assert 0 < newer["energyecg_vo2_kcal"] < full
        assert former.pop("energyecg_vo2_with_baseline_kcal") == full
        assert list(former.values()) == [full]
