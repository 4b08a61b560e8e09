"""The warning for people who let others reach a sandbox."""

from __future__ import annotations

from django.conf import settings

from apps.sandbox.door import is_near

_BEGINNING = "WARNING: this sandbox listens on {host}, which other machines can reach."
_DEMO = "It has the logins of the demo world, including staff, and their passwords are public."
_OPEN = (
    "HEXOSTORE_SANDBOX_OPEN is set: anyone who reaches it can read its mail at /_sandbox/outbox."
)
_CLOSED = "/_sandbox/ needs a staff login from there; HEXOSTORE_SANDBOX_OPEN=1 opens it."
_END = "Use it only among people you trust. For everyone else, use --public."


def exposure_warning(host: str, *, demo: bool) -> str:
    """Return a block of lines for a sandbox that listens on `host`.

    It is "" if only this machine reaches it, and in the public profile.
    """
    if settings.HEXOSTORE_PROFILE != "sandbox" or host == "localhost" or is_near(host):
        return ""
    lines = [_DEMO] if demo else []
    lines += [_OPEN if settings.HEXOSTORE_SANDBOX_OPEN else _CLOSED, _END]
    return "\n".join([_BEGINNING.format(host=host), *(f"  - {line}" for line in lines)])
