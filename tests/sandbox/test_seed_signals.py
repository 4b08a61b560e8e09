"""The signals of records in seeds: listed values, files beside the seed, and simulations."""

from __future__ import annotations

import json
import os
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from apps.catalog.models import Datatype
from apps.jobs.models import Job
from apps.records.models import Device, Record
from apps.sandbox import seed_signals, seeds, simulations
from apps.sandbox.seed_rows import SeedError, State
from apps.signals.models import Channel
from apps.simulation import profiles, recording
from apps.simulation.models import Truth
from apps.simulation.simulator import Simulation
from apps.tracks.models import Track
from hexostore import hexotime
from tests.archives.conftest import of_2017, riff, zipped
from tests.archives.test_loading import stored
from tests.catalogue import load_catalogue
from tests.people import Caller, owner

__all__ = ["owner"]

START = 361_446_243_405
HEART, BREATHING, VENTILATION, RR, ECG = 19, 33, 36, 18, 4113
WALK = {"profile": "walk", "seed": 3, "duration": "1m"}
TABLE = "timestamp,heart_rate [bpm](/api/datatype/19/)\n"

Json = dict[str, Any]


@pytest.fixture(autouse=True)
def owner_of_records(owner: Caller) -> Caller:
    load_catalogue("datatype")
    return owner


def seed_of(signals: object, **fields: object) -> Json:
    """A seed with one record of the owner."""
    row = {"user": "owner@example.com", "start": START, "signals": signals, **fields}
    return {"record": {"morning": row}}


def load(seed: Json | Path, *, replace: bool = False) -> State:
    """Load a seed of one record, and tell what became of that."""
    (state,) = seeds.load(seed, replace=replace).states["record"]
    return state


def saved(folder: Path, seed: Json) -> Path:
    """The seed as a file in a folder."""
    place = folder / "seed.json"
    place.write_text(json.dumps(seed))
    return place


def values(dataid: int) -> Any:
    return stored(Record.objects.get().pk, dataid)


def refusal(seed: Json | Path, *, replace: bool = False) -> str:
    """Why a seed is refused, after which the store is as it was before."""
    before = rows()
    with pytest.raises(SeedError) as error:
        seeds.load(seed, replace=replace)
    assert rows() == before
    return str(error.value)


def rows() -> list[Any]:
    tables = Record, Channel, Truth, Track, Device, Job
    return [[*model._base_manager.order_by("pk").values()] for model in tables]


class TestListed:
    """Values that a seed lists."""

    def test_samples_follow_each_other_from_the_start(self) -> None:
        assert load(seed_of({"heart_rate": [61, 62, 64], "33": [12, 13]})) is State.NEW
        assert values(HEART) == (None, [61, 62, 64])
        assert values(BREATHING) == (None, [12, 13])
        record = Record.objects.get()
        assert (record.end, record.data_status) == (START + 3 * 256, {})

    def test_physical_values_become_counts(self) -> None:
        load(seed_of({"minute_ventilation": [491.36, 504.64]}))
        assert values(VENTILATION) == (None, [37, 38])

    def test_events_are_pairs(self) -> None:
        pairs = [[START + 100, 0.8125], [START + 308, 0.75], [START + 500, 0.75]]
        load(seed_of({"RR_interval": pairs}))
        assert values(RR) == ([100, 308, 500], [208, 192, 192])
        assert Record.objects.get().end == START + 500

    def test_no_events_are_a_channel_without_any(self) -> None:
        load(seed_of({"RR_interval": [], "heart_rate": [60]}))
        assert values(RR) == ([], [])

    def test_what_the_api_shows_is_loaded_as_it_is(self, owner: Caller) -> None:
        first = {
            "19": [61, 62],
            "36": [491.36, 504.64],
            "18": [[START + 100, 0.8125]],
            "52": [[START + 3, 1], [START + 3, 2]],
        }
        load(seed_of(first))
        (shown,) = owner.get("/api/data/", {"user": owner.user.username}).json()
        assert shown["data"]["19"] == [[START + 256, 61], [START + 512, 62]]
        assert load(seed_of(shown["data"])) is State.SAME

    def test_positions_may_have_fractions(self) -> None:
        load(seed_of({"GPS_latitude": [[START, 45], [START + 256, 45.25]]}))
        (channel,) = Channel.objects.all()
        assert values(channel.datatype_id) == ([0, 256], [45.0, 45.25])

    def test_a_record_lasts_as_long_as_it_says(self) -> None:
        load(seed_of({"heart_rate": [61]}, end=START + 1000))
        assert Record.objects.get().end == START + 1000

    def test_what_the_sync_has_not_brought_is_pending(self) -> None:
        load(seed_of({"heart_rate": [61]}, status="realtime"))
        status = Record.objects.get().data_status
        assert status is not None
        assert status["4113"] == "pending"

    def test_a_complete_record_is_processed_as_after_other_loads(self) -> None:
        load(seed_of({"RR_interval": [[START + 100, 0.75]]}))
        assert Job.objects.filter(kind="processing").count() == 1

    @pytest.mark.parametrize(
        ("signals", "why"),
        [
            ([1], "a JSON object is expected"),
            (
                {"herat_rate": []},
                "no datatype 'herat_rate' in the store. Did you mean 'heart",
            ),
            ({"heart_rate": 61}, "heart_rate: a list of values is expected"),
            ({"heart_rate": [1], "19": [1]}, "19: heart_rate appears twice"),
            ({"heart_rate": [61, None]}, "position 1, column heart_rate: null is not a number"),
            ({"heart_rate": [True]}, "position 0, column heart_rate: true is not a number"),
            ({"heart_rate": ["61"]}, 'column heart_rate: "61" is not a number'),
            (
                {"heart_rate": [61, float("nan")]},
                "position 1, column heart_rate: nan is not a",
            ),
            ({"heart_rate": [float("inf")]}, "inf is not a finite number"),
            ({"heart_rate": [10**400]}, "column heart_rate: a number is too large"),
            ({"heart_rate": [2**60]}, "is not a multiple of 1"),
            ({"heart_rate": [61, 70_000]}, "position 1, column heart_rate: 70000 is no uint16"),
            ({"heart_rate": [-1]}, "position 0, column heart_rate: -1 is no uint16"),
            ({"heart_rate": [61.5]}, "61.5 is not a multiple of 1"),
            ({"minute_ventilation": [500]}, "500 is not a multiple of 13.28"),
            ({"heart_rate": [[START + 1, 61]]}, "is off the grid"),
            ({"heart_rate": [[START + 512, 61]]}, "a gap of 1 samples"),
            ({"heart_rate": [[START, 61]]}, "is before the first sample"),
            ({"heart_rate": [61, [START, 61]]}, "is not a number"),
            ({"heart_rate": [[START, 61], 61]}, "61 is not a pair of a timestamp and a value"),
            ({"RR_interval": [0.75]}, "0.75 is not a pair of a timestamp and a value"),
            ({"RR_interval": [[START, 0.75, 1]]}, "is not a pair"),
            ({"RR_interval": [[1.5, 0.75]]}, "1.5 is not a timestamp in ticks"),
            ({"RR_interval": [[-1, 0.75]]}, "-1 is not a timestamp in ticks"),
            ({"RR_interval": [[START - 1, 0.75]]}, "position 0, column RR_interval: is before"),
            (
                {"RR_interval": [[START + 2, 0.75], [START + 1, 0.75]]},
                "position 1, column RR_interval: offset 1 overlaps",
            ),
            ({"RR_interval": [[2**52, 0.75]]}, "would last more than 366 days"),
        ],
    )
    def test_what_is_wrong_names_row_and_member(self, signals: object, why: str) -> None:
        told = refusal(seed_of(signals))
        assert told.startswith("record morning: field 'signals': ")
        assert why in told

    @pytest.mark.parametrize(
        ("fields", "why"),
        [
            ({"end": START + 511}, f"they last until {START + 512}, and the record only until"),
            ({"start": None}, "the record needs a start"),
        ],
    )
    def test_signals_that_do_not_fit_their_record(self, fields: Json, why: str) -> None:
        told = refusal(seed_of({"heart_rate": [61, 62]}, **fields))
        assert told.startswith(f"record morning: field 'signals': {why}")

    def test_what_the_signals_say_cannot_be_said_otherwise(self) -> None:
        told = refusal(seed_of({"heart_rate": [61]}, data_status={"4113": "pending"}))
        assert told == (
            "record morning: field 'data_status': follows from the signals; leave it out"
        )

    def test_too_many_values(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(seed_signals, "VALUES", 5)
        seed = seed_of({"heart_rate": [61, 62, 63]})
        seed["record"]["noon"] = {**seed["record"]["morning"], "start": START + 100_000}
        assert "noon: field 'signals': heart_rate: a seed can list at most 5 values" in refusal(
            seed
        )

    def test_other_resources_have_no_signals(self) -> None:
        seed = {"range": {"run": {"user": "owner@example.com", "start": 0, "signals": {}}}}
        assert refusal(seed).startswith("range run: unknown field 'signals'; range has ")

    def test_null_is_none(self) -> None:
        assert load(seed_of(None)) is State.NEW
        assert not Channel.objects.exists()


class TestAgain:
    """A seed that is loaded again."""

    SEED = seed_of({"heart_rate": [61, 62], "RR_interval": [[START + 100, 0.75]]})

    def test_equal_signals_are_left(self) -> None:
        load(self.SEED)
        before = rows()
        assert load(self.SEED) is State.SAME
        assert load(self.SEED, replace=True) is State.SAME
        assert rows() == before

    def test_others_are_refused_or_replaced(self) -> None:
        load(self.SEED)
        changed = seed_of({"heart_rate": [61, 63]})
        told = (
            "record morning: field 'signals': heart_rate differs in the store; --replace changes it"
        )
        assert refusal(changed) == told
        assert load(changed, replace=True) is State.CHANGED
        assert values(HEART) == (None, [61, 63])
        assert values(RR) == ([100], [192])

    def test_further_channels_are_added(self) -> None:
        load(self.SEED)
        assert load(seed_of({"breathing_rate": [12]})) is State.CHANGED
        assert values(HEART) == (None, [61, 62])
        assert values(BREATHING) == (None, [12])

    def test_all_or_nothing(self) -> None:
        seed = deepcopy(self.SEED)
        seed["record"]["noon"] = {
            "user": "owner@example.com",
            "start": START + 100_000,
            "signals": {"heart_rate": [-1]},
        }
        assert refusal(seed).startswith("record noon: field 'signals': ")


class TestFile:
    """A file beside the seed."""

    def test_a_table(self, tmp_path: Path) -> None:
        first = START + 256
        (tmp_path / "heart.csv").write_text(f"{TABLE}{first},61\n{first + 256},62\n")
        seed = saved(tmp_path, seed_of({"file": "heart.csv"}))
        assert load(seed) is State.NEW
        assert values(HEART) == (None, [61, 62])
        assert load(seed) is State.SAME
        (tmp_path / "heart.csv").write_text(f"{TABLE}{first},61\n{first + 256},63\n")
        assert "another heart_rate; --replace replaces it" in refusal(seed)
        assert load(seed, replace=True) is State.CHANGED
        assert values(HEART) == (None, [61, 63])

    def test_a_file_that_tells_no_start(self, tmp_path: Path) -> None:
        (tmp_path / "ECG_I.wav").write_bytes(riff([1, 2, 3], 256))
        load(saved(tmp_path, seed_of({"file": "ECG_I.wav"})))
        assert values(ECG) == (None, [1, 2, 3])

    def test_a_download_in_a_folder_below(self, tmp_path: Path) -> None:
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "record.zip").write_bytes(zipped(of_2017()))
        told = refusal(saved(tmp_path, seed_of({"file": "data/record.zip"})))
        start = int(told.partition("starts at ")[2].partition(",")[0])
        assert f"not at {START} as given" in told
        seed = saved(tmp_path, seed_of({"file": "data/record.zip"}, start=start))
        assert load(seed) is State.NEW
        assert Record.objects.get().start == start
        assert Channel.objects.count() > 5
        assert load(seed) is State.SAME

    def test_two_records(self, tmp_path: Path) -> None:
        for name in ("one", "two"):
            (tmp_path / "both" / name).mkdir(parents=True)
            (tmp_path / "both" / name / "ECG_I.wav").write_bytes(riff([1, 2], 256))
        told = refusal(saved(tmp_path, seed_of({"file": "both"})))
        assert told.endswith("both: contains several records")

    def test_a_file_that_lasts_longer_than_its_record(self, tmp_path: Path) -> None:
        (tmp_path / "ECG_I.wav").write_bytes(riff([1] * 300, 256))
        seed = seed_of({"file": "ECG_I.wav"}, end=START + 256)
        assert "they last until " in refusal(saved(tmp_path, seed))

    @pytest.mark.parametrize(
        ("name", "why"),
        [
            ("../heart.csv", "../heart.csv: is not below the folder of the seed"),
            ("/etc/passwd", "/etc/passwd: is not below the folder of the seed"),
            ("linked.csv", "linked.csv: is not below the folder of the seed"),
            ("none.csv", "none.csv"),
            ("seed.json", "it contains no file of a record"),
            ("fifo.csv", "fifo.csv"),
            ("", "'file' must be the relative path of a file"),
            (5, "'file' must be the relative path of a file"),
            ("a\0b", "'file' must be the relative path of a file"),
            ("x" * 5000, "File name too long"),
        ],
    )
    def test_what_is_not_opened(self, tmp_path: Path, name: object, why: str) -> None:
        folder = tmp_path / "seeds"
        folder.mkdir()
        (tmp_path / "heart.csv").write_text(f"{TABLE}{START + 256},61\n")
        (folder / "linked.csv").symlink_to("../heart.csv")
        os.mkfifo(folder / "fifo.csv")
        told = refusal(saved(folder, seed_of({"file": name})))
        assert told.startswith("record morning: field 'signals': ")
        assert why in told

    def test_a_seed_that_was_sent_names_no_files(self) -> None:
        told = refusal(seed_of({"file": "heart.csv"}))
        assert told == (
            "record morning: field 'signals': only a seed that is loaded from a file can name "
            "another one"
        )


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
            ({"profile": 1}, "profile: must be a text"),
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
