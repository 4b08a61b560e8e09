"""What lines of the log look like: plain text, with colours on a terminal, or JSON."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TextIO

from hexostore import outages
from hexostore.request_ids import current_id

_COLOURS = {2: "32", 3: "36", 4: "33", 5: "31"}  # of statuses: green, cyan, yellow, red
_DIM = "2"
_WORD = re.compile(r"[\w@.+:-]+")


@dataclass(frozen=True)
class AccessLine:
    """A request in the access log; an empty text stands for what is not known.

    As text it is one line. It is the message of its log record, so that formats can tell its parts.
    The text has the id only if somebody looks for it: who `sent_id`, or whose request failed.
    """

    method: str
    path: str
    status: int
    ms: float
    user: str = ""
    client: str = ""
    scheme: str = ""
    sandbox: str = ""
    reason: str = ""
    id: str = ""
    sent_id: bool = False

    def __str__(self) -> str:
        return self.as_text(lambda text, _: text)

    def coloured(self) -> str:
        """Return the line with escape sequences for a terminal."""
        return self.as_text(lambda text, colour: f"\x1b[{colour}m{text}\x1b[0m")

    def as_text(self, paint: Callable[[str, str], str]) -> str:
        """Return the line, with its status, facts and reason painted."""
        colour = _COLOURS.get(self.status // 100, "0")
        parts = [f"{self.method} {self.path}", paint(str(self.status), colour), f"{self.ms:.1f} ms"]
        facts = " ".join(f"{name}={_word(value)}" for name, value in self._facts() if value)
        if facts:
            parts.append(paint(facts, _DIM))
        if self.reason:
            parts.append(paint(f"reason={self.reason}", colour))
        if self.id and (self.sent_id or self.status >= 500):
            parts.append(paint(f"id={self.id}", _DIM))
        return " ".join(parts)

    def _facts(self) -> list[tuple[str, str]]:
        return [
            ("user", self.user),
            ("client", self.client),
            ("scheme", self.scheme),
            ("sandbox", self.sandbox),
        ]


class PlainFormatter(outages.Formatter):
    """One line for each record, with colours if stderr is a terminal that shows them.

    Warnings and errors have the id of the request in which they came up.
    """

    def format(self, record: logging.LogRecord) -> str:
        if isinstance(record.msg, AccessLine) and wants_colour(sys.stderr, os.environ):
            record = logging.makeLogRecord({**record.__dict__, "msg": record.msg.coloured()})
        elif record.levelno >= logging.WARNING and current_id():
            text = f"{record.getMessage()} id={current_id()}"
            record = logging.makeLogRecord({**record.__dict__, "msg": text, "args": None})
        return super().format(record)


class JsonFormatter(outages.Formatter):
    """One JSON object for each record."""

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
        }
        if isinstance(record.msg, AccessLine):
            parts = {name: value for name, value in asdict(record.msg).items() if value != ""}
            del parts["sent_id"]
            return json.dumps(told | parts)
        if current_id():
            told["id"] = current_id()
        return json.dumps({**told, "message": super().format(record)}, ensure_ascii=False)


def wants_colour(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Return whether lines on a stream have colours: on a terminal, without NO_COLOR."""
    plain = environment.get("NO_COLOR") or environment.get("TERM") == "dumb"
    return stream.isatty() and not plain


def _word(text: str) -> str:
    """Return a text as one word, in quotes if it is none."""
    return text if _WORD.fullmatch(text) else json.dumps(text)
