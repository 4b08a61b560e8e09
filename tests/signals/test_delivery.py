"""How answers of data travel: ETags, HEAD, byte ranges, lengths and names (RFC 9110)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from apps.accounts.models import User
from apps.records.models import Record
from apps.signals.delivery import Delivery, deliver
from apps.signals.storage.reader import Gone
from tests.signals.conftest import client_of

BODY = bytes(range(100))
ETAG = '"v-text/plain"'


def pieces() -> Iterable[bytes]:
    return (BODY[at : at + 7] for at in range(0, 100, 7))


def ready() -> list[bytes]:
    return [BODY[:40], b"", BODY[40:]]


def answer(
    method: str = "GET", version: str | None = "v", **headers: str
) -> tuple[int, bytes, HttpResponseBase]:
    """Status and body of a streamed answer of 100 bytes."""
    return sent(Delivery("text/plain", pieces, 100, "a.txt"), method, version, **headers)


def sent(
    delivery: Delivery, method: str = "GET", version: str | None = "v", **headers: str
) -> tuple[int, bytes, HttpResponseBase]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = Request(APIRequestFactory().generic(method, "/", headers=named))
    response: Any = deliver(delivery, version, request)
    return response.status_code, response.getvalue(), response


class TestWhole:
    def test_headers(self) -> None:
        status, body, response = answer()
        assert (status, body) == (200, BODY)
        assert response.headers == {
            "Content-Type": "text/plain",
            "Content-Length": "100",
            "Accept-Ranges": "bytes",
            "Content-Disposition": 'attachment; filename="a.txt"',
            "ETag": ETAG,
        }

    def test_head_has_the_same_and_makes_no_body(self) -> None:
        def never() -> Iterable[bytes]:
            raise AssertionError("made in vain")

        for headers in ({}, {"Range": "bytes=0-4"}):
            status, body, response = sent(
                Delivery("text/plain", never, 100, "a.txt"), "HEAD", **headers
            )
            assert (status, body) == (200, b"")
            assert response.headers == answer()[2].headers

    def test_what_fails_before_the_first_byte_can_still_be_answered(self) -> None:
        def fail(_: int) -> bytes:
            raise OperationalError("connection refused")

        request = Request(APIRequestFactory().get("/"))
        with pytest.raises(OperationalError):
            deliver(Delivery("text/plain", lambda: map(fail, range(3))), None, request)

    def test_what_is_growing_has_neither_etag_nor_ranges(self) -> None:
        status, body, response = answer(version=None, Range="bytes=0-4")
        assert (status, body) == (200, BODY)
        assert response["Content-Length"] == "100"
        assert not {"ETag", "Accept-Ranges"} & response.headers.keys()

    def test_an_unknown_length_stays_unknown(self) -> None:
        for method in ("GET", "HEAD"):
            status, body, response = sent(Delivery("text/plain", pieces), method, Range="bytes=0-4")
            assert (status, body) == (200, BODY if method == "GET" else b"")
            assert not {"Content-Length", "Accept-Ranges"} & response.headers.keys()
            assert response.streaming

    def test_the_variant_is_part_of_the_etag(self) -> None:
        delivery = Delivery("text/plain", pieces, 100, variant="hxd")
        assert sent(delivery)[2]["ETag"] == '"v-hxd-text/plain"'

    def test_a_length_that_costs_something_is_not_asked_for_in_vain(self) -> None:
        def never() -> int:
            raise AssertionError("counted in vain")

        delivery = Delivery("text/plain", pieces, never)
        assert sent(delivery, If_None_Match=ETAG)[0] == 304
        with pytest.raises(AssertionError, match="in vain"):
            sent(delivery)


class TestNotModified:
    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    @pytest.mark.parametrize("known", [ETAG, "*", f'"x", {ETAG}', f"W/{ETAG}"])
    def test_304(self, method: str, known: str) -> None:
        status, body, response = answer(method, If_None_Match=known, Range="bytes=0-4")
        assert (status, body, response["ETag"]) == (304, b"", ETAG)

    def test_others_get_it_all(self) -> None:
        assert answer(If_None_Match='"x"')[:2] == (200, BODY)
        assert answer(If_None_Match=ETAG, version=None)[:2] == (200, BODY)

    def test_if_match(self) -> None:
        assert answer(If_Match='"x"')[0] == 412
        assert answer(If_Match=ETAG)[:2] == (200, BODY)


class TestRanges:
    @pytest.mark.parametrize("body", [pieces, ready], ids=["streamed", "ready"])
    @pytest.mark.parametrize(
        ("asked", "first", "last"),
        [
            ("bytes=0-0", 0, 0),
            ("bytes=0-99", 0, 99),
            ("bytes=0-", 0, 99),
            ("bytes=6-7", 6, 7),
            ("bytes=13-55", 13, 55),
            ("bytes=99-", 99, 99),
            ("bytes=90-1000", 90, 99),
            ("bytes=90-" + "9" * 90, 90, 99),
            ("bytes=-1", 99, 99),
            ("bytes=-30", 70, 99),
            ("bytes=-5000", 0, 99),
            ("Bytes=007-008", 7, 8),
            (" bytes=1-2 ", 1, 2),
        ],
    )
    def test_206(self, body: Any, asked: str, first: int, last: int) -> None:
        status, part, response = sent(Delivery("text/plain", body, 100), Range=asked)
        assert (status, part) == (206, BODY[first : last + 1])
        assert response["Content-Range"] == f"bytes {first}-{last}/100"
        assert response["Content-Length"] == str(len(part))
        assert response["ETag"] == ETAG

    @pytest.mark.parametrize("body", [pieces, ready], ids=["streamed", "ready"])
    @pytest.mark.parametrize(
        "asked", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=" + "9" * 99 + "-"]
    )
    def test_416(self, body: Any, asked: str) -> None:
        status, part, response = sent(Delivery("text/plain", body, 100), Range=asked)
        assert (status, part) == (416, b"")
        assert response["Content-Range"] == "bytes */100"
        assert response["Content-Length"] == "0"
        assert response["Content-Type"].startswith("text/html")

    @pytest.mark.parametrize(
        "asked",
        ["", "bytes", "bytes=", "bytes=-", "bytes=5-4", "bytes=a-b", "bytes=0x1-2", "bytes=1-2,4-5",
         "bytes=1--2", "bytes=+1-2", "bytes=1 - 2", "b ytes=1-2", "lines=1-2", "bytes=\u00b2-",
         "bytes=1.5-3", "0-4", "bytes=0-4;", "bytes=" + "1" * 5000 + "-"],
    )  # fmt: skip
    def test_what_is_no_single_range_is_ignored(self, asked: str) -> None:
        status, body, response = answer(Range=asked)
        assert (status, body) == (200, BODY)
        assert "Content-Range" not in response

    def test_if_range(self) -> None:
        for known in ('"x"', f"W/{ETAG}", "Thu, 17 Jul 2014 19:38:06 GMT", ""):
            assert answer(Range="bytes=0-4", If_Range=known)[:2] == (200, BODY)
        assert answer(Range="bytes=0-4", If_Range=ETAG)[:2] == (206, BODY[:5])

    def test_nothing_is_made_beyond_the_part(self) -> None:
        def body() -> Iterable[bytes]:
            yield BODY[:50]
            raise AssertionError("made in vain")

        assert sent(Delivery("text/plain", body, 100), Range="bytes=0-49")[:2] == (206, BODY[:50])


class TestBreaking:
    def test_what_changes_midway_is_broken_off_and_logged(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        def body() -> Iterable[bytes]:
            yield BODY[:50]
            raise Gone("datatype 19 of record 37")

        with pytest.raises(Gone):
            sent(Delivery("text/plain", body, 100))
        (said,) = caplog.messages
        assert (
            said
            == "broke off an answer of data: datatype 19 of record 37 changed while it was read"
        )


class TestFormats:
    """The real answers, over the resource."""

    FORMATS = ("json", "csv", "zip", "edf")
    UNMEASURED = {"json", "csv"}
    """The formats whose length is not known before the body is made: their deliveries have none."""

    @pytest.mark.parametrize("name", FORMATS)
    def test_every_part_is_a_part_of_the_whole(
        self, record: Record, athlete: User, name: str
    ) -> None:
        client, path = client_of(athlete), f"/api/data/?record=37&format={name}"
        whole = client.get(path)
        body = whole.getvalue()
        assert whole["Accept-Ranges"] == "bytes"
        assert int(whole["Content-Length"]) == len(body)
        for asked, part in (("5-9", body[5:10]), ("-7", body[-7:]), ("50-", body[50:])):
            again = client.get(path, headers={"Range": f"bytes={asked}", "If-Range": whole["ETag"]})
            assert (again.status_code, again.getvalue()) == (206, part)
        far = client.get(path, headers={"Range": f"bytes={len(body)}-"})
        assert (far.status_code, far["Content-Range"]) == (416, f"bytes */{len(body)}")

    @pytest.mark.parametrize("name", FORMATS)
    def test_head(self, record: Record, athlete: User, name: str) -> None:
        client, path = client_of(athlete), f"/api/data/?record=37&format={name}"
        whole, head = client.get(path), client.head(path)
        assert (head.status_code, head.getvalue()) == (200, b"")
        missing = whole.headers.items() - head.headers.items()
        allowed = {"Content-Length", "Accept-Ranges"} if name in self.UNMEASURED else set()
        assert {header for header, _ in missing} == allowed, (
            f"The delivery of {name!r} has a `length`, or else the name is in UNMEASURED."
        )

    def test_etags_tell_formats_apart(self, record: Record, athlete: User) -> None:
        client = client_of(athlete)
        etags = {client.get(f"/api/data/?record=37&format={name}")["ETag"] for name in self.FORMATS}
        assert len(etags) == len(self.FORMATS)
