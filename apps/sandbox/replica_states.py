"""How far the replicas are, for those who operate a server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from django.db import connection

from hexostore import outages
from hexostore.database.replicas import NO_REPLICA, Replica, are_configured, known_replicas

OF_ANOTHER = "it is one of another server than DATABASE_URL"
"""Why a replica is not used that has a store of its own."""

_PLACE = """
    SELECT pg_current_wal_insert_lsn()::text, (SELECT system_identifier FROM pg_control_system())
"""
_LAG = """
    SELECT pg_is_in_recovery(), (SELECT system_identifier FROM pg_control_system()),
           greatest(%s::pg_lsn - pg_last_wal_replay_lsn(), 0)::bigint,
           extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8
"""


@dataclass(frozen=True)
class ReplicaState:
    """A replica, and how much of the log it has not replayed: bytes, and seconds since the last
    transaction that it has. They are None, and `problem` says why, if it cannot be used."""

    name: str
    lag_bytes: int | None = None
    lag_seconds: float | None = None
    problem: str = ""

    def __str__(self) -> str:
        if self.problem:
            return f"{self.name} is left out: {self.problem}"
        return f"{self.name} lags by {self.lag_bytes} bytes, {self.lag_seconds:.1f} s"


def examine_replicas() -> Sequence[ReplicaState]:
    """Return the state of each replica. This connects to all of them and to the primary, whose
    absence raises an error of the database."""
    if not are_configured():
        return ()
    with connection.cursor() as cursor:
        cursor.execute(_PLACE)
        place, system = cursor.fetchone()
    database = str(connection.settings_dict["NAME"])
    return [_examine(each, database, place, system) for each in known_replicas()]


def _examine(replica: Replica, database: str, place: str, system: int) -> ReplicaState:
    try:
        with psycopg.connect(replica.address(database), autocommit=True) as asked:
            row = asked.execute(_LAG, [place]).fetchone()
    except psycopg.Error as error:
        return ReplicaState(replica.name, problem=outages.first_line(error))
    assert row is not None
    is_replica, found, lag, seconds = row
    if found != system:
        return ReplicaState(replica.name, problem=OF_ANOTHER)
    if not is_replica or lag is None:
        return ReplicaState(replica.name, problem=NO_REPLICA)
    return ReplicaState(replica.name, lag, seconds if lag and seconds else 0.0)
