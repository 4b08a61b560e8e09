"""A record that grows while it is being recorded, stepped by a clock of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals.models import Channel
from apps.simulation import live, profiles, recording
from apps.simulation.live import BLOCK, LATENESS, Live
from apps.simulation.models import Truth
from apps.simulation.people import make_person
from apps.simulation.profiles import ProfileError, SimulationProfile
from apps.simulation.simulator import Simulation
from tests.catalogue import load_catalogue
from tests.databases import another_connection
from tests.people import Caller, owner
from tests.simulation.conftest import PERSON

__all__ = ["owner"]

START = 359_840_000_000
SECOND = 256
PLANNED = 60


class Clock:
    """A time that passes by waiting only; nobody stops the record."""

    def __init__(self) -> None:
        self.ticks = START
        self.waits: list[float] = []

    def now(self) -> int:
        return self.ticks

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.ticks += round(seconds * SECOND)
        return False


@pytest.fixture(autouse=True)
def datatypes(db: None) -> dict[int, Datatype]:
    load_catalogue("datatype")
    return Datatype.objects.in_bulk()


def simulated(name: str = "walk") -> Simulation:
    return Simulation(profiles.read_profile(name), 7, START, PLANNED)


@pytest.fixture
def growing(owner: Caller) -> Live:
    simulation = simulated()
    return Live(recording.begin_record(owner.user, simulation, "realtime"), simulation)


def lengths(record: Record) -> dict[int, int]:
    """The number of samples of each synchronous channel."""
    found = Channel.objects.filter(record=record, step__isnull=False)
    return dict(found.values_list("datatype_id", "count"))


@pytest.mark.rule("behaviour 3.1")
@given(st.integers(0, 10**6), st.integers(1, 2000))
def test_samples_are_five_to_fifteen_seconds_late(seed: int, seconds: int) -> None:
    """Behaviour 3.1."""
    moments = live.draw_arrivals(seed, seconds) / SECOND
    assert len(moments) == -(-seconds // BLOCK)
    assert np.all(np.diff(moments) >= 0)
    last = np.minimum(np.arange(1, len(moments) + 1) * BLOCK, seconds)
    first = np.arange(len(moments)) * BLOCK
    assert np.all(moments - last >= LATENESS[0] - 1 / SECOND)
    assert np.all(moments - first <= LATENESS[1] + BLOCK)


def test_nothing_has_arrived_at_first(growing: Live) -> None:
    growing.store_arrived(START + 9 * SECOND)
    assert growing.seconds == 0
    record = Record.objects.get()
    assert (record.status, record.end) == ("realtime", record.start)
    assert not record.channels.exists()


def test_it_grows_in_blocks(growing: Live) -> None:
    seen = []
    for second in range(0, PLANNED + 30, 3):
        growing.store_arrived(START + second * SECOND)
        record = Record.objects.get()
        found = lengths(record)
        assert set(found.values()) in (set(), {growing.seconds})
        if growing.seconds:
            assert record.end == START + growing.seconds * SECOND
            assert second - growing.seconds >= 5 or growing.seconds == PLANNED
            assert not {4113, 4129, 4145, 271, 38} & set(found)
        seen.append(growing.seconds)
    assert seen == sorted(seen)
    assert seen[-1] == PLANNED
    assert all(seconds % BLOCK == 0 for seconds in seen)
    assert len(set(seen)) > PLANNED // BLOCK - 4


def test_what_grew_is_what_was_simulated(growing: Live, owner: Caller) -> None:
    for second in (17, 31, 44):
        growing.store_arrived(START + second * SECOND)
    (answer,) = owner.get(
        "/api/data/", {"record": growing.record.pk, "datatype__in": "19,52,18"}
    ).json()
    simulation, stop = simulated(), growing.seconds * SECOND
    rate = [value for _, value in answer["data"]["19"]]
    assert rate == simulation.samples(19)[: growing.seconds].tolist()
    for dataid in (18, 52):
        offsets = simulation.events(dataid)[0]
        ticks = [tick - START for tick, _ in answer["data"][str(dataid)]]
        assert ticks == offsets[offsets < stop].tolist()


def test_a_polling_client_sees_it_grow(growing: Live, owner: Caller) -> None:
    """As the published example does: every 15 s it asks for the last 30 s."""
    got: dict[int, int] = {}
    for second in range(15, PLANNED + 31, 15):
        now = START + second * SECOND
        growing.store_arrived(now)
        params = {"record": growing.record.pk, "datatype": 19, "start": now - 30 * SECOND}
        got |= dict(owner.get("/api/data/", {**params, "flat": 1}).json())
    expected = simulated().samples(19).tolist()
    assert [got[tick] for tick in sorted(got)] == expected
    assert sorted(got) == [START + SECOND * n for n in range(1, PLANNED + 1)]


def test_from_beginning_to_end(owner: Caller) -> None:
    simulation, clock = simulated(), Clock()
    record = recording.begin_record(owner.user, simulation, "realtime")
    assert Truth.objects.get().document is None
    assert record.data_status == dict.fromkeys(RAW, "pending")
    assert live.grow_record(Live(record, simulation), clock.now, clock.wait) == PLANNED
    assert clock.waits == [BLOCK] * (PLANNED // BLOCK)
    assert (record.status, record.data_status) == ("realtime", dict.fromkeys(RAW, "pending"))
    live.finish_record(record, simulation, PLANNED)
    whole = recording.store_record(owner.user, simulated())
    for name in ("status", "data_status", "end"):
        assert getattr(record, name) == getattr(whole, name)
    versions = [
        dict(each.channels.values_list("datatype_id", "version")) for each in (record, whole)
    ]
    assert versions[0] == versions[1]
    assert Truth.objects.get(record=record).document == simulation.describe_truth()


RAW = ["4113", "4129", "4130", "4145", "4146", "4147"]


def test_statuses_follow_each_other(growing: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there at each status: raw signals after the sync, the service's work at the end."""
    seen = []

    def watched(made: Record, *rest: Any) -> None:
        seen.append((Record.objects.get().status, {*lengths(made)}))
        write(made, *rest)

    write = recording.write_channels
    monkeypatch.setattr(recording, "write_channels", watched)
    growing.store_arrived(START + 40 * SECOND)
    live.finish_record(growing.record, growing.simulation, 40)
    (first, before), (second, between) = seen
    assert (first, second) == ("syncing", "processing")
    assert not before & {4113, 4145, 38, 271}
    assert {4113, 4129, 4145} <= between
    assert not between & {38, 271}
    assert Record.objects.get().status == "complete"
    assert {4113, 19, 38, 271} <= {*lengths(growing.record)}


@pytest.mark.parametrize("worn", [0.0, 3.0, 23.4, 59.0])
def test_taken_off_early(owner: Caller, worn: float) -> None:
    """The sync brings what had not arrived yet; a record has a second at least."""
    simulation, clock = simulated(), Clock()
    record = recording.begin_record(owner.user, simulation, "realtime")

    def wait(_: float) -> bool:
        clock.wait(worn)
        return True

    seconds = live.grow_record(Live(record, simulation), clock.now, wait)
    assert seconds == max(1, int(worn))
    live.finish_record(record, simulation, seconds)
    assert record.end == START + seconds * SECOND
    found = lengths(record)
    assert (found[19], found[4113], found[4145]) == (seconds, seconds * 256, seconds * 64)
    document = Truth.objects.get().document
    assert document == simulation.describe_truth(seconds)
    assert all(tick < seconds * SECOND for tick in document["beats"]["ticks"])


def test_one_that_was_cut_off_can_be_finished(growing: Live) -> None:
    growing.store_arrived(START + 40 * SECOND)
    record = Record.objects.get()
    simulation, seconds = live.resume_simulation(record)
    assert seconds == growing.seconds > 0
    live.finish_record(record, simulation, seconds)
    assert (record.status, record.end) == ("complete", START + seconds * SECOND)
    assert Truth.objects.get().document == simulated().describe_truth(seconds)
    with pytest.raises(LookupError, match="still growing"):
        live.resume_simulation(record)


OWN = {
    "title": "Rowing",
    "info": "",
    "device": "astroskin",
    "person": {**PERSON, "weight": 61.7, "vt1": 0.6137},
    "plan": [
        {"title": "Pull", "minutes": 0.4, "effort": 0.8, "posture": "sitting", "cadence": 0},
        {"title": "Ramp", "minutes": 0.3, "effort": 0.1, "effort_end": 0.9, "activitytype": 9},
    ],
    "artefacts": [{"kind": "disconnected", "target": "ecg_I", "per_hour": 90, "seconds": 3}],
}

UNUSUAL = {
    "a child": replace(profiles.read_profile("walk"), person=make_person("F", 12, 1.5)),
    "a heart": replace(
        profiles.read_profile("night"), person=replace(make_person("M", 70), heart=9)
    ),
    "own": profiles.parse_profile("my-rowing", OWN),
    "named as another": profiles.parse_profile("walk", OWN),
}
"""Profiles that no name tells."""


@pytest.mark.parametrize("profile", UNUSUAL.values(), ids=UNUSUAL)
def test_whoever_finishes_it_goes_on_with_the_same_profile(
    owner: Caller, profile: SimulationProfile
) -> None:
    made = [Simulation(profile, 7, START, PLANNED) for _ in range(2)]
    whole = recording.begin_record(owner.user, made[0], "realtime")
    cut_off = recording.begin_record(owner.user, made[1], "realtime")
    Live(cut_off, made[1]).store_arrived(START + 40 * SECOND)
    simulation, seconds = live.resume_simulation(Record.objects.get(pk=cut_off.pk))
    assert simulation.profile == profile
    live.finish_record(cut_off, simulation, seconds)
    live.finish_record(whole, made[0], seconds)
    versions = [
        dict(each.channels.values_list("datatype_id", "version")) for each in (cut_off, whole)
    ]
    assert versions[0] == versions[1] != {}
    truths = [Truth.objects.get(record=each) for each in (cut_off, whole)]
    assert truths[0].document == truths[1].document is not None
    assert [each.grows_by for each in truths] == [None, None]


def test_one_that_an_older_version_began_goes_by_its_name(growing: Live) -> None:
    growing.store_arrived(START + 40 * SECOND)
    Truth.objects.update(grows_by=None)
    simulation, _ = live.resume_simulation(Record.objects.get())
    assert simulation.profile == profiles.read_profile("walk")
    Truth.objects.update(profile="gone")
    with pytest.raises(ProfileError, match="There is no profile 'gone'"):
        live.resume_simulation(Record.objects.get())


@pytest.mark.parametrize("status", ["syncing", "processing"])
def test_one_that_was_cut_off_later(growing: Live, status: str) -> None:
    growing.store_arrived(START + 40 * SECOND)
    Record.objects.update(status=status)
    synced = [*growing.simulation.computed_by_device(), *growing.simulation.raw_signals()]
    recording.write_channels(growing.record, growing.simulation, synced, 35)
    record = Record.objects.get()
    simulation, seconds = live.resume_simulation(record)
    assert seconds == 35
    live.finish_record(record, simulation, seconds)
    assert {lengths(record)[dataid] for dataid in (19, 33, 38, 1000)} == {35}
    assert record.status == "complete"


def test_what_cannot_be_finished(owner: Caller) -> None:
    plain = Record.objects.create(user=owner.user, start=START, status="realtime")
    whole = recording.store_record(owner.user, simulated())
    for record in (plain, whole):
        with pytest.raises(LookupError, match=f"record {record.pk} is no"):
            live.resume_simulation(record)


@pytest.fixture
def another() -> Iterator[psycopg.Connection[Any]]:
    """A connection of another process to the same database."""
    with another_connection() as opened:
        yield opened


def test_two_do_not_work_on_one_record(growing: Live, another: psycopg.Connection[Any]) -> None:
    name = f"simulated record {growing.record.pk}"
    another.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [name])
    with pytest.raises(live.Busy, match="another process"), live.lock_alone(growing.record):
        pass
    another.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])
    with live.lock_alone(growing.record):
        taken = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
        assert another.execute(taken, [name]).fetchone() == (False,)
    assert another.execute(taken, [name]).fetchone() == (True,)
