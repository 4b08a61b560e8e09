"""What the journal shows of a request: everything but secrets.

A secret is what has a name that suggests one (`hexostore.middleware.SECRET_WORDS`), and each
credential. Whatever cannot be taken apart, such as malformed JSON, is left out whole if it has such
a word in it.
"""

from __future__ import annotations

import base64
import codecs
import re
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

import orjson

from hexostore.middleware import SECRET_WORDS, is_secret_name, without_secrets

MASK = "..."

MOST = 64 * 1024
"""The most bytes that are kept of a body."""

FORM = "application/x-www-form-urlencoded"

_SCHEMES = {"basic", "bearer", "oauth", "digest"}
_COOKIES = {"cookie", "set-cookie"}
_URLS = {"referer", "location", "content-location", "link"}
_NAMES = {"name", "key", "field", "id", "param", "parameter", "property"}
_VALUES = {"value", "values", "val", "content", "data", "text"}
_ESCAPES = ("\\u", "%")  # by which a word could be hidden
_PLAIN_NAME = re.compile(r"[\w.%+\[\]-]*", re.ASCII)
_SEPARATORS = re.compile(r"([&;])")


def mask_url(url: str) -> str:
    """Return a URL without secrets in path, query and fragment."""
    found, hash_sign, fragment = without_secrets(url).partition("#")
    if "=" in fragment:
        fragment = mask_form(fragment)
    return _mask_json_in_query(found) + hash_sign + fragment


def _mask_json_in_query(url: str) -> str:
    path, question_mark, query = url.partition("?")
    return path + question_mark + "".join(map(_mask_json_value, _SEPARATORS.split(query)))


def _mask_json_value(parameter: str) -> str:
    """Return a parameter without a value that is JSON, perhaps, and may have a secret."""
    name, _, value = parameter.partition("=")
    may_be_json = '"' in value or "%22" in value
    return f"{name}={MASK}" if may_be_json and _has_word(unquote(value)) else parameter


def mask_header(name: str, value: str) -> str:
    """Return the value of a header as it is shown. Of credentials that is the scheme."""
    kind = _kind_of_header(name)
    if kind == "plain":
        return value
    if kind == "url":
        return mask_url(value)
    word = value.partition(" ")[0]
    return f"{word} {MASK}" if word.lower() in _SCHEMES else MASK


@lru_cache(1024)
def _kind_of_header(name: str) -> str:
    lower = name.lower()
    if lower in _URLS:
        return "url"
    return "secret" if lower in _COOKIES or is_secret_name(lower) else "plain"


def mask_body(sent: bytes, content_type: str) -> dict[str, Any]:
    """Return what is kept of a body: its `bytes`, and `text`, or `base64` if it is no text.

    A body that is kept in part is `truncated`, one that is not shown is `hidden`.
    """
    kept = sent[:MOST]
    shown: dict[str, Any] = {"bytes": len(sent)}
    if len(sent) > MOST:
        shown["truncated"] = True
    text = _decode(kept)
    masked = _mask_binary(kept) if text is None else _mask_text(text, content_type)
    if masked is None:
        return {"bytes": len(sent), "hidden": True}
    return {**shown, ("base64" if text is None else "text"): masked}


def mask_form(text: str) -> str:
    """Return a form with the values of secret fields masked."""
    return "".join(map(_mask_field, _SEPARATORS.split(text)))


def _mask_field(field: str) -> str:
    name, equals, _ = field.partition("=")
    if not _PLAIN_NAME.fullmatch(name) and field not in {"&", ";"}:  # not a form, perhaps
        return MASK
    if not equals:
        return MASK if _is_suspicious(field) else field
    return _mask_json_value(without_secrets(f"?{field}")[1:])


def _mask_text(text: str, content_type: str) -> str | None:
    """Return a text without secrets, or None if it cannot be taken apart and may have some."""
    if text.lstrip()[:1] in {"{", "["}:
        return _mask_json(text)
    if content_type.startswith(FORM):
        return mask_form(text)
    return None if _is_suspicious(text) else text


def _mask_json(text: str) -> str | None:
    try:
        found = orjson.loads(text)
        return orjson.dumps(found).decode() if _mask_members(found) else text
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):  # which goes less deep
        return None if _is_suspicious(text) else text


def _mask_members(found: Any) -> bool:
    """Mask members of JSON whose name, or the name beside them, suggests a secret. Return whether
    there are any."""
    has_any = False
    waiting = [found]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            has_any |= _mask_pair(each)
            waiting += [item for item in each if isinstance(item, list | dict)]
            continue
        values = _VALUES if _names_secret(each) else ()
        for name, value in each.items():
            if value is not None and (_is_secret(name) or name.lower() in values):
                each[name] = MASK
                has_any = True
            elif isinstance(value, list | dict):
                waiting.append(value)
    return has_any


def _mask_pair(found: list[Any]) -> bool:
    """Mask the second item of a pair whose first suggests a secret, as `["password", "…"]` does.
    Return whether it is one."""
    if len(found) != 2 or not isinstance(found[0], str) or not _is_secret(found[0]):
        return False
    found[1] = MASK
    return True


def _names_secret(found: dict[str, Any]) -> bool:
    """Return whether an object says that its value is a secret, as `{"name": "password"}` does."""
    named = (value for name, value in found.items() if name.lower() in _NAMES)
    return any(isinstance(each, str) and _is_secret(each) for each in named)


_is_secret = lru_cache(2048)(is_secret_name)


def _mask_binary(sent: bytes) -> str | None:
    if _has_word(sent.decode("latin-1")):
        return None
    return base64.b64encode(sent).decode()


def _is_suspicious(text: str) -> bool:
    return any(each in text for each in _ESCAPES) or _has_word(text)


def _has_word(text: str) -> bool:
    lower = text.lower()
    return any(word in lower for word in SECRET_WORDS)


def _decode(sent: bytes) -> str | None:
    """Return bytes as text, None if they are none. The last letter may be cut off."""
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(sent)
    except UnicodeDecodeError:
        return None
