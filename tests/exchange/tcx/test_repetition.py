"""Points that are read as text are those that the parser would read."""

from __future__ import annotations

import io
from random import Random
from unittest.mock import patch

import pytest

from apps.exchange.activity import FileError, Points
from apps.exchange.formats.tcx import reader
from apps.exchange.formats.xml import repetition
from tests.exchange.sessions import assert_equal, only, whole
from tests.exchange.tcx.files import NAMESPACES, OWN, activity, file, lap, point, position

_INSIDE = (
    "<HeartRateBpm><Value>{}</Value></HeartRateBpm>",
    "<AltitudeMeters>{}.5</AltitudeMeters><Cadence>80</Cadence>",
    (
        "<Extensions><ns3:TPX><ns3:Watts>{}</ns3:Watts></ns3:TPX><hx:TidalVolume>5</hx:TidalVolume>"
        "</Extensions>"
    ),
    "<HeartRateBpm>\n<Value>{}</Value>\n</HeartRateBpm>",
    "<HeartRateBpm><Value> {} </Value></HeartRateBpm>",
    "<HeartRateBpm><Value/></HeartRateBpm><DistanceMeters>{}</DistanceMeters>",
    "<HeartRateBpm><Value><!-- {0} -->{0}</Value></HeartRateBpm>",
    "<HeartRateBpm><Value><![CDATA[{}]]></Value></HeartRateBpm>",
    "<HeartRateBpm><Value>&#54;{}</Value></HeartRateBpm>",
    "<Position>{}</Position><AltitudeMeters>3</AltitudeMeters>",
    "<x><Time>{}</Time></x><DistanceMeters>8</DistanceMeters>",
    "<HeartRateBpm><Value>{}</Value></HeartRateBpm><HeartRateBpm><Value>70</Value></HeartRateBpm>",
    (
        "<!-- <Trackpoint><Time>2020-06-01T12:00:00Z</Time></Trackpoint> --><DistanceMeters>{}"
        "</DistanceMeters>"
    ),
)


def read_both_ways(text: str) -> tuple[Points, Points]:
    """The points of a file, as the reader reads them, and by the parser alone."""
    body = io.BytesIO(text.encode())
    found = whole(only(reader.read(body)))
    with patch.object(repetition.PointForms, "learn", lambda *_: None):
        return found, whole(only(reader.read(body)))


@pytest.mark.parametrize("seed", range(6))
def test_mixed_points(seed: int) -> None:
    random = Random(seed)  # noqa: S311
    forms = random.sample(_INSIDE, 4)
    told = [
        point(second, random.choice(forms).format(60 + second % 9)) + random.choice(("", "\n  "))
        for second in range(1500)
    ]
    laps = [lap(told[first : first + 500]) for first in range(0, 1500, 500)]
    found, expected = read_both_ways(file(activity(*laps), namespaces=f"{NAMESPACES} {OWN}"))
    assert len(expected) > 900
    assert_equal(found, expected)


@pytest.mark.rule("exchange recipe 45")
def test_most_points_of_a_usual_file_do_not_reach_the_parser() -> None:
    told = [point(second, position(45.5, -73.5 - second / 1e5)) for second in range(2000)]
    taken = []
    original = reader.TcxContents.take

    def take(contents: reader.TcxContents, element: object) -> bool:
        taken.append(element)
        return original(contents, element)  # type: ignore[arg-type]

    with patch.object(reader.TcxContents, "take", take):
        found = whole(only(reader.read(io.BytesIO(file(activity(lap(told))).encode()))))
    assert len(found) == 2000
    assert len(taken) < 30


def test_a_malformed_value_is_named_wherever_it_stands() -> None:
    told = [point(second) for second in range(100)]
    told[50] = told[50].replace("<Value>90", "<Value>9x")
    with pytest.raises(FileError, match="'9x' is no number"):
        reader.read(io.BytesIO(file(activity(lap(told))).encode()))


def test_damage_tells_the_byte() -> None:
    text = file(activity(lap(point(second) for second in range(900))))
    place = text.index("12:10:00Z")
    with pytest.raises(FileError, match="after 600 points") as caught:
        reader.read(io.BytesIO(f"{text[:place]}<{text[place:]}".encode()))
    assert abs(int(str(caught.value).split("byte ")[1].split(",")[0]) - place) < 200
