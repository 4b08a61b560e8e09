"""What the servers of one store must have in common, told by locks of its database.

Each server shares one lock for each such fact, whose number is a fingerprint of the fact. So the
locks show whether another server that runs now has a different one. They end with their server.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import psycopg
from django.conf import settings

from hexostore.database import idle

_FIRST = 0x48784D00  # the number of the first lock

_SETTINGS = (
    "SECRET_KEY",
    "HEXOSTORE_PROFILE",
    "HEXOSTORE_LIMITS",
    "HEXOSTORE_PROCESSING",
    "HEXOSTORE_SIGNATURE_WINDOW",
    "HEXOSTORE_CHUNKS",
)
_VERSION = "version"

_SHARE = "SELECT pg_advisory_lock_shared(%s, %s)"
_OTHERS = """
    SELECT EXISTS (
        SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND classid::bigint = %s AND objid::bigint <> %s::bigint & 4294967295
    )
"""


class Disagreement(Exception):
    """Another server of the store has another setting. The text says which, and what to do."""


class Membership:
    """That a server is one of several of a store, as long as it is kept."""

    def __init__(self, url: str, version: str) -> None:
        """Join the others. `version` identifies the program.

        Raise Disagreement or psycopg.Error.
        """
        self._url = url
        self._facts = {name: str(getattr(settings, name)) for name in _SETTINGS}
        self._facts[_VERSION] = version
        self.runs_with_other_version = False
        self._connection = self._join()

    def keep(self) -> None:
        """Join again if the database ended the connection."""
        if idle.has_ended(self._connection):
            with suppress(psycopg.Error, Disagreement):
                self._connection = self._join()

    def leave(self) -> None:
        """Leave the others."""
        self._connection.close()

    def _join(self) -> psycopg.Connection[Any]:
        joined = psycopg.connect(self._url, autocommit=True, connect_timeout=5)
        try:
            differing = _share_facts(joined, self._facts)
        except BaseException:
            joined.close()
            raise
        self.runs_with_other_version = _VERSION in differing
        wrong = [name for name in differing if name != _VERSION]
        if wrong:
            joined.close()
            raise Disagreement(_explain(wrong[0]))
        return joined


def _share_facts(connection: psycopg.Connection[Any], facts: Mapping[str, str]) -> list[str]:
    """Take a lock for each fact, and return the facts that others have differently.

    All locks are taken before anything is compared, so of two servers that start at the same time
    at least one sees the other.
    """
    locks = {name: (_FIRST + at, _fingerprint(facts[name])) for at, name in enumerate(facts)}
    for lock in locks.values():
        connection.execute(_SHARE, lock)
    return [name for name, lock in locks.items() if _is_other(connection, lock)]


def _is_other(connection: psycopg.Connection[Any], lock: tuple[int, int]) -> bool:
    """Return whether another server holds another lock for the same fact."""
    return connection.execute(_OTHERS, lock).fetchone() == (True,)


def _fingerprint(text: str) -> int:
    """Return a number of 32 bits that tells nothing of a text."""
    digest = hmac.digest(text.encode(), b"hexostore machines", hashlib.sha256)
    return int.from_bytes(digest[:4], "big", signed=True)


def _explain(name: str) -> str:
    start = f"Another server of this store has another {name}."
    if name == "SECRET_KEY":
        return (
            f"{start} Set SECRET_KEY to the same value on all machines; without it, each home has "
            "its own, in its file secret-key."
        )
    return f"{start} Set {name} to the same value on all machines."
