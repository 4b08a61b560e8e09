"""What somebody should know who lets others reach a sandbox."""

from __future__ import annotations

from django.conf import settings

from apps.sandbox.door import is_near

_BEGINNING = "WARNING: this sandbox listens on {host}, where other machines reach it."
_DEMO = "It has the logins of the demo world, whose passwords everybody knows, staff among them."
_OPEN = "HEXOSTORE_SANDBOX_OPEN is set: whoever reaches it reads its mail at /_sandbox/outbox."
_CLOSED = "/_sandbox/ wants the login of its staff from there; HEXOSTORE_SANDBOX_OPEN=1 opens it."
_END = "Use it among people you trust. For others there is --public."


def warning(host: str, *, demo: bool) -> str:
    """A block of lines for a sandbox that listens on `host`; "" where only this machine reaches
    it, and in the public profile."""
    if settings.HEXOSTORE_PROFILE != "sandbox" or host == "localhost" or is_near(host):
        return ""
    lines = [_DEMO] if demo else []
    lines += [_OPEN if settings.HEXOSTORE_SANDBOX_OPEN else _CLOSED, _END]
    return "\n".join([_BEGINNING.format(host=host), *(f"  - {line}" for line in lines)])
