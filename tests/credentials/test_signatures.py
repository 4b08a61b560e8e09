"""Signed keys: wire 0 and 1.1; the published vector (API reference, API Key
identification)."""

from __future__ import annotations

import hashlib
import logging
from base64 import b64encode
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.test import Client as Browser
from django.test import RequestFactory, override_settings

from apps.accounts.models import User
from apps.credentials.models import Client
from apps.credentials.sent_urls import urls_as_sent
from apps.credentials.signed_keys import replays
from apps.credentials.signed_keys.signatures import compute_signature
from tests.credentials.conftest import KEY, SECRET
from tests.people import PASSWORD, new_user

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

NOW = 1_400_000_000
GOLDEN = "88c7a8e7b35f145ddac98f861476d89dc6604fb3"
HOST = "api.hexoskin.com"
PATH = "/api/user/"

pytestmark = pytest.mark.usefixtures("client_key")


@pytest.fixture(autouse=True)
def clock() -> object:
    with time_machine.travel(datetime.fromtimestamp(NOW, UTC), tick=False):
        yield


def sign(url: str, timestamp: str = str(NOW), secret: str = SECRET) -> str:
    return hashlib.sha1(f"{secret}{timestamp}{url}".encode(), usedforsecurity=False).hexdigest()


def signed(
    url: str = f"https://{HOST}{PATH}",
    *,
    timestamp: str = str(NOW),
    key: str = KEY,
    secret: str = SECRET,
    basic: str | None = None,
) -> dict[str, str]:
    """The headers of a request that its client signed for this URL."""
    headers = {
        "X-HEXOTIMESTAMP": timestamp,
        "X-HEXOAPIKEY": key,
        "X-HEXOAPISIGNATURE": sign(url, timestamp, secret),
    }
    if basic is not None:
        headers["Authorization"] = f"Basic {b64encode(basic.encode()).decode()}"
    return headers


def send(headers: dict[str, str], path: str = PATH, raw: str = "", **environ: str) -> Answer:
    """A request over https to HOST; `raw` is the path and query as they were sent."""
    url = path + (f"?{environ['QUERY_STRING']}" if "QUERY_STRING" in environ else "")
    server: dict[str, Any] = {
        "SERVER_NAME": HOST,
        "HTTP_HOST": HOST,
        "RAW_URI": raw or url,
        **environ,
    }
    return Browser(**server).get(path, secure=True, headers=headers)


def is_refused(answer: Answer) -> bool:
    """401 with the JSON that clients tell from a wrong password."""
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/json")
    assert answer.content == b'{"error": "API signature failed."}'
    return True


def test_the_golden_vector() -> None:
    assert compute_signature(SECRET, str(NOW), f"https://{HOST}{PATH}") == GOLDEN


@pytest.mark.parametrize("spelling", [GOLDEN, GOLDEN.upper()])
def test_a_key_alone_stands_for_its_owner(user: User, spelling: str) -> None:
    answer = send({**signed(), "X-HEXOAPISIGNATURE": spelling})
    assert [row["id"] for row in answer.json()["objects"]] == [user.pk]


def test_basic_names_the_user_when_both_are_sent(user: User) -> None:
    other = new_user("bob")
    other.save()
    answer = send(signed(basic=f"bob@example.com:{PASSWORD}"))
    assert [row["id"] for row in answer.json()["objects"]] == [other.pk]


def test_a_right_key_does_not_help_a_wrong_password() -> None:
    answer = send(signed(basic="ada:wrong"))
    assert (answer.status_code, answer.content) == (401, b"")
    assert not answer["Content-Type"].startswith("application/json")


def test_a_right_password_does_not_help_a_wrong_key() -> None:
    assert is_refused(send(signed(secret="other", basic=f"ada:{PASSWORD}")))
    assert is_refused(send(signed(key="other", basic=f"ada:{PASSWORD}")))


@pytest.mark.parametrize("left_out", ["X-HEXOTIMESTAMP", "X-HEXOAPIKEY", "X-HEXOAPISIGNATURE"])
def test_all_three_headers_are_needed(left_out: str) -> None:
    headers = {name: value for name, value in signed().items() if name != left_out}
    assert is_refused(send(headers))


@pytest.mark.parametrize("text", ["", "0" * 40, "é", "x", GOLDEN[:-1], f"{GOLDEN}0"])
def test_a_wrong_signature(text: str) -> None:
    assert is_refused(send({**signed(), "X-HEXOAPISIGNATURE": text}))


@pytest.mark.parametrize(
    ("seconds", "fresh"), [(300, True), (-300, True), (301, False), (-301, False)]
)
def test_the_window_of_time(seconds: int, fresh: bool) -> None:
    answer = send(signed(timestamp=str(NOW + seconds)))
    assert answer.status_code == 200 if fresh else is_refused(answer)


@override_settings(HEXOSTORE_SIGNATURE_WINDOW=10)
def test_the_window_is_a_setting() -> None:
    assert send(signed(timestamp=str(NOW - 10))).status_code == 200
    assert is_refused(send(signed(timestamp=str(NOW - 11))))


@pytest.mark.parametrize(
    "text", ["x", "nan", "inf", "-inf", "1e400", "1400000000000", "0", "\uff11"]
)
def test_timestamps_that_are_none(text: str) -> None:
    assert is_refused(send(signed(timestamp=text)))


def test_a_timestamp_may_have_a_fraction() -> None:
    assert send(signed(timestamp=f"{NOW}.25")).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "limit=1&offset=0",
        "offset=0&limit=1",
        "search=a%2Cb%2fc&x=%C3%A9",
        "search=a+b%20c",
        "x=a,b/c:d&&y",
        "%C3%A9t%C3%A9=1",
    ],
)
def test_the_url_counts_as_it_was_sent(query: str) -> None:
    headers = signed(f"https://{HOST}{PATH}?{query}")
    assert send(headers, QUERY_STRING=query).status_code == 200
    assert is_refused(send(headers, QUERY_STRING=f"{query}&more=1"))
    assert is_refused(send(headers))


def test_another_order_of_the_query_is_another_url() -> None:
    headers = signed(f"https://{HOST}{PATH}?a=1&b=2")
    assert is_refused(send(headers, QUERY_STRING="b=2&a=1"))


def test_the_escapes_of_the_path_count_as_sent() -> None:
    raw = "/api/%75ser/"
    assert send(signed(f"https://{HOST}{raw}"), raw=raw).status_code == 200
    assert is_refused(send(signed(), raw=raw))


def test_without_the_raw_path_it_is_rebuilt() -> None:
    answer = Browser().get(
        PATH,
        query_params={"a": "1"},
        secure=True,
        headers={**signed(f"https://{HOST}{PATH}?a=1"), "Host": HOST},
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "url", [f"http://{HOST}{PATH}", f"https://other.example{PATH}", f"https://{HOST}:8443{PATH}"]
)
def test_scheme_and_host_count(url: str) -> None:
    assert is_refused(send(signed(url)))


FORWARDED = {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_HOST": HOST}


def behind_proxy(address: str) -> Answer:
    environ: dict[str, Any] = {"HTTP_HOST": "10.0.0.1:8000", "REMOTE_ADDR": address, **FORWARDED}
    return Browser(**environ).get(PATH, headers=signed())


@override_settings(HEXOSTORE_TRUSTED_PROXIES=["10.0.0.0/24", "127.0.0.1"])
def test_a_trusted_proxy_says_what_the_client_saw() -> None:
    assert behind_proxy("10.0.0.7").status_code == 200
    assert behind_proxy("127.0.0.1").status_code == 200
    assert is_refused(behind_proxy("10.0.1.7"))


def test_nobody_else_chooses_the_url_he_signed() -> None:
    assert is_refused(behind_proxy("127.0.0.1"))


def test_a_key_for_another_scheme() -> None:
    Client.objects.update(status="oauth2")
    assert is_refused(send(signed()))


def test_a_key_of_an_inactive_user(user: User) -> None:
    User.objects.update(is_active=False)
    answer = send(signed())
    assert answer.status_code == 401


@pytest.mark.parametrize("name", ["X-HEXOTIMESTAMP", "X-HEXOAPIKEY", "X-HEXOAPISIGNATURE"])
def test_a_nul_in_a_header(name: str) -> None:
    assert is_refused(send({**signed(), name: "\0"}))


@pytest.mark.parametrize("secret", [SECRET, "wrong"])
def test_nothing_secret_is_logged(caplog: pytest.LogCaptureFixture, secret: str) -> None:
    caplog.set_level(logging.DEBUG)
    query = "key=k3y-in-query&signature=s1gn-in-query"
    headers = signed(f"https://{HOST}{PATH}?{query}", secret=secret)
    send(headers, QUERY_STRING=query)
    assert caplog.text
    for word in (SECRET, headers["X-HEXOAPISIGNATURE"], "k3y-in-query", "s1gn-in-query"):
        assert word not in caplog.text


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("//api/user/", "//api/user/"),
        ("/api/user/a@b/", "/api/user/a@b/"),
        ("/api/user/a@b/", "/api/user/a%40b/"),
        ("/api/user/\u00e9/", "/api/user/%C3%A9/"),
        ("/api/user/\U0001f3fb/", "/api/user/%F0%9F%8F%BB/"),
    ],
)
def test_a_server_that_decodes_paths_tries_the_likely_spellings(path: str, sent: str) -> None:
    """Granian hands over the path decoded (wire traps 11 and 13)."""
    environ: dict[str, Any] = {
        "PATH_INFO": path.encode().decode("latin-1"),
        "QUERY_STRING": "a=%2C",
    }
    request = RequestFactory().get("/", headers={"Host": HOST}, secure=True, **environ)
    assert f"https://{HOST}{sent}?a=%2C" in urls_as_sent(request)


# Ports, letters and proxies


@pytest.mark.parametrize("sent", [HOST, f"{HOST}:443"])
@pytest.mark.parametrize("signed_for", [HOST, f"{HOST}:443"])
def test_the_port_of_https_may_be_left_out(sent: str, signed_for: str) -> None:
    headers = signed(f"https://{signed_for}{PATH}")
    assert send(headers, HTTP_HOST=sent).status_code == 200


@pytest.mark.parametrize("port", ["80", "8443", "4433"])
def test_no_other_port_may(port: str) -> None:
    assert is_refused(send(signed(), HTTP_HOST=f"{HOST}:{port}"))
    assert is_refused(send(signed(f"https://{HOST}:{port}{PATH}")))
    headers = signed(f"https://{HOST}:{port}{PATH}")
    assert send(headers, HTTP_HOST=f"{HOST}:{port}").status_code == 200


@pytest.mark.parametrize(
    ("sent", "right"), [(HOST, True), (f"{HOST}:80", True), (f"{HOST}:443", False)]
)
def test_the_port_of_http(sent: str, right: bool) -> None:
    environ: dict[str, Any] = {"HTTP_HOST": sent, "RAW_URI": PATH}
    answer = Browser(**environ).get(PATH, headers=signed(f"http://{HOST}{PATH}"))
    assert answer.status_code == 200 if right else is_refused(answer)


@pytest.mark.parametrize("signed_for", ["API.Hexoskin.com", "api.hexoskin.com"])
def test_the_host_in_large_letters(signed_for: str) -> None:
    headers = signed(f"https://{signed_for}{PATH}")
    assert send(headers, HTTP_HOST="API.Hexoskin.com").status_code == 200


def test_a_fragment_is_never_sent_and_so_never_signed() -> None:
    assert is_refused(send(signed(f"https://{HOST}{PATH}#top")))


def test_a_target_with_its_origin_counts_by_the_host() -> None:
    """RFC 9112, section 3.2.2: what a proxy is asked for."""
    assert send(signed(), raw=f"https://{HOST}{PATH}").status_code == 200
    assert is_refused(send(signed("https://other.example/api/user/"), raw="https://other.example/"))


@pytest.mark.parametrize("query", ["search=\u00e9", "a=1&a=2&a=1", "", "=", "&&", "a=?b#"])
def test_what_was_sent_raw_is_signed_raw(query: str) -> None:
    raw = f"{PATH}?{query}".encode().decode("latin-1")
    answer = send(signed(f"https://{HOST}{PATH}?{query}"), raw=raw)
    assert answer.status_code == 200


def test_bytes_that_are_no_text() -> None:
    signed_bytes = f"{SECRET}{NOW}https://{HOST}{PATH}?a=".encode() + b"\xff\xfe"
    digest = hashlib.sha1(signed_bytes, usedforsecurity=False).hexdigest()
    headers = {**signed(), "X-HEXOAPISIGNATURE": digest}
    assert send(headers, raw=f"{PATH}?a=\xff\xfe").status_code == 200
    assert is_refused(send(signed(), raw=f"{PATH}?a=\xff\xfe"))
    [last] = Browser().get("/_sandbox/auth/last").json()
    assert last["expected"]["signed"][0] == f"<secret>{NOW}https://{HOST}{PATH}?a=??"


def test_repeated_parameters_keep_their_order() -> None:
    headers = signed(f"https://{HOST}{PATH}?a=1&a=2")
    assert send(headers, QUERY_STRING="a=1&a=2").status_code == 200
    assert is_refused(send(headers, QUERY_STRING="a=2&a=1"))
    assert is_refused(send(headers, QUERY_STRING="a=1&a=2&a=2"))


# Signatures that came before


@pytest.fixture
def nothing_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replays, "_seen", set())


@pytest.mark.usefixtures("nothing_seen")
def test_a_signature_may_be_used_again_and_the_answer_says_so() -> None:
    first, second = send(signed()), send({**signed(), "X-HEXOAPISIGNATURE": GOLDEN.upper()})
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.content == second.content
    assert "X-HexoStore-Remark" not in first
    assert second["X-HexoStore-Remark"] == "signature_used_before"
    assert "X-HexoStore-Remark" not in send(signed(timestamp=str(NOW + 1)))


@pytest.mark.usefixtures("nothing_seen")
def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replays, "MOST", 2)
    assert not any(replays.was_seen(KEY, text) for text in "abcde")
    assert replays.was_seen(KEY, "e")
    assert not replays.was_seen(KEY, "a")


@pytest.mark.usefixtures("nothing_seen")
def test_a_public_server_keeps_that_to_itself() -> None:
    with override_settings(HEXOSTORE_PROFILE="public"):
        assert not any("X-HexoStore-Remark" in send(signed()) for _ in range(2))
