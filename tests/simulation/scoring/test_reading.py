"""Annotations in files of all kinds, and what is said of files that have none."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import wfdb  # type: ignore[import-untyped]

from apps.simulation.scoring.marks import MarkSeries, read_marks, read_truth
from apps.simulation.scoring.subjects import SUBJECTS, kind_of_apnoea, phase_of
from apps.simulation.scoring.times import RecordPlace, ScoringError

START = 359_840_000_000
PLACE = RecordPlace(START, 600.0)
UNIX = START / 256

BEATS = [1.5, 2.25, 3.0]
SERVED = [[START + 384, 1], [START + 576, 2], [START + 768, 3]]
DOWNLOADED = f"{START + 384},1,\n{START + 576},2,\n{START + 768},3,"


def read(
    folder: Path, content: str | bytes, of: str = "beats", unit: str | None = None
) -> MarkSeries:
    file = folder / "found"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_marks(file, SUBJECTS[of], PLACE, unit)


@pytest.mark.parametrize(
    ("content", "unit"),
    [
        ("1.5\n2.25\n3\n", "seconds"),
        ("3\n1.5\n2.25\n", "seconds"),
        ("\ufefftime\r\n1.5\r\n2.25\r\n3\r\n", "seconds"),
        ("# of my detector\n\n1.5\n2.25\n\n3", "seconds"),
        ("time,label\n1.5,N\n2.25,N\n3,V\n", "seconds"),
        (",time\n0,1.5\n1,2.25\n2,3\n", "seconds"),
        ("index,time\n0,1.5\n1,2.25\n2,3\n", "seconds"),
        ("index\n1.5\n2.25\n3\n", "seconds"),
        ('time,note\n1.5,"two\nlines"\n2.25,\n3,\n', "seconds"),
        ("kind\tstart\nN\t1.5\nN\t2.25\nN\t3\n", "seconds"),
        ("1.5;N\n2.25;N\n3;N\n", "seconds"),
        ("1.5 N\n2.25 N\n3 V\n", "seconds"),
        ('"time [s]","QRS [na](/api/datatype/17/)"\n1.5,1\n2.25,1\n3,1\n', "seconds"),
        ("time [s/256],QRS [na](/api/datatype/17/)\n384,1\n576,1\n768,1\n", "ticks"),
        (f"time [s/256],QRS,\n{START},,\n{DOWNLOADED}\n{START + 9999},,", "timestamps"),
        ("ticks\n384\n576\n768\n", "ticks"),
        ("Time (ms)\n1500\n2250\n3000\n", "ms"),
        (f"{START + 384}\n{START + 576}\n{START + 768}", "timestamps"),
        (f"timestamp\n{START + 384}\n{START + 576}\n{START + 768}", "timestamps"),
        (f"{UNIX + 1.5}\n{UNIX + 2.25}\n{UNIX + 3}", "unix"),
        ("[1.5, 2.25, 3]", "seconds"),
        ('["1.5", "2.25", "3"]', "seconds"),
        (f"[[{START + 384}, 1], [{START + 576}, 2], [{START + 768}, 3]]", "timestamps"),
        ('[{"time": 1.5}, {"time": 2.25}, {"time": 3, "note": "?"}]', "seconds"),
        (f'[{{"user": "/api/user/1/", "data": {{"17": {SERVED}}}}}]', "timestamps"),
        ('{"beats": [1.5, 2.25, 3], "breaths": [9]}', "seconds"),
        ('{"columns":["time"],"index":[0,1,2],"data":[[1.5],[2.25],[3.0]]}', "seconds"),
        ('{"ECG_R_Peaks": [1.5, 2.25, 3]}', "seconds"),
        ('{"beats": {"ticks": [384, 576, 768], "kinds": "NNV"}}', "ticks"),
        ('{"time": [1.5, 2.25, 3], "label": ["N", "N", "V"], "score": 0.5}', "seconds"),
    ],
)
def test_times(content: str, unit: str, tmp_path: Path) -> None:
    found = read(tmp_path, content)
    assert found.starts.tolist() == BEATS
    assert found.unit == unit
    assert found.stops is None


@pytest.mark.parametrize(
    "texts",
    [
        ["1981-07-13T15:37:01.5", "1981-07-13T15:37:02.25", "1981-07-13T15:37:03"],
        ["1981-07-13 15:37:01.5Z", "1981-07-13 15:37:02.25Z", "1981-07-13 15:37:03Z"],
        ["1981-07-13T17:37:01.5+02:00", "1981-07-13T15:37:02.25", "1981-07-13T15:37:03"],
    ],
)
def test_iso_times_are_utc_without_an_offset(texts: list[str], tmp_path: Path) -> None:
    file = tmp_path / "found"
    file.write_text("\n".join(texts))
    start = 363_886_620 * 256  # 1981-07-13 15:37:00 UTC
    found = read_marks(file, SUBJECTS["beats"], RecordPlace(start, 600.0), None)
    assert found.starts.tolist() == BEATS
    assert (found.unit, found.guessed) == ("iso", True)


@pytest.mark.parametrize(
    ("content", "unit"),
    [
        ("1500\n2250\n3000", "ms"),
        ("384\n576\n768", "ticks"),
        ("750\n1125\n1500", "500Hz"),
        ("750\n1125\n1500", "500 hz"),
        ("540\n810\n1080", "360Hz"),
        ("1.5\n2.25\n3", "seconds"),
        ("ms\n384\n576\n768", "ticks"),
    ],
)
def test_a_unit_that_is_told_is_not_guessed(content: str, unit: str, tmp_path: Path) -> None:
    found = read(tmp_path, content, unit=unit)
    assert found.starts.tolist() == pytest.approx(BEATS)
    assert not found.guessed
    assert read(tmp_path, "1.5").guessed


def test_answers_with_the_data_of_this_server(tmp_path: Path) -> None:
    phases = f'[{{"data": {{"280": [[{START}, 6], [{START + 60 * 256}, 2]]}}}}]'
    found = read(tmp_path, phases, "phases")
    assert found.labels == ("wake", "NREM")
    assert found.starts.tolist() == [0, 60]
    with pytest.raises(ScoringError, match="has not one datatype, but '17', '18'"):
        read(tmp_path, '[{"data": {"17": [], "18": []}}]')
    with pytest.raises(ScoringError, match="must be pairs of a time and a value"):
        read(tmp_path, '[{"data": {"17": [1, 2]}}]')
    assert len(read(tmp_path, '[{"data": {"17": []}}]').starts) == 0


@pytest.mark.parametrize("content", ["384,1\n576,38\n768,1", "ticks,label\n384,99\n576,1\n768,1"])
def test_labels_can_be_numbers(content: str, tmp_path: Path) -> None:
    assert read(tmp_path, content, unit="ticks").starts.tolist() == BEATS


def test_labels_of_beats(tmp_path: Path) -> None:
    assert read(tmp_path, "1,N\n2,V\n3,A\n4,E").labels == ("N", "V", "N", "V")
    assert read(tmp_path, "1\n2\n").labels is None


@pytest.mark.parametrize(
    ("content", "spans"),
    [
        ("10,25\n40.5,60\n", [(10, 25), (40.5, 60)]),
        ("start,stop,kind\n10,25,OA\n40.5,60,central\n", [(10, 25), (40.5, 60)]),
        ("onset,duration\n10,15\n40.5,19.5", [(10, 25), (40.5, 60)]),
        ("start;end\n40.5;60\n10;25", [(10, 25), (40.5, 60)]),
        ('[{"start": 10, "end": 25}, {"start": 40.5, "end": 60}]', [(10, 25), (40.5, 60)]),
        ("ticks,duration\n2560,3840\n", [(10, 25)]),
        ("[]", []),
        ("", []),
    ],
)
def test_apnoeas(content: str, spans: list[tuple[float, float]], tmp_path: Path) -> None:
    found = read(tmp_path, content, "apnoeas")
    assert found.stops is not None
    assert list(zip(found.starts.tolist(), found.stops.tolist(), strict=True)) == spans


@pytest.mark.parametrize(
    ("content", "stops"),
    [
        ("W\nN1\nREM\n", [30, 60, 90]),
        ("stage\n6\n2\n5\n", [30, 60, 90]),
        ('["wake", "NREM", "REM"]', [30, 60, 90]),
        ('{"stages": [0, 2, 5]}', [30, 60, 90]),
        ("0,wake\n30,N3\n60,R", [30, 60, 600]),
        ("0,30,wake\n30,60,N3\n60,75,R", [30, 60, 75]),
        ("60,5\n30,2\n0,6", [30, 60, 600]),
        ("time [s],sleep_phase [NA](/api/datatype/280/)\n0,6\n30,2\n60,5", [30, 60, 600]),
    ],
)
def test_phases(content: str, stops: list[float], tmp_path: Path) -> None:
    found = read(tmp_path, content, "phases")
    assert found.stops is not None
    assert found.starts.tolist() == [0, 30, 60]
    assert found.stops.tolist() == stops
    assert found.labels == ("wake", "NREM", "REM")


@pytest.mark.parametrize(
    ("label", "phase"),
    [
        ("Sleep stage W", "wake"),
        ("Sleep stage N2", "NREM"),
        ("Sleep stage 3", "NREM"),
        (4, "NREM"),
        (2.0, "NREM"),
        ("asleep", "sleep"),
        ("REM", "REM"),
        ("7", None),
        ("", None),
        (None, None),
    ],
)
def test_words_of_phases(label: object, phase: str | None) -> None:
    assert phase_of(label) == phase


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("OA", "obstructive"),
        ("Central Apnea", "central"),
        ("hypopnea", "hypopnoea"),
        ("RERA", "rera"),
    ],
)
def test_words_of_apnoeas(label: str, kind: str) -> None:
    assert kind_of_apnoea(label) == kind


def written(folder: Path, samples: list[int], symbols: list[str], fs: float | None = None) -> Path:
    wfdb.wrann("made", "atr", np.array(samples), symbols, fs=fs, write_dir=str(folder))
    return folder / "made.atr"


def test_annotation_files_of_wfdb(tmp_path: Path) -> None:
    """Rhythm and noise are no beats. An interval of more than 1,023 samples takes another form."""
    file = written(tmp_path, [5, 360, 540, 720, 200_000], ["+", "N", "~", "V", "A"], 360)
    found = read_marks(file, SUBJECTS["beats"], PLACE, None)
    assert found.starts.tolist() == pytest.approx([1, 2, 200_000 / 360])
    assert found.labels == ("N", "V", "N")
    assert (found.unit, found.guessed) == ("360Hz", False)
    steps = read_marks(file, SUBJECTS["steps"], PLACE, "100Hz")
    assert steps.starts.tolist() == pytest.approx([0.05, 3.6, 5.4, 7.2, 2000])


def test_the_rate_of_an_annotation_file_can_be_in_the_header(tmp_path: Path) -> None:
    file = written(tmp_path, [360, 720], ["N", "N"])
    with pytest.raises(ScoringError, match=r"made\.atr: neither .* as in 500Hz"):
        read_marks(file, SUBJECTS["beats"], PLACE, None)
    (tmp_path / "made.hea").write_text("# of a test\nmade 2 360/10 650000 0:0:0\nmade.dat 212\n")
    assert read_marks(file, SUBJECTS["beats"], PLACE, None).starts.tolist() == [1, 2]
    (tmp_path / "made.hea").write_text("made 2\n")
    with pytest.raises(ScoringError, match=r"made\.hea: .* no sampling frequency"):
        read_marks(file, SUBJECTS["beats"], PLACE, None)


def test_files_of_events_in_downloads(tmp_path: Path) -> None:
    file = tmp_path / "QRS.hxd"
    file.write_bytes(np.array([384, 1, 576, 2, 768, 3], "<i8").tobytes())
    found = read_marks(file, SUBJECTS["beats"], PLACE, None)
    assert (found.starts.tolist(), found.unit, found.guessed) == (BEATS, "ticks", False)
    with pytest.raises(ScoringError, match=r"QRS\.hxd: only events .* not phases"):
        read_marks(file, SUBJECTS["phases"], PLACE, None)
    file.write_bytes(b"123")
    with pytest.raises(ScoringError, match=r"QRS\.hxd: does not consist of pairs"):
        read_marks(file, SUBJECTS["beats"], PLACE, None)
    with pytest.raises(ScoringError, match=r"none\.hxd: No such file"):
        read_marks(tmp_path / "none.hxd", SUBJECTS["beats"], PLACE, None)


@pytest.mark.parametrize(
    ("content", "of", "unit", "problem"),
    [
        ("1.5\nx\n", "beats", None, r"found, line 2: 'x' is not a number"),
        ("time,x\n1.5,2\n\n,\n", "beats", None, r"found, line 4: '' is not a number"),
        ("1.5\nnan\n", "beats", None, r"line 2: 'nan' is not a number"),
        ("[1.5, null]", "beats", None, r"found, item 2: None is not a number"),
        ("[1.5, true]", "beats", None, r"item 2: True is not a number"),
        ("a,b\n1,2\n", "beats", None, r"no column of times among 'a', 'b'"),
        ("1,N\n2\n", "beats", None, r"line 2: has 1 cells, and 2 are needed"),
        ("2020-01-01T00:00:00\nx", "beats", None, r"line 2: 'x' is not an ISO time"),
        ("1\n5000\n", "beats", None, r"1 to 5000, are neither seconds .* --unit \(seconds, ms"),
        ("1.5", "beats", "hours", r"there is no unit 'hours'; choose from seconds, ms"),
        ("1.5", "beats", "0Hz", r"there is no unit '0Hz'"),
        ("{", "beats", None, r"is not JSON"),
        ("{}", "beats", None, r"has no list of beats; it has nothing"),
        ('{"steps": [1]}', "beats", None, r"has no list of beats; it has 'steps'"),
        ('[{"time": 1}, {"t": 2}]', "beats", None, r"item 2: is no object with 'time'"),
        ('[{"time": 1}, 2]', "beats", None, r"item 2: is no object with 'time'"),
        ("[[]]", "beats", None, r"item 1: is an empty list"),
        ('{"time": [1, 2], "label": ["N"]}', "beats", None, r"of one length: time has 2, label"),
        ('{"columns": ["time"], "data": 5}', "beats", None, r"columns and data must be lists"),
        ('{"columns": ["time"], "data": [5]}', "beats", None, r"item 1: is no list of cells"),
        ('time,a\n1,"b\nc"\nx,\n', "beats", None, r"line 4: 'x' is not a number"),
        ('time,a\n1,N\n2,"N\n3,N\n', "beats", None, r"line 3: unexpected end of data"),
        (f"1,{'N' * 200_000}", "beats", None, r"line 1: field larger than field limit"),
        ("0,809\n1,75\n2,7\n", "beats", None, r"are these decimal commas\? Write points"),
        ("x" * 999, "beats", None, r"among 'x{59}\.\.\.; a title"),
        (f"1\n{'x' * 999}", "beats", None, r"line 2: 'x{59}\.\.\. is not a number"),
        (json.dumps(dict.fromkeys(range(99), 1)), "beats", None, r"it has '0', .* and 87 more$"),
        ("label\nN\n", "beats", None, r"has no column of times"),
        ("10\n20\n", "apnoeas", None, r"apnoeas need a stop or a duration"),
        ("10,5\n", "apnoeas", None, r"line 1: ends before it begins"),
        ("0,N9\n", "phases", None, r"line 1: 'N9' is no phase of sleep"),
        ("start,stop\n0,30\n", "phases", None, r"has no column of labels"),
        (b"\x00\x01\x02", "beats", None, r"is binary, but no annotation file"),
        (b"\x00\xec\x00\x00", "beats", "100Hz", r"ends within an annotation"),
        (b"\x00\x00", "phases", None, r"of WFDB has no phases"),
        (b"\xff\xfe1\n", "beats", None, r"neither text nor"),
    ],
)
def test_what_cannot_be_read(
    content: str | bytes, of: str, unit: str | None, problem: str, tmp_path: Path
) -> None:
    with pytest.raises(ScoringError, match=problem) as told:
        read(tmp_path, content, of, unit)
    assert "\n" not in str(told.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ScoringError, match="nothing: No such file"):
        read_marks(tmp_path / "nothing", SUBJECTS["beats"], PLACE, None)
    with pytest.raises(ScoringError, match="nothing: No such file"):
        read_truth(tmp_path / "nothing")


def test_pipes_are_read_once() -> None:
    for content in (b"1.5\n2.25\n3\n", b"[1.5, 2.25, 3]"):
        end, into = os.pipe()
        os.write(into, content)
        os.close(into)
        try:
            found = read_marks(Path(f"/dev/fd/{end}"), SUBJECTS["beats"], PLACE, None)
        finally:
            os.close(end)
        assert found.starts.tolist() == BEATS


def test_a_file_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "found"
    with file.open("wb") as sparse:
        sparse.truncate(2**31)
    with pytest.raises(ScoringError, match="found: is larger than 512 MiB"):
        read_marks(file, SUBJECTS["beats"], PLACE, None)
    with pytest.raises(ScoringError, match="found: is larger than 512 MiB"):
        read_truth(file)


def test_a_header_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wfdb.wrann("beats", "qrs", np.array([150]), symbol=["N"], write_dir=str(tmp_path))
    (tmp_path / "beats.hea").write_text("beats 0 100")

    def refuse(*_: object) -> str:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(ScoringError, match=r"beats\.hea: Permission denied"):
        read_marks(tmp_path / "beats.qrs", SUBJECTS["beats"], PLACE, None)


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ("no", "is no ground truth, which is JSON"),
        ("[]", "is no ground truth, which is an object"),
        ("{}", "is no ground truth, which has start and seconds"),
        ('{"start": 1, "seconds": 0}', "is no ground truth"),
        ('{"start": "1", "seconds": 5}', "is no ground truth"),
        (f'{{"start": 1, "seconds": {10**9}}}', "is no ground truth, which lasts 30 days"),
        (f'{{"start": {10**400}, "seconds": 5}}', "is no ground truth"),
    ],
)
def test_what_is_no_truth(document: str, problem: str, tmp_path: Path) -> None:
    file = tmp_path / "truth.json"
    file.write_text(document)
    with pytest.raises(ScoringError, match=rf"truth\.json: {problem}"):
        read_truth(file)


def test_what_a_truth_does_not_say(tmp_path: Path) -> None:
    odd: dict[str, Any] = {"beats": [], "steps": "none", "breaths": {"inspirations": [[1]]}}
    file = tmp_path / "truth.json"
    file.write_text(json.dumps({"start": START, "seconds": 60, **odd}))
    truth = read_truth(file)
    for name, subject in SUBJECTS.items():
        with pytest.raises(ScoringError, match=f"truth.json: says nothing of {name}"):
            truth.marks(subject)


@pytest.mark.parametrize(
    ("of", "odd"),
    [
        ("beats", {"ticks": [256], "kinds": "NN"}),
        ("beats", {"ticks": [float("nan")], "kinds": "N"}),
        ("beats", {"ticks": [10**400], "kinds": "N"}),
        ("steps", [1.0, float("inf")]),
        ("stages", [{"stage": "doze", "start": 0, "stop": 256}]),
        ("stages", [{"stage": 2, "start": 0, "stop": float("nan")}]),
        ("apnoeas", [{"kind": "mixed", "start": 256, "stop": 0}]),
    ],
)
def test_a_truth_that_cannot_be(of: str, odd: object, tmp_path: Path) -> None:
    file = tmp_path / "truth.json"
    file.write_text(json.dumps({"start": START, "seconds": 60, of: odd}))
    name = "phases" if of == "stages" else of
    with pytest.raises(ScoringError, match=rf"truth\.json: says nothing of {name}"):
        read_truth(file).marks(SUBJECTS[name])


def test_a_truth_need_not_be_in_order(tmp_path: Path) -> None:
    file = tmp_path / "truth.json"
    beats = {"ticks": [768, 256, 512], "kinds": "VNN"}
    file.write_text(json.dumps({"start": START, "seconds": 60, "beats": beats}))
    true = read_truth(file).marks(SUBJECTS["beats"])
    assert (true.starts.tolist(), true.labels) == ([1, 2, 3], ("N", "N", "V"))
