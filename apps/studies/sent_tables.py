"""The body of a POST that is a CSV file: as it is, or in a form as `file`."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError

from apps.api import origins
from apps.api.errors import BadRequest, TooLarge, UnsupportedType

CSV, FORM = "text/csv", "multipart/form-data"
FILE = "file"
"""The name of the file in a form."""


def receive_table(request: HttpRequest) -> bytes:
    """Return the content of the file in the body.

    Raise UnsupportedType for another label, and for a form that a page of another site may have
    sent; TooLarge above the limit of all bodies; BadRequest for a form without the file.
    """
    label = str(request.META.get("CONTENT_TYPE") or "").split(";")[0].strip().lower()
    if label not in (CSV, FORM) or (label == FORM and not origins.is_deliberate(request)):
        raise UnsupportedType
    try:
        return request.body if label == CSV else _file_of(request)
    except RequestDataTooBig:
        raise TooLarge(settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) from None


def _file_of(request: HttpRequest) -> bytes:
    """The file of a form; the whole form has the limit of a body."""
    _ = request.body
    try:
        files = request.FILES.getlist(FILE)
    except (MultiPartParserError, TooManyFieldsSent, TooManyFilesSent):
        raise BadRequest("The form is malformed or has too many fields.") from None
    if len(files) != 1:
        raise BadRequest(f"A form must have one file called '{FILE}', not {len(files)}.")
    content: bytes = files[0].read()
    return content
