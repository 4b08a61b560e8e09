"""Where people may be sent back to: RFC 6749, RFC 8252 and RFC 9700, and the service's own page."""

from __future__ import annotations

import pytest
from django.test import override_settings

from apps.credentials.redirects import is_registered, redirect_fault

spec = pytest.mark.spec

WEB = "https://client.example.com/cb?from=store"
APP = "com.example.app:/oauth2redirect/store"
LOOPBACK = "http://127.0.0.1/cb"
LOOPBACK_6 = "http://[::1]/cb"
NAMED = "http://localhost:8400/cb"
REGISTERED = [WEB, APP, LOOPBACK, LOOPBACK_6, NAMED]


@spec("RFC 6749", "3.1.2.3", "A URI that is registered, letter by letter, matches")
@spec(
    "Hexoskin", "API reference, OAuth General considerations", "Only registered URLs are accepted"
)
@pytest.mark.parametrize("uri", REGISTERED)
def test_what_is_registered(uri: str) -> None:
    assert is_registered(uri, REGISTERED)
    assert not is_registered(uri, [each for each in REGISTERED if each != uri])


@spec("RFC 9700", "4.1.3", "Nothing but the same letters matches: no prefix, no pattern, no host")
@pytest.mark.parametrize(
    "uri",
    [
        "https://client.example.com/cb",
        "https://client.example.com/cb?from=store&more=1",
        "https://client.example.com/cb/?from=store",
        "https://client.example.com/cb/../cb?from=store",
        "https://client.example.com/CB?from=store",
        "https://CLIENT.example.com/cb?from=store",
        "https://client.example.com:443/cb?from=store",
        "https://client.example.com./cb?from=store",
        "https://client.example.com.evil.example/cb?from=store",
        "https://client.example.com@evil.example/cb?from=store",
        "https://evil.example/https://client.example.com/cb?from=store",
        "http://client.example.com/cb?from=store",
        "https://client.example.com/%63b?from=store",
        "https://client.example.com\\@evil.example/cb?from=store",
        " https://client.example.com/cb?from=store",
        "//client.example.com/cb?from=store",
        "com.example.app:/oauth2redirect/store/",
        "com.example.app://oauth2redirect/store",
        "",
    ],
)
def test_what_only_looks_registered(uri: str) -> None:
    assert not is_registered(uri, REGISTERED)


@spec("RFC 6749", "3.1.2", "A fragment is forbidden, and so is what is no absolute URI")
@pytest.mark.parametrize(
    "uri", ["https://a.example/#", "https://a.example/#x", "/cb", "cb", "a.example/cb", ""]
)
def test_no_fragment_and_nothing_relative(uri: str) -> None:
    assert redirect_fault(uri)
    assert not is_registered(uri, [uri])


@spec("RFC 8252", "7.1", "A scheme of the app's own is taken")
@pytest.mark.parametrize("uri", [APP, "myapp:/done", "my-app+x.y://done"])
def test_schemes_of_apps(uri: str) -> None:
    assert redirect_fault(uri) is None


@spec("RFC 8252", "7.1", "Schemes that a browser acts on itself are no app's")
@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://a.example/x",
        "about:blank",
        "view-source:https://a.example/",
        "intent://x",
    ],
)
def test_schemes_of_browsers(uri: str) -> None:
    assert redirect_fault(uri)
    assert not is_registered(uri, [uri])


@spec("RFC 8252", "7.2", "https is taken, to a host, and with no user in it")
@pytest.mark.parametrize(
    ("uri", "good"),
    [
        ("https://app.example.com/cb", True),
        ("https://app.example.com:8443/cb", True),
        ("https:///cb", False),
        ("https://user@app.example.com/cb", False),
        ("https://user:pass@app.example.com/cb", False),
        ("https://app.example.com:x/cb", False),
    ],
)
def test_https(uri: str, good: bool) -> None:
    assert (redirect_fault(uri) is None) is good


@spec("RFC 8252", "7.3", "On a loopback address any port matches, and nothing else may differ")
@pytest.mark.parametrize(
    ("uri", "good"),
    [
        ("http://127.0.0.1:51004/cb", True),
        ("http://[::1]:61023/cb", True),
        ("http://127.0.0.1:51004/other", False),
        ("http://127.0.0.1:51004/cb?x=1", False),
        ("http://127.0.0.2:51004/cb", False),
        ("https://127.0.0.1:51004/cb", False),
        ("http://127.0.0.1:99999/cb", False),
        ("http://127.0.0.1:@evil.example/cb", False),
        ("http://127.0.0.1.evil.example/cb", False),
    ],
)
def test_ports_of_the_loopback(uri: str, good: bool) -> None:
    assert is_registered(uri, REGISTERED) is good


@spec("RFC 8252", "8.3", "localhost is a name, whose port must be the registered one")
def test_localhost() -> None:
    assert is_registered(NAMED, REGISTERED)
    assert not is_registered("http://localhost:8401/cb", REGISTERED)
    assert not is_registered("http://127.0.0.1:8400/other", REGISTERED)


@spec("RFC 9700", "2.6", "Plain http leads to the developer's own machine only")
@pytest.mark.parametrize(
    "host", ["client.example.com", "10.0.0.1", "192.168.1.2", "127.0.0.1.nip.io"]
)
def test_plain_http_elsewhere(host: str) -> None:
    assert not is_registered(f"http://{host}/cb", [f"http://{host}/cb"])


@spec("Hexoskin", "behaviour 4", "Only https and schemes of an app's own, where strangers are")
@override_settings(HEXOSTORE_PROFILE="public")
@pytest.mark.parametrize("uri", [LOOPBACK, LOOPBACK_6, NAMED])
def test_no_plain_http_in_public(uri: str) -> None:
    assert not is_registered(uri, REGISTERED)
    assert is_registered(WEB, REGISTERED)
    assert is_registered(APP, REGISTERED)
