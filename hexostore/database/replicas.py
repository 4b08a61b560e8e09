"""The streaming replicas of the database server, and which of them this process leaves out.

A replica is left out after its connection could not be made or broke, or when it is no replica any
longer. A thread in the background tries it every second, so no request waits for a dead one.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from threading import Lock, Thread
from time import sleep
from typing import Any

import psycopg
from django.conf import settings
from psycopg.conninfo import make_conninfo

from hexostore import outages
from hexostore.database_urls import PARTS
from hexostore.direct import DIRECT_ENTRY

PROBED_EVERY = 1.0
"""Seconds between two tries of the replicas that are left out."""

NO_REPLICA = "it is no replica"
"""Why a server is left out that was promoted, or never was a replica."""

_PATIENCE = {
    "connect_timeout": 3,  # seconds
    "tcp_user_timeout": 5000,  # milliseconds; a network that is gone says nothing
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
}
"""Options of the connections to replicas, unless their URL says otherwise."""

_OF_THE_REPLICA = "08", "53", "57P", "58"
_OF_THE_STATEMENT = {
    outages.READ_ONLY,
    "40001",  # serialization_failure: it was in the way of replay
    "40P01",  # deadlock_detected, with replay
    "3D000",  # invalid_catalog_name: the database of a sandbox is not there yet
    "57P04",  # database_dropped: or no longer
}

_log = logging.getLogger("hexostore.database")


class Replica:
    """A replica: its place among the others, its `name` for people, and whether it is left out."""

    def __init__(self, number: int, entry: Mapping[str, Any]) -> None:
        self.number = number
        self.name = f"{entry.get('HOST') or 'localhost'}:{entry.get('PORT') or 5432}"
        self.is_left_out = False
        self._entry = entry

    def settings_for(self, primary: Mapping[str, Any], database: str) -> dict[str, Any]:
        """Return the settings of a connection to a database of this replica, which are those of the
        primary except for the server."""
        of_primary = {**primary["OPTIONS"]}
        of_primary.pop("target_session_attrs", None)
        own = {name: self._entry.get(name, "") for name in ("HOST", "PORT", "USER", "PASSWORD")}
        options = {**of_primary, **_PATIENCE, **self._entry["OPTIONS"]}
        return {**primary, **own, "NAME": database, "OPTIONS": options}

    def address(self, database: str) -> str:
        """Return the address of a database of this replica for the driver, which leads to it in the
        same way as `settings_for`."""
        primary: Mapping[str, Any] = settings.DATABASES["default"]
        entry = self.settings_for({**primary, **primary.get(DIRECT_ENTRY, {})}, database)
        own = {part: entry[name] for name, part in PARTS.items() if entry[name]}
        options = {**entry["OPTIONS"]}
        options.pop("prepare_threshold", None)
        return make_conninfo("", **own, **options)

    def __repr__(self) -> str:
        return f"<replica {self.name}>"


def are_configured() -> bool:
    """Return whether this server has replicas."""
    return bool(settings.HEXOSTORE_REPLICAS)


def known_replicas() -> Sequence[Replica]:
    """Return all replicas, as this process knows them."""
    return _known(os.getpid(), _Entries(settings.HEXOSTORE_REPLICAS))


def usable_replicas(preferred: int) -> list[Replica]:
    """Return the replicas that are not left out, in an order that begins at a number: so each
    caller keeps to one, and all share the callers."""
    known = known_replicas()
    first = preferred % len(known)
    return [each for each in (*known[first:], *known[:first]) if not each.is_left_out]


class _Entries:
    """The configured replicas, compared as an object."""

    def __init__(self, entries: Sequence[Mapping[str, Any]]) -> None:
        self.entries = entries

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Entries) and self.entries is other.entries

    def __hash__(self) -> int:
        return id(self.entries)


@lru_cache(maxsize=8)
def _known(_process: int, configured: _Entries) -> Sequence[Replica]:
    return tuple(Replica(number, entry) for number, entry in enumerate(configured.entries))


def is_of_replica(error: BaseException) -> bool:
    """Return whether a statement failed because a replica ran it, so that it is to be repeated on
    the primary. A statement that took too long is not: it would take as long again."""
    state = outages.sqlstate_of(error)
    if state is None:
        return outages.is_outage(error)
    return state in _OF_THE_STATEMENT or state.startswith(_OF_THE_REPLICA)


def leave_out_after(replica: Replica, error: BaseException) -> None:
    """Leave a replica out if an error says that it cannot be reached or cannot continue."""
    state = outages.sqlstate_of(error)
    if state in _OF_THE_STATEMENT or not is_of_replica(error):
        return
    leave_out(replica, outages.first_line(error))


_changing = Lock()
_probing: set[int] = set()
"""The processes whose thread tries replicas: this one, or none."""


def leave_out(replica: Replica, why: str) -> None:
    """Leave a replica out until it answers as a replica again."""
    with _changing:
        if not replica.is_left_out:
            replica.is_left_out = True
            _log.warning("the replica %s is left out: %s", replica.name, why)
        if os.getpid() not in _probing:
            _probing.clear()
            _probing.add(os.getpid())
            Thread(target=_probe_all, name="replicas", daemon=True).start()


def _probe_all() -> None:
    """Try what is left out, until nothing is."""
    while True:
        sleep(PROBED_EVERY)
        for replica in known_replicas():
            if replica.is_left_out and _is_back(replica):
                replica.is_left_out = False
                _log.warning("the replica %s is back", replica.name)
        with _changing:
            if not any(each.is_left_out for each in known_replicas()):
                _probing.clear()
                return


def _is_back(replica: Replica) -> bool:
    database = str(settings.DATABASES["default"]["NAME"])
    try:
        with psycopg.connect(replica.address(database), autocommit=True) as probe:
            return probe.execute("SELECT pg_is_in_recovery()").fetchone() == (True,)
    except psycopg.Error:
        return False
