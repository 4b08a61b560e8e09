"""EDF as readers of genuine files take it, and what the header tells about whom."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyedflib
import pytest

from apps.access.models import PROFILE, READ, Bundle, BundlePermission
from apps.accounts.models import Profile, User
from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals.formats.edf import header
from apps.signals.formats.edf import response as edf_response
from apps.signals.storage import store
from tests.signals.conftest import BR, ECG, HR, RR, START, client_of, new_record
from tests.signals.test_edf import ask, marks, opened, read

Datatypes = dict[int, Datatype]
THORACIC, ABDOMINAL, ACCELERATION = 4129, 4130, (4145, 4146, 4147)
RATES = {ECG: 256, THORACIC: 128, ABDOMINAL: 128, **dict.fromkeys(ACCELERATION, 64), HR: 1, BR: 1}
MINUTE = 60


@pytest.fixture
def person(athlete: User) -> User:
    athlete.first_name, athlete.last_name = "José María", "de la Cruz"
    athlete.save()
    born = datetime.date(1951, 5, 2)
    Profile.objects.create(user=athlete, gender="M", date_of_birth=born)
    return athlete


@pytest.fixture
def shirt(person: User, datatypes: Datatypes) -> Record:
    """A minute of a shirt with one lead; beats every 200 ticks, and one more at the very end."""
    made = new_record(person, id=37, seconds=MINUTE)
    for dataid, rate in RATES.items():
        store.write_channel(made, datatypes[dataid], np.arange(MINUTE * rate) % 1000 + 1)
    beats = np.append(np.arange(200, MINUTE * 256, 200), MINUTE * 256)
    store.write_events(made, datatypes[RR], beats, np.diff(beats, prepend=0))
    store.write_events(made, datatypes[17], beats, np.arange(len(beats)))
    store.write_channel(made, datatypes[1006], np.zeros(MINUTE, int))
    return made


def test_a_reader_that_takes_names_behind_the_colon(
    shirt: Record, person: User, tmp_path: Path
) -> None:
    with opened(ask(person, record=37), tmp_path) as reader:
        labels, header = reader.getSignalLabels(), reader.getHeader()
        rates = dict(zip(labels, reader.getSampleFrequencies(), strict=True))
    names = [label[label.index(":") + 1 :] for label in labels]
    assert len(set(names)) == len(names) == 20
    assert int(header["recording_additional"].removeprefix("hexoskin_record_id=")) == 37
    assert int(header["patient_additional"].removeprefix("hexoskin_user_id=")) == 1511
    born = datetime.datetime.strptime(header["birthdate"], "%d %b %Y")  # noqa: DTZ007
    assert born.date() == datetime.date(1951, 5, 2)
    assert header["patientname"].replace(" ", "") == "JoseMariadelaCruz"
    assert header["sex"] == "Male"
    assert header["startdate"] == datetime.datetime(2014, 7, 17, 19, 23, 20)  # noqa: DTZ001
    assert rates["4113:ECG_I"] == 256


def test_a_reader_that_takes_signals_by_their_place(
    shirt: Record, person: User, tmp_path: Path
) -> None:
    path = tmp_path / "record.edf"
    path.write_bytes(ask(person, record=37))
    signals, headers, _ = pyedflib.highlevel.read_edf(str(path), digital=True)
    assert [header["label"] for header in headers[:5]] == [
        "4113:ECG_I", "4114:ECG_II", "4115:ECG_III", "4129:resp_thorac", "4130:resp_abdomi",
    ]  # fmt: skip
    assert [header["label"] for header in headers[11:14]] == [
        "4145:accel_X", "4146:accel_Y", "4147:accel_Z",
    ]  # fmt: skip
    assert {header["dimension"] for header in headers[:3]} == {"mV"}
    assert {header["dimension"] for header in headers[11:14]} == {"g"}
    places = {0: ECG, 3: THORACIC, 4: ABDOMINAL, 11: 4145, 12: 4146, 13: 4147}
    for place, dataid in places.items():
        counts = signals[place] + (32_768 if dataid in (THORACIC, ABDOMINAL) else 0)
        assert list(counts) == list(np.arange(MINUTE * RATES[dataid]) % 1000 + 1)


def test_a_reader_that_takes_samples_of_a_data_record_for_the_rate(
    shirt: Record, person: User
) -> None:
    body = ask(person, record=37)
    count = int(body[252:256])
    at = 256 + count * (16 + 80 + 8 + 8 + 8 + 8 + 8 + 80)
    assert (int(body[at : at + 8]), body[244:252].strip()) == (256, b"1")
    assert body[256:272].strip() == b"4113:ECG_I"


def test_what_was_not_recorded_is_flat_at_nothing(shirt: Record, person: User) -> None:
    body = ask(person, record=37)
    found = read(body)
    missing = set(edf_response.PLACES) - set(RATES)
    for signal in found.signals:
        dataid = int(signal.label.partition(":")[0])
        if dataid in missing:
            assert set(signal.digital) == {1360 if dataid in (4114, 4115) else signal.digital[0]}
            assert signal.data[0] == pytest.approx(0, abs=0.0064 / 20)
    told = {text for onset, text in marks(body) if onset == 0 and text.endswith(" ends")}
    names = Datatype.objects.filter(pk__in=missing).values_list("name", flat=True)
    assert told == {f"{name} ends" for name in names}


def test_a_record_of_whole_minutes_has_no_second_more(shirt: Record, person: User) -> None:
    body = ask(person, record=37)
    assert int(body[236:244]) == MINUTE
    last = [text for onset, text in marks(body) if onset == MINUTE]
    assert sorted(last) == ["RR_interval 0.625 s", "Recording ends"]


def test_the_rest_comes_when_it_is_asked_for(shirt: Record, person: User) -> None:
    usual = ask(person, record=37)
    assert not [text for _, text in marks(usual) if text.startswith("QRS")]
    asked = read(ask(person, record=37, datatype="17,1006,4114,4113"))
    assert [signal.label for signal in asked.signals] == ["4113:ECG_I", "1006:ECG_quality"]
    assert next(mark.text for mark in asked.annotations) == "QRS 0"


def test_signals_of_the_head_sensor_follow(
    shirt: Record, person: User, datatypes: Datatypes
) -> None:
    store.write_channel(shirt, datatypes[66], np.full(MINUTE, 97))
    labels = [signal.label for signal in read(ask(person, record=37)).signals]
    assert len(labels) == 21
    assert labels[20] == "66:SPO2"


def test_a_window_has_its_signals_in_place_too(shirt: Record, person: User) -> None:
    window = {"start": START + 10 * 256, "end": START + 12 * 256}
    body = ask(person, record=37, **window)
    found = read(body)
    assert len(found.signals) == 20
    assert {onset for onset, text in marks(body) if text.endswith(" ends")} == {0.0}
    assert list(found.get_signal("4113:ECG_I").digital[256:259]) == [561, 562, 563]


def test_events_alone_are_not_told_from_a_record_by_its_places(
    athlete: User, datatypes: Datatypes
) -> None:
    made = new_record(athlete, seconds=4)
    store.write_events(made, datatypes[RR], np.array([200, 641]), np.array([197, 441]))
    found = read(ask(athlete, record=made.pk))
    assert len(found.signals) == 20
    assert {signal.digital.min() == signal.digital.max() for signal in found.signals} == {True}


@pytest.mark.parametrize(("rights", "told"), [([READ], False), ([READ, PROFILE], True)])
def test_only_who_sees_the_profile_reads_it_in_the_header(
    shirt: Record, person: User, outsider: User, rights: list[str], *, told: bool
) -> None:
    bundle = Bundle.objects.create(name="some", rights=rights)
    BundlePermission.objects.create(bundle=bundle, user_allowed=outsider, user_target=person)
    line = ask(outsider, record=37)[8:88].decode().rstrip()
    seen = "M 02-MAY-1951" if told else "X 01-JAN-1900"
    assert line == f"X {seen} Jose_Maria_de_la_Cruz hexoskin_user_id=1511"


def test_another_name_is_another_file(shirt: Record, person: User) -> None:
    def etag() -> Any:
        return client_of(person).head("/api/data/?record=37&format=edf")["ETag"]

    before = etag()
    assert etag() == before
    User.objects.filter(pk=1511).update(last_name="Paz")
    assert etag() != before


@pytest.mark.parametrize(
    ("name", "sex", "born", "line"),
    [
        ("Ann Lee", "F", datetime.date(2001, 12, 31), "X F 31-DEC-2001 Ann_Lee"),
        ("  ", "", None, "X X 01-JAN-1900 X"),
        ("李雷", "M", datetime.date(1900, 1, 1), "X M 01-JAN-1900 X"),
        ("Zoë\tvan\u00a0Dam", "", None, "X X 01-JAN-1900 Zoe_van_Dam"),
        ("a b " * 99, "", None, "X X 01-JAN-1900 " + "a_b_" * 8 + "a"),
    ],
)
def test_the_line_of_the_patient(
    name: str, sex: str, born: datetime.date | None, line: str
) -> None:
    found = header.patient_line(2**63 - 1, name, sex, born)
    assert len(found) <= 80
    user = found.split(" ")[-1]
    assert user == "hexoskin_user_id=9223372036854775807"
    assert line.startswith(found.removesuffix(f" {user}"))
    assert len(found) >= min(len(line) + 1 + len(user), 78)


def test_the_line_of_the_recording_has_room_for_any_record() -> None:
    line = header.recording_line(2**63 - 1, START)
    assert line == "Startdate 17-JUL-2014 X X hexostore hexoskin_record_id=9223372036854775807"
    assert len(line) <= 80
