"""The requests of published clients that concern tracks and exports, as these clients send them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from lxml import etree

from tests.exchange.exporting.conftest import START, Run

TCX = "{http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2}"


@pytest.mark.rule("exchange 1.1")
class TestTapiriik:
    """Lists ranges, looks for GPS, and downloads TCX."""

    def listed(self, run: Run) -> list[dict[str, Any]]:
        params = {"user": run.owner.user.pk, "limit": 100, "rank": 0}
        time = {"start__range": f"{START - 9},{START + 9}"}
        answer = run.owner.get("/api/range/", params | time)
        objects: list[dict[str, Any]] = answer.json()["objects"]
        return objects

    def test_ranges(self, run: Run) -> None:
        (found,) = self.listed(run)
        assert (found["status"], found["rank"]) == ("complete", 0)
        assert found["context"]["activitytype"].split("/")[-2] not in ("8", "12", "106")

    def test_it_sees_whether_there_is_gps(self, run: Run) -> None:
        key = self.listed(run)[0]["id"]
        assert len(run.owner.get("/api/track/", {"range": key}).json()["objects"]) == 1
        assert run.owner.get("/api/track/", {"range": run.laps[0].pk}).json()["objects"] == []

    def test_it_downloads_tcx(self, run: Run) -> None:
        uri = self.listed(run)[0]["resource_uri"]
        accept = run.owner.sending("Accept", "application/vnd.garmin.tcx+xml")
        answer = accept.get(uri)
        assert answer.status_code == 200
        tree = etree.fromstring(answer.getvalue())
        begin = tree.findtext(f"{TCX}Activities/{TCX}Activity/{TCX}Id")
        assert datetime.fromisoformat(str(begin)) == pytest.approx(
            datetime.fromtimestamp(START / 256, UTC), abs=timedelta(milliseconds=1)
        )

    def test_the_first_line_of_the_notes_is_the_name(self, run: Run) -> None:
        run.range.note = ""
        run.range.save()
        answer = run.owner.get(run.path, {"format": "tcx"})
        notes = etree.fromstring(answer.getvalue()).findtext(
            f"{TCX}Activities/{TCX}Activity/{TCX}Notes"
        )
        assert str(notes).splitlines()[0] == "Morning run"


@pytest.mark.rule("exchange 1.4")
def test_hxapi_reads_all_points_of_a_range(run: Run) -> None:
    params = {"user": run.owner.user.pk, "range__in": run.range.pk}
    track = run.owner.get("/api/track/", params).json()["objects"][0]
    asked = {"track": track["id"], "limit": 0, "order_by": "time"}
    points = run.owner.get("/api/trackpoint/", asked).json()["objects"]
    assert len(points) == 121
    rows = [
        (p["time"], p["altitude"], p["position"][0], p["position"][1], p["horizontal_accuracy"])
        for p in points
    ]
    assert rows == sorted(rows)


@pytest.mark.rule("exchange 2.4")
@pytest.mark.parametrize("accept", ["application/vnd.garmin.tcx+xml", "application/vnd.ant.fit"])
def test_documented_requests(run: Run, accept: str) -> None:
    for path in (run.path, f"/api/record/{run.record.pk}/", f"/api/v1/range/{run.range.pk}/"):
        answer = run.owner.sending("Accept", accept).get(path)
        assert (answer.status_code, answer["Content-Type"]) == (200, accept)
