"""What can be wrong with an object or an object store, each in one line without secrets.

Errors of the library quote whole responses and addresses with signatures. Only what is known to be
harmless is taken out of them: the status, the code of the error, the system's reason.
"""

from __future__ import annotations

import re

from hexostore.outages import Outage

_STATUS = re.compile(r"status code: ([0-9]{3}(?: [A-Z][A-Za-z]+)*)")
_CODE = re.compile(r"<Code>([A-Za-z0-9]{1,64})</Code>")
_SYSTEM = re.compile(r"([A-Z][A-Za-z -]{1,80} \(os error [0-9]+\))")
_METADATA = (
    "169.254.169.254",
    "169.254.170.2",
    "metadata.google.internal",
    "metadata/computeMetadata",
)
_TROUBLES = {
    "TimedOut": "does not answer in time",
    "body error": "broke off its answer",
    "error sending request": "cannot be reached",
    "builder error": "is an http:// address, which AWS_ALLOW_HTTP=true permits",
}
_REMEDIES = {
    "401": "check the key",
    "403": "check the key and its rights",
    "404": "check the name of the bucket",
    "301": "check the region of the bucket",
}


class ObjectStoreOutage(Outage):
    """The object store is unreachable or refuses to work."""

    what = "the object store"


class MissingObject(Exception):
    """There is no object under that key (any more)."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the object {key} is missing")
        self.key = key


class DamagedObject(Exception):
    """An object that a row names is missing, or has another content, however often it is got."""

    def __init__(self, key: str, trouble: str) -> None:
        super().__init__(f"the object {key} {trouble}")
        self.key = key


def describe(error: BaseException) -> str:
    """Return why the object store failed: after its name, in a few words."""
    text = str(error)
    if any(host in text for host in _METADATA):
        return "has been given no credentials"
    status, code = _STATUS.search(text), _CODE.search(text)
    if status:
        remedy = _REMEDIES.get(status[1][:3])
        told = ", ".join(each for each in (status[1], code and code[1]) if each)
        return f"answers {told}" + (f"; {remedy}" if remedy else "")
    if system := _SYSTEM.search(text):
        return f"fails: {system[1]}"
    for sign, trouble in _TROUBLES.items():
        if sign in text:
            return trouble
    return f"fails with {type(error).__name__}"
