"""`hexostore import`."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.catalog.models import ImportFile
from apps.exchange import importing
from apps.exchange.formats.fit import writer
from apps.records.models import Range, Record
from apps.sandbox import store
from apps.sandbox.models import Store
from apps.tracks.models import Track
from tests.exchange.importing.conftest import IMPORTS, a_file, imported
from tests.people import Caller

pytestmark = pytest.mark.usefixtures("catalogue", "begun")


@pytest.fixture
def begun(db: None) -> None:
    """A store that was begun."""
    digest = store.digest_fixtures("catalogue")
    Store.objects.create(id=1, seed="catalogue", conventions="hexoskin", digest=digest)


@pytest.fixture
def ride(tmp_path: Path) -> Path:
    """A FIT file."""
    file = tmp_path / "ride.fit"
    file.write_bytes(b"".join(writer.write(a_file())))
    return file


def run(*arguments: object) -> str:
    """What the command prints."""
    printed = StringIO()
    call_command("import", *map(str, arguments), stdout=printed)
    return printed.getvalue()


def test_a_file_is_imported(owner: Caller, ride: Path) -> None:
    printed = run(ride, "--user", owner.user.email).splitlines()
    record, (session, *laps) = Record.objects.get(), Range.objects.order_by("rank", "start")
    (found,) = owner.get(IMPORTS).json()["objects"]
    assert printed == [
        f"ride.fit: import {found['id']}",
        f"record {record.pk}",
        f"range {session.pk}: Sunday",
        f"range {laps[0].pk}: Lap 1",
        f"range {laps[1].pk}: home",
        f"track {Track.objects.get().pk}: Sunday",
    ]
    assert (found["progress"], len(found["results"])) == (1, 5)
    assert record.importfile_id == found["id"]


def test_programs_get_json(owner: Caller, ride: Path) -> None:
    found = json.loads(run(ride, "--user", owner.user.email, "--json"))
    assert found["import"] == ImportFile.objects.get().pk
    assert found["earlier_import"] is None
    assert [each["resource"] for each in found["results"]][:2] == ["record", "range"]
    assert [each["name"] for each in found["results"]][:2] == ["", "Sunday"]


def test_what_was_imported_by_the_api_is_the_same(owner: Caller, ride: Path) -> None:
    before = imported(owner, ride.read_bytes())
    found = json.loads(run(ride, "--user", owner.user.email, "--json"))
    assert [each["id"] for each in found["results"]] == [each["id"] for each in before["results"]]
    assert found["earlier_import"] == before["id"]


def test_the_same_file_is_told_to_be_the_same(owner: Caller, ride: Path) -> None:
    first = run(ride, "--user", owner.user.email).splitlines()
    second = run(ride, "--user", owner.user.email).splitlines()
    one, two = ImportFile.objects.order_by("pk")
    assert second[0] == (
        f"ride.fit: import {two.pk}, the same file as import {one.pk}, so nothing new was made"
    )
    assert second[1:] == first[1:]
    Track.objects.all().delete()
    third = run(ride, "--user", owner.user.email).splitlines()
    assert third[0].endswith(f"import {two.pk}; what was missing of it was made again")
    assert third[1:-1] == first[1:-1]


def test_the_same_file_of_somebody_else_is_new(owner: Caller, friend: Caller, ride: Path) -> None:
    run(ride, "--user", friend.user.email)
    assert "same file" not in run(ride, "--user", owner.user.email)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"Dear Sir", "This is a text"), (b"", "is empty"), (None, "No such file")],
)
def test_what_is_wrong_is_told(
    owner: Caller, tmp_path: Path, content: bytes | None, words: str
) -> None:
    file = tmp_path / "a.tcx"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CommandError, match=words):
        run(file, "--user", owner.user.email)
    assert not Range.objects.exists()


def test_a_large_file_is_refused(owner: Caller, ride: Path, settings: Any) -> None:
    settings.HEXOSTORE_IMPORT_BYTES = ride.stat().st_size - 1
    with pytest.raises(CommandError, match="larger than the limit"):
        run(ride, "--user", owner.user.email)
    assert not ImportFile.objects.exists()


def test_progress_is_told(owner: Caller, ride: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float] = []
    with ride.open("rb", buffering=0) as file:
        row = ImportFile(user=owner.user, sha256="0" * 64)
        importing.import_file(row, file, told.append)
    assert told == sorted(told)
    assert told[0] <= importing.READ < told[-1] < 1
