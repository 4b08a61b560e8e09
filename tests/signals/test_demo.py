"""The demo signals: what the documents print, and channels that agree with each other."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from apps.accounts.models import User
from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.sandbox import demo
from apps.signals.models import Channel
from apps.signals.synthesis import Body
from tests.signals.conftest import client_of

HOUR = 3600 * 256


@pytest.fixture
def printed(athlete: User, datatypes: dict[int, Datatype]) -> User:
    """The two records that the documents print from, one in real time and one without start."""
    spans = {37700: (359840226870, 359840821814), 43419: (361446243405, 361451358544)}
    for key, (start, end) in spans.items():
        Record.objects.create(id=key, user=athlete, start=start, end=end)
    Record.objects.create(id=5, user=athlete, start=0, end=512_000, status="realtime")
    Record.objects.create(id=6, user=athlete, start=None)
    demo.make_signals()
    return athlete


def data(user: User, dataid: int, record: int) -> Any:
    response = client_of(user).get(f"/api/data/?datatype={dataid}&record={record}")
    (answer,) = json.loads(response.content)
    assert answer["user"] == "/api/user/1511/"
    return answer["data"][str(dataid)]


def test_the_documents_examples(printed: User) -> None:
    """Seed 002: "Getting biometric data - JSON", "Heart Rate Status", "Respiration", "ECG"."""
    assert data(printed, 19, 37700)[:2] == [[359840227126, 70], [359840227382, 71]]
    assert data(printed, 33, 37700)[:2] == [[359840227126, 12], [359840227382, 13]]
    assert [value for _, value in data(printed, 1000, 37700)[:4]] == [32, 32, 40, 32]
    volume = data(printed, 37, 37700)
    assert volume[5:7] == [[359840228406, 571.04], [359840228662, 571.04]]
    ecg = data(printed, 4113, 43419)
    assert ecg[:2] == [[361446243405, 1715], [361446243484, 1423]]
    assert {later[0] - sooner[0] for sooner, later in pairwise(ecg)} == {79}
    assert data(printed, 19, 37700)[-1][0] == 359840821814


def test_what_is_not_synchronised_has_no_raw_signals(printed: User) -> None:
    found = Channel.objects.filter(record=5).values_list("datatype_id", flat=True)
    assert set(found) == {19, 33, 36, 37, 49, 53, 1000, 1001}
    assert not Channel.objects.filter(record=6).exists()


def test_the_same_seed_gives_the_same_signals(printed: User) -> None:
    before = set(Channel.objects.values_list("record_id", "datatype_id", "version"))
    demo.make_signals()
    assert set(Channel.objects.values_list("record_id", "datatype_id", "version")) == before


@pytest.fixture(scope="module")
def body() -> Body:
    return Body(seed=1, ticks=HOUR + 100)


def test_channels_have_a_sample_for_each_step(body: Body) -> None:
    slow = body.heart() | body.breathing() | body.motion()
    assert {len(counts) for counts in slow.values()} == {3600}
    assert len(body.ecg()) == HOUR + 100
    assert {len(counts) for counts in body.respiration().values()} == {HOUR // 2 + 50}
    assert {len(counts) for counts in body.acceleration().values()} == {HOUR // 4 + 25}


def test_the_heart_is_one(body: Body) -> None:
    """R waves stand where the beats are; RR and heart rate follow from them."""
    events, ecg = body.events(), body.ecg()
    beats, intervals = events[18]
    np.testing.assert_array_equal(np.cumsum(intervals), beats)
    assert np.all(ecg[beats] > 1600)
    assert np.mean(ecg > 1600) < 0.04
    rate = 60 * 256 / intervals[1:].mean()
    assert abs(body.heart()[19].mean() - rate) < 8
    assert 40 < body.heart()[19].min() < body.heart()[19].max() < 200


def test_the_breath_is_one(body: Body) -> None:
    breathing = body.breathing()
    np.testing.assert_array_equal(breathing[36], breathing[33] * breathing[37])
    inspirations, expirations = body.events()[34][0], body.events()[35][0]
    assert abs(len(inspirations) - breathing[33].mean() * 60) < 60
    assert np.all(expirations > inspirations[: len(expirations)])
    chest = body.respiration()[4129]
    rising = chest[expirations[1:-1] // 2] - chest[inspirations[1 : len(expirations) - 1] // 2]
    assert np.all(rising > 300)


def test_steps_are_taken_on_the_move(body: Body) -> None:
    cadence, steps = body.motion()[53], body.steps
    assert 0 < np.count_nonzero(cadence) < 3600
    assert np.all(cadence[np.minimum(steps // 256, 3599)] > 0)
    assert abs(len(steps) - cadence.sum() / 60) < 30
    shaken = np.abs(np.diff(body.acceleration()[4146])).reshape(-1)[: 3600 * 64 - 64]
    per_second = shaken[: 3599 * 64].reshape(-1, 64).mean(axis=1)
    assert per_second[cadence[:3599] > 0].min() > 2 * per_second[cadence[:3599] == 0].mean()
    assert np.all(Body(seed=1, ticks=HOUR, active=0).motion()[53] == 0)
    assert Body(seed=1, ticks=HOUR, active=0).acceleration()[4145].std() < 5
