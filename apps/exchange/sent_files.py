"""The body of a POST to `/api/import/`: a file as it is, in a form, or as a text in JSON."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from apps.api import bodies, origins
from apps.api.errors import JSON, BadRequest, TooLarge, UnsupportedType

SOURCE = "source"
"""The name of the file in JSON and in a form."""

PIECE = 2**20
"""The bytes that are read at a time."""

FORM = "multipart/form-data"

GZIP, ZIP, FIT = b"\x1f\x8b", b"PK\x03\x04", b".FIT"
"""What packed files begin with, and what is in the head of FIT files."""

FIT_HEAD = 14
_FILES = b"<", b"\xef\xbb\xbf<", GZIP, ZIP

_SENT_BY_ANY_PAGE = frozenset({"", FORM, "text/plain", "application/x-www-form-urlencoded"})
"""The labels that a page of another site can have a browser send, without the server being asked
before."""


@dataclass(frozen=True)
class SentFile:
    """A file that was received: its content, which lies on disk if it is large, the digest of it,
    and its label. `members` are those of the JSON in which it was sent."""

    content: IO[bytes]
    sha256: str
    content_type: str
    members: Mapping[str, bodies.JSONValue] = field(default_factory=dict)

    @classmethod
    def of(cls, content: IO[bytes], content_type: str, **members: bodies.JSONValue) -> SentFile:
        """Return a file with that content. Raise BadRequest if it is empty."""
        digest, size = hashlib.sha256(), 0
        for piece in pieces_of(content):
            digest.update(piece)
            size += len(piece)
        if not size:
            raise BadRequest("The file is empty. Send its content as the body of the request.")
        return cls(content, digest.hexdigest(), content_type, members)


def pieces_of(content: IO[bytes]) -> Iterator[bytes]:
    """Yield a file from its beginning, in pieces."""
    content.seek(0)
    while piece := content.read(PIECE):
        yield piece


def receive_file(request: HttpRequest) -> SentFile:
    """Return the file in the body. Only its first bytes say what it is; the label does not matter.

    JSON has the file as `source`: XML as a text, anything in base64. A form has one file. Raise
    TooLarge above the limit, BadRequest for an empty body or several files, and UnsupportedType for
    a label under which any web page could send it, unless it was sent on purpose.
    """
    label = str(request.META.get("CONTENT_TYPE") or "").split(";")[0].strip().lower()
    if label in _SENT_BY_ANY_PAGE and not origins.is_deliberate(request):
        raise UnsupportedType
    if _length(request) > settings.HEXOSTORE_IMPORT_BYTES:
        raise TooLarge(settings.HEXOSTORE_IMPORT_BYTES)
    if label == FORM:
        return _from_form(request)
    is_short = _length(request) <= (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0)
    if is_short and _is_json(label, request.body):
        return _from_json(bodies.parse_json(request.body))
    content = _spooled(request)
    if _is_json(label, content.read(PIECE)):
        raise TooLarge(settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0)
    return SentFile.of(content, label)


def _length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _is_json(label: str, begins: bytes) -> bool:
    """Return whether a body is JSON with a file in it, and not the file. JSON has to be in memory,
    so it has the limit of other bodies."""
    bare = begins.lstrip()
    if label == JSON:
        return bool(bare) and not bare.startswith(_FILES) and FIT not in begins[:FIT_HEAD]
    return not label and bare.startswith(b"{")


def _spooled(request: HttpRequest) -> IO[bytes]:
    """Return the body as a file, at the beginning. The transaction may have to read it twice."""
    content = new_spool()
    while piece := request.read(PIECE):
        content.write(piece)
    content.seek(0)
    return content


def new_spool() -> IO[bytes]:
    """Return an empty file, which lies on disk as soon as it is large."""
    spool = SpooledTemporaryFile(max_size=PIECE)  # noqa: SIM115 - closed when nobody needs it
    return cast("IO[bytes]", spool)


def _from_form(request: HttpRequest) -> SentFile:
    handlers = [TemporaryFileUploadHandler(request)]
    try:
        parser = MultiPartParser(request.META, cast("Any", request), handlers, "utf-8")
        _, files = parser.parse()
    except (MultiPartParserError, TooManyFieldsSent, TooManyFilesSent, RequestDataTooBig):
        raise BadRequest("The form is malformed or has too many fields.") from None
    found = [file for name in files for file in files.getlist(name)]
    if len(found) != 1:
        raise BadRequest(f"A form must have one file, not {len(found)}.")
    return SentFile.of(cast("IO[bytes]", found[0].file), str(found[0].content_type or ""))


def _from_json(sent: bodies.JSONValue) -> SentFile:
    members = sent if isinstance(sent, dict) else {}
    source = members.get(SOURCE)
    if not isinstance(source, str):
        raise BadRequest(f"The '{SOURCE}' field must have the content of a file as a text.")
    content = new_spool()
    content.write(_decode_source(source))
    return SentFile.of(content, JSON, **members)


def _decode_source(text: str) -> bytes:
    """Return the bytes of a text: of XML in UTF-8, of anything else from base64."""
    if text.lstrip("\ufeff \t\r\n").startswith("<"):
        return text.encode()
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest(f"The '{SOURCE}' field has neither XML nor base64.") from None
