"""Damaged GPX: it is read, or there is one clear error."""

from __future__ import annotations

import io
from contextlib import suppress

from hypothesis import given

from apps.exchange.activity import Activity, FileError
from apps.exchange.formats.gpx import reader, writer
from tests.exchange.damage import damaged, damaged_examples
from tests.exchange.damaged_xml import damaged_elements
from tests.exchange.sessions import session

OURS = b"".join(writer.write(Activity((session(6), session(3)))))


def read(body: bytes) -> None:
    with suppress(FileError):
        found = reader.read(io.BytesIO(body))
        assert found.sessions
        for one in found.sessions:
            for points in one.points:
                assert all(one.start <= tick <= one.end for tick in points.times)


@damaged_examples(80)
@given(damaged([OURS]))
def test_bytes(body: bytes) -> None:
    read(body)


@damaged_examples(80)
@given(damaged_elements(OURS))
def test_elements(body: bytes) -> None:
    read(body)
