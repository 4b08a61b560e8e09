"""The object store that HEXOSTORE_CHUNKS names: putting, getting, listing and deleting objects.

The library is loaded when it is first needed, and never without that variable. It runs threads of
its own, which a forked process does not have. So a process that forks others must not have used it
(apps/sandbox/serving.py), and a forked process that finds it in use is told so instead of waiting
for ever.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from django.conf import settings

from apps.signals.storage.objects import names
from apps.signals.storage.objects.failures import (
    DamagedObject,
    MissingObject,
    ObjectStoreOutage,
    describe,
)

if TYPE_CHECKING:
    from obstore.store import ObjectStore

TRIES = 3
"""How often an object is got whose bytes break off or are wrong."""

PAGE = 1000
"""The keys of one page of a listing."""

INSTALL = "install hexostore[objects] (in a checkout: bin/setup --objects)"

_TIMEOUT, _CONNECTING = timedelta(seconds=10), timedelta(seconds=3)
_RETRIES = 4
_RETRIED = timedelta(seconds=20)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(milliseconds=100), timedelta(seconds=2)


@dataclass(frozen=True)
class Listed:
    """An object of a listing, with its size in bytes."""

    name: bytes
    size: int


class Bucket:
    """An object store with the prefix of this store. All methods raise ObjectStoreOutage."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.folder = _folder_of(url)
        self._store = _opened(url, self.folder)
        self._identity = self._identify_folder()
        self._process = os.getpid()

    def put(self, name: bytes, payload: bytes) -> None:
        """Store an object, durably."""
        self.put_key(names.key_of(name), payload)

    def get(self, name: bytes) -> bytes:
        """Return the payload of an object.

        It is asked for again if its bytes break off or are others than the name says. Raise
        MissingObject, or DamagedObject if they stay wrong.
        """
        key, broken = names.key_of(name), ObjectStoreOutage()
        for _ in range(TRIES):
            try:
                payload = self.get_key(key)
            except _BrokenOff as error:
                broken = error
                continue
            if names.fits(name, payload):
                return payload
            broken = ObjectStoreOutage()
        if isinstance(broken, _BrokenOff):
            raise broken
        raise DamagedObject(key, "has another content than its name says")

    def delete(self, found: list[bytes]) -> None:
        """Remove objects. It is no error if one is not there."""
        import obstore

        for name in found:
            with _explained(self):
                try:
                    obstore.delete(self._mine(), names.key_of(name))
                except FileNotFoundError:
                    continue

    def put_key(self, key: str, content: bytes) -> None:
        """Store anything under a key."""
        import obstore

        self._require_folder()
        with _explained(self):
            obstore.put(self._mine(), key, content, use_multipart=False)
        if self.folder is not None:
            _reach_disk(self.folder, self.folder / key)

    def add_key(self, key: str, content: bytes) -> bool:
        """Store anything under a key that nobody has stored anything under. Return whether."""
        import obstore
        from obstore.exceptions import AlreadyExistsError

        with _explained(self):
            try:
                obstore.put(self._mine(), key, content, mode="create", use_multipart=False)
            except (AlreadyExistsError, FileExistsError):
                return False
        return True

    def get_key(self, key: str) -> bytes:
        """Return what is stored under a key. Raise MissingObject."""
        import obstore

        with _explained(self):
            try:
                answer = obstore.get(self._mine(), key)
            except FileNotFoundError as error:
                self._require_folder()
                raise MissingObject(key) from error
        with _explained(self, _BrokenOff):
            return bytes(answer.bytes())

    def delete_key(self, key: str) -> None:
        """Remove what is stored under a key."""
        import obstore

        with _explained(self):
            obstore.delete(self._mine(), key)

    def page_after(self, place: str) -> tuple[list[Listed], str | None]:
        """Return some objects that come after a place of the listing, and the next place.

        The first place is the empty text; the next one is None after the last objects. If the
        store lists keys in order, a place is a key. Else it is the number of one of 256 folders,
        and a page has the whole of it.
        """
        return self._keys_after(place) if self._is_ordered() else self._folder_at(place)

    def _keys_after(self, place: str) -> tuple[list[Listed], str | None]:
        pages = self._pages(None, place or None)
        found = next(pages, [])
        if not found:
            return [], None
        return _named(found), str(found[-1]["path"])

    def _folder_at(self, place: str) -> tuple[list[Listed], str | None]:
        number = int(place or 0)
        found = [each for page in self._pages(f"{number:02x}", None) for each in _named(page)]
        return found, str(number + 1) if number < 255 else None

    def _pages(self, folder: str | None, after: str | None) -> Iterator[list[Any]]:
        import obstore

        with _explained(self):
            try:
                yield from obstore.list(self._mine(), folder, offset=after, chunk_size=PAGE)
            except FileNotFoundError:  # a folder in which nothing was stored yet
                return

    def _is_ordered(self) -> bool:
        from obstore.store import GCSStore, S3Store

        return isinstance(self._store, (S3Store, GCSStore))

    def _identify_folder(self) -> tuple[int, int] | None:
        if self.folder is None or not self.folder.is_dir():
            return None
        found = self.folder.stat()
        return found.st_dev, found.st_ino

    def _require_folder(self) -> None:
        """Raise ObjectStoreOutage if the folder is not the one that was opened, as when it is no
        longer mounted: what is stored there would be hidden later."""
        if self._identify_folder() != self._identity:
            raise ObjectStoreOutage(
                f"{self.url} is not the folder that it was; mount it, or start the server again"
            )

    def _mine(self) -> ObjectStore:
        if self._process != os.getpid():
            raise RuntimeError("the object store was in use before this process was forked")
        return self._store


class _BrokenOff(ObjectStoreOutage):
    """An answer began well and did not end."""


@contextmanager
def _explained(bucket: Bucket, kind: type[ObjectStoreOutage] = ObjectStoreOutage) -> Iterator[None]:
    """Turn errors of the library into an outage, with one line that says why."""
    try:
        yield
    except (MissingObject, ObjectStoreOutage):
        raise
    except Exception as error:
        if not _is_of_store(error):
            raise
        raise kind(f"{bucket.url} {describe(error)}") from None


def _is_of_store(error: Exception) -> bool:
    from obstore.exceptions import BaseError

    return isinstance(error, (BaseError, OSError, ValueError, TimeoutError))


_opening = threading.Lock()
_bucket: Bucket | None = None


def are_used() -> bool:
    """Return whether payloads are put into an object store."""
    return bool(settings.HEXOSTORE_CHUNKS)


def bucket() -> Bucket:
    """Return the object store of this process. Raise ObjectStoreOutage if it cannot be opened."""
    global _bucket  # noqa: PLW0603 - the one of this process, as its connection to the database is
    url = settings.HEXOSTORE_CHUNKS
    if not url:
        raise ObjectStoreOutage("HEXOSTORE_CHUNKS is not set, but there are chunks in objects")
    with _opening:
        if _bucket is None or _bucket.url != url:
            _bucket = Bucket(url)
        return _bucket


def _opened(url: str, folder: Path | None) -> ObjectStore:
    try:
        from obstore.store import LocalStore, from_url
    except ImportError as error:
        raise ObjectStoreOutage(f"{url} needs a library: {INSTALL}") from error
    retrying: Any = {
        "max_retries": _RETRIES,
        "retry_timeout": _RETRIED,
        "backoff": {"init_backoff": _FIRST_PAUSE, "max_backoff": _LONGEST_PAUSE, "base": 2},
    }
    client: Any = {"timeout": _TIMEOUT, "connect_timeout": _CONNECTING, **_plain_http()}
    try:
        if folder is not None:
            return LocalStore(folder, mkdir=True)
        return from_url(url, client_options=client, retry_config=retrying)
    except Exception as error:
        if not _is_of_store(error):
            raise
        raise ObjectStoreOutage(f"{url} {describe(error)}") from None


def _plain_http() -> dict[str, Any]:
    """Permit http:// where the usual variable does; the options given here would hide it."""
    permitted = os.environ.get("AWS_ALLOW_HTTP", "").lower() in {"1", "true", "yes"}
    return {"allow_http": True} if permitted else {}


def _folder_of(url: str) -> Path | None:
    parts = urlsplit(url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def _reach_disk(top: Path, file: Path) -> None:
    """Have a file and the folders above it reach the disk, before a row names it."""
    places = [file, *(each for each in file.parents if each == top or top in each.parents)]
    for place in places:
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _named(page: list[Any]) -> list[Listed]:
    found = [(names.name_of(each["path"]), int(each["size"])) for each in page]
    return [Listed(name, size) for name, size in found if name is not None]
