"""Have the process of a test itself use a cluster, as a web server does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import override_settings

from apps.api import own_writes
from hexostore.database import copies, replicas
from hexostore.settings import database_entry, replica_entries
from tests.cluster.nodes import Cluster, wait_until

HASHER = "django.contrib.auth.hashers.PBKDF2PasswordHasher"
"""What the passwords of a served store are hashed with, unlike those of tests."""

Sent = list[tuple[int, str]]
"""The port of the server and the text of each statement."""


@contextmanager
def connected_to(cluster: Cluster) -> Iterator[None]:
    """Have Django use the primary of a cluster, and its replicas."""
    configured = connection.settings_dict
    connection.close()
    usual = dict(configured)
    configured.update(database_entry(cluster.url))
    used = replica_entries(cluster.replica_urls)
    try:
        with override_settings(HEXOSTORE_REPLICAS=used, PASSWORD_HASHERS=[HASHER]):
            yield
    finally:
        connection.close()
        configured.clear()
        configured.update(usual)


@contextmanager
def statements_sent(patch: pytest.MonkeyPatch) -> Iterator[Sent]:
    """Note all statements of this process, by whatever cursor, and which server they went to."""
    sent: Sent = []
    execute = psycopg.Cursor.execute

    def listen(self: Any, query: Any, *rest: Any, **named: Any) -> Any:
        sent.append((self.connection.info.port, " ".join(str(query).split())))
        return execute(self, query, *rest, **named)

    with patch.context() as patched:
        patched.setattr(psycopg.Cursor, "execute", listen)
        yield sent


@contextmanager
def reading(cluster: Cluster) -> Iterator[copies.Reading]:
    """Read from a replica in a block, as a GET does."""
    needed = present_position(cluster)
    found = copies.Reading(needed, preferred=0)
    with copies.reading_block(found):
        yield found


def present_position(cluster: Cluster) -> copies.LogPosition:
    """Return the position of the primary, once all replicas have it and are used."""
    own_writes.note_for_all()
    for each in cluster.replicas:
        wait_until(lambda each=each: each.has_caught_up(cluster.primary), f"{each.name} lags")
    used = len(cluster.replicas)
    wait_until(
        lambda: sum(not each.is_left_out for each in replicas.known_replicas()) >= used,
        "a replica stays left out",
    )
    lineage = cluster.primary.ask("SELECT lineage::text FROM api_lineage", "hexostore")
    lsn = cluster.primary.ask("SELECT pg_last_wal_replay_lsn()::text")
    lsn = cluster.primary.ask("SELECT pg_current_wal_flush_lsn()::text") if lsn is None else lsn
    return copies.LogPosition(lineage, copies.parse_lsn(lsn))
