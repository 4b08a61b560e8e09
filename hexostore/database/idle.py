"""Whether a connection has ended while it was not used, found without a round trip."""

from __future__ import annotations

from select import POLLIN, poll
from typing import Any

import psycopg


def has_ended(connection: psycopg.Connection[Any]) -> bool:
    """Return whether the other side has ended a connection on which no statement runs.

    If a server ends, is killed, or ends one connection, the system reports something to read. Other
    unrequested messages, such as a notice, are read on the way.
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
