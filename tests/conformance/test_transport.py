"""TLS, and what every answer carries: RFC 6749, RFC 6750, RFC 9110 and the service's own pages."""

from __future__ import annotations

import socket
import ssl
from urllib.parse import urlsplit

import pytest
import requests
from django.test import Client as Browser
from django.test import override_settings

from tests.live import Live

spec = pytest.mark.spec

PATHS = ["/api/", "/api/user/", "/api/account/", "/api/nothing/", "/nothing/"]


def connect(live: Live, context: ssl.SSLContext) -> str | None:
    """The version of TLS that a client with this context speaks with the server."""
    parts = urlsplit(live.https)
    address = (str(parts.hostname), int(parts.port or 0))
    with (
        socket.create_connection(address, timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secured,
    ):
        return secured.version()


@pytest.mark.rule("wire row 2")
@spec("Hexoskin", "API reference, Making Requests", "Everything is served over https")
@spec("RFC 6749", "1.6", "TLS, with a certificate that its authority vouches for")
def test_https_for_who_trusts_the_authority(live: Live) -> None:
    context = ssl.create_default_context(cafile=str(live.ca))
    assert connect(live, context) in {"TLSv1.2", "TLSv1.3"}


@spec("RFC 6750", "5.3", "A client that does not trust the authority ends before it says anything")
def test_no_https_for_who_does_not(live: Live) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        connect(live, ssl.create_default_context())


@spec("RFC 6749", "1.6", "Versions of TLS that are broken are not spoken")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_versions(live: Live, version: ssl.TLSVersion) -> None:
    context = ssl.create_default_context(cafile=str(live.ca))
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with pytest.raises(ssl.SSLError, match=r"ALERT|EOF"):  # from the server
        connect(live, context)


@spec("Hexoskin", "API reference, Making Requests", "Requests without TLS are sent on to https")
@override_settings(HEXOSTORE_REDIRECT_HTTP=True, HEXOSTORE_HTTPS_PORT=443)
@pytest.mark.parametrize(("method", "status"), [("GET", 301), ("POST", 308), ("PATCH", 308)])
def test_forwarded_to_https(method: str, status: int) -> None:
    answer = Browser().generic(method, "/api/user/?limit=1", headers={"Host": "a.localhost"})
    assert answer.status_code == status
    assert answer["Location"] == "https://a.localhost/api/user/?limit=1"


@spec("Hexoskin", "wire trap 15", "Clients that force https find the same store there")
def test_the_same_store(live: Live) -> None:
    pages = [
        requests.get(f"{base}/api/", verify=str(live.ca), timeout=10).json()
        for base in (live.base, live.https)
    ]
    assert pages[0] == pages[1]


@spec("Hexoskin", "wire trap 1", "Every answer has a media type, an empty one not that of JSON")
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_media_types(db: None, method: str, path: str) -> None:
    answer = Browser().generic(method, path)
    assert answer["Content-Type"]
    if not answer.content:
        assert "json" not in answer["Content-Type"]


@spec("RFC 9110", "15.5.2", "A 401 has a challenge, and no other answer has one")
@pytest.mark.parametrize("path", PATHS)
def test_challenges_belong_to_401(db: None, path: str) -> None:
    answer = Browser().get(path)
    assert ("WWW-Authenticate" in answer) is (answer.status_code == 401)


@spec("Hexoskin", "behaviour 4", "The API sets no cookie and looks at none")
@pytest.mark.parametrize("path", PATHS)
def test_no_cookies(db: None, path: str) -> None:
    assert not Browser().get(path, headers={"Cookie": "hexostore_session=x"}).cookies
