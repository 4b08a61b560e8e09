"""What a file is, whatever it is called."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from io import BytesIO
from tempfile import TemporaryFile
from typing import Any, BinaryIO

import pytest

from apps.exchange import recognition
from apps.exchange.activity import Activity, FileError
from apps.exchange.formats import Read

FIT = b"\x0e\x10\x00\x00\x00\x00\x00\x00.FIT\x00\x00"
TCX = b'<?xml version="1.0" encoding="UTF-8"?>\n<TrainingCenterDatabase xmlns="x"></Tra'
GPX = b"<gpx></gpx>"
LIMIT = 10_000

Seen = Callable[[bytes], str]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Seen:
    """Which reader gets a file; the reader sees all of it."""
    settings.HEXOSTORE_IMPORT_BYTES = LIMIT
    found: list[tuple[str, bytes]] = []

    def reader_of(name: str) -> Read:
        def read(file: BinaryIO) -> Activity:
            found.append((name, file.read()))
            return Activity()

        return read

    def see(content: bytes) -> str:
        with TemporaryFile() as file:
            file.write(content)
            recognition.read_activity(file, lambda _: None)
        (name, whole) = found.pop()
        assert whole.lstrip(b" \n\xef\xbb\xbf\0")
        return name

    monkeypatch.setattr(recognition, "reader_of", reader_of)
    return see


def zipped(*members: bytes) -> bytes:
    """A zip file of those members."""
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/", "")
        for number, member in enumerate(members):
            archive.writestr(f"folder/{number}.tcx", member)
    return written.getvalue()


@pytest.mark.rule("exchange D18")
@pytest.mark.parametrize(
    ("content", "name"),
    [
        (FIT, "fit"),
        (FIT[:12], "fit"),
        (TCX, "tcx"),
        (b"          " + TCX, "tcx"),
        (b"\xef\xbb\xbf" + TCX, "tcx"),
        (b"\xef\xbb\xbf  \n" + TCX, "tcx"),
        (TCX.decode().replace("UTF-8", "UTF-16").encode("utf-16"), "tcx"),
        (b"<!-- <gpx> --><!DOCTYPE a [<!ENTITY b '<gpx>'>]><?x <gpx> ?>" + TCX[39:], "tcx"),
        (b"<n:TrainingCenterDatabase xmlns:n='x'/>", "tcx"),
        (GPX, "gpx"),
        (b"<?xml version='1.0' encoding='iso-8859-1'?><gpx creator='\xe9'>", "gpx"),
        (b"<gpx> not well \xff formed", "gpx"),
    ],
)
def test_the_first_bytes_decide(seen: Seen, content: bytes, name: str) -> None:
    assert seen(content) == name
    assert seen(gzip.compress(content)) == name
    assert seen(zipped(content)) == name


def name_case(value: bytes | str) -> str:
    """Name a test by its words alone, because packed bytes contain the time of their making."""
    return value if isinstance(value, str) else "content"


@pytest.mark.rule("exchange recipe 5")
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b" \n ", "is empty"),
        (gzip.compress(b""), "is empty"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "a web page"),
        (b'{"error": "not found"}', "JSON"),
        (b"[1, 2]", "JSON"),
        (b"\x89PNG\r\n", "a picture"),
        (b"Dear Sir or Madam", "a text"),
        (b"\x01\x02\x03\x04", "no activity"),
        (b"<kml></kml>", "'kml'"),
        (b"<", "breaks off"),
        (b'<?xml version="1.0"?> <!-- <gpx> -->', "breaks off"),
        (b"<gpx a='" + b"x" * 65_000, "breaks off"),
        (b"<" + b"a" * 100_000, "not complete within 65,536 bytes"),
        (b'<gpx creator="' + b"x" * 100_000 + b'"/>', "not complete within 65,536 bytes"),
        (b"<gpx a=1>", "cannot be read: not well-formed"),
        (b"< gpx>", "cannot be read: not well-formed"),
        (b"<?xml version='1.0' encoding='x-none'?><gpx/>", "encoding is not supported"),
        (zipped(), "one file, not 0"),
        (zipped(TCX, TCX), "one file, not 2"),
        (zipped(TCX)[:-30], "damaged"),
        (gzip.compress(TCX * 50)[:-20], "damaged"),
        (b"\x1f\x8b" + b"x" * 50, "damaged"),
        (gzip.compress(gzip.compress(TCX)), "no activity"),
        (gzip.compress(b"<gpx>" + b" " * LIMIT), f"limit of {LIMIT} bytes"),
        (zipped(b"<gpx>" + b" " * LIMIT), f"limit of {LIMIT} bytes"),
    ],
    ids=name_case,
)
def test_other_files_are_told_what_they_look_like(seen: Seen, content: bytes, words: str) -> None:
    with pytest.raises(FileError) as refused:
        seen(content)
    assert words in str(refused.value)


def test_an_encrypted_zip_is_refused(seen: Seen) -> None:
    whole = bytearray(zipped(TCX))
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = whole.rindex(signature)
        whole[place + at] |= 1
    with pytest.raises(FileError, match="encrypted"):
        seen(bytes(whole))


@pytest.mark.rule("exchange D18")
def test_a_bomb_is_not_unpacked(seen: Seen, settings: Any) -> None:
    """A thousand times as long as it says, and refused after the first pieces."""
    settings.HEXOSTORE_IMPORT_BYTES = 2**20
    packed = gzip.compress(b"<gpx>" + bytes(2**24))
    counted = io.BytesIO(packed)
    with pytest.raises(FileError, match="when unpacked"):
        recognition.read_activity(counted, lambda _: None)
    assert counted.tell() < len(packed)


@pytest.mark.rule("exchange recipe 38")
def test_the_beginning_of_xml_costs_nothing_special(seen: Seen) -> None:
    """Entities that grow, attributes without end: the parser of the beginning has limits."""
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE gpx [<!ENTITY e0 "ha">{entities}]><gpx creator="&e11;">'
    with pytest.raises(FileError):
        seen(bomb.encode())
