"""Temporary failures of what a store stands on: how they are recognized and logged.

An outage passes by itself or is ended by an operator. The client may try again, and a traceback
would be of no use. All other errors are our mistakes and keep their traceback.
"""

from __future__ import annotations

import copy
import logging

import psycopg
from django.db import Error, InterfaceError, OperationalError

READ_ONLY = "25006"
"""The error of a write to a standby, or to a server that is told to be read-only."""

# PostgreSQL, appendix A: connection, insufficient resources, operator intervention, system error.
_CLASSES = ("08", "53", "57", "58")
_STATES = {
    READ_ONLY,
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


class Outage(Exception):
    """Something else than the database is unreachable or refuses to work: `what`.

    The text says why in one line, without secrets.
    """

    what = "a service"


def subject_of(error: BaseException | None) -> str:
    """Return what an outage is one of, for the beginning of a sentence."""
    return error.what if isinstance(error, Outage) else "the database"


def sqlstate_of(error: BaseException) -> str | None:
    """Return the five letters of PostgreSQL's error code, or None."""
    own = error if isinstance(error, psycopg.Error) else error.__cause__
    return own.sqlstate if isinstance(own, psycopg.Error) else None


def is_outage(error: BaseException | None) -> bool:
    """Return whether the database is unreachable, full, out of connections or read-only, or another
    Outage happened."""
    if isinstance(error, Outage):
        return True
    if not isinstance(error, Error | psycopg.Error):
        return False
    state = sqlstate_of(error)
    if state is None:  # the connection could not be made, or broke
        return isinstance(error, _OF_THE_CONNECTION)
    return state.startswith(_CLASSES) or state in _STATES


class Formatter(logging.Formatter):
    """Plain lines, with the traceback of an error unless it is an outage. An outage is one line."""

    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        if not is_outage(error):
            return super().format(record)
        brief = copy.copy(record)
        brief.msg, brief.args = f"{record.getMessage()}: {first_line(error)}", None
        brief.exc_info = brief.exc_text = None
        return super().format(brief)


def first_line(error: BaseException | None) -> str:
    """Return the first line of an error, without details.

    If none of several hosts can be connected to, it is what each of them said: the driver begins
    with the last one, which may be a replica that is as it should be.
    """
    lines = str(error).strip().splitlines() or [""]
    hosts = [line.partition("': ")[2] for line in lines if line.startswith("- host: ")]
    return "; ".join(dict.fromkeys(hosts)) or lines[0]


class Unlogged(logging.Filter):
    """Leaves out a 503 without an error behind it, since the reason is already logged."""

    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(record, "status_code", None) != 503 or bool(record.exc_info)
