"""Whoever changes what a format writes changes what is read: both go by the same grammar."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from apps.accounts.models import User
from apps.archives import loading
from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals.formats import file_names
from apps.signals.formats.csv import titles
from apps.signals.formats.download import info_members
from apps.signals.formats.edf import annotation_texts, header, labels
from apps.signals.formats.hxd import pairs
from apps.signals.formats.text_forms import TextForm
from apps.signals.formats.wav import header as wav_header
from apps.signals.storage import record_state, store
from tests.archives.conftest import saved
from tests.archives.test_round_trip import download, versions

START, SECONDS = 359_840_226_816, 9
ECG, HEART_RATE, RR, POSITION = 4113, 19, 18, 269
APPS = Path(__file__).parents[2] / "apps"

ZIP, CSV, EDF = "application/octet-stream", "text/csv", "application/x-edf"
TITLE = TextForm("{uri} is {name} in <{unit}>", {**titles.TITLE.places, "unit": "[^>]*"})
TEXTS = annotation_texts.VALUE_IN_UNIT.places


def backwards(fields: dict[str, int]) -> dict[str, int]:
    """The fields in another order, but for the first, by which files are known."""
    first, *others = fields.items()
    return dict([first, *reversed(others)])


Change = tuple[ModuleType, str, Any]

CHANGES: dict[str, tuple[str, list[Change]]] = {
    "titles of events": (ZIP, [(titles, "TITLE", TITLE)]),
    "titles of a table": (CSV, [(titles, "TITLE", TITLE)]),
    "titles of times": (CSV, [(titles, "TIMES", {"seconds": 256, "ticks": 1})]),
    "EDF header": (
        EDF,
        [
            (header, "WHOLE", backwards(header.WHOLE)),
            (header, "EACH", backwards(header.EACH)),
            (header, "DATE", "%y-%m-%d"),
            (header, "TIME", "%S:%M:%H"),
        ],
    ),
    "EDF labels": (EDF, [(labels, "LABEL", TextForm("{name}={id}", labels.LABEL.places))]),
    "EDF annotations": (
        EDF,
        [
            (annotation_texts, "VALUE", TextForm("{value} of {name}", TEXTS)),
            (annotation_texts, "VALUE_IN_UNIT", TextForm("{value} {unit} of {name}", TEXTS)),
            (annotation_texts, "SIGNAL_ENDS", TextForm("end of {name}", TEXTS)),
            (annotation_texts, "RECORDING_ENDS", "The end"),
        ],
    ),
    "WAV": (
        ZIP,
        [
            (wav_header, "RIFF", b"RIFX"),
            (wav_header, "FORMAT", b"form"),
            (wav_header, "DATA", b"kept"),
            (wav_header, "FIELDS", struct.Struct(">HHIIHH")),
        ],
    ),
    "HXD": (ZIP, [(pairs, "EVENT", np.dtype([("value", "<i8"), ("offset", "<i8")]))]),
    "info.json": (
        ZIP,
        [(info_members, "START", "begins"), (info_members, "TIMESTAMP", "begins_in_seconds")],
    ),
}


@pytest.fixture
def record(athlete: User, datatypes: dict[int, Datatype]) -> Record:
    end = START + 256 * SECONDS
    made = Record.objects.create(id=37, user=athlete, start=START, end=end, status="complete")
    store.write_channel(made, datatypes[ECG], np.arange(256 * SECONDS))
    store.write_channel(made, datatypes[HEART_RATE], np.arange(60, 60 + SECONDS - 1))
    store.write_events(made, datatypes[RR], np.array([256, 500, 700]), np.array([200, 201, 202]))
    store.write_events(made, datatypes[POSITION], np.array([256, 512]), np.array([1, 2]))
    record_state.settle(made)
    return made


@pytest.mark.usefixtures("record")
@pytest.mark.parametrize("what", CHANGES)
def test_a_change_of_what_is_written_is_read(
    tmp_path: Path, athlete: User, other: User, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    accept, changes = CHANGES[what]
    asked = {"datatype__in": f"{ECG},{HEART_RATE},{RR}", "async_format": "csv"}
    asked |= {"async_format": "hxd"} if what == "HXD" else {}
    asked |= {"datatype__in": f"{HEART_RATE}"} if accept == CSV else {}
    before = download(athlete, 37, accept, **asked)
    for module, name, value in changes:
        monkeypatch.setattr(module, name, value)
    after = download(athlete, 37, accept, **asked)
    assert after != before
    names = {ZIP: "x.zip", CSV: "x.csv", EDF: "x.edf"}
    report = loading.load_place(saved(tmp_path, after, names[accept]), other)
    (loaded,) = report.records
    assert (report.unknown, report.aside, report.notes) == ([], [], [])
    assert (loaded.start, loaded.end) == (START, START + 256 * SECONDS)
    expected = versions(37)
    assert versions(loaded.record) == {
        dataid: expected[dataid] for dataid in map(int, asked["datatype__in"].split(","))
    }


def test_names_of_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    assert file_names.named_record(file_names.record_name(37)) == "37"
    monkeypatch.setattr(file_names, "RECORD", TextForm("{record} it is", file_names.RECORD.places))
    assert file_names.record_name(37) == "37 it is"
    assert file_names.named_record("37 it is") == "37"


LITERALS = {
    "formats/csv/titles.py": re.compile(r"\]\(\{uri|\"time \[s").search,
    "formats/edf/labels.py": re.compile(r"\{id\}:\{name|EDF Annotations").search,
    "formats/edf/annotation_texts.py": re.compile(r"x1[45]|Recording ends|\} ends").search,
    "formats/edf/header.py": re.compile(r"EDF\+[CD]\b|%d\.%m\.%y").search,
    "formats/wav/header.py": re.compile(r"b\"(RIFF|WAVE|fmt |data)\"|HHIIHH").search,
    "formats/hxd/pairs.py": re.compile(r"<i8").search,
    "formats/file_names.py": re.compile(
        r"\"info\.json\"|\"statistics\.csv\"|record_\{|range_\{|\"\.(wav|hxd|edf)\""
    ).search,
    "formats/download/info_members.py": re.compile(r"\"(start_timestamp|request)\"").search,
}
"""What only that module of signals may say in code, for all others ask it."""


@pytest.mark.parametrize("home", LITERALS)
def test_what_a_format_writes_stands_in_one_module(home: str) -> None:
    found = {
        str(path.relative_to(APPS)).removeprefix("signals/")
        for folder in ("signals/formats", "archives")
        for path in sorted((APPS / folder).rglob("*.py"))
        if any(LITERALS[home](line) for line in path.read_text().splitlines() if "`" not in line)
    }
    assert found == {home}
