"""A request: its head, and what the application sees of it (PEP 3333)."""

import re
import sys
from collections import Counter
from typing import Any
from urllib.parse import unquote_to_bytes

from hexostore.sandbox_prefix import split_prefix
from hexostore.web.body import Body
from hexostore.web.limits import HEADERS, WebLimits
from hexostore.web.refusals import WebRefusal, long_head, malformed_request

_ABSOLUTE = re.compile(rb"https?://([^/?#@\s]+)([/?][^#]*|)", re.IGNORECASE)
_LETTER = re.compile(rb"[\x80-\xff]")
_ORIGIN = re.compile(rb"/[^#]*")

_ONCE = {
    b"host",
    b"authorization",
    b"content-type",
    b"content-length",
    b"x-http-method-override",
    b"x-hexoapikey",
    b"x-hexoapisignature",
    b"x-hexotimestamp",
    b"x-hexoapiversion",
}
"""Headers that identify the caller or the target. If they were sent twice, two programs might each
use another one."""

Environ = dict[str, Any]


class WebRequest:
    """What the parser has read of a request so far."""

    def __init__(self, limits: WebLimits) -> None:
        self.limits = limits
        self.method = ""
        self.version = "1.1"
        self.target = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = Body(limits)
        self.size = 0
        self.keep_alive = True
        self.refusal: WebRefusal | None = None

    def add_target(self, target: bytes) -> None:
        """Append to the target of the request line."""
        self.size += len(target)
        self.target += target

    def add_header(self, name: bytes, value: bytes) -> None:
        """Append a header.

        One with an underscore is dropped. In the environment of WSGI it would look like the one
        with hyphens, which proxies set and guard.
        """
        self.size += len(name) + len(value)
        if b"_" not in name:
            self.headers.append((name.lower(), value))

    def complete_head(self, method: str, version: str, *, keep_alive: bool) -> None:
        """Check the head; a fault becomes the `refusal`."""
        self.method, self.version = method, version
        names = Counter(name for name, _ in self.headers)
        in_chunks = b"transfer-encoding" in names
        self.keep_alive = keep_alive and version == "1.1" and not in_chunks
        self.body.announce_length(self.header(b"content-length"), self.path, chunked=in_chunks)
        if version not in {"1.0", "1.1"}:
            self.refusal = malformed_request()
        elif self.size > self.limits.head or len(self.headers) > HEADERS:
            self.refusal = long_head(self.limits.head)
        elif twice := sorted(name.decode() for name in _ONCE if names[name] > 1):
            self.refusal = malformed_request(f"The header {twice[0]} must be sent only once.")
        elif b"host" not in names and version == "1.1":
            self.refusal = malformed_request("An HTTP/1.1 request must have the header Host.")
        elif self._split_target() is None:
            self.refusal = malformed_request("The target of the request is malformed.")

    def header(self, name: bytes) -> bytes:
        """Return the value of a header, or b""."""
        return next((value for found, value in self.headers if found == name), b"")

    @property
    def expects_continue(self) -> bool:
        """Whether the client waits to be told that its body is wanted (RFC 9110, 10.1.1)."""
        return self.version == "1.1" and self.header(b"expect").lower() == b"100-continue"

    @property
    def path(self) -> str:
        """The path as WSGI wants it: unescaped bytes as Latin-1. The name of a sandbox in front of
        it is left out."""
        target = self._split_target()
        path = (target[1] if target else b"").partition(b"?")[0]
        return split_prefix(unquote_to_bytes(path).decode("latin-1"))[1]

    def _split_target(self) -> tuple[bytes, bytes] | None:
        """Return the authority, if the target names one, and path with query; None for another
        form."""
        if _ORIGIN.fullmatch(self.target) or (self.target == b"*" and self.method == "OPTIONS"):
            return b"", self.target
        found = _ABSOLUTE.fullmatch(self.target)
        if found is None:
            return None
        return found[1], found[2] if found[2].startswith(b"/") else b"/" + found[2]

    def environ(self, scheme: str, client: str, port: int) -> Environ:
        """Return the environment for the application, when the body is there or not wanted.

        A target with an authority takes precedence over the header Host (RFC 9112, 3.2.2).
        """
        target = self._split_target()
        assert target is not None
        authority, rest = target
        path, _, query = rest.partition(b"?")
        environ: Environ = {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query.decode("latin-1"),
            "RAW_URI": self.target.decode("latin-1"),
            "SERVER_NAME": "localhost",  # for HTTP/1.0 without Host, such as probes
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": f"HTTP/{self.version}",
            "REMOTE_ADDR": client,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": scheme,
            "wsgi.input": self.body.open_file(),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        for name, value in self.headers:
            _add_header(environ, name, value)
        if authority:
            environ["HTTP_HOST"] = authority.decode("latin-1")
        return environ


def _add_header(environ: Environ, name: bytes, value: bytes) -> None:
    """Add a header. Repeated ones are joined (RFC 9110, 5.3)."""
    key, text = name.decode("latin-1").upper().replace("-", "_"), value.decode("latin-1")
    if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
        key = f"HTTP_{key}"
    if key in environ:
        text = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{text}"
    environ[key] = text


def escape_letters(data: bytes) -> tuple[bytes, bytes]:
    """Return the beginning of a request with the characters beyond ASCII in its target escaped, and
    the target as it was sent; b"" if nothing is escaped.

    No URL has them, but some programs send them, and the parser takes them for an attack.
    """
    line, end, rest = data.partition(b"\r\n")
    words = line.split(b" ")
    if line.isascii() or len(words) != 3:
        return data, b""
    method, target, version = words
    escaped = _LETTER.sub(lambda found: b"%%%02X" % found[0][0], target)
    return b" ".join((method, escaped, version)) + end + rest, target
