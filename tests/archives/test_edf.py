"""EDF files of others: what fits is loaded, what is not known is reported."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import edfio
import numpy as np
import pytest

from apps.accounts.models import User
from apps.archives import loading
from apps.archives.report import Report
from apps.records.models import Record
from apps.signals.formats.reading.members import ArchiveError
from hexostore import hexotime
from tests.archives.conftest import saved, zipped
from tests.archives.test_loading import stored

BEGIN = datetime.datetime(2020, 3, 1, 12, 30, 15, tzinfo=datetime.UTC)
TICK = hexotime.from_datetime(BEGIN)
COUNTS = np.arange(-512, 512)


def signal(**changes: Any) -> edfio.EdfSignal:
    """Four seconds of ECG in mV, the counts of COUNTS."""
    fields: dict[str, Any] = {
        "label": "ECG_I", "physical_dimension": "mV", "sampling_frequency": 256,
        "physical_range": (-32_768 * 0.0064 - 8.704, 32_767 * 0.0064 - 8.704),
    }  # fmt: skip
    fields |= changes
    values = fields.pop("values", COUNTS * 0.0064 - 8.704)
    return edfio.EdfSignal(values, **fields)


def written(
    *signals: edfio.EdfSignal, annotations: list[edfio.EdfAnnotation] | None = None
) -> bytes:
    recording = edfio.Recording(startdate=BEGIN.date())
    made = edfio.Edf(signals, starttime=BEGIN.time(), recording=recording, annotations=annotations)
    return made.to_bytes()


def load(tmp_path: Path, user: User, content: bytes) -> Report:
    return loading.load_place(saved(tmp_path, content, "other.edf"), user)


def test_a_file_of_somebody_else(tmp_path: Path, athlete: User) -> None:
    mood = signal(label="Mood", physical_dimension="")
    micro = signal(label="ECG_II", physical_dimension="uV")
    notes = [edfio.EdfAnnotation(1.5, None, "Lights off"), edfio.EdfAnnotation(2, 1, "step 7 Step")]
    content = written(signal(), mood, micro, annotations=notes)
    report = load(tmp_path, athlete, content)
    (loaded,) = report.records
    assert loaded.start == TICK
    assert stored(loaded.record, 4113)[1] == COUNTS.tolist()
    assert stored(loaded.record, 52) == ([512], [7])
    assert report.unknown == [
        "other.edf: 1 annotations", "other.edf: Mood []", "other.edf: ECG_II [uV]",
    ]  # fmt: skip


def test_a_file_of_before(athlete: User) -> None:
    """Three seconds with labels that are names alone, and the ids in another field."""
    report = loading.load_place(Path(__file__).parent / "files" / "edf_of_before.edf", athlete)
    (loaded,) = report.records
    assert report.unknown == []
    assert (loaded.start, loaded.end) == (458_454_988_800, 458_454_989_824)
    assert set(loaded.channels) == {
        "RR_interval", "heart_rate", "minute_ventilation", "minute_ventilation_adjusted",
        "respiration_thoracic", "acceleration_X",
    }  # fmt: skip
    assert stored(loaded.record, 19)[1][:3] == [60, 60, 61]
    assert stored(loaded.record, 36)[1][:3] == [0, 0, 355]
    assert stored(loaded.record, 4129)[1][128:133] == [1521, 1521, 1521, 1521, 1522]
    assert stored(loaded.record, 18) == ([474, 723, 987], [256, 249, 264])


def test_labels_of_the_real_service(tmp_path: Path, athlete: User) -> None:
    """By id and name; by the name where the id is that of another device."""
    third = signal(label="9915:ECG_III")
    (loaded,) = load(tmp_path, athlete, written(signal(label="4113:ECG_I"), third)).records
    for dataid in (4113, 4115):
        assert stored(loaded.record, dataid)[1] == COUNTS.tolist()


def test_a_signal_that_only_holds_a_place(tmp_path: Path, athlete: User) -> None:
    ends = [edfio.EdfAnnotation(0, None, "ECG_II ends")]
    content = written(signal(label="4113:ECG_I"), signal(label="4114:ECG_II"), annotations=ends)
    (loaded,) = load(tmp_path, athlete, content).records
    assert loaded.channels == {"ECG_I": len(COUNTS)}


def test_another_scale_that_fits(tmp_path: Path, athlete: User) -> None:
    counts = np.arange(0, 1024, 4)
    steps = signal(
        label="heart_rate", physical_dimension="bpm", sampling_frequency=1, values=counts,
        physical_range=(0, 1020), digital_range=(0, 255),
    )  # fmt: skip
    (loaded,) = load(tmp_path, athlete, written(steps)).records
    assert stored(loaded.record, 19)[1] == counts.tolist()


def test_another_scale_that_does_not_fit(tmp_path: Path, athlete: User) -> None:
    halves = signal(
        label="heart_rate", physical_dimension="bpm", sampling_frequency=1,
        values=np.arange(4) / 2, physical_range=(0, 127.5), digital_range=(0, 255),
    )  # fmt: skip
    with pytest.raises(ArchiveError, match="position 1, column heart_rate: 1 is on another scale"):
        load(tmp_path, athlete, written(halves))
    assert not Record.objects.exists()


def test_another_rate(tmp_path: Path, athlete: User) -> None:
    with pytest.raises(ArchiveError, match="ECG_I at 128 Hz, which ECG_I has not"):
        load(tmp_path, athlete, written(signal(sampling_frequency=128)))


def test_in_a_zip(tmp_path: Path, athlete: User) -> None:
    place = saved(tmp_path, zipped({"night.edf": written(signal())}, ""))
    (loaded,) = loading.load_place(place, athlete).records
    assert stored(loaded.record, 4113)[1] == COUNTS.tolist()


def changed(at: int, text: bytes) -> bytes:
    content = bytearray(written(signal(), annotations=[edfio.EdfAnnotation(1, None, "x")]))
    content[at : at + len(text)] = text
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"is empty \(0 bytes\)"),
        (b"0" * 256, "is not an EDF file: it does not begin with the version"),
        (b"0       ", "is not an EDF file: 8 bytes, where its header has 256"),
        (b"\xffBIOSEMI" + b" " * 256, "is BDF with 24 bits"),
        (written(signal())[:-1], "cut off or damaged"),
        (written(signal()) + b"\0", "cut off or damaged"),
        (changed(252, b"9999"), "is not an EDF file: its header says '9999' signals"),
        (changed(252, b"-1  "), "is not an EDF file: its header says '-1' signals"),
        (changed(236, b"-1      "), "is not an EDF file: its header says '-1' data records"),
        (changed(236, b"99999999"), "cut off or damaged"),
        (changed(244, b"0       "), "data records of '0' seconds are not supported"),
        (changed(244, b"0.001   "), "data records of '0.001' seconds are not supported"),
        (changed(168, b"31.02.20"), "no start: '31.02.2012.30.15'"),
        (changed(192, b"EDF+D"), "is interrupted"),
        (changed(256 + 2 * 104, b"same    " * 2), "a range from 'same'"),
    ],
    ids=range(15),
)
def test_damaged_files(tmp_path: Path, athlete: User, content: bytes, message: str) -> None:
    with pytest.raises(ArchiveError, match=message):
        load(tmp_path, athlete, content)
    assert not Record.objects.exists()


def test_damaged_annotations(tmp_path: Path, athlete: User) -> None:
    content = written(signal(), annotations=[edfio.EdfAnnotation(1, None, "step 7")])
    broken = content.replace(b"+1\x14step 7\x14", b"+1\x14step 7\x15")
    with pytest.raises(ArchiveError, match="a malformed annotation"):
        load(tmp_path, athlete, broken)
    between = content.replace(b"+1\x14step 7", b"+1.003\x14st")
    assert len(between) == len(content)
    with pytest.raises(ArchiveError, match=r"an annotation at 1\.003 s, which is not a whole tick"):
        load(tmp_path, athlete, between)
    for odd in ("step 1e-e", "step 1.0e999"):
        content = written(signal(), annotations=[edfio.EdfAnnotation(1, None, odd)])
        with pytest.raises(ArchiveError, match=f"a malformed annotation: '{odd}'"):
            load(tmp_path, athlete, content)
