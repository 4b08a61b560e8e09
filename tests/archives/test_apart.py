"""One record never becomes part of another: within a download, or of one that is there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from apps.accounts.models import User
from apps.archives import loading
from apps.records.models import Record
from apps.signals.formats.reading.members import ArchiveError
from apps.signals.models import Channel
from tests.archives.conftest import START, Files, of_2021, riff, saved, zipped
from tests.archives.test_loading import load, stored
from tests.archives.test_tables import MERGED, table

LATER = START + 10**6


def heart_rate(*rates: int, start: int | None = None, record: int | None = None) -> Files:
    """A record of a heart rate, with an info.json if that has anything to say."""
    said = {"start": start, "request": record and f"/api/data/?record={record}"}
    files = {"heart_rate.wav": riff(rates, 1)}
    if start or record:
        files["info.json"] = json.dumps(said).encode()
    return files


def within(folder: str, files: Files) -> Files:
    return {f"{folder}/{name}": content for name, content in files.items()}


def unpacked(place: Path, files: Files) -> Path:
    """A folder with those files."""
    for name, content in files.items():
        file = place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return place


@pytest.mark.parametrize("packed", [True, False], ids=["zip", "folder"])
def test_two_folders_under_one_start_that_is_given(
    tmp_path: Path, athlete: User, packed: bool
) -> None:
    files = within("record_288129", heart_rate(60)) | within("record_289810", heart_rate(70))
    place = saved(tmp_path, zipped(files, "")) if packed else unpacked(tmp_path / "all", files)
    with pytest.raises(
        ArchiveError,
        match=rf"^record_288129 and record_289810: two records that start at {START} would become "
        r"one; nothing was loaded\. .*--record-start",
    ):
        loading.load_place(place, athlete, START, replace=True)
    assert not Record.objects.exists()


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (heart_rate(60, start=START), heart_rate(70, start=START), "would become one"),
        (heart_rate(60, start=START), {"t.csv": table(*MERGED)}, "would become one"),
        (
            heart_rate(60, start=START, record=5),
            heart_rate(70, start=LATER, record=5),
            "a and b: both belong to record 5; nothing was loaded",
        ),
    ],
    ids=["start", "table", "id"],
)
def test_two_folders_of_one_record(
    tmp_path: Path, athlete: User, first: Files, second: Files, message: str
) -> None:
    with pytest.raises(ArchiveError, match=message):
        load(tmp_path, athlete, within("a", first) | within("b", second), folder="")
    assert not Record.objects.exists()


def test_a_table_that_is_wrong_is_seen_before_anything_is_written(
    tmp_path: Path, athlete: User
) -> None:
    files = within("a", heart_rate(60, start=START)) | within("b", {"t.csv": table("x,,,,,")})
    with pytest.raises(ArchiveError, match=r"'x' is not a number$"):
        load(tmp_path, athlete, files, folder="")
    assert not Record.objects.exists()


def test_two_tables_of_two_records_in_one_folder(tmp_path: Path, athlete: User) -> None:
    later = table(*MERGED).replace(b"time [s/256],breathing", b"time [s/256],x", 1)
    for tick in range(5):
        later = later.replace(b"%d," % (START + 256 * tick), b"%d," % (LATER + 256 * tick))
    with pytest.raises(ArchiveError, match=f"starts at {LATER}, the files beside it at {START}"):
        load(tmp_path, athlete, {"a.csv": table(*MERGED), "b.csv": later}, folder="")


def test_what_is_there_is_changed_only_when_asked(tmp_path: Path, athlete: User) -> None:
    load(tmp_path, athlete, of_2021())
    before = dict(Channel.objects.values_list("datatype", "version"))
    other = of_2021() | {"heart_rate.wav": riff([60, 61], 1), "4114.wav": riff([1], 256)}
    with pytest.raises(
        ArchiveError,
        match=rf"heart_rate\.wav: record 221732, which also starts at {START}, already has "
        "another heart_rate; --replace",
    ):
        load(tmp_path, athlete, other)
    assert dict(Channel.objects.values_list("datatype", "version")) == before
    (loaded,) = loading.load_place(saved(tmp_path, zipped(other)), athlete, replace=True).records
    assert sorted(loaded.changed) == ["ECG_II", "heart_rate"]


def test_channels_that_are_missing_are_added(tmp_path: Path, athlete: User) -> None:
    few = {name: of_2021()[name] for name in ("info.json", "heart_rate.wav")}
    load(tmp_path, athlete, few | {"SDNN.wav": riff([], 300)})
    (loaded,) = load(tmp_path, athlete, of_2021() | {"SDNN.wav": riff([7], 300)}).records
    assert not loaded.new
    assert "heart_rate" not in loaded.changed
    assert {"ECG_I", "SDNN"} <= {*loaded.changed}, "nothing was in SDNN before"


def test_one_after_the_other_under_one_start(tmp_path: Path, athlete: User) -> None:
    """Not even where they have no channel in common."""
    first = unpacked(tmp_path / "record_288129", heart_rate(60))
    second = unpacked(tmp_path / "record_289810", {"ECG_I.wav": riff([1], 256)})
    loading.load_place(first, athlete, START)
    with pytest.raises(
        ArchiveError, match="belongs to record 289810, but record 288129 has the same"
    ):
        loading.load_place(second, athlete, START)
    assert Channel.objects.count() == 1
    (loaded,) = loading.load_place(second, athlete, START, replace=True).records
    assert loaded.record == 288129
    report = loading.load_place(second, athlete, START)
    assert not report.records[0].changed, "again is as it was"
    assert report.notes == [
        (
            "ECG_I.wav: belongs to record 289810, but record 288129 has the same start "
            "and the same samples"
        )
    ]


def test_an_id_that_was_taken_tells_nothing(tmp_path: Path, athlete: User, other: User) -> None:
    Record.objects.create(pk=221732, user=other)
    few = {name: of_2021()[name] for name in ("info.json", "heart_rate.wav")}
    (first,) = load(tmp_path, athlete, few).records
    (second,) = load(tmp_path, athlete, of_2021()).records
    assert first.record == second.record != 221732


@pytest.mark.parametrize("kind", ["folder", "zip", "file"])
def test_the_id_in_the_name_of_what_is_loaded(tmp_path: Path, athlete: User, kind: str) -> None:
    """As in the folder within a zip; a folder, a zip and a file carry it too."""
    files = heart_rate(60, 61)
    match kind:
        case "folder":
            place = unpacked(tmp_path / "record_289810", files)
        case "zip":
            place = saved(tmp_path, zipped(files, ""), "record_289810.zip")
        case _:
            place = saved(tmp_path, table(*MERGED), "record_289810.csv")
    (loaded,) = loading.load_place(place, athlete, START).records
    assert loaded.record == 289810
    assert stored(289810, 19)[1]


def test_the_folder_that_one_is_in(
    tmp_path: Path, athlete: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(unpacked(tmp_path / "record_289810", heart_rate(60)))
    assert loading.load_place(Path(), athlete, START).records[0].record == 289810
