"""Forms of the pages and of the token endpoints: short, and refused before anything is read."""

from __future__ import annotations

import io
import tempfile
from typing import Any, NoReturn
from urllib.parse import urlencode

import pytest
from django.http.multipartparser import MultiPartParserError
from django.test import Client as Browser
from django.test import RequestFactory
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import resolve

from apps.accounts.models import User
from apps.credentials.forms import LONGEST
from tests.credentials.dances import AUTH, FORM, INTROSPECT, REVOKE, TOKEN, Person, basic, program
from tests.credentials.oauth1 import AGREE, ASK, FETCH

MEGABYTES_2 = 2 * 2**20
PAGES = (AUTH, AUTH.replace("/api/", "/api/v1/"), AGREE)
ENDPOINTS = (TOKEN, REVOKE, INTROSPECT)


class Unread(io.BytesIO):
    """A body that nobody may read."""

    def read(self, size: int | None = -1) -> NoReturn:
        raise AssertionError("the body was read")


def with_file() -> bytes:
    """A form of 2 MB with a file in it."""
    upload = io.BytesIO(b"x" * MEGABYTES_2)
    upload.name = "big.bin"
    return encode_multipart(BOUNDARY, {"action": "login", "file": upload})


@pytest.fixture
def no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is made for a body fails the test."""

    def made(*args: Any, **kwargs: Any) -> NoReturn:
        raise AssertionError("a file was made")

    for name in ("NamedTemporaryFile", "TemporaryFile", "SpooledTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, made)


@pytest.mark.usefixtures("no_files")
@pytest.mark.parametrize("path", [*PAGES, *ENDPOINTS])
def test_files_are_refused_before_the_disk(user: User, path: str) -> None:
    person = Person(user)
    shown = person.visit(program(user))
    assert shown.status_code == 200
    answer = person.browser.generic("POST", path, with_file(), MULTIPART_CONTENT)
    assert answer.status_code == 413


@pytest.mark.parametrize("path", [*PAGES, *ENDPOINTS])
@pytest.mark.parametrize("label", [MULTIPART_CONTENT, " Multipart/Mixed; boundary=x"])
def test_short_ones_with_parts_are_refused_too(db: None, path: str, label: str) -> None:
    answer = Browser().generic("POST", path, b"--x--", label)
    assert answer.status_code == 415


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("label", [FORM, MULTIPART_CONTENT, ""])
@pytest.mark.parametrize("length", [LONGEST + 1, 10**12, "+5", "-1", "x"])
def test_nothing_is_read_of_a_long_form(db: None, path: str, label: str, length: Any) -> None:
    request: Any = RequestFactory().generic("POST", path, b"", label)
    request.META["CONTENT_LENGTH"] = str(length)
    request._stream = Unread()
    view, args, kwargs = resolve(path)
    assert view(request, *args, **kwargs).status_code == 413


@pytest.mark.parametrize("path", [*ENDPOINTS, ASK, FETCH])
def test_programs_send_short_forms_too(user: User, path: str) -> None:
    client = program(user)
    header = {"Authorization": basic(client.client_id, client.secret)}
    text = urlencode({"oauth_consumer_key": client.client_id, "x": "x" * LONGEST})
    answer = Browser().post(path, text, FORM, headers=header)
    assert answer.status_code == 413
    assert answer["Content-Type"] == "application/json"


def test_a_form_of_the_greatest_length_is_read(user: User) -> None:
    person = Person(user)
    answer = person.visit(program(user))
    sent = urlencode({"action": "login", "email": "x"})
    text = sent + "&filler=" + "x" * (LONGEST - len(sent) - len("&filler="))
    assert person.browser.post(person.at, text, FORM).status_code == 403  # no token against forgery
    assert person.browser.post(person.at, f"{text}x", FORM).status_code == 413
    assert person.log_in(answer).status_code == 200


def test_no_view_can_have_parts_read(rf: RequestFactory) -> None:
    """Whoever forgets to refuse them cannot read them."""
    request = rf.generic("POST", "/anything/", with_file(), MULTIPART_CONTENT)
    with pytest.raises(MultiPartParserError):
        _ = request.POST
