"""How files are sent, what the answers are, and who may ask for them."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from django.test import Client as Browser

from apps.catalog.models import ImportFile, ImportPiece
from apps.exchange import contents, sent_files
from apps.jobs.models import Job
from tests.credentials.tokens import bearing, new_client, new_token
from tests.exchange.importing.conftest import (
    IMPORTS,
    FakeReader,
    a_file,
    do_imports,
    imported,
    post_file,
)
from tests.people import ANYBODY, PASSWORD, Caller, Cast

TCX = "application/vnd.garmin.tcx+xml"
LABELS = (
    TCX,
    "application/vnd.ant.fit",
    "text/xml",
    "application/xml",
    "application/octet-stream",
    "image/png",
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/json",
    "",
)
XML = '<?xml version="1.0"?><nothing/>'
LIMIT = 1000


@pytest.fixture
def small(settings: Any) -> None:
    """Files can have 1000 bytes."""
    settings.HEXOSTORE_IMPORT_BYTES = LIMIT


def content_of(key: int) -> bytes:
    """The stored content of an import."""
    pieces = ImportPiece.objects.filter(importfile=key).order_by("number")
    return b"".join(bytes(piece.content) for piece in pieces)


def form(*files: tuple[str, bytes]) -> tuple[bytes, str]:
    """A body with files, and its label."""
    parts = (
        f'--x\r\nContent-Disposition: form-data; name="{name}"; filename="a"\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, content in files
    )
    return b"".join(parts) + b"--x--\r\n", "multipart/form-data; boundary=x"


@pytest.mark.rule("exchange 2.3", "exchange D17")
def test_the_answer_comes_at_once(owner: Caller) -> None:
    answer = post_file(owner)
    row = ImportFile.objects.get()
    uri = f"{IMPORTS}{row.pk}/"
    assert (answer.status_code, answer["Location"]) == (201, uri)
    found = answer.json()
    assert found.pop("created").startswith("20")
    assert found == {
        "id": row.pk,
        "progress": 0,
        "resource_uri": uri,
        "results": None,
        "user": f"/api/user/{owner.user.pk}/",
    }
    assert Job.objects.get().payload == {"import": row.pk}


@pytest.mark.parametrize("label", LABELS)
def test_any_label_will_do(owner: Caller, label: str) -> None:
    answer = post_file(owner, XML.encode(), label)
    assert answer.status_code == 201, answer.content
    assert content_of(answer.json()["id"]) == XML.encode()


def test_a_form_with_one_file_will_do(owner: Caller) -> None:
    answer = owner.send("POST", IMPORTS, *form(("anything", b"\0\1\2")))
    assert answer.status_code == 201, answer.content
    assert content_of(answer.json()["id"]) == b"\0\1\2"


@pytest.mark.parametrize("label", ["application/json", ""])
@pytest.mark.parametrize("source", [XML, f"\ufeff {XML}", b64encode(b"\0.FIT\xff").decode()])
def test_json_with_a_text_will_do(owner: Caller, source: str, label: str) -> None:
    answer = owner.send("POST", IMPORTS, json.dumps({"source": source}), label)
    assert answer.status_code == 201, answer.content
    wanted = source.encode() if "<" in source else b"\0.FIT\xff"
    assert content_of(answer.json()["id"]) == wanted
    assert "source" not in answer.json()


def test_however_it_is_sent_it_is_the_same_content(owner: Caller) -> None:
    post_file(owner, XML.encode())
    owner.send("POST", IMPORTS, *form(("file", XML.encode())))
    owner.post(IMPORTS, {"source": XML})
    assert ImportFile.objects.values("sha256").distinct().count() == 1


@pytest.mark.rule("exchange recipe 5", "exchange D17")
@pytest.mark.parametrize(
    ("body", "label"),
    [
        (b"", TCX),
        (b"", "application/json"),
        form(("a", b"")),
        form(),
        form(("a", b"x"), ("b", b"y")),
        (b"--x", "multipart/form-data; boundary=x"),
        (b"--x", "multipart/form-data"),
        (b'{"source": ""}', "application/json"),
        (b'{"source": 7}', "application/json"),
        (b'{"source": null}', "application/json"),
        (b'{"source": "no base64!"}', "application/json"),
        (b'{"file": "PHg+"}', "application/json"),
        (b"{}", "application/json"),
        (b"{", "application/json"),
    ],
)
def test_what_has_no_file_is_refused(owner: Caller, body: bytes, label: str) -> None:
    answer = owner.send("POST", IMPORTS, body, label)
    assert answer.status_code == 400, answer.content
    assert list(answer.json()) == ["error"]
    assert not ImportFile.objects.exists()


@pytest.mark.rule("exchange D17")
@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("label", [TCX, "multipart/form-data; boundary=x", "application/json", ""])
def test_a_large_file_is_refused(owner: Caller, label: str) -> None:
    answer = post_file(owner, b"x" * (LIMIT + 1), label)
    assert answer.status_code == 413
    assert str(LIMIT) in answer.json()["error"]
    assert post_file(owner, b"x" * LIMIT).status_code == 201


def test_the_limit_of_other_bodies_is_another(owner: Caller, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    for label in LABELS:
        assert post_file(owner, b"<" * 101, label).status_code == 201
    answer = owner.post(IMPORTS, {"source": "<" + "x" * 101})
    assert answer.status_code == 413, "JSON has to be in memory"
    assert owner.post("/api/range/", {"name": "x" * 101}).status_code == 413


@pytest.mark.rule("exchange recipe 45")
def test_a_long_file_is_stored_in_pieces(owner: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sent_files, "PIECE", 7)
    content = bytes(range(256))
    answer = post_file(owner, content)
    assert ImportPiece.objects.count() == 37
    row = ImportFile.objects.get()
    assert content_of(answer.json()["id"]) == content
    told: list[float] = []
    with contents.open_content(row, told.append) as file:
        assert file.read(100) + file.read() == content
    assert told == sorted(told)
    assert told[-1] == 1


@pytest.mark.parametrize(
    ("label", "status"),
    [
        (TCX, 201),
        ("application/octet-stream", 201),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("", 415),
    ],
)
def test_a_page_cannot_have_a_browser_send_a_file(owner: Caller, label: str, status: int) -> None:
    """Under these labels, a browser asks nobody before it sends a remembered login."""
    in_browser = owner.sending("Sec-Fetch-Site", "same-origin")
    assert post_file(in_browser, b"x", label).status_code == status


# Asking for an import


@pytest.mark.parametrize("path", ["/api/import/", "/api/v1/import/", "/api/importfile/"])
def test_other_addresses_are_the_same(
    owner: Caller, catalogue: None, reader: FakeReader, path: str
) -> None:
    reader.activities = [a_file()]
    answer = owner.send("POST", path, b"a file", TCX)
    assert answer.status_code == 201, answer.content
    do_imports()
    prefix = "/api/v1" if "v1" in path else "/api"
    assert answer.json()["resource_uri"].startswith(f"{prefix}/import/")
    found = owner.get(f"{path}{answer.json()['id']}/").json()
    assert [each["resource_uri"].startswith(f"{prefix}/") for each in found["results"]] == [
        True
    ] * 5
    assert owner.get(path).json()["objects"] == [found]


def test_an_alias_is_not_in_the_index(db: None) -> None:
    index = ANYBODY.get("/api/").json()
    assert "importfile" not in index
    assert index["import"]["schema"] == "/api/import/schema/"


@pytest.mark.rule("exchange recipe 43")
def test_a_published_client_polls_like_this(owner: Caller) -> None:
    """With two slashes, and with the label of the POST on the GET."""
    uri = post_file(owner).json()["resource_uri"]
    answer = owner.send("GET", f"http://testserver/{uri}", b"", TCX)
    assert answer.status_code == 200
    assert answer.json()["progress"] == 0


def test_the_list_has_own_imports(cast: Cast, catalogue: None, reader: FakeReader) -> None:
    reader.activities = [a_file()]
    mine = imported(cast.owner)
    post_file(cast.friend)
    assert cast.owner.get(IMPORTS).json()["objects"] == [mine]
    assert cast.owner.get(f"{IMPORTS}set/{mine['id']}/").json()["objects"] == [mine]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [0, 1, 2]),
        ({"order_by": "-id"}, [2, 1, 0]),
        ({"order_by": "-created", "limit": "1"}, [2]),
        ({"progress__lt": "1"}, [1, 2]),
        ({"progress__gte": "1"}, [0]),
        ({"created__lt": "2015-06-01"}, [0, 1]),
        ({"user": "friend@example.com"}, []),
    ],
)
def test_the_list_has_orders_and_filters(
    owner: Caller, friend: Caller, query: dict[str, str], found: list[int]
) -> None:
    made = [
        ImportFile.objects.create(user=owner.user, created=f"2015-0{month}-01T00:00Z")
        for month in (4, 5, 6)
    ]
    ImportFile.objects.filter(pk=made[0].pk).update(progress=1)
    ImportFile.objects.create(user=friend.user)
    answer = owner.get(IMPORTS, query)
    assert [each["id"] for each in answer.json()["objects"]] == [made[at].pk for at in found]


@pytest.mark.rule("exchange D26")
@pytest.mark.parametrize("who", ["coach", "friend", "outsider"])
def test_imports_of_others_are_not_there(cast: Cast, who: str) -> None:
    uri = post_file(cast.owner).json()["resource_uri"]
    assert cast[who].get(uri).status_code == 404
    assert cast[who].get(IMPORTS).json()["objects"] == []
    assert cast.owner.get(uri).status_code == cast.staff.get(uri).status_code == 200


def test_an_import_is_only_read(owner: Caller) -> None:
    uri = post_file(owner).json()["resource_uri"]
    for verb in ("PUT", "PATCH", "DELETE", "POST"):
        assert owner.request(verb, uri, {}).status_code == 405
    for verb in ("PUT", "PATCH", "DELETE"):
        assert owner.request(verb, IMPORTS, {}).status_code == 405


def test_strangers_import_nothing(db: None) -> None:
    assert post_file(ANYBODY).status_code == 401
    assert not ImportFile.objects.exists()


@pytest.mark.parametrize(("scope", "status"), [("readonly", 403), ("readwrite", 201)])
def test_a_token_needs_the_scope(owner: Caller, scope: str, status: int) -> None:
    owner.user.set_password(PASSWORD)
    new_token(new_client(owner.user), owner.user, scope=scope)
    for label in (TCX, "multipart/form-data; boundary=x"):
        body = form(("file", b"a file"))[0] if "form" in label else b"a file"
        answer = Browser().generic("POST", IMPORTS, body, label, headers=bearing())
        assert answer.status_code == status, answer.content


def test_an_import_is_in_the_log(owner: Caller) -> None:
    uri = post_file(owner).json()["resource_uri"]
    (entry,) = owner.get("/api/activitylog/").json()["objects"]
    assert (entry["method"], entry["object_resource_uri"]) == ("POST", uri)


def test_a_list_of_imports_takes_few_statements(
    owner: Caller, catalogue: None, reader: FakeReader, django_assert_max_num_queries: Any
) -> None:
    reader.activities = [a_file()]
    for number in range(4):
        imported(owner, b"%d" % number)
    with django_assert_max_num_queries(20):
        assert len(owner.get(IMPORTS).json()["objects"]) == 4


def test_a_record_of_others_names_its_import(
    cast: Cast, catalogue: None, reader: FakeReader
) -> None:
    """Whoever may see the record sees the link, and not what is behind it."""
    reader.activities = [a_file()]
    record = imported(cast.owner)["results"][0]
    shown = cast.friend.get(record["resource_uri"]).json()
    assert shown["importfile"] == record["importfile"]
    assert cast.friend.get(shown["importfile"]).status_code == 404
