"""TCX files as other programs write them."""

from __future__ import annotations

import codecs
import math

import numpy as np
import pytest

from apps.exchange.activity import Column, FileError, Floats, Session
from hexostore import hexotime
from tests.exchange.sessions import only, whole
from tests.exchange.tcx.files import (
    COURSE,
    DECLARATION,
    activity,
    file,
    lap,
    point,
    position,
    read,
)

NOON = hexotime.from_datetime(hexotime.from_iso("2020-06-01T12:00:00Z"))


def at(seconds: float) -> int:
    return NOON + round(seconds * hexotime.TICKS_PER_SECOND)


def seconds(found: Session) -> list[float]:
    """The times of the points, in seconds from noon."""
    return [(tick - NOON) / hexotime.TICKS_PER_SECOND for tick in whole(found).times.tolist()]


def column(found: Session, name: Column) -> Floats:
    return whole(found).column(name)


PLAIN = file(activity(lap(point(second) for second in range(3))))


@pytest.mark.rule("exchange recipe 26")
@pytest.mark.parametrize(
    "before",
    [b" " * 10, codecs.BOM_UTF8, codecs.BOM_UTF8 + b"\r\n  ", b"\n" * 100_000],
    ids=["blanks", "mark", "mark and blanks", "many blanks"],
)
def test_what_stands_before_the_declaration_does_not_matter(before: bytes) -> None:
    assert seconds(only(read(before + PLAIN.encode()))) == [0, 1, 2]


def test_utf_16_is_read() -> None:
    text = PLAIN.replace("UTF-8", "UTF-16")
    assert seconds(only(read(text.encode("utf-16")))) == [0, 1, 2]


@pytest.mark.parametrize("after", [b"\0" * 1000, b"</Track>", b"<html/>", b"\xff\xfe"])
def test_what_stands_after_the_root_does_not_matter(after: bytes) -> None:
    assert seconds(only(read(PLAIN.encode() + after))) == [0, 1, 2]


@pytest.mark.rule("exchange recipe 28")
def test_the_time_of_a_build_is_no_point() -> None:
    author = (
        "<Author><Name>Connect</Name><Build><Version><VersionMajor>1</VersionMajor></Version>"
        "<Time>Nov 9 2011, 10:09:03</Time></Build></Author>"
    )
    found = read(file(activity(lap([point(0), point(1)])), after=author))
    assert seconds(only(found)) == [0, 1]


@pytest.mark.rule("exchange recipe 29")
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("86.0", 86),
        (" 86 ", 86),
        ("", math.nan),
        ("0", math.nan),
        ("NaN", math.nan),
        ("300", math.nan),
    ],
)
def test_heart_rates(value: str, expected: float) -> None:
    text = f"<AltitudeMeters>1</AltitudeMeters><HeartRateBpm><Value>{value}</Value></HeartRateBpm>"
    found = only(read(file(activity(lap([point(0, text)])))))
    np.testing.assert_array_equal(column(found, Column.HEART_RATE), [expected])


@pytest.mark.rule("exchange recipe 29")
def test_an_empty_value_is_none_among_others() -> None:
    empty = "<HeartRateBpm><Value/></HeartRateBpm><AltitudeMeters>3</AltitudeMeters>"
    found = only(read(file(activity(lap([point(0), point(1, empty), point(2)])))))
    np.testing.assert_array_equal(column(found, Column.HEART_RATE), [90, math.nan, 90])


def test_a_malformed_number_is_named() -> None:
    text = point(0, "<HeartRateBpm><Value>8x</Value></HeartRateBpm>")
    with pytest.raises(FileError, match="'8x' is no number"):
        read(file(activity(lap([text]))))


@pytest.mark.rule("exchange recipe 30")
def test_without_positions_there_are_the_other_values() -> None:
    points = whole(only(read(PLAIN)))
    assert set(points.columns) == {Column.HEART_RATE}


@pytest.mark.rule("exchange recipe 31")
def test_points_that_tell_only_a_part() -> None:
    text = file(
        activity(
            lap(
                [
                    point(0, "<AltitudeMeters>12.5</AltitudeMeters>"),
                    point(1, position(45.5, -73.5)),
                    point(2, ""),
                ]
            )
        )
    )
    found = only(read(text))
    assert seconds(found) == [0, 1]
    np.testing.assert_array_equal(column(found, Column.ALTITUDE), [12.5, math.nan])
    np.testing.assert_array_equal(column(found, Column.LATITUDE), [math.nan, 45.5])


@pytest.mark.parametrize("place", [(0, 0), (91, 5), (5, 181), ("", 5)])
def test_impossible_positions_are_none(place: tuple[float, float]) -> None:
    inside = position(*place) + "<AltitudeMeters>1</AltitudeMeters>"
    found = only(read(file(activity(lap([point(0, inside)])))))
    assert set(whole(found).columns) == {Column.ALTITUDE}


BARE = '<Lap StartTime="2020-06-01T12:01:00Z"><TotalTimeSeconds>60</TotalTimeSeconds>{}</Lap>'


@pytest.mark.rule("exchange recipe 32")
@pytest.mark.parametrize(
    "inside",
    [
        "",
        "<DistanceMeters>0</DistanceMeters><Calories/>",
        "<Calories>0</Calories>",
        f"<Track>{point(60)}</Track><Track>{point(90)}</Track>",
    ],
    ids=["empty", "empty calories", "no distance", "two tracks"],
)
def test_each_lap_is_a_lap(inside: str) -> None:
    found = only(read(file(activity(lap([point(0)]), BARE.format(inside)))))
    assert [(part.start, part.end) for part in found.laps] == [(NOON, at(60)), (at(60), at(120))]
    assert (found.laps[1].totals.distance, found.laps[1].totals.energy) == (None, None)
    assert (found.laps[0].totals.distance, found.laps[0].totals.energy) == (100, 41_840)
    assert (found.start, found.end) == (NOON, at(120))


@pytest.mark.rule("exchange recipe 32")
def test_both_tracks_of_a_lap_are_read() -> None:
    inside = f"<Track>{point(60)}</Track><Track>{point(90)}</Track>"
    assert seconds(only(read(file(activity(BARE.format(inside)))))) == [60, 90]


def test_a_pause_belongs_to_its_lap() -> None:
    """TotalTimeSeconds does not count pauses, so the last point says when the lap ended."""
    first = lap([point(0), point(10), point(300)])
    second = lap([point(300)], start="2020-06-01T12:05:00Z")
    found = only(read(file(activity(first, second))))
    assert [(part.start, part.end) for part in found.laps] == [(NOON, at(300)), (at(300), at(360))]


@pytest.mark.rule("exchange recipe 33")
def test_a_point_at_the_boundary_of_laps_is_one() -> None:
    first = lap([point(0), point(60, "<HeartRateBpm><Value>80</Value></HeartRateBpm>")])
    second = lap([point(60), point(61)], start="2020-06-01T12:01:00Z")
    found = only(read(file(activity(first, second))))
    assert seconds(found) == [0, 60, 61]
    assert column(found, Column.HEART_RATE).tolist() == [90, 90, 90]


def test_a_moment_told_twice_has_what_either_tells() -> None:
    again = point(1, "<AltitudeMeters>7</AltitudeMeters>")
    found = only(read(file(activity(lap([point(1), again, point(0)])))))
    assert seconds(found) == [0, 1]
    assert column(found, Column.HEART_RATE).tolist() == [90, 90]
    np.testing.assert_array_equal(column(found, Column.ALTITUDE), [math.nan, 7])


@pytest.mark.rule("exchange recipe 34")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020-06-01T12:00:05Z", 5),
        ("2020-06-01T12:00:05.000Z", 5),
        ("2020-06-01T12:00:05.5Z", 5.5),
        ("2020-06-01T12:00:05.2500000Z", 5.25),
        ("2020-06-01T14:00:05+02:00", 5),
        ("2020-06-01T12:00:05", 5),
        (" 2020-06-01T12:00:05Z ", 5),
    ],
)
def test_times(text: str, expected: float) -> None:
    told = point(0).replace("2020-06-01T12:00:00Z", text)
    found = only(read(file(activity(lap([told, point(20)])))))
    assert seconds(found) == [expected, 20]


def test_a_start_time_may_end_with_a_blank() -> None:
    found = only(read(file(activity(lap([point(0)], start="2020-06-01T12:00:00Z ")))))
    assert found.laps[0].start == NOON


@pytest.mark.rule("exchange recipe 34")
@pytest.mark.parametrize("text", ["2020-06-01T12:00:05ZZ", "now", "2020-13-01T00:00:00Z", "x"])
def test_a_malformed_time_is_named(text: str) -> None:
    told = point(0).replace("2020-06-01T12:00:00Z", text)
    with pytest.raises(FileError, match=f"'{text}' is no time"):
        read(file(activity(lap([point(1), told]))))


@pytest.mark.rule("exchange recipe 35", "exchange D15")
@pytest.mark.parametrize(
    ("sport", "expected"),
    [("Running", 10), ("running", 10), ("Biking", 1), ("Other", 997), ("x", 997)],
)
def test_sports(sport: str, expected: int) -> None:
    assert only(read(file(activity(lap([point(0)]), sport=sport)))).activitytype == expected


@pytest.mark.rule("exchange recipe 36", "exchange D6")
def test_all_activities_are_read() -> None:
    second = activity(lap([point(100)], start="2020-06-01T12:01:40Z"), sport="Biking")
    found = read(file(activity(lap([point(0)])), second)).sessions
    assert [(one.activitytype, seconds(one)) for one in found] == [(10, [0]), (1, [100])]


@pytest.mark.rule("exchange recipe 36", "exchange D6")
def test_a_multisport_session_has_all_its_sports_and_transitions() -> None:
    transition = lap([point(100)], 20, "2020-06-01T12:01:40Z").replace("Lap", "Transition")
    second = activity(lap([point(130)], start="2020-06-01T12:02:10Z"), sport="Biking")
    text = file(
        "<MultiSportSession><Id>2020-06-01T12:00:00Z</Id>"
        f"<FirstSport>{activity(lap([point(0)]))}</FirstSport>"
        f"<NextSport>{transition}{second}</NextSport></MultiSportSession>"
    )
    found = read(text).sessions
    assert [(one.activitytype, seconds(one)) for one in found] == [
        (10, [0]),
        (997, [100]),
        (1, [130]),
    ]
    assert [len(one.laps) for one in found] == [1, 0, 1]
    assert (found[1].start, found[1].end) == (at(100), at(120))


@pytest.mark.rule("exchange recipe 36", "exchange D20")
def test_a_course_alone_is_no_activity() -> None:
    with pytest.raises(FileError, match="course"):
        read(file(after=COURSE))


def test_a_course_beside_an_activity_is_left_out() -> None:
    assert seconds(only(read(file(activity(lap([point(0)])), after=COURSE)))) == [0]


def test_a_file_without_anything_is_none() -> None:
    with pytest.raises(FileError, match="neither an activity nor a workout"):
        read(file())


@pytest.mark.rule("exchange recipe 39", "exchange D15")
@pytest.mark.parametrize(
    ("notes", "name", "note"),
    [
        ("<Notes>Hills\nlegs were\nheavy</Notes>", "Hills", "legs were\nheavy"),
        ("<Notes>Hills</Notes>", "Hills", ""),
        ("<Notes> \n </Notes>", "Running", ""),
        ("", "Running", ""),
    ],
)
def test_the_first_line_of_the_notes_is_the_name(notes: str, name: str, note: str) -> None:
    found = only(read(file(activity(lap([point(0)]), after=notes))))
    assert (found.name, found.note) == (name, note)


@pytest.mark.rule("exchange recipe 40")
def test_bytes_of_latin_1_in_a_file_that_says_utf_8() -> None:
    text = file(activity(lap([point(0)]), after="<Notes>Montée à 10 €</Notes>"))
    data = text.encode().replace("Montée".encode(), "Montée".encode("latin-1"))
    assert only(read(data)).name == "Montée à 10 €"


def test_a_clock_that_jumps_loses_only_its_points() -> None:
    odd = point(1).replace("2020", "2085")
    found = only(read(file(activity(lap([point(0), odd, point(2)])))))
    assert seconds(found) == [0, 2]
    assert found.end == at(60)


def test_points_far_from_their_laps_are_an_error() -> None:
    odd = point(1).replace("2020", "2085")
    with pytest.raises(FileError, match="far from"):
        read(file(activity(lap([odd]))))


def test_an_activity_without_laps_or_without_start_times() -> None:
    bare = f"<Activity><Id>2020-06-01T12:00:00Z</Id><Track>{point(5)}</Track></Activity>"
    assert (only(read(file(bare))).start, only(read(file(bare))).end) == (NOON, at(5))
    timeless = f"<Activity><Lap><Track>{point(5)}{point(9)}</Track></Lap></Activity>"
    found = only(read(file(timeless)))
    assert [(part.start, part.end) for part in found.laps] == [(at(5), at(9))]


def test_an_activity_without_any_time_is_an_error() -> None:
    with pytest.raises(FileError, match="no time"):
        read(file('<Activity Sport="Running"><Lap/></Activity>'))


@pytest.mark.rule("exchange 1.3")
def test_what_a_known_client_writes() -> None:
    """No DistanceMeters in the Lap, extensions with their namespace on themselves."""
    extensions = (
        '<Extensions><TPX xmlns="http://www.garmin.com/xmlschemas/ActivityExtension/v2">'
        "<Speed>3.5</Speed><RunCadence>80</RunCadence><Watts>200</Watts></TPX></Extensions>"
    )
    summary = (
        '<Extensions><LX xmlns="http://www.garmin.com/xmlschemas/ActivityExtension/v2">'
        "<AvgSpeed>3.5</AvgSpeed></LX></Extensions>"
    )
    heart = "<HeartRateBpm><Value>90</Value></HeartRateBpm>"
    points = point(0, position(45.5, -73.5) + heart + extensions) + point(1, heart + extensions)
    text = file(
        activity(
            '<Lap StartTime="2020-06-01T12:00:00.000Z"><TotalTimeSeconds>60</TotalTimeSeconds>'
            "<Calories>0</Calories><Intensity>Active</Intensity><TriggerMethod>Manual</TriggerMethod>"
            f"<Track>{points}</Track>{summary}</Lap>",
            after="<Notes>Lunch\nwith Kim</Notes>",
        ),
        after='<Author xmlns:xsi="urn:x" xsi:type="Application_t"><Name>tapiriik</Name></Author>',
    )
    found = only(read(text.replace(DECLARATION, "<?xml version='1.0' encoding='UTF-8'?>\n")))
    assert (found.name, found.note, len(found.laps)) == ("Lunch", "with Kim", 1)
    assert whole(found).columns.keys() == {
        Column.LATITUDE,
        Column.LONGITUDE,
        Column.HEART_RATE,
        Column.SPEED,
        Column.STEP_RATE,
    }
