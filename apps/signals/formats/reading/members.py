"""The files of a download, opened with care: nothing is unpacked, and nothing is trusted.

A zip may give wrong sizes, contain far more than its own size, or name files outside of itself. All
of this is checked with the directory of the zip before the first byte is read.
"""

from __future__ import annotations

import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from shutil import copyfileobj
from tempfile import SpooledTemporaryFile
from typing import IO

MEMBERS = 5_000
"""The most files in one download. A record has fewer than a hundred."""

MEMBER = 512 << 20
"""The most bytes of one file: an ECG of 12 days."""

TOTAL = 16 << 30
"""The most bytes of all files of a download."""

RATIO = 200
"""How many times larger than the zip its content may be, if it is larger than SMALL."""

SMALL = 64 << 20
"""The ratio is not checked for content up to this many bytes: flat signals of a day."""

SPOOL = 8 << 20
"""The bytes of a zipped file that are held in memory. More go to the disk."""

BLOCK = 1 << 18
"""The bytes that are copied at a time."""

DIRECTORY = 4 << 20
"""The most bytes of the directory at the end of a zip."""

NAME = 500
"""The most characters in the name of a file."""

_ZIP = b"PK\x03\x04"
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_END = re.compile(rb"PK\x05\x06")
_END_SIZE, _END_REACH = 22, 22 + 65_535
_END_64, _END_64_SIZE = b"PK\x06\x06", 56
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\]|^[A-Za-z]:|^/")


class ArchiveError(Exception):
    """A download that cannot be loaded. The text names the file and the reason."""


@dataclass(frozen=True, slots=True)
class DownloadMember:
    """A file of a download: its `path` there with slashes, its `size` in bytes, and its `place` on
    the disk if it is not in a zip."""

    path: str
    size: int
    opener: Callable[[], IO[bytes]]
    place: Path | None = None

    @property
    def name(self) -> str:
        """The last part of the path."""
        return PurePosixPath(self.path).name

    @property
    def folder(self) -> str:
        """The path without its last part, empty at the top."""
        found = str(PurePosixPath(self.path).parent)
        return "" if found == "." else found

    @property
    def stem(self) -> str:
        """The name without its suffix."""
        return PurePosixPath(self.path).stem

    @property
    def suffix(self) -> str:
        """The last dot of the name and what follows, in lower case."""
        return PurePosixPath(self.path).suffix.lower()

    def error(self, problem: str) -> ArchiveError:
        """Return an error that says what is wrong with this file."""
        return ArchiveError(f"{self.path}: {problem}")

    def read(self, limit: int = MEMBER) -> bytes:
        """Return all bytes.

        Raise ArchiveError if they are more than `limit`, damaged, or not as many as the directory
        says.
        """
        if self.size > limit:
            raise self.error(f"{self.size} bytes are more than the limit of {limit}")
        with damage(self.path), self.opener() as stream:
            content = stream.read(self.size + 1)
        if len(content) != self.size:
            raise self.error(f"damaged: not the {self.size} bytes that were announced")
        return content

    @contextmanager
    def open_content(self) -> Iterator[IO[bytes]]:
        """Open the content as a seekable file.

        The content of a zip is first copied to an anonymous file, which checks its checksum and
        size. Raise ArchiveError as read() does.
        """
        if self.place is not None:
            with damage(self.path), self.place.open("rb") as file:
                yield file
            return
        with SpooledTemporaryFile(SPOOL) as file:
            with damage(self.path), self.opener() as stream:
                copyfileobj(stream, file, BLOCK)
            if file.tell() != self.size:
                raise self.error(f"damaged, or cut off: {file.tell()} of {self.size} bytes")
            file.seek(0)
            yield file


@contextmanager
def damage(path: str) -> Iterator[None]:
    """Turn the errors of a damaged file into an ArchiveError that names it."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise ArchiveError(f"{path}: {error or 'ends too early'}") from error


@contextmanager
def opened(place: Path) -> Iterator[list[DownloadMember]]:
    """Open a folder, a zip or a file, and yield its files by path in alphabetical order.

    Raise ArchiveError if it is missing, damaged, encrypted, larger than the limits of this module,
    or has a name that leads elsewhere.
    """
    if place.is_dir():
        yield _check_members(_in_folder(place))
    elif place.suffix.lower() == ".zip" or is_zip(place):
        with damage(str(place)), _open_zip(place) as archive:
            infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
            members = _check_members(_in_zip(archive, info) for info in infos)
            _require_ratio(sum(member.size for member in members), place.stat().st_size)
            yield members
    else:
        with damage(str(place)):
            yield _check_members([_file_member(place, place.name)])


def is_zip(place: Path) -> bool:
    """Return whether a file begins like a zip, whatever its name is."""
    with damage(str(place)):
        if not stat.S_ISREG(place.stat().st_mode):
            return False
        with place.open("rb") as file:
            return file.read(len(_ZIP)) == _ZIP


def _check_members(found: Iterable[DownloadMember]) -> list[DownloadMember]:
    members: dict[str, DownloadMember] = {}
    total = 0
    for member in found:
        if member.path in members:
            raise member.error("this name appears twice")
        if member.size > MEMBER:
            raise member.error(f"{member.size} bytes are more than the limit of {MEMBER}")
        members[member.path] = member
        total += member.size
        if len(members) > MEMBERS:
            raise ArchiveError(f"more than {MEMBERS} files")
        if total > TOTAL:
            raise ArchiveError(f"the files have more than the limit of {TOTAL} bytes")
    return [members[path] for path in sorted(members)]


def _require_safe(path: str) -> None:
    leads_elsewhere = not {"", ".", ".."}.isdisjoint(path.split("/"))
    if len(path) > NAME or _UNSAFE.search(path) or leads_elsewhere:
        raise ArchiveError(f"{path[:NAME]!r} is not an allowed file name")
    if not path.isprintable():
        raise ArchiveError(f"{path!r} is not a readable name")


def _require_ratio(total: int, size: int) -> None:
    if total > SMALL and total > RATIO * size:
        raise ArchiveError(f"{size} bytes that would become {total}: this looks like a zip bomb")


@contextmanager
def _open_zip(place: Path) -> Iterator[zipfile.ZipFile]:
    if not place.is_file():
        place.stat()  # which says what is wrong where there is nothing
        raise ArchiveError(f"{place}: is not a regular file")
    with place.open("rb") as file:
        if _directory_size(file) > DIRECTORY:
            raise ArchiveError(f"{place}: its directory is larger than {DIRECTORY} bytes")
        file.seek(0)
        try:
            archive = zipfile.ZipFile(file)
        except UnicodeDecodeError as error:
            raise ArchiveError(f"{place}: a name in it is not UTF-8") from error
        except (ValueError, OverflowError) as error:
            raise ArchiveError(f"{place}: {error}") from error
        with archive:
            yield archive


def _directory_size(file: IO[bytes]) -> int:
    """Return the bytes of the directory, from the end of the zip, because zipfile reads it into
    memory."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END_REACH - _END_64_SIZE))
    tail = file.read()
    ends = [found.start() for found in _END.finditer(tail)]
    if not ends or len(tail) < ends[-1] + _END_SIZE:
        raise zipfile.BadZipFile("is not a zip, or its download was not completed")
    large = tail.rfind(_END_64, 0, ends[-1])
    if large >= 0:
        return int.from_bytes(tail[large + 40 : large + 48], "little")
    return int.from_bytes(tail[ends[-1] + 12 : ends[-1] + 16], "little")


def _in_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> DownloadMember:
    member = DownloadMember(info.filename, info.file_size, lambda: archive.open(info))
    if info.orig_filename != info.filename:
        raise ArchiveError(f"{info.orig_filename[:NAME]!r} is not an allowed file name")
    _require_safe(info.filename)
    if info.flag_bits & _ENCRYPTED:
        raise member.error("is encrypted")
    if info.compress_type not in _COMPRESSIONS:
        raise member.error(f"uses an unsupported compression ({info.compress_type})")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise member.error("is a link")
    with damage(member.path), archive.open(info):  # which compares the two headers of the file
        return member


def _in_folder(folder: Path) -> Iterator[DownloadMember]:
    for parent, folders, files in os.walk(folder):
        for name in sorted([*folders, *files]):
            path = Path(parent, name)
            if path.is_symlink():
                raise ArchiveError(f"{path}: is a link")
            if name in files:
                yield _file_member(path, path.relative_to(folder).as_posix())


def _file_member(path: Path, name: str) -> DownloadMember:
    _require_safe(name)
    with damage(name):
        found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise ArchiveError(f"{name}: is not a regular file")
    return DownloadMember(name, found.st_size, lambda: path.open("rb"), path)
