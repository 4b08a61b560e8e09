"""The signals of records in seeds: listed values, and files beside the seed."""

from __future__ import annotations

import os
from copy import deepcopy
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.jobs.models import Job
from apps.records.models import Record
from apps.sandbox import seed_signals, seeds
from apps.sandbox.seed_rows import State
from apps.signals.models import Channel
from tests.archives.conftest import of_2017, riff, zipped
from tests.catalogue import load_catalogue
from tests.people import Caller, owner
from tests.sandbox.seeding import START, Json, load, refusal, rows, saved, seed_of, values

__all__ = ["owner"]

HEART, BREATHING, VENTILATION, RR, ECG = 19, 33, 36, 18, 4113
TABLE = "timestamp,heart_rate [bpm](/api/datatype/19/)\n"


@pytest.fixture(autouse=True)
def owner_of_records(owner: Caller) -> Caller:
    load_catalogue("datatype")
    return owner


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
            ({"start": 2**63 - 1}, "the record starts too late to have any"),
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

    def test_each_further_record_costs_a_few_statements(self) -> None:
        load(seed_of(None))
        counts = []
        for number in (2, 12, 22):
            (row,) = seed_of({"heart_rate": [61, 62]})["record"].values()
            starts = [START + 10_000 * (100 * number + each) for each in range(number)]
            seed = {"record": {str(start): {**row, "start": start} for start in starts}}
            with CaptureQueriesContext(connection) as asked:
                seeds.load(seed)
            counts.append(len(asked))
        assert counts[1] - counts[0] == counts[2] - counts[1] == 10 * 16

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
