"""The demo signals: what the documents print, and channels that agree with each other."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from apps.accounts.models import User
from apps.catalog.models import ActivityType, Datatype
from apps.jobs.models import Job
from apps.metrics import derived_channels
from apps.metrics.automatic import work_out_record
from apps.records.models import Range, Record
from apps.sandbox import demo
from apps.signals.models import Channel
from apps.simulation import profiles
from tests.signals.conftest import client_of

SLEEP, REST_TEST = 12, 106


@pytest.fixture
def printed(athlete: User, datatypes: dict[int, Datatype]) -> User:
    """The two records that the documents print from, one in real time and one without start."""
    spans = {37700: (359840226870, 359840821814), 43419: (361446243405, 361451358544)}
    for key, (start, end) in spans.items():
        Record.objects.create(id=key, user=athlete, start=start, end=end)
    Record.objects.create(id=5, user=athlete, start=0, end=512_000, status="realtime")
    Record.objects.create(id=6, user=athlete, start=None)
    kinds = [ActivityType.objects.create(pk=pk, name=str(pk)) for pk in (SLEEP, REST_TEST)]
    for (key, hours), kind in zip({41102: 0.5, 42008: 0.25}.items(), kinds, strict=True):
        start, ticks = 361_000_000_000 + key * 10**6, int(3600 * 256 * hours)
        Record.objects.create(id=key, user=athlete, start=start, end=start + ticks)
        Range.objects.create(
            user=athlete, start=start + 10_000, end=start + ticks, activitytype=kind
        )
    Record.objects.update(status="complete")
    Record.objects.filter(id=5).update(status="realtime")
    demo.make_signals()
    return athlete


def data(user: User, dataid: int, record: int) -> Any:
    response = client_of(user).get(f"/api/data/?datatype={dataid}&record={record}")
    (answer,) = json.loads(response.content)
    assert answer["user"] == "/api/user/1511/"
    return answer["data"][str(dataid)]


def test_the_documents_examples(printed: User) -> None:
    """API reference, Getting biometric data - JSON, Heart Rate Status, Respiration."""
    assert data(printed, 19, 37700)[:2] == [[359840227126, 70], [359840227382, 71]]
    assert data(printed, 33, 37700)[:2] == [[359840227126, 12], [359840227382, 13]]
    assert [value for _, value in data(printed, 1000, 37700)[:4]] == [32, 32, 40, 32]
    volume = data(printed, 37, 37700)
    assert volume[5:7] == [[359840228406, 571.04], [359840228662, 571.04]]
    ecg = data(printed, 4113, 43419)
    assert ecg[:2] == [[361446243405, 1715], [361446243484, 1423]]
    assert {later[0] - sooner[0] for sooner, later in pairwise(ecg)} == {79}
    assert data(printed, 19, 37700)[-1][0] == 359840821814


def test_the_sums_that_the_documents_print(printed: User) -> None:
    """API reference, Getting Metrics: mean heart rate and activity of record 37700, over samples
    that are not 0, and the histogram of its heart rate."""
    rate = [value for _, value in data(printed, 19, 37700) if value]
    assert len(rate) == 2322
    assert f"{np.mean(rate):.15g}" == "103.285529715762"
    bins, _ = np.histogram(rate, range(20, 221, 20))
    assert bins.tolist() == [0, 0, 137, 865, 907, 378, 34, 1, 0, 0]
    activity = [value for _, value in data(printed, 49, 37700) if value]
    assert f"{np.mean(activity):.15g}" == "0.158528803165781"


def test_what_is_not_synchronised_has_no_raw_signals(printed: User) -> None:
    found = Channel.objects.filter(record=5).values_list("datatype_id", flat=True)
    assert set(found) == {19, 33, 36, 37, 49, 53, 1000, 1001}
    assert not Channel.objects.filter(record=6).exists()


def test_the_same_seed_gives_the_same_signals(printed: User) -> None:
    before = set(Channel.objects.values_list("record_id", "datatype_id", "version"))
    demo.make_signals()
    assert set(Channel.objects.values_list("record_id", "datatype_id", "version")) == before


def test_processing_finds_nothing_left_to_do(
    printed: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records of rest and sleep have beats, and all that is derived from what they have. What
    finds beats in an ECG is an extra, so that this is left to processing."""
    monkeypatch.setattr(derived_channels, "derive_beats", lambda _: False)
    columns = "record_id", "datatype_id", "version", "derived_from"
    before = set(Channel.objects.values_list(*columns))
    derived = Channel.objects.exclude(derived_from=None).values_list("record_id", "datatype_id")
    variability = {318, *range(271, 280)}
    assert set(derived) == {
        *((record, datatype) for record in (37700, 41102, 42008) for datatype in variability),
        (41102, 280),
    }
    jobs = Job.objects.count()
    for record in Record.objects.filter(status="complete"):
        work_out_record(record)
        record.refresh_from_db()
        assert record.status == "complete"
    assert set(Channel.objects.values_list(*columns)) == before
    assert Job.objects.count() == jobs


@pytest.mark.parametrize(
    ("key", "seconds", "name"),
    [
        (37700, 2324, "stroll"),
        (40276, 3258, "run"),
        (41102, 29_066, "night"),
        (37700, 7 * 3600, "stroll"),
        (37700, 7 * 3600 + 1, "night"),
        (1, 60, "walk"),
        (5, 60, "gym"),
    ],
)
def test_what_is_done_in_a_record(key: int, seconds: int, name: str) -> None:
    assert demo.profile_of(key, seconds * 256) == name
    assert name in profiles.profile_names()


def test_channels_go_to_the_end_of_their_record(printed: User) -> None:
    """One sample per step that fits, from the first one on."""
    for record in Record.objects.filter(end__isnull=False):
        ticks = (record.end or 0) - (record.start or 0)
        for channel in record.channels.all():
            assert channel.step is None or channel.count == ticks // channel.step


def test_events_agree_with_channels(printed: User) -> None:
    """The API reference prints a record whole: its events tell what was counted each second."""
    beats = [tick for tick, _ in data(printed, 17, 37700)]
    intervals = [value for _, value in data(printed, 18, 37700)]
    assert intervals[1:] == [(b - a) / 256 for a, b in pairwise(beats)]
    rate = [value for _, value in data(printed, 19, 37700)][20:]
    assert abs(np.mean(rate) - 60 / np.mean(intervals[1:])) < 2
    steps = data(printed, 52, 37700)
    assert [value for _, value in steps] == list(range(1, len(steps) + 1))
    cadence = [value for _, value in data(printed, 53, 37700)]
    assert abs(sum(cadence) / 60 - len(steps)) < 30
