"""What holds for every request: the mock's mark, the log, proxies, https."""

import logging
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from hexostore import middleware


def behind(factory: RequestFactory, path: str = "/", **extra: Any) -> HttpRequest:
    """The request as it is seen behind the proxy middleware."""
    seen: list[HttpRequest] = []

    def answer(inner: HttpRequest) -> HttpResponse:
        seen.append(inner)
        return HttpResponse()

    middleware.trust_proxies(answer)(factory.get(path, **extra))
    return seen[0]


FORWARDED = {
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_X_FORWARDED_HOST": "api.hexoskin.com",
    "HTTP_HOST": "10.0.0.5:8000",
}


@pytest.mark.parametrize("proxy", ["10.0.0.1", "10.0.0.0/8"])
def test_a_trusted_proxy_says_what_was_asked_for(
    rf: RequestFactory, settings: Settings, proxy: str
) -> None:
    settings.HEXOSTORE_TRUSTED_PROXIES = [proxy]
    seen = behind(rf, "/api/user/", REMOTE_ADDR="10.0.0.1", **FORWARDED)
    assert seen.build_absolute_uri() == "https://api.hexoskin.com/api/user/"


@pytest.mark.parametrize("trusted", [[], ["10.0.0.2"], ["192.168.0.0/16", "::1"]])
def test_anybody_else_is_not_believed(
    rf: RequestFactory, settings: Settings, trusted: list[str]
) -> None:
    settings.HEXOSTORE_TRUSTED_PROXIES = trusted
    seen = behind(rf, "/api/user/", REMOTE_ADDR="10.0.0.1", **FORWARDED)
    assert seen.build_absolute_uri() == "http://10.0.0.5:8000/api/user/"
    assert "HTTP_X_FORWARDED_PROTO" not in seen.META
    assert "HTTP_X_FORWARDED_HOST" not in seen.META


def test_the_last_proxy_counts(rf: RequestFactory, settings: Settings) -> None:
    settings.HEXOSTORE_TRUSTED_PROXIES = ["10.0.0.1"]
    seen = behind(rf, REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_PROTO="http, https")
    assert seen.is_secure()


@pytest.mark.parametrize(
    ("remote", "sent", "seen"),
    [
        ("10.0.0.1", "192.0.2.7", "192.0.2.7"),
        ("10.0.0.1", "198.51.100.1, 192.0.2.7", "192.0.2.7"),
        ("10.0.0.1", "192.0.2.7, 10.0.0.2", "192.0.2.7"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "192.0.2.7,", "10.0.0.1"),
        ("10.0.0.1", "192.0.2.7, unknown", "unknown"),
        ("203.0.113.5", "192.0.2.7", "203.0.113.5"),
    ],
)
def test_the_sender_is_the_nearest_address_that_is_no_proxy(
    rf: RequestFactory, settings: Settings, remote: str, sent: str, seen: str
) -> None:
    settings.HEXOSTORE_TRUSTED_PROXIES = ["10.0.0.0/8"]
    found = behind(rf, REMOTE_ADDR=remote, HTTP_X_FORWARDED_FOR=sent)
    assert found.META["REMOTE_ADDR"] == seen
    assert "HTTP_X_FORWARDED_FOR" not in found.META


OAUTH_HIDDEN = "oauth_token=...&oauth_verifier=...&oauth_signature=..."


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/api/user/?limit=3", "/api/user/?limit=3"),
        ("/api/user/", "/api/user/"),
        ("/x?client_secret=s&limit=3", "/x?client_secret=...&limit=3"),
        ("/x?access_token=s;Password=t", "/x?access_token=...;Password=..."),
        ("/x?oauth_token=s&oauth_verifier=t&oauth_signature=u%3D", "/x?" + OAUTH_HIDDEN),
        ("/x?oauth_consumer_key=s&oauth_nonce=t", "/x?oauth_consumer_key=...&oauth_nonce=..."),
        ("/x?code=s&state=t", "/x?code=...&state=t"),
        (
            "/x?refresh_token=s&grant_type=refresh_token",
            "/x?refresh_token=...&grant_type=refresh_token",
        ),
        ("/x?code_verifier=s&assertion=t&pwd=u", "/x?code_verifier=...&assertion=...&pwd=..."),
        ("/x?client%5Fsecret=s&%70assword=t", "/x?client%5Fsecret=...&%70assword=..."),
        ("/x?secret==s=&a=b", "/x?secret=...&a=b"),
        (f"/api/resetpassword/{'x-_9' * 10}abc/?a=1", "/api/resetpassword/.../?a=1"),
        (f"/api/share/{'x' * 42}/", f"/api/share/{'x' * 42}/"),
    ],
)
def test_secrets_in_paths_are_not_logged(path: str, logged: str) -> None:
    assert middleware.without_secrets(path) == logged


def test_a_request_is_logged_in_one_line(
    client: Client, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    settings.HEXOSTORE_REDIRECT_HTTP = True
    with caplog.at_level(logging.INFO, "hexostore.request"):
        client.get("/nowhere?secret=s")
        client.get("/livez")
    lines = [record.getMessage() for record in caplog.records if record.name == "hexostore.request"]
    assert len(lines) == 1
    assert lines[0].startswith("GET /nowhere?secret=... 301 ")


def test_headers_and_bodies_are_not_logged(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"Authorization": "Bearer s3cr3t", "Cookie": "a=s3cr3t", "X-HEXOAPIKEY": "s3cr3t"}
    with caplog.at_level(logging.DEBUG):
        client.post("/livez-not", {"password": "s3cr3t", "code": "s3cr3t"}, headers=headers)
    assert caplog.records
    assert "s3cr3t" not in caplog.text


def guarded(response: HttpResponse) -> HttpResponse:
    """What the guard makes of an answer."""
    found = middleware.guard_pages(lambda _: response)(RequestFactory().get("/"))
    assert isinstance(found, HttpResponse)
    return found


def test_a_page_without_a_policy_may_do_nothing() -> None:
    answer = guarded(HttpResponse("<h1>Bad Request</h1>"))
    assert answer["Content-Security-Policy"] == middleware.POLICY
    assert "frame-ancestors 'none'" in middleware.POLICY
    assert answer["X-Frame-Options"] == "DENY"


def test_a_page_keeps_its_own_policy() -> None:
    policy = "default-src 'none'; style-src 'self'"
    answer = guarded(HttpResponse("<p>", headers={"Content-Security-Policy": policy}))
    assert answer["Content-Security-Policy"] == policy


@pytest.mark.parametrize(
    "response",
    [
        HttpResponse("{}", content_type="application/json"),
        HttpResponse(status=401, content_type="text/html; charset=utf-8"),
        HttpResponse(b"RIFF", content_type="audio/wav"),
    ],
    ids=["json", "empty", "samples"],
)
def test_answers_of_the_api_carry_no_more_than_before(response: HttpResponse) -> None:
    before = dict(response.headers)
    assert dict(guarded(response).headers) == before


def test_a_streamed_page_is_guarded_too() -> None:
    answer = middleware.guard_pages(lambda _: StreamingHttpResponse(["<p>"]))(
        RequestFactory().get("/")
    )
    assert answer["X-Frame-Options"] == "DENY"


def test_debug_pages_may_be_styled(settings: Settings) -> None:
    settings.DEBUG = True
    assert "Content-Security-Policy" not in guarded(HttpResponse("<p>"))


ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-HexoStore": "mock",
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status"),
    [("/livez", 200), ("/docs/", 200), ("/nowhere", 404), ("/api/", 200), ("/api/user/", 401)],
)
def test_security_headers_of_every_answer(client: Client, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert {name: answer.get(name) for name in ALWAYS} == ALWAYS
    assert "Strict-Transport-Security" not in answer


def test_livez_has_the_mark(client: Client) -> None:
    answer = client.get("/livez")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer["X-HexoStore"] == "mock"


@pytest.mark.parametrize(("method", "status"), [("get", 301), ("head", 301), ("post", 308)])
def test_http_is_sent_on_to_https(
    client: Client, settings: Settings, method: str, status: int
) -> None:
    settings.HEXOSTORE_REDIRECT_HTTP = True
    settings.HEXOSTORE_HTTPS_PORT = 8443
    answer = getattr(client, method)("/api/user/?limit=1", headers={"host": "localhost:8000"})
    assert answer.status_code == status
    assert answer["Location"] == "https://localhost:8443/api/user/?limit=1"
