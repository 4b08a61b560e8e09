"""`Accept: text/csv` of `/api/data/` and the endpoints of single kinds."""

from __future__ import annotations

import csv
import io
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from apps.access.models import Bundle, BundlePermission
from apps.accounts.models import User
from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals.formats.csv import writer as csv_writer
from apps.signals.storage import store
from tests.signals.conftest import BR, ECG, HR, RR, START, VOLUME, client_of, new_record

Datatypes = dict[int, Datatype]

TIME = "time [s/256]"
HEART_RATE = "heart_rate [bpm](/api/datatype/19/)"
FIRST = (
    "breathing_rate [rpm](/api/datatype/33/),"
    "minute_ventilation [mL/min](/api/datatype/36/),"
    "sleep_position [NA](/api/datatype/270/),"
    "activity [g](/api/datatype/49/),"
    "heart_rate [bpm](/api/datatype/19/),"
    "cadence [spm](/api/datatype/53/),"
)


def ask(by: User, path: str = "/api/data/", /, **params: Any) -> str:
    response = client_of(by).get(path, params, headers={"Accept": "text/csv"})
    assert response.status_code == 200, response.content
    assert response["Content-Type"].startswith("text/csv")
    return str(response.content, "ascii")


def rows(by: User, **params: Any) -> list[dict[str, str]]:
    """The table as csv reads it, without the empty last column that every line ends with."""
    read = list(csv.DictReader(io.StringIO(ask(by, **params))))
    assert all(row.pop("") == "" for row in read)
    return read


def moments(by: User, **params: Any) -> list[int]:
    """The times of the rows, in ticks from START."""
    return [int(row[TIME]) - START for row in rows(by, **params)]


@pytest.fixture
def walk(athlete: User, datatypes: Datatypes) -> Record:
    """Three seconds and a half with the columns that a table begins with."""
    made = Record.objects.create(id=38, user=athlete, start=START, end=START + 3 * 256 + 128)
    counts = {33: [15, 15, 16], 36: [331, 0, 332], 38: [4, 5, 6], 49: [5, -1, 0], HR: [70, 71, 72]}
    for dataid, values in {**counts, 53: [100, 0, 101], ECG: range(896)}.items():
        store.write_channel(made, datatypes[dataid], np.array(values))
    store.write_events(made, datatypes[270], np.array([256, 768]), np.array([2, 3]))
    return made


@pytest.mark.rule("wire 5.5", "wire F9", "wire row 19", "behaviour 3.2")
def test_a_table_to_the_letter(walk: Record, athlete: User) -> None:
    """First and last row are the start and end of the record (wire 5.5)."""
    assert ask(athlete, record=38) == (
        f"{TIME},{FIRST}minute_ventilation_adjusted [mL/min](/api/datatype/38/),\n"
        "359840000000,,,,,,,,\n"
        "359840000256,15,4395.679999999999,2,0.01953125,70,100,40.0,\n"
        "359840000512,15,0.0,,-0.00390625,71,0,50.0,\n"
        "359840000768,16,4408.96,3,0.0,72,101,60.0,\n"
        "359840000896,,,,,,,,\n"
    )


@pytest.mark.rule("wire F9")
def test_pandas_reads_it(walk: Record, athlete: User) -> None:
    frame = pd.read_csv(io.StringIO(ask(athlete, record=38)), index_col=TIME)
    assert list(frame[HEART_RATE].dropna()) == [70, 71, 72]
    assert list(frame.columns).index(HEART_RATE) == 4
    assert frame.iloc[[0, -1]].isna().all(axis=None)
    assert frame[frame.columns[-1]].isna().all()


def test_uris_have_the_prefix_asked_with(walk: Record, athlete: User) -> None:
    text = ask(athlete, "/api/v1/heartrate/", record=38, limit=0)
    assert text.startswith(f"{TIME},heart_rate [bpm](/api/v1/datatype/19/),\n")


@pytest.mark.parametrize(
    ("dataid", "title"),
    [
        (RR, "RR_interval [s/256]"),
        (97, "PTT [s/256]"),
        (318, "NN_interval [s/256]"),
        (ECG, "ECG_I [NA]"),
        (4145, "acceleration_X [NA]"),
        (1000, "heart_rate_quality [NA]"),
        (34, "inspiration [NA]"),
        (52, "step [Step]"),
        (37, "tidal_volume [mL]"),
        (271, "ANN [s]"),
    ],
)
def test_the_unit_is_that_of_what_is_shown(
    record: Record, athlete: User, dataid: int, title: str
) -> None:
    expected = f"{TIME},{title}(/api/datatype/{dataid}/),"
    assert ask(athlete, record=37, datatype=dataid).splitlines()[0] == expected


@pytest.mark.rule("wire 8.2")
def test_intervals_are_counts_of_ticks(record: Record, athlete: User) -> None:
    text = ask(athlete, "/api/rrinterval/", record=37, end=START + 401)
    assert text == (
        f"{TIME},RR_interval [s/256](/api/datatype/18/),\n"
        f"{START},0,\n{START + 200},200,\n{START + 400},200,\n"
    )


@pytest.mark.rule("behaviour 3.2")
def test_without_a_datatype_raw_signals_and_events_stay_out(record: Record, athlete: User) -> None:
    head = ask(athlete, record=37).splitlines()[0]
    assert head == f"{TIME},{FIRST}tidal_volume [mL](/api/datatype/37/),"
    read = rows(athlete, record=37, datatype__gte=18, end=START + 2)
    assert list(read[0])[1:] == [
        HEART_RATE,
        "RR_interval [s/256](/api/datatype/18/)",
        "tidal_volume [mL](/api/datatype/37/)",
        "ECG_I [NA](/api/datatype/4113/)",
    ]
    assert [row["ECG_I [NA](/api/datatype/4113/)"] for row in read] == ["0", "1"]


def test_columns_asked_for_by_name_are_there_without_values(record: Record, athlete: User) -> None:
    assert ask(athlete, record=99, datatype="33,19") == (
        f"{TIME},breathing_rate [rpm](/api/datatype/33/),{HEART_RATE},\n"
    )
    assert ask(athlete, record=99) == f"{TIME},{FIRST}\n"
    assert ask(athlete, record=99, datatype=123456) == f"{TIME},\n"
    only_second = rows(athlete, record=37, datatype=f"{BR},{HR}", start=START + 1, end=START + 257)
    assert list(only_second[0].values()) == [str(START + 256), "", "70"]


def test_ends_of_a_record_have_rows_where_the_time_asked_for_holds_them(
    walk: Record, athlete: User
) -> None:
    assert moments(athlete, record=38, datatype=HR) == [0, 256, 512, 768, 896]
    assert moments(athlete, record=38, datatype=HR, start=START + 1) == [256, 512, 768, 896]
    assert moments(athlete, record=38, datatype=HR, end=START + 896) == [0, 256, 512, 768]
    assert moments(athlete, record=38, datatype=HR, start=START + 769) == [896]
    assert moments(athlete, record=38, datatype=HR, start=START + 897) == []


def test_a_record_that_is_growing_has_no_end(athlete: User, datatypes: Datatypes) -> None:
    growing = Record.objects.create(user=athlete, start=START, status="realtime")
    store.write_channel(growing, datatypes[HR], np.array([70]))
    assert moments(athlete, record=growing.pk, datatype=HR) == [0, 256]


def test_records_of_a_user_follow_each_other(record: Record, athlete: User) -> None:
    heart = Datatype.objects.get(pk=HR)
    for start, counts in ((START + 20 * 256, [90, 91]), (START + 64, [50, 51])):
        made = new_record(athlete, start, 3)
        store.write_channel(made, heart, np.array(counts))
    read = rows(athlete, user=athlete.pk, datatype=HR)
    assert [int(row[TIME]) - START for row in read if not row[HEART_RATE]] == [
        0, 64, 64 + 3 * 256, 20 * 256, 23 * 256,
    ]  # fmt: skip
    times = [int(row[TIME]) for row in read]
    assert times == sorted(set(times))
    assert [row[HEART_RATE] for row in read if row[HEART_RATE]] == [
        "70", "50", "71", "51", *map(str, range(72, 80)), "90", "91",
    ]  # fmt: skip


def test_several_users_have_a_column(record: Record, athlete: User, datatypes: Datatypes) -> None:
    friend = User.objects.create(id=36, username="friend@example.com", email="friend@example.com")
    bundle = Bundle.objects.create(name="coach", rights=["read"])
    BundlePermission.objects.create(user_allowed=athlete, user_target=friend, bundle=bundle)
    theirs = new_record(friend, START + 256, 1)
    store.write_channel(theirs, datatypes[HR], np.array([50]))
    asked = {"datatype": f"{HR},{RR}", "start": START + 511, "end": START + 513}
    assert ask(athlete, **asked) == (
        f"user,{TIME},{HEART_RATE},RR_interval [s/256](/api/datatype/18/),\n"
        f"/api/user/36/,{START + 512},50,,\n"
        f"/api/user/1511/,{START + 512},71,,\n"
    )
    assert ask(athlete, **asked, no_timestamps=1).splitlines()[1:] == [
        "/api/user/36/,50,,",
        "/api/user/1511/,71,,",
    ]


def test_values_at_one_moment_have_rows_of_their_own(record: Record, athlete: User) -> None:
    step = Datatype.objects.get(pk=52)
    store.write_events(record, step, np.array([256, 256, 256]), np.array([1, 2, 3]))
    read = ask(athlete, record=37, datatype=f"{HR},52", end=START + 600).splitlines()
    assert read[1:] == [
        f"{START},,,", f"{START + 256},70,1,", f"{START + 256},,2,", f"{START + 256},,3,",
        f"{START + 512},71,,",
    ]  # fmt: skip


def test_options(record: Record, athlete: User) -> None:
    asked = {"record": 37, "datatype": HR, "end": START + 513}
    assert ask(athlete, **asked, seconds=1) == (
        f"time [s],{HEART_RATE},\n{START // 256},,\n{START // 256 + 1},70,\n"
        f"{START // 256 + 2},71,\n"
    )
    assert ask(athlete, **asked, no_timestamps=1) == f"{HEART_RATE},\n70,\n71,\n"
    assert ask(athlete, **asked, flat=1) == ask(athlete, **asked)
    thinned = [row[HEART_RATE] for row in rows(athlete, record=37, datatype=HR, max_values=4)]
    assert thinned == ["", "70", "74", "78", ""]


def test_values_that_are_none_are_empty(record: Record, athlete: User) -> None:
    latitude = Datatype.objects.get(pk=8192)
    values = np.array([45.5308797, np.nan, -73.6045937])
    store.write_events(record, latitude, np.array([1, 2, 3]), values)
    cells = [line.split(",")[1] for line in ask(athlete, record=37, datatype=8192).splitlines()[1:]]
    assert cells == ["", "45.5308797", "", "-73.6045937", ""]


def test_the_file_has_the_name_of_its_record(record: Record, athlete: User) -> None:
    client = client_of(athlete)
    for record_id, name in ((37, "record_37.csv"), (99, "data.csv")):
        answer = client.get(f"/api/data/?record={record_id}", headers={"Accept": "text/csv"})
        assert answer["Content-Disposition"] == f'attachment; filename="{name}"'


def test_the_number_of_statements_is_constant(
    walk: Record, athlete: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Channels, data types, records; the statements that read chunks are not Django's."""
    with django_assert_num_queries(3):
        ask(athlete, record=38)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.sampled_from([RR, HR, VOLUME, ECG, 49, 52, 271]), min_size=1, unique=True),
    st.integers(-300, 2700),
    st.integers(0, 2700),
    st.integers(1, 400),
)
def test_cells_are_what_json_shows(
    record: Record, athlete: User, dataids: list[int], first: int, length: int, limit: int
) -> None:
    catalogue = Datatype.objects.in_bulk()
    store.write_channel(record, catalogue[49], np.arange(-3, 5))
    store.write_channel(record, catalogue[271], np.array([4000]))
    store.write_events(record, catalogue[52], np.arange(0, 2560, 64), np.arange(40))
    asked: dict[str, Any] = {
        "record": 37,
        "datatype": ",".join(map(str, dataids)),
        "start": START + first,
        "end": START + first + length,
        "max_values": limit,
    }
    answer = client_of(athlete).get("/api/data/", asked).json()
    read = rows(athlete, **asked)
    for dataid in dataids:
        (title,) = [name for name in table_titles(read) if name.endswith(f"/{dataid}/)")] or [""]
        scale = 256 if dataid == RR else 1
        cells = [
            [int(row[TIME]), pytest.approx(float(row[title]) / scale, abs=5e-9)]
            for row in read
            if row.get(title)
        ]
        assert cells == (answer[0]["data"].get(str(dataid), []) if answer else [])
    empty = [int(row[TIME]) - START for row in read if not any(list(row.values())[1:])]
    assert set(empty) <= {0, 2560}
    times = [row[TIME] for row in read]
    assert times == sorted(set(times))


def table_titles(read: list[dict[str, str]]) -> list[str]:
    """The titles of a table that has a row."""
    return list(read[0]) if read else []


def test_rows_across_blocks(record: Record, athlete: User) -> None:
    """Columns that begin, end and have gaps in other blocks than the rows do."""
    asked = {"record": 37, "datatype": f"{HR},{RR},{ECG}", "start": START - 5}
    whole = ask(athlete, **asked)
    for size in (1, 7, 256, 2559):
        with patch.object(csv_writer, "BLOCK", size):
            assert ask(athlete, **asked) == whole


def test_the_etag_is_of_the_ends_too(record: Record, athlete: User) -> None:
    def etag() -> str:
        found = client_of(athlete).get("/api/data/?record=37", headers={"Accept": "text/csv"})
        return str(found["ETag"])

    before = etag()
    assert etag() == before
    Record.objects.filter(pk=37).update(end=START + 2700)
    assert etag() != before


def test_cells_have_all_digits_of_the_value(athlete: User, datatypes: Datatypes) -> None:
    """As genuine tables print these counts of minute ventilation."""
    cells = {
        809: "10743.519999999999", 1054: "13997.119999999999", 1346: "17874.879999999997",
        331: "4395.679999999999", 287: "3811.3599999999997", 305: "4050.3999999999996",
    }  # fmt: skip
    made = new_record(athlete, START, len(cells), id=39)
    store.write_channel(made, datatypes[36], np.array(list(cells)))
    title = "minute_ventilation [mL/min](/api/datatype/36/)"
    found = [row[title] for row in rows(athlete, record=39, datatype=36) if row[title]]
    assert found == list(cells.values())
