"""What an activity becomes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import ImportFile, ImportPiece, TrainingRoutine
from apps.exchange.activity import Activity, Lap, Points, Step, Totals, Workout
from apps.records.models import ActivityAttributeValue, Range, Record
from apps.signals.models import Channel
from apps.signals.storage import reader as channel_reader
from apps.tracks.models import Track, TrackPoint
from apps.tracks.totals import refresh_tracks
from hexostore import hexotime
from tests.exchange.importing.conftest import (
    RUNNING,
    SECOND,
    START,
    WALKING,
    FakeReader,
    a_file,
    a_run,
    a_way,
    imported,
    points_of,
)
from tests.people import Caller

pytestmark = pytest.mark.usefixtures("catalogue")

HEART_RATE, HEART_RATE_QUALITY, RR_INTERVAL, CADENCE = 19, 1000, 18, 53


def channel(record: Record, dataid: int) -> list[Any]:
    """The counts of a channel of a record."""
    found = Channel.objects.get(record=record, datatype=dataid)
    return [int(each) for piece in _pieces(found) for each in piece]


def _pieces(found: Channel) -> Any:
    raise NotImplementedError


def kinds(results: list[Any]) -> list[str]:
    """What results are, each by the name of its resource."""
    return [each["resource_uri"].split("/")[2] for each in results]


def test_a_run_is_a_record_a_range_two_laps_and_a_track(
    owner: Caller, reader: FakeReader
) -> None:
    reader.activities = [a_file()]
    results = imported(owner)["results"]
    assert kinds(results) == ["record", "range", "range", "range", "track"]
    record, session, first, second, track = results
    assert (record["start"], record["end"]) == (START, START + 600 * SECOND)
    assert (record["soft_uid"], record["device"]) == ("IMPORT", None)
    assert (session["name"], session["note"], session["rank"]) == ("Sunday", "with Ada", 0)
    assert session["activitytype"] == f"/api/activitytype/{RUNNING}/"
    assert [first["name"], second["name"]] == ["Lap 1", "home"]
    assert [each["rank"] for each in (first, second)] == [1, 1]
    assert {each["parent"] for each in (first, second)} == {session["resource_uri"]}
    assert (first["end"], second["start"]) == (START + 300 * SECOND, START + 300 * SECOND)
    assert track["range"] == session["resource_uri"]
    assert record["importfile"] == track["importfile"] == f"/api/import/{ImportFile.objects.get().pk}/"
    assert not ImportPiece.objects.exists()
