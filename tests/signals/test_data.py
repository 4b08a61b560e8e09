"""`/api/data/`: every filter and option of the Data page over HTTP."""

from __future__ import annotations

import base64
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from apps.access.models import Bundle, BundlePermission
from apps.accounts.models import User
from apps.catalog.models import Datatype
from apps.records.models import Range, Record
from apps.signals.storage import reader, store
from tests.signals.conftest import (
    BR,
    ECG,
    HR,
    RR,
    START,
    VOLUME,
    Get,
    at,
    client_of,
    new_record,
)

Datatypes = dict[int, Datatype]
HEART_RATE = [[at(i), 70 + i] for i in range(10)]


def only(answer: Any, dataid: int = HR) -> Any:
    """The pairs of the one user and datatype of an answer."""
    assert [row["user"] for row in answer] == ["/api/user/1511/"]
    assert list(answer[0]["data"]) == [str(dataid)]
    return answer[0]["data"][str(dataid)]


@pytest.fixture
def later(record: Record, athlete: User, datatypes: Datatypes) -> Record:
    """A second record of the athlete, four seconds long, from second 20 on."""
    made = new_record(athlete, START + 20 * 256, 4, id=38)
    store.write_channel(made, datatypes[HR], np.arange(90, 94))
    return made


@pytest.fixture
def friend(record: Record, athlete: User, datatypes: Datatypes) -> User:
    """Somebody who lets the athlete see his data; his record begins at second 5 of the other."""
    made = User.objects.create(id=36, username="friend@example.com", email="friend@example.com")
    bundle = Bundle.objects.create(name="coach", rights=["read"])
    BundlePermission.objects.create(user_allowed=athlete, user_target=made, bundle=bundle)
    theirs = new_record(made, START + 5 * 256, 10, id=41)
    store.write_channel(theirs, datatypes[HR], np.arange(50, 60))
    return made


@pytest.mark.rule("wire row 4", "wire row 31", "wire trap 8", "behaviour 3.1")
def test_one_object_per_user_with_text_keys(record: Record, get: Get) -> None:
    answer = get(record=37, datatype=f"{HR},{VOLUME}")
    assert answer == [
        {
            "data": {
                "19": HEART_RATE,
                "37": [[at(i), (43 + i) * 13.28] for i in range(10)],
            },
            "user": "/api/user/1511/",
        }
    ]


def test_without_a_datatype_all_channels_come_by_the_text_of_their_id(
    record: Record, get: Get
) -> None:
    assert list(get(record=37)[0]["data"]) == ["18", "19", "37", "4113"]
    assert list(get(record=37, datatype__gt=18)[0]["data"]) == ["19", "37", "4113"]
    assert list(get(record=37, datatype__range="19,37")[0]["data"]) == ["19", "37"]
    assert get(record=37, datatype=HR, datatype__gt=19) == []


@pytest.mark.rule("wire trap 7", "wire 8.1")
def test_kinds_of_numbers(record: Record, athlete: User) -> None:
    """Wire trap 7: rates and timestamps are integers, volumes and RR are decimals."""
    client = client_of(athlete)
    text = client.get("/api/data/?record=37&datatype=19,37,18&max_values=1").content
    assert text == (
        b'[{"data":{"18":[[%d,0.0]],"19":[[%d,70]],"37":[[%d,571.04]]},"user":"/api/user/1511/"}]'
        % (START, at(0), at(0))
    )


@pytest.mark.rule("wire row 13")
@pytest.mark.parametrize(
    "value", ["37", "/api/record/37/", "/api/v1/record/37", "http://testserver/api/record/37/"]
)
def test_records_by_id_and_uri(record: Record, later: Record, get: Get, value: str) -> None:
    assert only(get(datatype=HR, record=value)) == HEART_RATE
    assert only(get(datatype=HR, record__in=value)) == HEART_RATE


def test_id_means_the_record(record: Record, later: Record, get: Get) -> None:
    assert only(get(datatype=HR, id=37)) == HEART_RATE
    assert only(get(datatype=HR, id__lte=37)) == HEART_RATE
    assert get(datatype=HR, id=38, record=37) == []


@pytest.mark.rule("wire row 14", "wire row 23", "wire row 51")
@pytest.mark.parametrize("value", ["1511", "/api/user/1511/", "athlete@example.com"])
def test_users_by_id_uri_and_email(record: Record, friend: User, get: Get, value: str) -> None:
    assert only(get(datatype=HR, user=value)) == HEART_RATE


@pytest.mark.rule("wire row 18", "wire 8.4")
@pytest.mark.parametrize(
    "params",
    [
        {"record": 99},
        {"record": 10**30},
        {"record__in": "37,99"},
        {"record__in": ""},
        {"range": 99},
        {"user": 99},
        {"user": 10**30},
        {"user": "nobody@example.com"},
        {"datatype": 4242},
        {"datatype": 10**30},
        {"datatype": BR},
        {"start": at(0), "end": at(0)},
        {"start": at(10)},
        {"end": START + 256},
        {"record": 37, "timestamp__range": "1,2"},
        {"record": 37, "user": "friend@example.com"},
    ],
)
def test_nothing_is_an_empty_array(record: Record, athlete: User, params: dict[str, Any]) -> None:
    response = client_of(athlete).get("/api/data/", {"datatype": HR} | params)
    assert (response.status_code, response.content) == (200, b"[]")


@pytest.mark.rule("wire row 3", "wire row 8")
@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"start": at(3)}, HEART_RATE[3:]),
        ({"start": at(3) + 1}, HEART_RATE[4:]),
        ({"end": at(3)}, HEART_RATE[:3]),
        ({"end": at(3) + 1}, HEART_RATE[:4]),
        ({"start": f"{at(3)}.9", "end": f"{at(5)}.5"}, HEART_RATE[3:5]),
        ({"timestamp__range": f"{at(3)},{at(5)}"}, HEART_RATE[3:6]),
        ({"timestamp__gt": at(3), "timestamp__lte": at(5)}, HEART_RATE[4:6]),
        ({"timestamp__gte": [at(3), at(4)], "timestamp__lt": at(6)}, HEART_RATE[4:6]),
        ({"record": 37, "start": at(8)}, HEART_RATE[8:]),
    ],
)
def test_times(record: Record, get: Get, params: dict[str, Any], expected: Any) -> None:
    assert only(get(datatype=HR, **params)) == expected


@pytest.mark.rule("wire 8.2")
def test_events_are_cut_to_the_time_too(record: Record, get: Get) -> None:
    found = get(datatype=RR, start=START + 400, end=START + 800)
    assert only(found, RR) == [[START + 400, 0.78125], [START + 600, 0.78125]]


def test_records_of_a_user_follow_each_other(record: Record, later: Record, get: Get) -> None:
    theirs = [[START + 21 * 256 + i * 256, 90 + i] for i in range(4)]
    assert only(get(datatype=HR)) == HEART_RATE + theirs
    assert only(get(datatype=HR, start=at(9), end=at(21))) == HEART_RATE[9:] + theirs[:1]


def test_several_records_give_what_they_share(record: Record, later: Record, get: Get) -> None:
    """Data page: "results only where they all overlap"."""
    assert get(datatype=HR, record="37,38") == []


def test_records_of_several_users_overlap(record: Record, friend: User, get: Get) -> None:
    answer = get(datatype=HR, record="37,41")
    assert [row["user"] for row in answer] == ["/api/user/36/", "/api/user/1511/"]
    assert answer[0]["data"]["19"] == [[at(i), 45 + i] for i in range(5, 10)]
    assert answer[1]["data"]["19"] == HEART_RATE[4:]


def test_a_record_without_the_datatype_still_bounds(
    record: Record, friend: User, get: Get, athlete: User
) -> None:
    new_record(athlete, START, 6, id=50)
    answer = get(datatype=HR, record="37,41,50")
    assert answer[1]["data"]["19"] == HEART_RATE[4:6]


def test_ranges(record: Record, friend: User, athlete: User, get: Get) -> None:
    """A range gives the data of its own user within its time, several where they overlap."""
    Range.objects.create(id=1, user=athlete, start=at(2), end=at(6))
    Range.objects.create(id=2, user=athlete, start=at(4), end=at(9))
    Range.objects.create(id=3, user=athlete, start=at(8), end=None)
    assert only(get(datatype=HR, range=1)) == HEART_RATE[2:6]
    assert only(get(datatype=HR, range="/api/range/2/")) == HEART_RATE[4:9]
    assert only(get(datatype=HR, range="1,2")) == HEART_RATE[4:6]
    assert only(get(datatype=HR, range__lt=3)) == HEART_RATE[4:6]
    assert only(get(datatype=HR, range=3)) == HEART_RATE[8:]
    assert get(datatype=HR, range="1,3") == []
    assert only(get(datatype=HR, range=1, start=at(5))) == HEART_RATE[5:6]
    assert get(datatype=HR, range=1, record=41) == []


@pytest.mark.rule("wire trap 9", "wire 8.3")
def test_flat_and_its_companions(record: Record, friend: User, get: Get) -> None:
    assert get(record=37, datatype=HR, flat=1) == HEART_RATE
    assert get(record=37, datatype=HR, flat="True", no_timestamps="exact") == list(range(70, 80))
    assert only(get(record=37, datatype=HR, no_timestamps=1)) == list(range(70, 80))
    assert only(get(record=37, datatype=HR, flat="False", no_timestamps=0)) == HEART_RATE
    mixed = get(datatype=HR, flat=1, no_timestamps=1)
    assert mixed == [*range(50, 60), *range(70, 80)]
    both = get(record=37, datatype=f"{HR},{VOLUME}", flat=1, max_values=1)
    assert both == [[at(0), 70], [at(0), 571.04]]
    assert get(record=99, flat=1) == []


def test_seconds_are_floored(record: Record, get: Get) -> None:
    found = only(get(record=37, datatype=ECG, seconds=1, end=START + 300), ECG)
    assert [tick for tick, _ in found] == [(START + i) // 256 for i in range(300)]


@pytest.mark.parametrize(("limit", "step"), [(1, 2560), (2, 2560), (100, 26), (2559, 2), (9999, 1)])
def test_thinning(record: Record, get: Get, limit: int, step: int) -> None:
    found = get(record=37, datatype=ECG, max_values=limit, flat=1)
    assert found == [[START + i, i] for i in range(0, 2560, step)]


def test_thinning_counts_from_the_first_value_of_the_window(record: Record, get: Get) -> None:
    found = get(record=37, datatype=ECG, max_values=10, start=START + 100, flat=1)
    assert found == [[START + i, i] for i in range(100, 2560, 274)]


def test_thinning_counts_over_all_records(record: Record, later: Record, get: Get) -> None:
    values = [*range(70, 80), *range(90, 94)]
    for limit in range(1, 15):
        found = get(datatype=HR, max_values=limit, flat=1, no_timestamps=1)
        assert found == values[:: (1 if limit >= 14 else -(-14 // max(1, limit - 1)))]


def test_events_are_thinned_by_their_number_in_the_window(record: Record, get: Get) -> None:
    found = get(datatype=RR, start=START + 200, max_values=4, flat=1)
    assert [tick - START for tick, _ in found] == [200, 1000, 1800]


@pytest.mark.parametrize("kind", ["json", "csv"])
@pytest.mark.parametrize(
    ("limit", "remark"),
    [(2560, None), (2559, "thinned 2"), (11, "thinned 256"), (1, "thinned 2560")],
)
def test_an_answer_says_that_it_was_thinned(
    record: Record, athlete: User, kind: str, limit: int, remark: str | None
) -> None:
    asked: dict[str, str | int] = {"datatype": f"{ECG},{HR}", "max_values": limit, "format": kind}
    response = client_of(athlete).get("/api/data/", asked)
    assert response.status_code == 200
    assert response.get("X-HexoStore-Remark") == remark


@pytest.mark.parametrize(("start", "remark"), [(START, "thinned 4"), (START + 1800, None)])
def test_events_say_so_by_their_number_in_the_window(
    record: Record, athlete: User, start: int, remark: str | None
) -> None:
    asked = {"datatype": RR, "start": start, "max_values": 5}
    response = client_of(athlete).get("/api/data/", asked)
    assert response.get("X-HexoStore-Remark") == remark


@pytest.mark.rule("wire trap 10", "wire row 20")
def test_the_prefix_of_the_request_is_echoed(record: Record, athlete: User) -> None:
    response = client_of(athlete).get("/api/v1/data/?record=/api/record/37/&datatype=19")
    assert response.json()[0]["user"] == "/api/v1/user/1511/"


@pytest.mark.rule("wire row 50", "wire 8.8")
def test_other_parameters_are_ignored(record: Record, get: Get) -> None:
    found = get(record=37, datatype=HR, format="json", limit=0, startTimestamp__gte=1, order_by="x")
    assert only(found) == HEART_RATE


def test_a_bad_value_is_refused_in_json(record: Record, athlete: User) -> None:
    response = client_of(athlete).get("/api/data/?record=soon")
    assert response.status_code == 400
    text = "Invalid resource lookup data provided (mismatched type)."
    assert response.json() == {"error": text}


@pytest.mark.rule("wire row 46")
def test_single_endpoints_keep_to_their_datatypes(record: Record, get: Get) -> None:
    assert only(get("heartrate", record=37)) == HEART_RATE
    assert only(get("ecg", record=37, max_values=1), ECG) == [[START, 0]]
    assert get("heartrate", record=37, datatype=VOLUME) == []
    assert get("heartrate", record=37, flat=1, datatype="19,37") == HEART_RATE
    assert get("cadence", record=37) == []


def test_an_outsider_gets_nothing(record: Record, outsider: User, staff: User, get: Get) -> None:
    mine = Range.objects.create(user=record.user, start=at(0), end=at(5))
    for params in ({}, {"record": 37}, {"user": 1511}, {"range": mine.pk}, {"id__gt": 0}):
        assert get(by=outsider, **params) == []
    assert only(get(by=staff, record=37, datatype=HR)) == HEART_RATE


def test_nobody_is_refused(record: Record) -> None:
    response = APIClient().get("/api/data/?record=37")
    assert response.status_code == 401


@pytest.mark.rule("wire row 6")
def test_basic_login(record: Record, athlete: User) -> None:
    athlete.set_password("athlete")
    athlete.save()
    login = base64.b64encode(b"athlete@example.com:athlete").decode()
    response = APIClient().get(
        "/api/data/?record=37&datatype=19&flat=1", headers={"Authorization": f"Basic {login}"}
    )
    assert response.json() == HEART_RATE


def test_a_realtime_record_gives_what_is_there(record: Record, get: Get, athlete: User) -> None:
    Record.objects.filter(pk=37).update(status="realtime", end=None)
    assert only(get(datatype=HR, start=at(8))) == HEART_RATE[8:]
    response = client_of(athlete).get("/api/data/?record=37")
    assert "ETag" not in response


def test_an_etag_spares_the_reading(record: Record, athlete: User) -> None:
    client, path = client_of(athlete), "/api/data/?record=37&datatype=19"
    etag = client.get(path)["ETag"]
    with patch.object(reader, "read", side_effect=AssertionError("read in vain")):
        again = client.get(path, headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_the_etag_is_of_the_data_and_the_question(
    record: Record, athlete: User, datatypes: Datatypes
) -> None:
    client = client_of(athlete)

    def etag(path: str) -> str:
        return str(client.get(path)["ETag"])

    before = etag("/api/data/?record=37&datatype=19")
    assert etag("/api/data/?datatype=19&record=/api/record/37/&format=json") == before
    others = ("/api/v1/data/?record=37&datatype=19", "/api/data/?record=37&datatype=19&flat=1")
    assert len({before, *map(etag, others), etag(f"/api/data/?datatype=19&start={at(1)}")}) == 4
    store.write_channel(record, datatypes[HR], np.arange(1, 11))
    assert etag("/api/data/?record=37&datatype=19") != before


def test_the_number_of_statements_is_constant(
    record: Record, later: Record, friend: User, athlete: User
) -> None:
    """One for records and channels, one for the chunks of events, one per sixteen chunks."""
    client = client_of(athlete)
    with (
        CaptureQueriesContext(connection) as queries,
        patch.object(reader, "_fetch", wraps=reader._fetch) as fetch,
    ):
        assert len(client.get("/api/data/").json()) == 2
    assert len(queries) == 1
    assert len([call for call in fetch.call_args_list if call.args[1]]) == 1


@pytest.mark.parametrize(
    ("params", "statements"),
    [
        ({"record": 37, "user": "athlete@example.com", "start": START}, 1),
        ({"record": "37,38"}, 2),
        ({"range": 1, "datatype": HR}, 2),
        ({"range": "1,2", "record": "37,38"}, 3),
    ],
)
def test_names_cost_a_statement_each_kind(
    record: Record,
    later: Record,
    athlete: User,
    params: dict[str, Any],
    statements: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for key in (1, 2):
        Range.objects.create(id=key, user=athlete, start=at(2), end=at(6))
    client = client_of(athlete)
    with django_assert_num_queries(statements):
        assert client.get("/api/data/", params).status_code == 200


def test_overlapping_records_are_in_order_of_time(
    record: Record, athlete: User, datatypes: dict[int, Datatype], get: Get
) -> None:
    """As in CSV: the times of one series do not fall."""
    made = new_record(athlete, START + 2 * 256, 10, id=38)
    store.write_channel(made, datatypes[HR], np.arange(90, 100))
    store.write_events(made, datatypes[RR], np.array([0, 300]), np.array([0, 300]))
    for dataid in (HR, RR):
        times = [time for time, _ in get(user=athlete.pk, datatype=dataid, flat=1)]
        assert times == sorted(times)
        assert len(times) == {HR: 20, RR: 15}[dataid]


def test_datatypes_are_in_order_of_their_numbers(
    record: Record, datatypes: dict[int, Datatype], get: Get
) -> None:
    store.write_channel(record, datatypes[1000], np.full(10, 7))
    assert list(get(record=37)[0]["data"]) == ["18", "19", "37", "1000", "4113"]
    assert get(record=37, datatype="1000,19", flat=1, no_timestamps=1, end=START + 513) == [
        70, 71, 7, 7,
    ]  # fmt: skip
