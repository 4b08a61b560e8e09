"""Request bodies: only JSON in UTF-8, up to a maximum size (Tastypie rules T29 to T31, T126)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from contextlib import suppress
from typing import NoReturn, TypeAlias

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, RawPostDataException

from apps.api import origins
from apps.api.errors import JSON, BadRequest, TooLarge, UnsupportedType

JSONValue: TypeAlias = "bool | int | float | str | list[JSONValue] | dict[str, JSONValue] | None"
"""What a body can hold."""

MOST_LEVELS = 100
"""How deep arrays and objects may be nested, since reading and writing them is recursive."""


def read_json(request: HttpRequest) -> JSONValue:
    """Return the decoded body.

    Raise UnsupportedType for another Content-Type or, from a stranger, a missing one; TooLarge
    above the limit; and BadRequest for invalid JSON (including NaN and numbers that no float can
    hold) and for text that no column can store.
    """
    if _media_type(request) != JSON:
        raise UnsupportedType
    try:
        raw = request.body
    except RequestDataTooBig:
        raise TooLarge(settings.DATA_UPLOAD_MAX_MEMORY_SIZE) from None
    return parse_json(raw)


def parse_json(raw: bytes) -> JSONValue:
    """Return decoded JSON. Raise BadRequest like read_json."""
    try:
        data: JSONValue = json.loads(
            raw.decode("utf-8"), parse_constant=_refuse_constant, parse_float=_finite_number
        )
    except (ValueError, RecursionError):
        raise not_json() from None
    if raw.count(b"[") + raw.count(b"{") > MOST_LEVELS and _is_deep(data):
        raise not_json()
    if b"\\u" in raw:
        _check_letters(data)
    return data


def receive_body(request: HttpRequest) -> None:
    """Receive the body, so that no row is locked while it arrives. read_json checks it."""
    with suppress(RequestDataTooBig, RawPostDataException):
        _ = request.body


def _media_type(request: HttpRequest) -> str:
    """Return the media type of the body.

    A body without a label is JSON only if somebody sent credentials on purpose. Any web page can
    have a browser send a body without a label, but not one that is labelled as JSON.
    """
    label = request.META.get("CONTENT_TYPE")
    if label is None:
        return JSON if origins.is_deliberate(request) else ""
    return str(label).split(";")[0]


def not_json() -> BadRequest:
    """Return the refusal of a body that cannot be decoded (rule T126)."""
    return BadRequest("Request is not valid JSON.")


def _is_deep(data: JSONValue) -> bool:
    """Return whether arrays and objects are nested deeper than MOST_LEVELS."""
    level = [data]
    for _ in range(MOST_LEVELS):
        below = [one for item in level for one in _items_of(item)]
        level = [one for one in below if isinstance(one, dict | list)]
    return bool(level)


def _items_of(value: JSONValue) -> Iterable[JSONValue]:
    """Return the values in an array or an object."""
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(constant)


def _finite_number(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)
    return number


def _check_letters(data: JSONValue) -> None:
    """Raise BadRequest for a NUL or half a surrogate pair.

    Escapes in JSON can spell them, and the database cannot store them.
    """
    text = json.dumps(data, ensure_ascii=False)
    has_nul = "\\u0000" in text.replace("\\\\", "")
    has_half_pair = any("\ud800" <= letter <= "\udfff" for letter in text)
    if has_nul or has_half_pair:
        raise BadRequest("Request contains characters that cannot be stored.")
