"""The body of a request, as far as it has arrived."""

import asyncio
import io
from tempfile import SpooledTemporaryFile
from typing import IO

from hexostore.web.limits import WebLimits


class Body:
    """Collects what the parser gives, in memory or, above a size, in a temporary file.

    `length` is the announced one, None for a chunked body, and `most` the limit.
    """

    def __init__(self, limits: WebLimits) -> None:
        self.limits = limits
        self.most = limits.body
        self.length: int | None = 0
        self.received = 0
        self.complete = False
        self.unwanted = False
        self.has_no_room = False
        self.arrived: asyncio.Future[bool] | None = None
        self._file: IO[bytes] | None = None

    def announce_length(self, length: bytes, path: str, *, chunked: bool) -> None:
        """Note what the head says about it. The parser has checked the number."""
        self.length = None if chunked else int(length or b"0")
        self.most = self.limits.longest_body(path)
        self.unwanted = self.is_refused

    @property
    def is_refused(self) -> bool:
        """Whether the head alone refuses it: a chunked body, or one above the limit."""
        return self.length is None or self.length > self.most

    @property
    def spooled(self) -> int:
        """The bytes in a temporary file."""
        return self.received if self.received > self.limits.body_in_memory else 0

    def add(self, data: bytes) -> None:
        """Add a part. If the disk is full, the body `has_no_room`."""
        self.received += len(data)
        if self.unwanted:
            return
        if self._file is None:
            self._file = self._choose_place()
        try:
            self._file.write(data)
        except OSError:
            self.has_no_room = True
            self.drop_content()
            self.wake_waiting(complete=False)

    def _choose_place(self) -> IO[bytes]:
        assert self.length is not None
        if self.length <= self.limits.body_in_memory:
            return io.BytesIO()
        return SpooledTemporaryFile(max_size=self.limits.body_in_memory)

    def end(self) -> None:
        """Note that all of it is there."""
        self.complete = not self.has_no_room
        self.wake_waiting(complete=self.complete)

    def wake_waiting(self, *, complete: bool) -> None:
        """Wake up whoever waits for it: it is complete, or will never be."""
        if self.arrived is not None and not self.arrived.done():
            self.arrived.set_result(complete)

    def drop_content(self) -> None:
        """Drop it: nobody wants it, so keep nothing of it now and later."""
        self.unwanted = True
        self.close()

    def open_file(self) -> IO[bytes]:
        """Return what the application reads; nothing if the body is not wanted."""
        if self._file is None or self.unwanted:
            return io.BytesIO()
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        """Remove the temporary file."""
        if self._file is not None:
            self._file.close()
            self._file = None
