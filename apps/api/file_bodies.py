"""A text file as the body of a request: as it is under its own label, or as the field of a form."""

from __future__ import annotations

from io import BytesIO
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from apps.api import origins
from apps.api.errors import BadRequest, TooLarge, UnsupportedType

FORM = "multipart/form-data"


def read_file(request: HttpRequest, media_type: str, name: str = "file") -> bytes:
    """Return the file in a body of that media type, or in the field of a form called `name`.

    Raise UnsupportedType for other labels, and for a form that any page could have a browser send,
    TooLarge above the limit of bodies, and BadRequest for a form without the file.
    """
    label = _media_type_of(request)
    if label not in (media_type, FORM):
        raise UnsupportedType
    if label == FORM and not origins.is_deliberate(request):
        raise UnsupportedType
    try:
        raw = request.body
    except RequestDataTooBig:
        raise TooLarge(settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) from None
    return raw if label == media_type else _field_of_form(request, name)


def _media_type_of(request: HttpRequest) -> str:
    """Return the label of a body without its parameters, or ""."""
    label = str(request.META.get("CONTENT_TYPE") or "")
    media_type, *_ = label.split(";")
    return media_type.strip().lower()


def _field_of_form(request: HttpRequest, name: str) -> bytes:
    """The file in a form, or the text of the field, which some programs send instead."""
    handlers = [MemoryFileUploadHandler(request)]
    try:
        body = cast("Any", BytesIO(request.body))
        texts, files = MultiPartParser(request.META, body, handlers, "utf-8").parse()
    except (MultiPartParserError, TooManyFieldsSent, TooManyFilesSent, RequestDataTooBig):
        raise BadRequest("The form is malformed or has too many fields.") from None
    if len(files.getlist(name)) + len(texts.getlist(name)) > 1:
        raise BadRequest(f"The form has more than one file called '{name}'.")
    if name in files:
        return bytes(cast("Any", files[name]).read())
    if name in texts:
        return str(texts[name]).encode()
    raise BadRequest(f"The form must have a file called '{name}'.")
