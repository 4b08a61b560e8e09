"""A connection that follows what its context chose: another database, or a replica.

Before a statement outside a transaction, the connection is exchanged for one to the chosen place:
the database of chosen.py, on the primary or on the replica of copies.py. A transaction always runs
on the primary.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error
from django.db.backends.postgresql import base

from hexostore import outages
from hexostore.database import idle, replicas
from hexostore.database.chosen import ChosenDatabase, chosen_database, goes_direct
from hexostore.database.copies import LogPosition, Reading, current_reading, parse_lsn
from hexostore.database.parked import MOST, ParkedConnections
from hexostore.database.replicas import Replica
from hexostore.direct import DIRECT_ENTRY

ASKED_EVERY = 0.02
"""Seconds in which a replica that lags is not asked again on the same connection."""

MOST_SETTINGS = 64
"""How many places a thread remembers the settings of."""

_ASK = (
    "SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn()::text, "
    "(SELECT lineage::text FROM api_lineage)"
)


class DatabasePlace(NamedTuple):
    """A database of the primary (None) or of a replica, and which of those of that name."""

    replica: Replica | None
    database: str
    incarnation: int = 0
    is_direct: bool = False  # past a pooler


@dataclass
class Seen:
    """What a connection to a replica has shown: how far it is, and when it was last asked."""

    position: LogPosition | None = None
    asked: float = 0.0


class FollowingWrapper(base.DatabaseWrapper):
    """A connection that changes its place with its context."""

    def __init__(self, settings_dict: dict[str, Any], alias: str = DEFAULT_DB_ALIAS) -> None:
        super().__init__(settings_dict, alias)
        self._configured = settings_dict
        self._parked = ParkedConnections(MOST * (1 + len(settings.HEXOSTORE_REPLICAS)))
        self._place: DatabasePlace | None = None  # None is the configured one
        self._settings: dict[DatabasePlace, dict[str, Any]] = {}
        self._is_staying = self._is_read_only = False
        self._found_for: tuple[Reading, ChosenDatabase | None] | None = None
        self._seen = WeakKeyDictionary[Any, Seen]()  # by connection: one that is lost is forgotten

    def ensure_connection(self) -> None:
        self._follow_choice()
        super().ensure_connection()

    def set_autocommit(self, autocommit: bool, *rest: Any, **named: Any) -> None:
        """Begin or end a transaction. One that begins goes to the primary first."""
        if not autocommit:
            self._follow_to_primary()
        with self._staying():
            super().set_autocommit(autocommit, *rest, **named)

    def run_and_clear_commit_hooks(self) -> None:
        """Run what waited for the commit. It may choose another place."""
        with self._staying(False):
            super().run_and_clear_commit_hooks()

    def is_on_replica(self) -> bool:
        """Return whether the next statement goes to a replica."""
        place = self._place
        return place is not None and place.replica is not None and not self._is_staying

    def give_up_replica(self, error: Exception) -> bool:
        """Go to the primary if a statement failed because of the replica. Return whether the
        statement is to be repeated there: nothing of it can have lasted."""
        reading, place = current_reading(), self._place
        if reading is None or place is None or place.replica is None:
            return False
        if not replicas.is_of_replica(error):
            return False
        replicas.leave_out_after(place.replica, error)
        self._discard()
        reading.go_to_primary()
        self._follow_choice()
        return True

    def leave_replica(self) -> None:
        """Have all further statements of this reading sent to the primary."""
        reading = current_reading()
        if reading is not None:
            reading.go_to_primary()
        self._found_for = None
        self._follow_choice()

    def leave_if_read_only(self, error: Exception) -> None:
        """Have the connection made anew after this request if the server is not the primary any
        longer, so that the next one finds the new primary."""
        if outages.sqlstate_of(error) == outages.READ_ONLY:
            self._is_read_only = True

    def close(self) -> None:
        super().close()
        if self.connection is None:  # else a transaction keeps what is left of it
            self._parked.close_all()
            self.settings_dict = self._configured  # until the choice is followed again
            self._place = self._found_for = None
            self._is_read_only = False
            self._settings.clear()

    def close_if_unusable_or_obsolete(self) -> None:
        """Look at the connection to the primary, between two requests. Without one, nothing
        happens: a stream that reads from a replica needs none."""
        if not self.in_atomic_block:
            self._leave_replica()
            if self._is_read_only:
                self.close()
        super().close_if_unusable_or_obsolete()

    def _follow_choice(self) -> None:
        """Change to the place of this context, unless a transaction is open."""
        if self.in_atomic_block or self._is_staying:
            return
        follows = self.alias == DEFAULT_DB_ALIAS and not goes_direct()
        reading = current_reading() if follows else None
        if reading is None:
            self._found_for = None
            self._go_to(self._primary_place())
        elif self._found_for != (reading, chosen_database()) or self.connection is None:
            self._find_copy(reading, chosen_database())

    def _find_copy(self, reading: Reading, chosen: ChosenDatabase | None) -> None:
        """Go to a replica that has replayed what is needed, or to the primary."""
        self._found_for, name = None, self._chosen_name()
        for replica in reading.candidates():
            self._go_to(DatabasePlace(replica, name, 0 if chosen is None else chosen.incarnation))
            if self._reaches(reading.needed, replica):
                reading.settle(replica)
                self._found_for = reading, chosen
                return
        reading.go_to_primary()
        self._go_to(self._primary_place())
        self._found_for = None if self.connection is None else (reading, chosen)

    def _reaches(self, needed: LogPosition, replica: Replica) -> bool:
        """Return whether the replica here is far enough. It is asked only if it was not before."""
        try:
            if self.connection is not None and idle.has_ended(self.connection):
                self._discard()
            with self._staying():
                super().ensure_connection()
            self.health_check_done = True
            return self._has_replayed(needed, replica)
        except (Error, psycopg.Error) as error:
            if f'"{self.settings_dict["NAME"]}" does not exist' not in str(error):
                replicas.leave_out_after(replica, error)  # else a sandbox that is not there yet
            self._discard()
            return False

    def _has_replayed(self, needed: LogPosition, replica: Replica) -> bool:
        connection = self.connection
        seen = self._seen.setdefault(connection, Seen())
        if seen.position is not None and seen.position.includes(needed):
            return True
        now = monotonic()
        if now - seen.asked < ASKED_EVERY:
            return False
        seen.asked = now
        is_replica, lsn, lineage = connection.execute(_ASK).fetchone()
        if not is_replica:
            replicas.leave_out(replica, replicas.NO_REPLICA)
            self._discard()
            return False
        seen.position = LogPosition(lineage or "", parse_lsn(lsn)) if lsn else None
        return seen.position is not None and seen.position.includes(needed)

    def _follow_to_primary(self) -> None:
        """Go to the primary for a transaction, though the context reads from a replica."""
        if self.in_atomic_block or self._is_staying:
            return
        reading = current_reading()
        if reading is not None:
            reading.note_move()
        self._found_for = None
        self._go_to(self._primary_place())

    def _leave_replica(self) -> None:
        """Go from a replica to the same database of the primary."""
        if self.is_on_replica():
            self._found_for = None
            self._go_to(self._primary_place())

    def _primary_place(self) -> DatabasePlace:
        """Return the chosen database of the primary, past a pooler if the context wants that."""
        is_direct = (
            self.alias == DEFAULT_DB_ALIAS and DIRECT_ENTRY in self._configured and goes_direct()
        )
        return DatabasePlace(None, self._chosen_name(), is_direct=is_direct)

    def _chosen_name(self) -> Any:
        chosen = chosen_database() if self.alias == DEFAULT_DB_ALIAS else None
        return self._configured["NAME"] if chosen is None else chosen.name

    def _go_to(self, place: DatabasePlace) -> None:
        """Exchange the connection for one to a place, which may have to be made."""
        current = self._place or DatabasePlace(None, self._configured["NAME"])
        if place == current:
            return
        if self.connection is not None and not self.connection.closed:
            self._parked.park(current, self.connection)
        self.settings_dict = self._settings_of(place)
        self._place = place
        self.connection = self._parked.take(place)
        self.errors_occurred = self.health_check_done = False

    def _settings_of(self, place: DatabasePlace) -> dict[str, Any]:
        is_configured = place.replica is None and not place.is_direct
        if is_configured and place.database == self._configured["NAME"]:
            return self._configured
        if place not in self._settings:
            if len(self._settings) > MOST_SETTINGS:
                self._settings.clear()  # of sandboxes that are gone
            self._settings[place] = self._make_settings(place)
        return self._settings[place]

    def _make_settings(self, place: DatabasePlace) -> dict[str, Any]:
        direct = {**self._configured, **self._configured.get(DIRECT_ENTRY, {})}
        if place.replica is not None:
            limits = self._configured["OPTIONS"].get("options", "")  # of this process
            options = {**direct["OPTIONS"], **({"options": limits} if limits else {})}
            return place.replica.settings_for({**direct, "OPTIONS": options}, place.database)
        of_server = direct if place.is_direct else self._configured
        return {**of_server, "NAME": place.database}

    def _discard(self) -> None:
        """Close the present connection alone."""
        connection, self.connection = self.connection, None
        self._found_for = None
        self.errors_occurred = self.health_check_done = False
        if connection is not None:
            connection.close()

    @contextmanager
    def _staying(self, stays: bool = True) -> Iterator[None]:
        """Stay at the present place in a block, whatever is chosen."""
        before, self._is_staying = self._is_staying, stays
        try:
            yield
        finally:
            self._is_staying = before
