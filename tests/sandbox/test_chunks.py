"""`hexostore chunks`, and serving a store whose chunks are objects."""

from __future__ import annotations

import base64
import json
import secrets
import urllib.request
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command

from apps.records.models import Record
from apps.sandbox import diagnosis, store
from apps.signals.models import Chunk
from apps.signals.storage.objects import owner
from apps.signals.storage.objects.bucket import bucket
from tests import begun_homes
from tests.embedded import remove_home, throwaway_home
from tests.live import Live
from tests.signals.conftest import HR, athlete, datatypes, record
from tests.signals.objects.seaweed import BUCKET, SECRET, S3Server, s3_server

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

__all__ = ["athlete", "datatypes", "record"]

LOGIN = "Basic " + base64.b64encode(b"athlete@example.com:athlete").decode()


@pytest.fixture
def begun(db: None, record: Record, tmp_path: Path, settings: Settings) -> Record:
    """A store with a record in rows, and a folder for objects."""
    store.begin_store("empty", None, lambda _: None)
    settings.HEXOSTORE_CHUNKS = f"file://{tmp_path}/objects"
    return record


def answer(*arguments: str) -> Any:
    """What a command prints, as JSON."""
    out = StringIO()
    call_command("chunks", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_chunks_are_moved_counted_and_verified(begun: Record) -> None:
    in_rows = answer("status")
    assert (in_rows["in_rows"], in_rows["in_objects"]) == (4, 0)
    assert in_rows["stored"]["objects"] == 0
    assert answer("move", "--to", "objects") == {"moved": 4, "left": 0}
    assert answer("verify") == {"verified": 4, "wrong": []}
    in_objects = answer("status")
    assert (in_objects["in_rows"], in_objects["in_objects"]) == (0, 4)
    assert in_objects["stored"]["size"] == in_rows["bytes_in_rows"]
    assert answer("move", "--to", "rows") == {"moved": 4, "left": 0}


@pytest.mark.django_db(transaction=True)
def test_loose_objects_are_counted_and_swept(begun: Record, settings: Settings) -> None:
    settings.HEXOSTORE_CHUNKS_LOOSE_HOURS = 0
    answer("move", "--to", "objects")
    Chunk.objects.filter(datatype=HR).delete()
    assert answer("status")["stored"]["loose"] == 1
    assert answer("sweep") == {"removed": 0}
    assert answer("sweep") == {"removed": 1}
    assert answer("status")["stored"]["loose"] == 0


def test_the_status_for_people(begun: Record) -> None:
    out = StringIO()
    call_command("chunks", "status", stdout=out)
    first, second, third, fourth = out.getvalue().splitlines()
    assert first.split()[:4] == ["in", "rows", "4", "chunks"]
    assert second.split() == ["in", "objects", "0", "chunks"]
    assert third.split()[:3] == ["stored", "0", "objects"]
    assert fourth.endswith("kept for 168 h")


def test_wrong_objects_are_listed_and_end_with_an_error(
    begun: Record, capsys: pytest.CaptureFixture[str]
) -> None:
    answer("move", "--to", "objects")
    chunk = Chunk.objects.get(datatype=HR)
    bucket().delete([bytes(chunk.object or b"")])
    out = StringIO()
    with pytest.raises(CommandError, match="Restore these objects"):
        call_command("chunks", "verify", stdout=out)
    place = f"record {begun.pk}, datatype {HR}, tick {chunk.start}"
    assert out.getvalue().splitlines()[0].startswith(f"{place}: the object ")
    with pytest.raises(CommandError, match="is missing"):
        call_command("chunks", "move", "--to", "rows")


def test_objects_of_another_store_have_to_be_adopted(begun: Record) -> None:
    bucket().put_key(owner.KEY, b"another")
    with pytest.raises(CommandError, match="belong to another store"):
        call_command("chunks", "sweep")
    call_command("chunks", "adopt", stdout=StringIO())
    assert answer("sweep") == {"removed": 0}


@pytest.mark.django_db(transaction=True)
def test_a_store_does_not_take_another_place_than_that_of_its_objects(
    begun: Record, settings: Settings
) -> None:
    answer("move", "--to", "objects")
    assert found_by_doctor().ok
    right, settings.HEXOSTORE_CHUNKS = settings.HEXOSTORE_CHUNKS, settings.HEXOSTORE_CHUNKS + "-"
    for _ in range(2):
        finding = found_by_doctor()
        assert not finding.ok
        assert "The objects of this store are not at " in finding.text
    settings.HEXOSTORE_CHUNKS = right
    assert found_by_doctor().ok


def test_without_the_variable_there_is_nothing_to_move(begun: Record, settings: Settings) -> None:
    settings.HEXOSTORE_CHUNKS = ""
    assert answer("status") == {
        "in_rows": 4, "bytes_in_rows": answer("status")["bytes_in_rows"], "in_objects": 0,
    }  # fmt: skip
    for arguments in (["move", "--to", "objects"], ["verify"], ["sweep"], ["adopt"]):
        with pytest.raises(CommandError, match="HEXOSTORE_CHUNKS is not set"):
            call_command("chunks", *arguments)


def found_by_doctor() -> diagnosis.Finding:
    (finding,) = [each for each in diagnosis.examine_store() if each.check == "chunks"]
    return finding


@pytest.mark.django_db(transaction=True)
def test_doctor_says_where_chunks_are(begun: Record, settings: Settings) -> None:
    assert found_by_doctor() == diagnosis.Finding("chunks", True, settings.HEXOSTORE_CHUNKS)
    bucket().put_key(owner.KEY, b"another")
    assert "belong to another store" in found_by_doctor().text
    answer("move", "--to", "objects")
    settings.HEXOSTORE_CHUNKS = ""
    finding = found_by_doctor()
    assert (finding.ok, finding.text) == (False, "4 are in objects; set HEXOSTORE_CHUNKS.")
    Chunk.objects.all().delete()
    assert found_by_doctor().text == "in the database"


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


@pytest.fixture(scope="module")
def served(s3: S3Server) -> Iterator[Live]:
    """The demo world, served with objects in S3."""
    folder = throwaway_home()
    try:
        begun_homes.fill_home(folder, "demo")
        variables = s3.variables() | {
            "HEXOSTORE_CHUNKS": f"s3://{BUCKET}/{secrets.token_hex(6)}",
            "HEXOSTORE_CHUNKS_LOOSE_HOURS": "0",
        }
        live = Live(folder, environment=variables).start()
        yield live
        live.stop()
    finally:
        remove_home(folder)


def data(live: Live, record: int, sandbox: str = "main") -> bytes:
    request = urllib.request.Request(f"{live.base}/api/data/?record={record}")
    request.add_header("Authorization", LOGIN)
    request.add_header("X-HexoStore-Sandbox", sandbox)
    with urllib.request.urlopen(request, timeout=60) as found:
        body: bytes = found.read()
        return body


def told(live: Live, *arguments: str) -> Any:
    done = live.run(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def simulated(live: Live, seed: int) -> int:
    user = ("--user", "athlete@example.com")
    made = told(live, "simulate", *user, "--duration", "3m", "--seed", str(seed))
    return int(made["id"])


def test_a_served_store_moves_shares_and_loses_nothing(served: Live, s3: S3Server) -> None:
    made = simulated(served, 1)
    before = data(served, made)
    assert told(served, "chunks", "status")["in_objects"] > 0
    assert told(served, "chunks", "move", "--to", "objects")["left"] == 0
    assert data(served, made) == before
    told(served, "sandbox", "fork", "main", "copy")
    assert data(served, made, "copy") == before
    told(served, "sandbox", "reset", "main")
    assert data(served, made) != before
    for _ in range(2):
        told(served, "chunks", "sweep")
    assert data(served, made, "copy") == before
    assert told(served, "chunks", "verify", "--sandbox", "copy")["wrong"] == []
    assert SECRET not in served.log()


def test_a_start_after_a_kill_reads_objects(served: Live) -> None:
    made = simulated(served, 2)
    before = data(served, made)
    assert served.process is not None
    served.process.kill()
    served.process.communicate()
    served.start()
    assert data(served, made) == before
    assert told(served, "chunks", "verify")["wrong"] == []


def test_a_first_start_stores_objects(s3: S3Server, home: Path) -> None:
    """The demo world is seeded by a process of its own, so that the servers can be forked."""
    url = f"s3://{BUCKET}/{secrets.token_hex(6)}"
    live = Live(home, environment=s3.variables() | {"HEXOSTORE_CHUNKS": url}).start()
    try:
        made = simulated(live, 3)
        assert data(live, made)
        assert told(live, "chunks", "verify")["wrong"] == []
    finally:
        assert live.stop() == 0


def test_a_start_with_a_wrong_key_is_refused_in_one_line(s3: S3Server, begun_home: Path) -> None:
    url = f"s3://{BUCKET}/prefix"
    wrong = s3.variables() | {"HEXOSTORE_CHUNKS": url, "AWS_SECRET_ACCESS_KEY": "wrong-secret"}
    done = Live(begun_home, environment=wrong).run("serve", "--port", "0", "--https-port", "0")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"error: HEXOSTORE_CHUNKS: {url} answers 403 Forbidden, SignatureDoesNotMatch; "
        "check the key and its rights (while storing an object)"
    )
    assert "wrong-secret" not in done.stdout + done.stderr
    doctor = Live(begun_home, environment=wrong).run("doctor")
    assert doctor.returncode == 1
    (line,) = [each for each in doctor.stdout.splitlines() if " chunks " in each]
    assert "SignatureDoesNotMatch" in line
    assert "wrong-secret" not in doctor.stdout
