"""Headers and CRCs that are wrong, files that end too early or go on too long."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile

import pytest

from apps.exchange.activity import FileError
from apps.exchange.formats.fit import reader
from tests.exchange.fit import building, rides

RIDE = rides.written(rides.session(laps=2))
SIZE = rides.MINUTES * 60


def seconds_read(content: bytes) -> int:
    """Return how many points the only session of a file has."""
    return len(rides.points_of(rides.read_session(content)))


def failure(content: bytes) -> str:
    """Return why a file is refused."""
    with pytest.raises(FileError) as caught:
        rides.read(content)
    return str(caught.value)


@pytest.mark.rule("exchange recipe 1")
def test_header_without_crc() -> None:
    """Zeros where the header has its CRC, as many watches write."""
    assert seconds_read(RIDE[:12] + b"\0\0" + RIDE[14:]) == SIZE


@pytest.mark.rule("exchange recipe 1")
def test_header_of_twelve_bytes() -> None:
    """The header of old files has no CRC at all."""
    content = building.with_right_crc(bytes([12]) + RIDE[1:12] + RIDE[14:])
    assert seconds_read(content) == SIZE


@pytest.mark.rule("exchange recipe 2", "exchange D19")
def test_wrong_crc() -> None:
    """Data that is whole counts, whatever its CRC says."""
    assert seconds_read(RIDE[:-1] + bytes([RIDE[-1] ^ 0xFF])) == SIZE


@pytest.mark.rule("exchange recipe 3")
def test_crc_cut_off() -> None:
    """All messages are there; only the last two bytes are missing."""
    assert seconds_read(RIDE[:-2]) == SIZE
    assert seconds_read(RIDE[:-1]) == SIZE


@pytest.mark.rule("exchange recipe 3", "exchange D19")
def test_cut_in_a_record() -> None:
    """The text says at which byte and how much could be read."""
    content = building.ten_minutes()
    begin = content.index(building.RECORDS.row(*building.record(100, 60)))
    text = failure(content[: begin + 5])
    assert text == (
        f"The FIT file ends too early: the message at byte {begin} cannot be read. "
        "Before it there are 100 s of records."
    )


@pytest.mark.rule("exchange recipe 3")
def test_cut_in_a_definition() -> None:
    content = building.ten_minutes()
    begin = content.index(building.LAPS.definition())
    text = failure(content[: begin + 8])
    assert f"ends too early: the message at byte {begin} cannot be read" in text
    assert "600 s of records" in text


@pytest.mark.rule("exchange recipe 3")
def test_cut_everywhere() -> None:
    """No cut makes less of a ride; it is whole or refused."""
    content = building.activity(building.records(0, 3))
    for end in range(1, len(content) - 2):
        assert "FIT file" in failure(content[:end])


def test_lost_definition() -> None:
    """A message whose definition is missing cannot be read, nor anything behind it."""
    lost = building.RECORDS.row(*building.record(0))
    content = building.activity(building.LAPS.table(building.lap(0, 10)), lost)
    where = content.rindex(lost)
    assert f"is damaged: the message at byte {where} cannot be read" in failure(content)


def test_message_longer_than_the_file_says() -> None:
    content = building.ten_minutes()
    shorter = content[:4] + struct.pack("<I", len(content) - 14 - 2 - 5) + content[8:]
    assert "is damaged" in failure(shorter)


@pytest.mark.rule("exchange recipe 4")
def test_size_that_was_never_filled_in() -> None:
    """A recording that was not closed has the size 0; what follows is read to the end."""
    content = RIDE[:4] + bytes(4) + RIDE[8:]
    assert seconds_read(content) == SIZE


@pytest.mark.rule("exchange recipe 4")
def test_size_that_was_never_filled_in_and_a_cut() -> None:
    """Such a recording has mostly been cut as well."""
    content = building.activity(building.records(0, 100))
    content = content[:4] + bytes(4) + content[8:-10]
    assert "100 s" in failure(content) or "99 s" in failure(content)


@pytest.mark.rule("exchange recipe 5")
def test_header_and_nothing_else() -> None:
    """Fourteen bytes that announce nothing, with and without the CRC of nothing."""
    shell = building.wrapped()
    assert failure(shell) == failure(shell[:-2])
    assert "holds nothing" in failure(shell)


def test_file_id_and_nothing_else() -> None:
    assert "no session, no lap and no record" in failure(building.activity())


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("ride.fit", RIDE)
    return out.getvalue()


@pytest.mark.rule("exchange recipe 5")
@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"<!DOCTYPE html>\n<html><body>404</body></html>", "a web page"),
        (b"\n <html>", "a web page"),
        (b'{"error": "not found"}', "a JSON file"),
        (b"[1, 2]", "a JSON file"),
        (b'<?xml version="1.0"?><gpx version="1.1">', "a GPX file"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<TrainingCenterDatabase>', "a TCX file"),
        (b"<?xml version='1.0'?><svg/>", "an XML file"),
        (b"time,heart_rate\n1,2\n", "a text file"),
        (bytes(range(256)), "a file of an unknown kind"),
        (zipped(), "a zip archive"),
        (gzip.compress(RIDE), "a gzip file"),
        (RIDE[:11], "a file of an unknown kind"),
        (b"\x0d" + RIDE[1:], "the beginning of one, whose header is malformed or cut off"),
        (b"\xff" + RIDE[1:], "the beginning of one, whose header is malformed or cut off"),
        (RIDE[:13], "the beginning of one, whose header is malformed or cut off"),
    ],
)
def test_files_that_are_something_else(content: bytes, name: str) -> None:
    """An error page that somebody saved as .fit, and the like."""
    assert failure(content) == f"This is not a FIT file but {name}."


@pytest.mark.rule("exchange recipe 5")
def test_nothing() -> None:
    assert failure(b"") == "The file is empty."


@pytest.mark.rule("exchange recipe 7", "exchange D19")
@pytest.mark.parametrize("junk", [bytes(100), b"\n", b"<html>", b"\x0e" * 40, bytes(11)])
def test_junk_behind_a_whole_file(junk: bytes) -> None:
    """Zeros at the end of a block, or whatever a program has left there."""
    assert seconds_read(RIDE + junk) == SIZE


@pytest.mark.rule("exchange recipe 6")
def test_chained_files() -> None:
    """Two files in one: both count, in order of time."""
    later = rides.written(rides.session(60, rides.START + 3600 * 256))
    first, second = rides.read(later + RIDE).sessions
    assert (first.start, len(first.laps)) == (rides.START, 2)
    assert second.start == rides.START + 3600 * 256
    assert len(rides.points_of(second)) == 60


def test_chain_of_which_the_second_file_is_cut() -> None:
    text = failure(RIDE + RIDE[:-200])
    assert "ends too early" in text
    assert f"{2 * SIZE} s of records" in text


def test_definitions_of_one_file_do_not_count_in_the_next() -> None:
    orphan = building.wrapped(building.RECORDS.row(*building.record(0)))
    assert "is damaged" in failure(building.ten_minutes() + orphan)


@pytest.mark.rule("exchange recipe 23", "exchange D20")
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (2, "settings"),
        (6, "a course"),
        (9, "weights"),
        (15, "daily monitoring"),
        (32, "daily monitoring"),
        (77, "a file of type 77"),
    ],
)
def test_files_of_other_types(kind: int, name: str) -> None:
    """Courses, monitoring, settings and weights: the text names them."""
    content = building.wrapped(building.file_id(kind), building.records(0, 10))
    expected = f"The FIT file is {name}; only activities and workouts can be imported."
    assert failure(content) == expected


def test_settings_chained_behind_an_activity() -> None:
    settings = building.wrapped(building.file_id(2))
    assert seconds_read(building.ten_minutes() + settings) == SIZE


def test_field_of_no_bytes_at_the_end_of_a_message() -> None:
    """Developer data whose application has no bytes; a message of no bytes at all."""
    ids = building.Rows(4, building.DEVELOPER_DATA_ID, {3: "B", 1: "0s"})
    none = building.Rows(5, building.DEVELOPER_DATA_ID, {})
    assert seconds_read(building.ten_minutes(ids.table((0, b"")), none.table((), ()))) == SIZE


def test_file_without_file_id() -> None:
    """Records make it an activity."""
    assert seconds_read(building.wrapped(building.records(0, 50))) == 50


def test_more_than_anybody_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files made to take memory are refused while they are read."""
    from apps.exchange.formats.fit import frames, sessions

    content = building.ten_minutes()
    monkeypatch.setattr(frames, "MOST_MESSAGES", 100)
    assert "more than 100 messages" in failure(content)
    monkeypatch.setattr(frames, "MOST_MESSAGES", 10_000)
    monkeypatch.setattr(frames, "MOST_DEFINITIONS", 2)
    assert "more than 2 different definitions" in failure(content)
    monkeypatch.setattr(frames, "MOST_DEFINITIONS", 100)
    monkeypatch.setattr(frames, "MOST_PARTS", 2)
    assert "more than 2 FIT files" in failure(3 * content)
    monkeypatch.setattr(sessions, "MOST_SPANS", 2)
    assert "more than 2 sessions and laps" in failure(content)


def test_file_is_read_from_its_start() -> None:
    file = io.BytesIO(RIDE)
    file.seek(100)
    assert len(reader.read(file).sessions) == 1
