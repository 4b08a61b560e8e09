"""Downloads made to harm are refused before anything is written, with one clear error."""

from __future__ import annotations

import io
import os
import stat
import struct
import warnings
import zipfile
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.archives import folders, loading
from apps.records.models import Record
from apps.signals.formats.csv import reader as csv_reader
from apps.signals.formats.reading import members
from apps.signals.formats.reading.members import ArchiveError
from apps.signals.models import Channel
from tests.archives.conftest import START, of_2017, of_2021, riff, saved, zipped

GOOD = of_2021(ticks=2_560)


def refused(tmp_path: Path, user: User, content: bytes, match: str) -> None:
    with pytest.raises(ArchiveError, match=match):
        loading.load_place(saved(tmp_path, content), user)
    assert not Record.objects.exists()


def with_member(info: zipfile.ZipInfo | str, data: bytes = b"x") -> bytes:
    """A good download with one more file, as it is described."""
    content = io.BytesIO(zipped(GOOD))
    with zipfile.ZipFile(content, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        archive.writestr(info, data)
    return content.getvalue()


@pytest.mark.parametrize(
    "name",
    [
        "../ECG_I.wav", "record_1/../../x", "/etc/passwd", "C:/x", "c:x.wav", "a\\b", "..\\x",
        "a//b", "./x", "a/./b", "line\nfeed", "\x1b[2J", "x" * 501, "\u202egnp.wav",
    ],
)  # fmt: skip
def test_names_that_lead_elsewhere(tmp_path: Path, athlete: User, name: str) -> None:
    refused(tmp_path, athlete, with_member(name), "is not a")


def test_a_name_with_a_zero_byte(tmp_path: Path, athlete: User) -> None:
    content = with_member("zero_byte").replace(b"zero_byte", b"zero\0byte")
    refused(tmp_path, athlete, content, r"'zero\\x00byte' is not a")


def test_a_name_without_letters(tmp_path: Path, athlete: User) -> None:
    content = bytearray(with_member("z"))
    at = content.rfind(b"PK\x01\x02")
    content[at + 28 : at + 30] = b"\0\0"  # the length of the name, now part of the comment
    content[at + 32 : at + 34] = b"\1\0"
    refused(tmp_path, athlete, bytes(content), "'' is not a")


def test_names_twice(tmp_path: Path, athlete: User) -> None:
    refused(tmp_path, athlete, with_member("record_221732/ECG_I.wav"), "this name appears twice")


def test_a_link(tmp_path: Path, athlete: User) -> None:
    link = zipfile.ZipInfo("record_221732/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    refused(tmp_path, athlete, with_member(link, b"/etc/passwd"), "link: is a link")


def test_a_link_in_a_folder(tmp_path: Path, athlete: User) -> None:
    folder = tmp_path / "record_1"
    folder.mkdir()
    (folder / "ECG_I.wav").symlink_to("/etc/passwd")
    with pytest.raises(ArchiveError, match="is a link"):
        loading.load_place(folder, athlete)


def test_odd_names_in_a_folder(tmp_path: Path, athlete: User) -> None:
    folder = tmp_path / "record_1"
    folder.mkdir()
    (folder / os.fsdecode(b"\xff.wav")).touch()
    with pytest.raises(ArchiveError, match="is not a readable name"):
        loading.load_place(folder, athlete)


def test_what_is_no_file(tmp_path: Path, athlete: User) -> None:
    folder = tmp_path / "record_1"
    folder.mkdir()
    os.mkfifo(folder / "ECG_I.wav")
    with pytest.raises(ArchiveError, match=r"ECG_I\.wav: is not a regular file"):
        loading.load_place(folder, athlete)


@pytest.mark.parametrize("suffix", [".zip", ".csv", ".edf", ".wav", ".hxd"])
def test_what_is_never_opened(tmp_path: Path, athlete: User, suffix: str) -> None:
    """Opening a FIFO waits for somebody who writes; a device has no end."""
    fifo, zero = tmp_path / f"fifo{suffix}", tmp_path / f"zero{suffix}"
    os.mkfifo(fifo)
    zero.symlink_to("/dev/zero")
    for place in (fifo, zero):
        with pytest.raises(ArchiveError, match="is not a regular file"):
            loading.load_place(place, athlete)


def test_links_in_a_circle(tmp_path: Path, athlete: User) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").symlink_to(tmp_path / "a")
    with pytest.raises(ArchiveError, match="is a link"):
        loading.load_place(tmp_path / "a", athlete)


def test_encrypted(tmp_path: Path, athlete: User) -> None:
    content = bytearray(zipped(GOOD))
    at = content.find(b"PK\x01\x02")
    content[at + 8] |= 1
    refused(tmp_path, athlete, bytes(content), "is encrypted")


def test_other_compressions(tmp_path: Path, athlete: User) -> None:
    packed = zipfile.ZipInfo("record_221732/x")
    packed.compress_type = zipfile.ZIP_LZMA
    refused(tmp_path, athlete, with_member(packed), r"unsupported compression \(14\)")


def test_names_that_are_no_utf8(tmp_path: Path, athlete: User) -> None:
    content = with_member("\u00e9\u00e9").replace("\u00e9\u00e9".encode(), b"\xff\xfe\xfd\xfc")
    refused(tmp_path, athlete, content, "a name in it is not UTF-8")


def test_a_zip_bomb(tmp_path: Path, athlete: User) -> None:
    bomb = io.BytesIO()
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("record_1/ECG_I.wav", "w") as member,
    ):
        for _ in range(70):
            member.write(bytes(1 << 20))
    refused(tmp_path, athlete, bomb.getvalue(), "this looks like a zip bomb")


@pytest.mark.parametrize(
    ("limit", "value", "text"),
    [
        ("MEMBERS", 5, "more than 5 files"),
        ("MEMBER", 4000, "bytes are more than the limit of 4000"),
        ("TOTAL", 6000, "have more than the limit of 6000 bytes"),
        ("DIRECTORY", 100, "directory is larger than 100 bytes"),
    ],
)
def test_limits(tmp_path: Path, athlete: User, limit: str, value: int, text: str) -> None:
    with patch.object(members, limit, value):
        refused(tmp_path, athlete, zipped(GOOD), text)


def test_too_many_records(tmp_path: Path, athlete: User) -> None:
    with patch.object(folders, "RECORDS", 0):
        refused(tmp_path, athlete, zipped(GOOD), "more than 0 records")


def test_a_size_that_is_a_lie(tmp_path: Path, athlete: User) -> None:
    wav = riff([60] * 2479, 1)
    assert len(wav) == 5002
    content = zipped({"info.json": GOOD["info.json"], "heart_rate.wav": wav})
    short = content.replace(struct.pack("<I", 5002), struct.pack("<I", 4002))
    refused(tmp_path, athlete, short, r"heart_rate\.wav: Bad CRC-32")
    long = content.replace(struct.pack("<I", 5002), struct.pack("<I", 9999))
    refused(tmp_path, athlete, long, r"heart_rate\.wav: .* cut off")


@pytest.mark.parametrize("kept", [0, 10, 1000, -1, -30])
def test_downloads_that_were_cut_off(tmp_path: Path, athlete: User, kept: int) -> None:
    refused(tmp_path, athlete, zipped(GOOD)[:kept], "download was not completed|not a zip")


def test_a_zip_that_is_none(tmp_path: Path, athlete: User) -> None:
    refused(tmp_path, athlete, b"PK\x05\x06" + b"\xff" * 18, "directory is larger|zip")


def test_giant_sizes_in_a_wav_header(tmp_path: Path, athlete: User) -> None:
    wav = riff([1, 2, 3], 256)
    files = GOOD | {"ECG_I.wav": wav[:40] + b"\xff\xff\xff\xff" + wav[44:]}
    refused(tmp_path, athlete, zipped(files), "cut off: 4294967295 bytes announced, 6 are there")
    junk = b"JUNK" + struct.pack("<I", 2 << 20) + bytes(2 << 20)
    files = GOOD | {"ECG_I.wav": wav[:12] + junk + wav[12:]}
    refused(tmp_path, athlete, zipped(files), "more than 1048576 bytes that are not samples")
    files = GOOD | {"ECG_I.wav": wav[:12] + b"JUNK\0\0\0\0" * 200 + wav[12:]}
    refused(tmp_path, athlete, zipped(files), "has no samples")


def test_large_tables(tmp_path: Path, athlete: User) -> None:
    head = b"time [s/256]" + b",a" * 400 + b"\n"
    refused(tmp_path, athlete, zipped(GOOD | {"x.csv": head}), "401 columns are more than 300")
    with patch.object(csv_reader, "TEXT", 10):
        refused(tmp_path, athlete, zipped(GOOD), "bytes are more than the limit of 10")


def test_what_is_missing(tmp_path: Path, athlete: User) -> None:
    with pytest.raises(ArchiveError, match="No such file"):
        loading.load_place(tmp_path / "nothing.zip", athlete)
    with pytest.raises(ArchiveError, match="No such file"):
        loading.load_place(tmp_path / "nothing.csv", athlete)


VALID = {
    "2021": zipped(GOOD),
    "2017": zipped(of_2017()),
    "stored": zipped({"info.json": b'{"start": %d}' % START, "heart_rate.wav": riff([60], 1)}),
}


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    which=st.sampled_from(sorted(VALID)),
    changes=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=6)), min_size=1, max_size=4),
    cut=st.one_of(st.none(), st.floats(0, 1)),
)
def test_damage_of_any_kind_gives_a_record_or_one_error(
    tmp_path: Path,
    athlete: User,
    which: str,
    changes: list[tuple[float, bytes]],
    cut: float | None,
) -> None:
    content = bytearray(VALID[which])
    for place, replacement in changes:
        at = int(place * len(content))
        content[at : at + len(replacement)] = replacement
    if cut is not None:
        del content[int(cut * len(content)) :]
    Record.objects.all().delete()
    whole_or_nothing(saved(tmp_path, bytes(content)), athlete)


FILES = GOOD | of_2017() | {"info.json": GOOD["info.json"]}
NAMES = sorted(set(FILES) - {"4113.wav", "minute_ventilation_cl.wav", "RR_interval.hxd"})


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.sampled_from(NAMES),
    at=st.floats(0, 1),
    gone=st.integers(0, 8),
    put=st.one_of(st.binary(max_size=9), st.from_regex(rb"[-0-9eEna.,\n\"\[\]{}]{0,12}")),
)
def test_a_damaged_file_gives_a_record_or_one_error(
    tmp_path: Path, athlete: User, name: str, at: float, gone: int, put: bytes
) -> None:
    content = FILES[name]
    place = int(at * len(content))
    files = {each: FILES[each] for each in NAMES}
    files[name] = content[:place] + put + content[place + gone :]
    Record.objects.all().delete()
    whole_or_nothing(saved(tmp_path, zipped(files, "")), athlete)


def whole_or_nothing(place: Path, user: User) -> None:
    """Loads; a record that is there after an error was loaded before from a folder of its own."""
    said = ""
    try:
        report = loading.load_place(place, user)
    except ArchiveError as error:
        said = str(error)
    else:
        (loaded,) = report.records
        assert Channel.objects.filter(record=loaded.record).count() == len(loaded.channels)
    if said and "loaded before it" not in said:
        assert not Record.objects.exists()
        assert not Channel.objects.exists()
