"""Object stores for tests: a folder, S3, and S3 behind a proxy that spoils answers."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from apps.signals.storage.objects import bucket
from tests.signals.objects.faulty import Faults, faulty_proxy
from tests.signals.objects.seaweed import BUCKET, S3Server, s3_server

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    """A server of S3, shared by the tests; each has a prefix of its own."""
    with s3_server() as server:
        yield server


@pytest.fixture
def prefix() -> str:
    return f"s3://{BUCKET}/{secrets.token_hex(6)}"


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    """Objects are in a folder."""
    settings.HEXOSTORE_CHUNKS = f"file://{tmp_path}/objects"
    return tmp_path / "objects"


@pytest.fixture
def in_s3(
    s3: S3Server, prefix: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> S3Server:
    """Objects are in S3."""
    set_variables(monkeypatch, s3.variables())
    settings.HEXOSTORE_CHUNKS = prefix
    return s3


@pytest.fixture(params=["folder", "s3"])
def objects(request: pytest.FixtureRequest) -> str:
    """Objects are in a folder, and in S3."""
    request.getfixturevalue("folder" if request.param == "folder" else "in_s3")
    return str(request.param)


@pytest.fixture
def faults(
    s3: S3Server, prefix: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Faults]:
    """Objects are in S3 behind a proxy. Pauses and patience are short, so that tests are."""
    from datetime import timedelta

    monkeypatch.setattr(bucket, "_FIRST_PAUSE", timedelta(milliseconds=1))
    monkeypatch.setattr(bucket, "_LONGEST_PAUSE", timedelta(milliseconds=10))
    monkeypatch.setattr(bucket, "_TIMEOUT", timedelta(seconds=1))
    with faulty_proxy(s3.port) as found:
        set_variables(monkeypatch, s3.variables(found.endpoint))
        settings.HEXOSTORE_CHUNKS = prefix
        yield found


def set_variables(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
