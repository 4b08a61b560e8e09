"""What the database cannot do for a while: how such an error is known, and how it is logged.

An outage passes by itself or by an operator's hand: the client may try again, and a traceback
would tell nothing. All other errors are mistakes of ours and keep their traceback.
"""

from __future__ import annotations

import copy
import logging

import psycopg
from django.db import Error, InterfaceError, OperationalError

# PostgreSQL, appendix A: connection, insufficient resources, operator intervention, system error.
_CLASSES = ("08", "53", "57", "58")
_STATES = {
    "25006",  # read_only_sql_transaction: the server is a standby, or was told to be read-only
    "40001",  # serialization_failure
    "40P01",  # deadlock_detected
    "55P03",  # lock_not_available
}
_OF_THE_CONNECTION = (
    OperationalError,
    InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
)


def sqlstate_of(error: BaseException) -> str | None:
    """Return the five letters by which PostgreSQL names an error, None if it did not name one."""
    own = error if isinstance(error, psycopg.Error) else error.__cause__
    return own.sqlstate if isinstance(own, psycopg.Error) else None


def is_outage(error: BaseException | None) -> bool:
    """Whether the database is away, full, out of connections or read-only."""
    if not isinstance(error, Error | psycopg.Error):
        return False
    state = sqlstate_of(error)
    if state is None:  # the connection could not be made, or broke
        return isinstance(error, _OF_THE_CONNECTION)
    return state.startswith(_CLASSES) or state in _STATES


class Formatter(logging.Formatter):
    """Plain lines, with the traceback of an error unless it is an outage: that is one line."""

    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        if not is_outage(error):
            return super().format(record)
        brief = copy.copy(record)
        brief.msg, brief.args = f"{record.getMessage()}: {first_line(error)}", None
        brief.exc_info = brief.exc_text = None
        return super().format(brief)


def first_line(error: BaseException | None) -> str:
    """Return what an error says, without the details in its further lines."""
    return str(error).partition("\n")[0]


class Unlogged(logging.Filter):
    """Leaves out a 503 without an error behind it: whoever answered it has logged the reason."""

    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(record, "status_code", None) != 503 or bool(record.exc_info)
