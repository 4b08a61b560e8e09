"""Metrics and histograms as JSON, against what the documents and captures print."""

from __future__ import annotations

import json
from typing import Any

import pytest

from apps.api.callers import STRANGER
from apps.api.context import Context, View
from apps.api.conventions import HEXOSKIN
from apps.api.versions import Version
from apps.catalog.models import Metric, Unit
from apps.metrics import shapes
from apps.metrics.shapes import ReportedTime, Result, TimeRange

BPM = Unit(pk=700, si_short="bpm", si_long="beats per minute")
RATE = Metric(pk=44, name="heartrate_avg", title="HR Avg", type="metric", unit=BPM)
BINS = Metric(pk=45, name="heartrate_histo", title="heartrate histo", type="histogram", unit=BPM)
NEWER = (Version.V3_3, Version.V4_0)

LIMITS = (65, 67, 70, 72, 74, 88)
RESULT = Result(RATE, 103.285529715762, LIMITS)
MIDDLES = [30.0, 50.0, 70.0, 90.0, 110.0, 130.0, 150.0, 170.0, 190.0, 210.0]
COUNTS: list[float] = [0, 0, 137, 865, 907, 378, 34, 1, 0, 0]
SHAPE = Result(BINS, [MIDDLES, COUNTS])
ABOUT = ReportedTime(TimeRange(359840226870, 359840821814, 1511), 37700)


def asked(version: Version, view: View = "list", prefix: str = "/api") -> Context:
    return Context(STRANGER, prefix, version, HEXOSKIN, view)


def as_documented(found: dict[str, Any]) -> str:
    text = json.dumps(found)
    assert text == json.dumps(found, sort_keys=True)
    return text


PRINTED = (
    '{"id": 44, "name": "heartrate_avg", "outputtype": "value", "resource_uri": "/api/metric/44/",'
    ' "title": "HR Avg", "unit": {"id": 700, "info": "", "resource_uri": "/api/unit/700/",'
    ' "si_long": "beats per minute", "si_short": "bpm"}, "value": 103.285529715762, "zone": 6,'
    ' "zones": [65, 67, 70, 72, 74, 88]}'
)


@pytest.mark.rule("metrics 1.2")
@pytest.mark.parametrize("version", NEWER)
@pytest.mark.parametrize("view", ["list", "detail"])
def test_newer_versions_have_one_form_everywhere(version: Version, view: View) -> None:
    context = asked(version, view)
    found = shapes.member_of_object(context, RESULT)
    assert json.loads(PRINTED) == json.loads(as_documented(found))
    assert shapes.member_of_report(context, RESULT, ABOUT) == found


@pytest.mark.rule("metrics 1.5")
@pytest.mark.parametrize("version", NEWER)
def test_newer_histograms_are_bins_and_counts(version: Version) -> None:
    found = shapes.member_of_object(asked(version), SHAPE)
    assert (found["outputtype"], found["value"]) == ("histogram", [MIDDLES, COUNTS])
    assert found.keys() == {*json.loads(PRINTED)} - {"zone", "zones"}
    assert shapes.member_of_report(asked(version), SHAPE, ABOUT) == found
    assert shapes.member_of_object(asked(version), Result(BINS, None))["value"] is None


@pytest.mark.rule("metrics 1.2")
def test_lists_and_details_of_2014() -> None:
    unit = {
        "id": 700,
        "resource_uri": "/api/v1/unit/700/",
        "si_long": "beats per minute",
        "si_short": "bpm",
    }
    same = {
        "name": "heartrate_avg",
        "title": "HR Avg",
        "resource_uri": "/api/v1/metric/44/",
        "unit": unit,
        "value": 103.285529715762,
        "zones": list(LIMITS),
    }
    views: dict[View, dict[str, int]] = {"list": {"zone": -1}, "detail": {"id": 44}}
    for view, more in views.items():
        found = shapes.member_of_object(asked(Version.V2_0, view, "/api/v1"), RESULT)
        assert json.loads(as_documented(found)) == {**same, **more}


@pytest.mark.rule("metrics 1.2")
def test_reports_of_2014() -> None:
    context = asked(Version.V2_0, "list", "/api/v1")
    found = shapes.member_of_report(context, RESULT, ABOUT)
    assert json.loads(as_documented(found)) == {
        "metric": "/api/v1/metric/44/",
        "name": "heartrate_avg",
        "outputtype": "value",
        "record": "/api/v1/record/37700/",
        "timerange": {"end": 359840821814, "start": 359840226870, "user": "/api/v1/user/1511/"},
        "title": "HR Avg",
        "unit": "bpm",
        "uri": "/api/v1/metric/44/",
        "value": 103.285529715762,
        "zone": -1,
        "zones": list(LIMITS),
    }
    nowhere = shapes.member_of_report(context, RESULT, ReportedTime())
    assert (nowhere["record"], nowhere["timerange"]) == (None, None)


@pytest.mark.rule("metrics 1.5")
def test_histograms_of_2014() -> None:
    found = shapes.member_of_report(asked(Version.V2_0), SHAPE, ABOUT)
    assert found["data1"] == {
        "bin_edge": [20, 40, 60, 80, 100, 120, 140, 160, 180, 200, 220],
        "count": 10,
        "unit": "bpm",
        "value": MIDDLES,
    }
    assert found["data2"] == {"count": 10, "unit": "rep", "value": COUNTS}
    assert not {"zone", "zones", "unit", "value"} & found.keys()
    views: tuple[View, ...] = ("list", "detail")
    for view in views:
        member = shapes.member_of_object(asked(Version.V2_0, view), SHAPE)
        assert (member["data1"], member["data2"]) == (found["data1"], found["data2"])
        assert ("id" in member) == (view == "detail")
    empty = shapes.member_of_report(asked(Version.V2_0), Result(BINS, None), ABOUT)
    assert (empty["data1"], empty["data2"]) == (None, None)


def test_edges_are_short_numbers() -> None:
    middles = [(number + 0.5) / 10 for number in range(10)]
    found = shapes.member_of_report(asked(Version.V2_0), Result(BINS, [middles, COUNTS]), ABOUT)
    assert found["data1"]["bin_edge"] == [number / 10 for number in range(11)]


def test_the_energy_of_2014_has_another_name() -> None:
    energy = Metric(
        pk=139,
        name="energyecg_vo2_kcal",
        former_name="energyecg_vo2_with_baseline_kcal",
        title="energyecg vo2 kcal",
        former_title="energyecg vo2 with baseline kcal",
        unit=BPM,
    )
    for version, name, title in (
        (Version.V2_0, "energyecg_vo2_with_baseline_kcal", "energyecg vo2 with baseline kcal"),
        (Version.V3_3, "energyecg_vo2_kcal", "energyecg vo2 kcal"),
        (Version.V4_0, "energyecg_vo2_kcal", "energyecg vo2 kcal"),
    ):
        for found in (
            shapes.member_of_object(asked(version), Result(energy, 1.5)),
            shapes.member_of_report(asked(version), Result(energy, 1.5), ABOUT),
        ):
            assert (found["name"], found["title"]) == (name, title)


CAPTURED = [
    ((0, 0.1, 0.2, 0.3, 0.4, 0.5), 0.1585, 2),
    ((50, 60, 70, 80, 90, 100), 69.84, 2),
    ((65, 67, 70, 72, 74, 77), 0, 0),
    ((65, 67, 70, 72, 74, 77), 52.89, 0),
    ((0, 2000, 5000, 7500, 10000, 25000), 0, 1),
    ((0, 2000, 5000, 7500, 10000, 25000), 52, 1),
    ((0, 2000, 5000, 7500, 10000, 25000), 3767, 2),
    ((0, 2000, 5000, 7500, 10000, 25000), 5679, 3),
    ((), 12.5, -1),
    ((), None, None),
    ((50, 60, 70, 80, 90, 100), None, None),
]


@pytest.mark.rule("metrics 2")
@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize(("zones", "value", "zone"), CAPTURED)
def test_zones_as_captured(
    zones: tuple[float, ...], value: float | None, zone: int | None, version: Version
) -> None:
    assert shapes.zone_of(value, zones, version) == zone


@pytest.mark.rule("metrics 2")
@pytest.mark.parametrize("value", [110.01, 140.6, 145.8, 149.1, 77])
def test_above_the_last_limit(value: float) -> None:
    zones = (65, 67, 70, 72, 74, 77)
    assert shapes.zone_of(value, zones, Version.V2_0) == -1
    assert [shapes.zone_of(value, zones, version) for version in NEWER] == [6, 6]


@pytest.mark.rule("metrics 1.7")
def test_numbers_keep_their_kind() -> None:
    for value, text in ((58, "58"), (3.0, "3.0"), (0.06917317708333333, "0.06917317708333333")):
        found = shapes.member_of_object(asked(Version.V4_0), Result(RATE, value))
        assert f'"value": {text},' in as_documented(found)
