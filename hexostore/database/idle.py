"""Whether a connection has ended while nobody used it, found out without a round trip."""

from __future__ import annotations

from select import POLLIN, poll
from typing import Any

import psycopg


def has_ended(connection: psycopg.Connection[Any]) -> bool:
    """Whether the other side has ended a connection on which no statement runs.

    When a server ends, is killed, or ends one connection, the system tells us by something to
    read. All else that can come unasked, such as a notice, is taken in on the way.
    """
    try:
        while _has_something_to_read(connection.fileno()):
            connection.pgconn.consume_input()
    except psycopg.OperationalError:
        return True
    return connection.closed


def _has_something_to_read(socket: int) -> bool:
    looking = poll()
    looking.register(socket, POLLIN)
    return bool(looking.poll(0))
