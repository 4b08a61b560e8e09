"""A published client that uploads and downloads activities, as it does it.

It is the service of a program that copies activities between services: a POST with the label of
TCX, then a question each second, with two slashes and the label of the POST, for 20 seconds.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.records.models import Range, Record
from apps.tracks.models import Track, TrackPoint
from tests.exchange.importing.conftest import IMPORTS, do_imports
from tests.people import Caller

pytestmark = pytest.mark.usefixtures("catalogue")

TCX = "application/vnd.garmin.tcx+xml"
BEGIN = datetime(2015, 9, 16, 10, 0, 0, tzinfo=UTC)
POLLS = 20


def time_of(second: int) -> str:
    return (BEGIN + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def point_of(second: int) -> str:
    """A point as the client writes it; extensions carry the namespace on themselves."""
    position = (
        f"<Position><LatitudeDegrees>{45.5 + second / 100_000}</LatitudeDegrees>"
        "<LongitudeDegrees>-73.5</LongitudeDegrees></Position>"
    )
    return (
        f"<Trackpoint><Time>{time_of(second)}</Time>{position if second % 7 else ''}"
        f"<AltitudeMeters>{30 + math.sin(second)}</AltitudeMeters>"
        f"<HeartRateBpm><Value>{120 + second % 30}</Value></HeartRateBpm><Cadence>80</Cadence>"
        '<Extensions><TPX xmlns="http://www.garmin.com/xmlschemas/ActivityExtension/v2">'
        "<Watts>200</Watts></TPX></Extensions></Trackpoint>"
    )


def lap_of(begin: int, seconds: int) -> str:
    """A lap without a distance, as the client leaves it out when it does not know it."""
    points = "".join(point_of(begin + second) for second in range(seconds))
    return (
        f'<Lap StartTime="{time_of(begin)}"><TotalTimeSeconds>{seconds}</TotalTimeSeconds>'
        "<Calories>0</Calories><Intensity>Active</Intensity><TriggerMethod>Manual</TriggerMethod>"
        f"<Track>{points}</Track></Lap>"
    )


def upload_of(*laps: str, note: str = "Morning Ride\nwith friends") -> bytes:
    """What the client sends."""
    notes = f"<Notes>{note}</Notes>" if note else ""
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n<TrainingCenterDatabase "
        'xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f'<Activities><Activity Sport="Biking"><Id>{time_of(0)}</Id>{"".join(laps)}{notes}'
        '</Activity></Activities><Author xsi:type="Application_t"><Name>tapiriik</Name>'
        "<Build><Version><VersionMajor>0</VersionMajor><VersionMinor>0</VersionMinor></Version>"
        "</Build><LangID>en</LangID><PartNumber>000-00000-00</PartNumber></Author>"
        "</TrainingCenterDatabase>"
    ).encode()


def upload(caller: Caller, content: bytes) -> int:
    """The id of the range that an upload becomes, or AssertionError with the reason."""
    location = caller.send("POST", IMPORTS, content, TCX).json()["resource_uri"]
    for _ in range(POLLS):
        polled = caller.send("GET", f"http://testserver/{location}", b"", TCX).json()
        results = polled["results"]
        assert not (isinstance(results, dict) and "error" in results), results
        if polled["progress"] == 1 and results:
            for each in results:
                if "range" in each["resource_uri"] and each["rank"] == 0:
                    return int(each["id"])
        do_imports()
    raise AssertionError("the client has given up")


@pytest.mark.rule("exchange 1.1", "exchange recipe 43")
def test_a_ride_is_uploaded(owner: Caller) -> None:
    key = upload(owner, upload_of(lap_of(0, 60), lap_of(60, 60)))
    ride = owner.get(f"/api/range/{key}/").json()
    assert (ride["name"], ride["note"]) == ("Morning Ride", "with friends")
    assert ride["context"]["activitytype"] == "/api/activitytype/1/"
    assert ride["start_date"] == "2015-09-16T10:00:00+00:00"
    assert Range.objects.filter(rank=1, parent=key).count() == 2
    tracks = owner.get("/api/track/", {"range": key}).json()["objects"]
    assert [each["range"] for each in tracks] == [ride["resource_uri"]]
    with_position = [second for second in range(120) if second % 7]
    assert TrackPoint.objects.count() == len(with_position)
    record = Record.objects.get()
    found = owner.get("/api/data/", {"record": record.pk, "datatype": 19}).json()[0]["data"]["19"]
    assert [value for _, value in found[:4]] == [121, 122, 123, 124]


def test_the_upload_is_in_the_list_that_the_client_asks_for(owner: Caller) -> None:
    key = upload(owner, upload_of(lap_of(0, 60)))
    query: dict[str, Any] = {"user": owner.user.pk, "limit": 30, "rank": 0}
    (listed,) = owner.get("/api/range/", query).json()["objects"]
    assert (listed["id"], listed["status"], listed["rank"]) == (key, "complete", 0)


@pytest.mark.rule("exchange D22")
def test_a_ride_is_uploaded_twice(owner: Caller) -> None:
    content = upload_of(lap_of(0, 60))
    assert upload(owner, content) == upload(owner, content)
    assert (Range.objects.filter(rank=0).count(), Track.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html>", "web page"),
        (upload_of(lap_of(0, 60))[:-400], "breaks off"),
        (upload_of(lap_of(0, 60)).replace(b"2015", b"2115"), "future"),
    ],
)
def test_the_client_is_told_what_is_wrong(owner: Caller, content: bytes, words: str) -> None:
    with pytest.raises(AssertionError) as told:
        upload(owner, content)
    assert "error" in str(told.value)
    assert words in str(told.value)
    assert not Range.objects.exists()
