"""No secret is kept of a request, wherever it was sent."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.control.journal import masking
from apps.control.journal.masking import FORM, MOST, mask_body, mask_header, mask_url

SECRET = "s3cr3t-hunter2"
NAMES = (
    "password",
    "client_secret",
    "access_token",
    "Refresh_Token",
    "oauth_signature",
    "code",
    "apiKey",
    "code_verifier",
    "assertion",
    "new-passwd",
)

names = st.sampled_from(NAMES)
plain = st.dictionaries(st.sampled_from(["name", "note", "user"]), st.text("abc 1&=;{", max_size=9))


def shown(sent: bytes, content_type: str = "application/json") -> str:
    return json.dumps(mask_body(sent, content_type))


@pytest.mark.parametrize(
    ("name", "value", "masked"),
    [
        ("Authorization", f"Basic {SECRET}", "Basic ..."),
        ("Authorization", f"OAuth oauth_token={SECRET}", "OAuth ..."),
        ("Authorization", SECRET, "..."),
        ("Authorization", f"{SECRET} more", "..."),
        ("Cookie", f"a={SECRET}", "..."),
        ("X-Hexoapisignature", SECRET, "..."),
        ("X-Csrftoken", SECRET, "..."),
        ("Referer", f"http://x/?code={SECRET}", "http://x/?code=..."),
        ("Location", f"http://x/#access_token={SECRET}&a=1", "http://x/#access_token=...&a=1"),
        ("Accept-Encoding", "gzip", "gzip"),
        ("X-Hexotimestamp", "1", "1"),
    ],
)
def test_headers(name: str, value: str, masked: str) -> None:
    assert mask_header(name, value) == masked


def test_urls() -> None:
    token = "x" * 43
    assert mask_url(f"/api/resetpassword/{token}/") == "/api/resetpassword/.../"
    assert mask_url(f"/x?a=1&password={SECRET}#part") == "/x?a=1&password=..."
    assert mask_url("/x#part") == "/x#part"
    assert mask_url(f"/x?a=1&q={json.dumps({'password': SECRET})}&b=2") == "/x?a=1&q=...&b=2"
    assert mask_url(f"/x?q={quote(json.dumps({'token': SECRET}))}") == "/x?q=..."
    assert mask_url('/x?q={"name":"kept"}#part') == '/x?q={"name":"kept"}#part'


def test_what_is_no_secret_is_kept_as_it_was_sent() -> None:
    sent = b'{ "name": "x",  "values": [1, {"a": null}] }'
    assert mask_body(sent, "") == {"bytes": len(sent), "text": sent.decode()}
    assert mask_body(b"a=1&b=%20", FORM) == {"bytes": 9, "text": "a=1&b=%20"}
    assert mask_body(b'{"a": "=;x"}', FORM)["text"] == '{"a": "=;x"}'
    assert mask_body(b"\x00\xff", "") == {"bytes": 2, "base64": "AP8="}


def test_secret_members_are_masked_at_any_depth() -> None:
    for depth in (100, 200, 900):
        deep = f'{"[" * depth}{{"password": "{SECRET}", "n": 1}}{"]" * depth}'
        assert SECRET not in shown(deep.encode())
    kept = mask_body(b'{"token": {"a": "b"}, "code": null, "x": [{"key": 1}]}', "")
    assert json.loads(kept["text"]) == {"token": "...", "code": None, "x": [{"key": "..."}]}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"name": "password", "value": SECRET}, {"name": "password", "value": "..."}),
        ([{"Field": "apiToken", "Content": {"a": 1}}], [{"Field": "apiToken", "Content": "..."}]),
        ({"key": "Code", "value": SECRET, "n": 1}, {"key": "...", "value": "...", "n": 1}),
        ([["password", SECRET], ["a", "b"]], [["password", "..."], ["a", "b"]]),
        ({"x": ["Token", {"a": SECRET}]}, {"x": ["Token", "..."]}),
        (["password", "name", "user"], ["password", "name", "user"]),
        ({"name": "easy", "value": "kept"}, {"name": "easy", "value": "kept"}),
        ({"name": 5, "value": "kept"}, {"name": 5, "value": "kept"}),
    ],
    ids=str,
)
def test_a_value_is_masked_by_the_name_beside_it(sent: object, kept: object) -> None:
    assert json.loads(mask_body(json.dumps(sent).encode(), "")["text"]) == kept


def test_a_long_body_is_cut() -> None:
    letters = "ä" * MOST
    kept = mask_body(letters.encode(), "text/plain")
    assert kept == {"bytes": 2 * MOST, "truncated": True, "text": "ä" * (MOST // 2)}
    odd = mask_body(b"x" + letters.encode(), "text/plain")
    assert odd["text"] == "x" + "ä" * (MOST // 2 - 1)
    long = json.dumps({"password": SECRET, "x": "y" * MOST}).encode()
    assert mask_body(long, "application/json") == {"bytes": len(long), "hidden": True}


@pytest.mark.parametrize(
    "sent",
    [
        '{"password": "%s"',
        '{"\\u0070assword": "%s"',
        "password=%s",
        '["password=", "%s"',
        "%%70assword=%s",
        "--x\r\nname=password\r\n\r\n%s",
    ],
)
def test_what_cannot_be_taken_apart_is_left_out(sent: str) -> None:
    text = (sent % SECRET).encode()
    assert mask_body(text, "application/json") == {"bytes": len(text), "hidden": True}
    assert mask_body(b"\xff" + b"Password" + SECRET.encode(), "")["hidden"]


@given(name=names, members=plain, data=st.data())
def test_no_secret_of_json(name: str, members: dict[str, str], data: st.DataObject) -> None:
    body: Any = {**members, name: SECRET}
    for _ in range(data.draw(st.integers(0, 3))):
        body = data.draw(st.sampled_from([[body, 1], {"in": body}, [[], {"a": [body]}]]))
    text = json.dumps(body)
    cut = data.draw(st.integers(0, len(text)))
    for sent in (text, text[:cut]):
        for content_type in ("application/json", FORM, "text/plain", ""):
            assert SECRET not in shown(sent.encode(), content_type), (sent, content_type)


@given(name=names, members=plain, separator=st.sampled_from("&;"), cut=st.integers(0, 80))
def test_no_secret_of_a_form(name: str, members: dict[str, str], separator: str, cut: int) -> None:
    escaped = "".join(f"%{ord(each):02X}" for each in name)
    for key in (name, quote(name), escaped):
        text = separator.join([urlencode(members), f"{key}={quote(SECRET)}"])
        for sent in (text, text[:cut]):
            for content_type in (FORM, f"{FORM}; charset=utf-8", "application/json", ""):
                assert SECRET not in shown(sent.encode(), content_type), (sent, content_type)
            assert SECRET not in mask_url(f"/api/x/?{sent}")
            assert SECRET not in mask_url(f"/api/x/#{sent}")


def test_the_words_are_those_of_the_log() -> None:
    assert all(masking._is_secret(f"x{name}") for name in NAMES)
