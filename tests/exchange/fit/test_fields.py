"""Values of records: what says "unknown", both byte orders, definitions that change, developers."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from typing import Any

import pytest

from apps.exchange.activity import Column
from apps.exchange.formats.fit.profile import APPLICATION_ID
from tests.exchange.fit import building, rides
from tests.exchange.fit.building import START

NAN = float("nan")


def read_columns(*messages: bytes) -> dict[str, list[float]]:
    """Return the columns of the only session of an activity."""
    found = rides.points_of(rides.read_session(building.activity(*messages)))
    return {name: found.column(name).tolist() for name in found.columns}


def one_record(fields: dict[int, str], *values: Any, big: bool = False) -> dict[str, float]:
    """Return what a single record tells."""
    rows = building.Rows(1, building.RECORD, {253: "I", **fields}, big=big)
    return {name: value for name, (value,) in read_columns(rows.table((START, *values))).items()}


@pytest.mark.rule("exchange recipe 19")
@pytest.mark.parametrize("big", [False, True])
def test_all_columns_in_both_byte_orders(big: bool) -> None:
    fields = {0: "i", 1: "i", 78: "I", 5: "I", 73: "I", 31: "B", 3: "B", 108: "H"}
    values = (2**29, -(2**29), 2651, 12_345, 2_500, 4, 71, 1534)
    assert one_record(fields, *values, big=big) == {
        "latitude": 45,
        "longitude": -45,
        "altitude": pytest.approx(30.2),
        "distance": 123.45,
        "speed": 2.5,
        "horizontal_accuracy": 4,
        "heart_rate": 71,
        "breathing_rate": 15.34,
    }


def test_fields_of_older_watches() -> None:
    """Altitude, speed and respiration in fewer bytes."""
    found = one_record({2: "H", 6: "H", 99: "B"}, 2651, 2500, 15)
    expected = {"altitude": pytest.approx(30.2), "speed": 2.5, "breathing_rate": 15}
    assert found == expected


def test_newer_field_counts_if_both_are_there() -> None:
    rows = building.Rows(1, building.RECORD, {253: "I", 99: "B", 108: "H"})
    found = read_columns(rows.table((START, 15, 1534), (START + 1, 16, 0xFFFF)))
    assert found["breathing_rate"] == [15.34, 16]


def test_type_on_the_wire_counts() -> None:
    """A program may write more or fewer bytes than the profile has, or a number with a point."""
    assert one_record({3: "H", 5: "H", 108: "B"}, 71, 500, 200) == {
        "heart_rate": 71,
        "distance": 5,
        "breathing_rate": 2,
    }
    assert one_record({3: "f", 78: "d"}, 71.5, 2651.0)["heart_rate"] == 71.5
    assert one_record({3: "2B"}, 71, 72) == {"heart_rate": 71}


@pytest.mark.rule("exchange recipe 18")
@pytest.mark.parametrize(
    ("fields", "values"),
    [
        ({3: "B"}, [0xFF]),
        ({3: "B"}, [0]),
        ({0: "i", 1: "i"}, [0x7FFFFFFF, 0x7FFFFFFF]),
        ({0: "i", 1: "i"}, [2**29, 0x7FFFFFFF]),
        ({0: "i", 1: "i"}, [0, 0]),
        ({0: "i", 1: "i"}, [2**30 + 1, 5]),
        ({0: "i"}, [2**29]),
        ({1: "i"}, [2**29]),
        ({78: "I", 73: "I", 108: "H"}, [0xFFFFFFFF, 0xFFFFFFFF, 0xFFFF]),
        ({3: "f"}, [math.inf]),
        ({3: "d"}, [1e300]),
        ({3: "h", 5: "i", 73: "d"}, [-70, -1, 1e12]),
        ({3: "f"}, [NAN]),
        ({7: "H", 4: "B", 13: "b"}, [250, 90, 20]),
    ],
)
def test_what_says_unknown(fields: dict[int, str], values: list[float]) -> None:
    """The value that a type has for it; no heart beats 0 times, nobody is at 0, 0 or 180, 180."""
    assert one_record(fields, *values) == {}


@pytest.mark.rule("exchange recipe 19")
def test_definition_that_changes_on_the_way() -> None:
    """The same number means another definition, in another byte order; then the first again."""
    first = building.Rows(1, building.RECORD, {253: "I", 3: "B"})
    second = building.Rows(1, building.RECORD, {108: "H", 253: "I"}, big=True)
    found = read_columns(
        first.table((START, 60), (START + 1, 61)),
        second.table((1500, START + 2)),
        first.table((START + 3, 63)),
    )
    assert found["heart_rate"] == pytest.approx([60, 61, NAN, 63], nan_ok=True)
    assert found["breathing_rate"] == pytest.approx([NAN, NAN, 15, NAN], nan_ok=True)


def test_fields_and_messages_that_nobody_knows() -> None:
    """A field of a size that its type cannot have is passed over, one of no bytes too."""
    odd = building.Rows(1, building.RECORD, {253: "I", 5: "3s", 3: "B"}, base_types={5: 0x86})
    empty = building.Rows(1, building.RECORD, {253: "I", 200: "0s", 3: "B"})
    unknown = building.Rows(2, 0xFF01, {253: "I", 7: "5s"}, base_types={7: 0x55})
    nothing = building.Rows(3, 0xFF02, {})
    assert read_columns(odd.table((START, b"abc", 71))) == {"heart_rate": [71]}
    assert read_columns(empty.table((START, b"", 72))) == {"heart_rate": [72]}
    others = unknown.table((START, b"abcde")) + nothing.table((), ())
    assert read_columns(others, odd.table((START, b"abc", 73))) == {"heart_rate": [73]}


@pytest.mark.rule("exchange recipe 17")
@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"Trail\0\0\0", "Trail"),
        (b"Trailrun", "Trailrun"),
        (b"Run\xff\0\0\0\0", "Run\N{REPLACEMENT CHARACTER}"),
        ("Läufe\0\0".encode(), "Läufe"),
        (b"ab\0trash", "ab"),
        (bytes(8), ""),
    ],
)
def test_texts(content: bytes, name: str) -> None:
    """Without an end, with bytes that are no UTF-8, with a rest behind the end."""
    sessions = building.Rows(3, building.SESSION, {2: "I", 7: "I", 110: "8s"})
    found = building.activity(sessions.table((START, 60_000, content)))
    assert rides.read_session(found).name == name


def test_sums_and_means() -> None:
    """Of a session and a lap, in fields of different numbers."""
    sums = {2: "I", 7: "I", 9: "I", 11: "H"}
    laps = building.Rows(2, building.LAP, {**sums, 15: "B", 16: "B", 147: "B", 111: "I"})
    sessions = building.Rows(3, building.SESSION, {**sums, 16: "B", 17: "B", 169: "H", 15: "H"})
    found = rides.read_session(
        building.activity(
            laps.table((START, 30_000, 12_345, 10, 80, 90, 15, 5000)),
            sessions.table((START, 60_000, 23_456, 0xFFFF, 81, 91, 1650, 6000)),
        )
    )
    lap, whole = found.laps[0].totals, found.totals
    assert (lap.distance, lap.energy, lap.maximum_speed) == (123.45, 41_840, 5)
    assert (lap.average_heart_rate, lap.maximum_heart_rate) == (80, 90)
    assert lap.average_breathing_rate == 15
    assert (whole.distance, whole.energy, whole.maximum_speed) == (234.56, None, 6)
    assert (whole.average_heart_rate, whole.maximum_heart_rate) == (81, 91)
    assert whole.average_breathing_rate == 16.5


def test_sums_that_cannot_be() -> None:
    """Numbers of a type that tells more than the field of the profile."""
    sessions = building.Rows(3, building.SESSION, {2: "I", 7: "d", 9: "d", 11: "h"})
    content = building.activity(
        building.records(0, 60), sessions.table((START, 1e300, 1e300, -5), (START, -1.0, NAN, 7))
    )
    for found in rides.read(content).sessions:
        assert found.totals.distance is None
        assert (found.end - found.start) // 256 == 59
        assert found.totals.energy in {None, 7 * 4184}


@dataclass(frozen=True)
class Developer:
    """A developer field of type float32 and how its file describes it."""

    name: str = "tidal_volume"
    units: str = "L"
    application: bytes | None = bytes(16)
    descriptions: dict[int, Any] = field(default_factory=dict)

    def messages(self) -> bytes:
        """Return developer_data_id and field_description; without values they are left out."""
        content = b""
        if self.application is not None:
            ids = building.Rows(4, building.DEVELOPER_DATA_ID, {3: "B", 1: "16s"})
            content += ids.table((0, self.application))
        texts = {3: self.name.encode() + b"\0", 8: self.units.encode() + b"\0"}
        known = {0: 0, 1: 5, 2: 0x88, **texts, **self.descriptions}
        told = {number: value for number, value in known.items() if value is not None}
        kinds = {
            number: f"{len(value)}s" if isinstance(value, bytes) else "B"
            for number, value in told.items()
        }
        rows = building.Rows(5, building.FIELD_DESCRIPTION, kinds)
        return content + rows.table(tuple(told.values()))

    def read(self, value: float = 0.5) -> dict[str, list[float]]:
        """Return the columns of a record that has the field besides its heart rate."""
        rows = building.Rows(1, building.RECORD, {253: "I", 3: "B"}, {(0, 5): "f"})
        return read_columns(self.messages(), rows.table((START, 70, value)))


@pytest.mark.rule("exchange 3.2")
@pytest.mark.parametrize(
    ("name", "units", "column", "value"),
    [
        ("tidal_volume", "L", "tidal_volume", 500),
        ("tidal_volume", "mL", "tidal_volume", 0.5),
        ("tidal_volume", "ml/br", "tidal_volume", 0.5),
        ("Tidal_Volume", "", "tidal_volume", 500),
        ("minute_ventilation", "L/min", "minute_ventilation", 500),
        ("minute_ventilation", "mL/min", "minute_ventilation", 0.5),
        ("tyme_tidal_volume", "vol/br", "tidal_volume", 500),
        ("tyme_minute_volume", "vol/min", "minute_ventilation", 500),
        ("tyme_breath_rate", "brpm", "breathing_rate", 0.5),
    ],
)
def test_breathing_of_developers(name: str, units: str, column: str, value: float) -> None:
    """Names that breathing straps use; the units decide between litres and millilitres."""
    assert Developer(name, units).read() == {"heart_rate": [70], column: [value]}


@pytest.mark.parametrize(
    ("native", "column"), [(3, "heart_rate"), (99, "breathing_rate"), (108, "breathing_rate")]
)
@pytest.mark.parametrize("message", [None, building.RECORD])
def test_field_that_replaces_one_of_the_profile(
    native: int, column: str, message: int | None
) -> None:
    developer = Developer("mine", "?", descriptions={15: native, 14: message})
    rows = building.Rows(1, building.RECORD, {253: "I"}, {(0, 5): "f"})
    assert read_columns(developer.messages(), rows.table((START, 17.5))) == {column: [17.5]}


def test_field_of_the_profile_counts_before_one_that_replaces_it() -> None:
    assert Developer("mine", "bpm", descriptions={15: 3}).read(99) == {"heart_rate": [70]}


def test_field_that_replaces_one_of_another_message() -> None:
    """Number 3 of a lap is no heart rate."""
    lap = Developer("mine", "?", descriptions={15: 108, 14: building.LAP})
    assert lap.read() == {"heart_rate": [70]}


def test_scale_and_offset_of_a_developer() -> None:
    developer = Developer("tidal_volume", "mL", descriptions={6: 2, 7: 10})
    assert developer.read(1000)["tidal_volume"] == [490]


def test_unknown_value_of_a_developer() -> None:
    (nothing,) = struct.unpack("<f", b"\xff\xff\xff\xff")
    assert Developer().read(nothing) == {"heart_rate": [70]}


@pytest.mark.rule("exchange D9")
def test_energy_counts_only_if_it_is_ours() -> None:
    """Watts of others are mostly those of pedals."""
    assert Developer("energy_expenditure", "W").read(95) == {"heart_rate": [70]}
    ours = Developer("energy_expenditure", "W", application=APPLICATION_ID)
    assert ours.read(95) == {"heart_rate": [70], "energy": [95]}


@pytest.mark.rule("exchange recipe 16")
@pytest.mark.parametrize(
    "developer",
    [
        Developer(application=None),
        Developer(application=b""),
        Developer(descriptions={3: b"\0"}),
        Developer(descriptions={3: None}),
        Developer(descriptions={1: None}),
        Developer(descriptions={1: 0xFF}),
        Developer(descriptions={0: None}),
        Developer(descriptions={0: 7}),
        Developer(descriptions={2: 0x55}),
        Developer(descriptions={2: 0xFF}),
        Developer(descriptions={2: None}),
        Developer(descriptions={2: 0x89}),
        Developer(descriptions={2: 0x07}),
        Developer(descriptions={6: 0}),
        Developer(descriptions={8: None}),
        Developer(descriptions={3: b"\xff\xfe\0"}),
    ],
    ids=repr,
)
def test_descriptions_that_lack_something(developer: Developer) -> None:
    """No developer, no application, no name, no number, no or an unknown type: the rest counts."""
    assert developer.read()["heart_rate"] == [70]


@pytest.mark.rule("exchange recipe 16")
def test_field_without_a_description() -> None:
    rows = building.Rows(1, building.RECORD, {253: "I", 3: "B"}, {(3, 9): "5s"})
    found = read_columns(rows.table((START, 70, b"12345"), (START + 1, 71, b"12345")))
    assert found == {"heart_rate": [70, 71]}


def test_last_of_two_descriptions_counts() -> None:
    """An index and a number that are given away twice."""
    first, second = Developer(units="L"), Developer(units="mL")
    rows = building.Rows(1, building.RECORD, {253: "I"}, {(0, 5): "f"})
    messages = first.messages() + second.messages()
    found = read_columns(messages, rows.table((START, 0.5)))
    assert found == {Column.TIDAL_VOLUME: [0.5]}
