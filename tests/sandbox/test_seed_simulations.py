"""Simulated records in seeds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.sandbox import seeds, simulations
from apps.sandbox.seed_rows import State
from apps.simulation import profiles, recording
from apps.simulation.models import Truth
from apps.simulation.people import make_person
from apps.simulation.simulator import Simulation
from apps.tracks.models import Track
from hexostore import hexotime
from tests.catalogue import load_catalogue
from tests.people import Caller, owner
from tests.sandbox.seeding import START, load, refusal, rows, saved, seed_of
from tests.simulation.conftest import PERSON

__all__ = ["owner"]

PLAN = [{"title": "Rowing", "minutes": 5, "effort": 0.7, "posture": "sitting"}]
OWN = {"title": "Mine", "info": "", "person": PERSON, "plan": PLAN}
WALK = {"profile": "walk", "seed": 3, "duration": "1m"}


@pytest.fixture(autouse=True)
def owner_of_records(owner: Caller) -> Caller:
    load_catalogue("datatype")
    return owner


class TestSimulated:
    """Records that are simulated."""

    def test_it_is_the_record_of_the_simulation(self, owner: Caller) -> None:
        assert load(seed_of({"simulate": WALK})) is State.NEW
        seeded = Record.objects.get()
        simulation = Simulation(profiles.read_profile("walk"), 3, START, 60)
        made = recording.store_record(owner.user, simulation)
        assert seeded.status == made.status == "complete"
        for name in ("start", "end", "device_id", "firmware_rev", "soft_uid", "device_start"):
            assert getattr(seeded, name) == getattr(made, name)
        versions = [
            [*record.channels.order_by("datatype").values_list("datatype", "version")]
            for record in (seeded, made)
        ]
        assert versions[0] == versions[1] != []
        documents = [Truth.objects.get(record=each).document for each in (seeded, made)]
        assert documents[0] == documents[1] is not None
        points = [Track.objects.get(record=each).points.count() for each in (seeded, made)]
        assert points == [60, 60]

    def test_again(self) -> None:
        load(seed_of({"simulate": WALK}))
        before = rows()
        assert load(seed_of({"simulate": WALK})) is State.SAME
        assert rows() == before
        other = seed_of({"simulate": WALK | {"seed": 4}})
        assert "differs in the store; --replace changes it" in refusal(other)
        assert load(other, replace=True) is State.CHANGED
        assert Truth.objects.get().seed == 4
        assert Track.objects.count() == 1

    def test_a_profile_of_ones_own(self, owner: Caller) -> None:
        told = {"profile": OWN, "sex": "M", "age": 12, "fitness": 1, "duration": "1m"}
        assert load(seed_of({"simulate": told})) is State.NEW
        own = replace(profiles.parse_profile("custom", OWN), person=make_person("M", 12, 1))
        made = recording.store_record(owner.user, Simulation(own, 1, START, 60))
        seeded = Truth.objects.exclude(record=made).get()
        assert seeded.document == Truth.objects.get(record=made).document
        assert seeded.profile == "custom"
        assert load(seed_of({"simulate": told})) is State.SAME
        other = told | {"profile": OWN | {"rhythm": "atrial_fibrillation"}}
        assert "differs in the store" in refusal(seed_of({"simulate": other}))

    def test_it_lasts_as_long_as_its_record(self) -> None:
        load(seed_of({"simulate": {"profile": "run"}}, end=START + 90 * 256 + 10))
        assert Truth.objects.get().seconds == 90
        assert Record.objects.get().end == START + 90 * 256 + 10

    def test_it_lasts_as_long_as_its_profile(self) -> None:
        load(seed_of({"simulate": {}}))
        assert Truth.objects.get().profile == simulations.USUAL
        assert Truth.objects.get().seconds == 15 * 60

    def test_what_the_seed_says_of_the_device_stays(self) -> None:
        seed = seed_of({"simulate": WALK}, device="mine", firmware_rev="9")
        seed["device"] = {"mine": {"deviceid": "HXSKIN1200001984", "serial": 1984}}
        seeds.load(seed)
        record = Record.objects.get()
        assert (record.device and record.device.serial, record.firmware_rev) == (1984, "9")
        assert record.soft_uid == "HXDEV-SIMULATED"

    @pytest.mark.parametrize(
        ("simulate", "why"),
        [
            ("walk", "'simulate' must be a JSON object"),
            ({"profil": "walk"}, "'simulate' has no member 'profil', only profile, duration, seed"),
            ({"profile": "wlk"}, "There is no profile 'wlk'. Did you mean 'walk'?"),
            ({"profile": 1}, "profile: must be the name of a profile, or its JSON object."),
            ({"profile": "./mine.json"}, "profile: There is no profile './mine.json'."),
            ({"profile": OWN | {"plan": []}}, "profile: plan: Expected `array` of length >= 1."),
            ({"sex": 1}, "sex: must be a text"),
            ({"sex": "X"}, "sex: is F or M, not 'X'."),
            ({"age": "12"}, "age: must be a whole number."),
            ({"age": -1}, "age: is from 0 to 100 years, not -1."),
            ({"fitness": True}, "fitness: must be a number."),
            ({"fitness": 3}, "fitness: is from -2.5 to 2.5, not 3."),
            ({"seed": "3"}, "seed: must be a whole number"),
            ({"seed": True}, "seed: must be a whole number"),
            ({"seed": -1}, "seed: must be a whole number from 0 on"),
            ({"duration": "soon"}, "duration: 'soon' is not a duration"),
            ({"duration": None}, "duration: must be a text such as 10m"),
            ({"duration": "0s"}, "duration: "),
            ({"duration": "13h"}, "duration: a seed in a request can have at most 12 hours"),
        ],
    )
    def test_what_is_wrong_names_row_and_member(self, simulate: object, why: str) -> None:
        told = refusal(seed_of({"simulate": simulate}))
        assert told.startswith("record morning: field 'signals': ")
        assert why in told

    def test_all_simulations_of_a_sent_seed_together_have_a_limit(self, tmp_path: Path) -> None:
        seed = seed_of({"simulate": WALK | {"duration": "7h"}})
        seed["record"]["noon"] = {**seed["record"]["morning"], "start": START + 10**8}
        assert refusal(seed).startswith("record noon: field 'signals': duration: a seed in a")
        assert seeds.load(saved(tmp_path, seed)).count_rows == {"record": 2}

    def test_a_record_can_be_too_long_for_a_file_as_well(self, tmp_path: Path) -> None:
        seed = seed_of({"simulate": {"duration": "49h"}})
        assert "a record can last at most 48 hours" in refusal(saved(tmp_path, seed))

    def test_it_goes_alone(self) -> None:
        told = refusal(seed_of({"simulate": WALK, "heart_rate": [61]}))
        assert told.endswith("'simulate' cannot have anything beside it")

    def test_a_moment_that_there_is_not(self) -> None:
        assert hexotime.to_datetime(START).year == 2014
        told = refusal(seed_of({"simulate": WALK}, start=2**60))
        assert told.startswith("record morning: field 'signals': ")

    def test_a_store_without_datatypes(self) -> None:
        Datatype.objects.all().delete()
        assert "does not know the datatype" in refusal(seed_of({"simulate": WALK}))
