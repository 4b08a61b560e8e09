"""What is drawn of a record, against what the API says of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.test import Client

from apps.accounts.models import User
from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals.storage import store
from hexostore.database.heard import hear_statements
from tests.signals.conftest import ECG, HR, RR, START, STATUS, VOLUME, Get, new_record

pytestmark = pytest.mark.django_db
HOUR = 3600


def ask(client: Client, record: Record, **arguments: int) -> Any:
    return client.get(f"/explore/record/{record.pk}/data", arguments).json()


def shown(drawn: dict[str, Any]) -> list[list[int]]:
    """Single samples as pairs of tick and count, as the API has them."""
    first, step = drawn["first"], drawn["step"]
    return [[START + first + step * at, count] for at, count in enumerate(drawn["values"])]


@pytest.fixture
def long(athlete: User, datatypes: dict[int, Datatype]) -> Record:
    """An hour of an ECG that never repeats itself, more than a summary has blocks for."""
    made = new_record(athlete, id=52, seconds=HOUR)
    random = np.random.default_rng(7)
    counts = (1360 + np.cumsum(random.integers(-9, 10, HOUR * 256)) % 2000).astype(np.int16)
    store.write_channel(made, datatypes[ECG], counts)
    beats = np.cumsum(random.integers(150, 250, 4000))
    store.write_events(made, datatypes[RR], beats, np.diff(beats, prepend=0))
    return made


def everything(record: Record) -> np.ndarray[Any, Any]:
    """All counts of the ECG as they were written."""
    random = np.random.default_rng(7)
    return (1360 + np.cumsum(random.integers(-9, 10, HOUR * 256)) % 2000).astype(np.int16)


def test_single_samples_are_those_of_the_api(client: Client, record: Record, get: Get) -> None:
    found = ask(client, record)["channels"]
    assert shown(found[str(HR)]) == get(record=record.pk, datatype=HR, flat=1)
    near = ask(client, record, channels=ECG, columns=2000, to=2560)["channels"][str(ECG)]
    assert near["kind"] == "samples"
    assert shown(near) == get(record=record.pk, datatype=ECG, flat=1)


def test_counts_become_the_physical_values_of_the_api(
    client: Client, record: Record, datatypes: dict[int, Datatype], get: Get
) -> None:
    drawn = ask(client, record, channels=VOLUME)["channels"][str(VOLUME)]
    kind = datatypes[VOLUME]
    values = [count * kind.gain + kind.offset for count in drawn["values"]]
    assert values == get(record=record.pk, datatype=VOLUME, flat=1, no_timestamps=1)


def test_events_are_those_of_the_api(client: Client, record: Record, get: Get) -> None:
    drawn = ask(client, record, channels=RR)["channels"][str(RR)]
    gain = 1 / 256
    pairs = [
        [START + at, value * gain] for at, value in zip(drawn["at"], drawn["values"], strict=True)
    ]
    assert pairs == get(record=record.pk, datatype=RR, flat=1)


@pytest.mark.parametrize("columns", [40, 300, 900, 4000])
@pytest.mark.parametrize(("since", "seconds"), [(0, HOUR), (1234.5, 600), (3000, 700)])
def test_columns_are_the_extremes_of_all_samples(
    client: Client, long: Record, columns: int, since: float, seconds: int
) -> None:
    asked = {"from": int(since * 256), "to": int((since + seconds) * 256)}
    drawn = ask(client, long, channels=ECG, columns=columns, **asked)["channels"][str(ECG)]
    assert drawn["kind"] == "columns"
    counts, step, first = everything(long), drawn["step"], drawn["first"]
    for at, (least, greatest) in enumerate(zip(drawn["least"], drawn["greatest"], strict=True)):
        samples = counts[first + at * step : first + (at + 1) * step]
        assert (least, greatest) == (samples.min(), samples.max())
    assert first <= asked["from"]
    assert first + len(drawn["least"]) * step >= min(asked["to"], len(counts))
    assert len(drawn["least"]) <= columns + 3


def test_many_events_come_in_bins(client: Client, long: Record, get: Get) -> None:
    drawn = ask(client, long, channels=RR, columns=100)["channels"][str(RR)]
    assert drawn["kind"] == "bins"
    events = get(record=long.pk, datatype=RR, flat=1, end=START + 256 * HOUR + 1)
    assert abs(sum(drawn["number"]) - len(events)) <= 1  # the next one after the end
    for at, least, number in zip(drawn["at"], drawn["least"], drawn["number"], strict=True):
        inside = [v for t, v in events if at <= t - START < at + drawn["step"]]
        if len(inside) == number:
            assert least / 256 == min(inside)


def test_one_event_before_and_after_the_window(client: Client, record: Record) -> None:
    asked = {"channels": RR, "from": 410, "to": 790}
    assert ask(client, record, **asked)["channels"][str(RR)]["at"] == [400, 600, 800]


def count_statements(client: Client, record: Record, **arguments: int) -> int:
    """Ask, and return how many statements that took, those on raw cursors included."""
    with hear_statements() as heard:
        ask(client, record, **arguments)
    return len(heard)


def test_the_number_of_statements_does_not_depend_on_the_length(
    client: Client, record: Record, long: Record
) -> None:
    """Record, channels, keys of events, samples, events."""
    ask(client, long)  # makes the summary, which is kept
    assert count_statements(client, record, to=2560) == 5
    assert count_statements(client, long, to=256 * 5) == 5
    assert count_statements(client, long, to=256 * HOUR) == 4


def test_a_summary_is_made_once(client: Client, long: Record) -> None:
    store.write_channel(long, Datatype.objects.get(pk=ECG), everything(long)[::-1])
    first = count_statements(client, long, channels=ECG, columns=200)
    assert count_statements(client, long, channels=ECG, columns=200) == first - 1


def test_unchanged_data_is_not_sent_again(
    client: Client, record: Record, datatypes: dict[int, Datatype]
) -> None:
    path = f"/explore/record/{record.pk}/data?to=2560"
    etag = client.get(path)["ETag"]
    again = client.get(path, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    store.write_channel(record, datatypes[HR], np.arange(60, 70))
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 200


def test_flags_of_a_column_are_all_that_were_set(
    client: Client, athlete: User, datatypes: dict[int, Datatype]
) -> None:
    made = new_record(athlete, id=53, seconds=100)
    store.write_channel(made, datatypes[STATUS], np.resize([0, 4, 0, 16], 100))
    drawn = ask(client, made, columns=25)["channels"][str(STATUS)]
    assert set(drawn["greatest"]) == {20}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"columns": "0"}, "columns must be between 1 and 4000."),
        ({"columns": "5000"}, "columns must be between 1 and 4000."),
        ({"from": "soon"}, "from must be a whole number, not 'soon'."),
        ({"channels": "x"}, "channels must be ids with commas between them."),
        ({"channels": "9" * 12}, "channels must be ids of data types."),
        ({"channels": ",".join(map(str, range(200)))}, "channels can have at most 128 ids."),
    ],
)
def test_wrong_arguments_are_named(
    client: Client, record: Record, arguments: dict[str, str], text: str
) -> None:
    answer = client.get(f"/explore/record/{record.pk}/data", arguments)
    assert (answer.status_code, answer.json()) == (400, {"error": text})


def test_nothing_for_strangers_and_of_unknown_records(client: Client, record: Record) -> None:
    path = f"/explore/record/{record.pk}/data"
    assert client.get(path, REMOTE_ADDR="192.0.2.7").status_code == 401
    assert client.get("/explore/record/1/data").status_code == 404
    assert client.get(f"/explore/record/{10**30}/data").status_code == 404
