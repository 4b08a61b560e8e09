"""The header of an EDF+ file: what the bytes after it mean (https://www.edfplus.info)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from apps.catalog.models import Datatype
from apps.signals.formats.edf import labels
from hexostore.hexotime import to_datetime

LOWEST, HIGHEST = -32_768, 32_767
"""The digital values of 16 bits; counts without a sign are stored less 32,768."""

YEARS = range(1985, 2085)
"""The years that the two digits of a start date can mean."""

MOST_RECORDS = 99_999_999
"""The data records that the header's eight digits can count."""

UNKNOWN_BIRTH = date(1900, 1, 1)
"""Stands for a date of birth that is not known or not to be told: readers fail without one."""

_LINE = 80
"""The characters that say who the patient is, and as many that say what was recorded."""

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


@dataclass(frozen=True)
class Field:
    """What the header says of one signal, of which a data record holds `samples`."""

    label: str
    transducer: str
    unit: str
    physical: tuple[float, float]
    samples: int

    @classmethod
    def of(cls, datatype: Datatype, samples: int) -> Field:
        """A signal of that datatype; its physical range is that of all counts there are."""
        counts = (LOWEST, HIGHEST) if datatype.signed else (0, HIGHEST - LOWEST)
        lowest, highest = (count * datatype.gain + datatype.offset for count in counts)
        label = labels.label(datatype)
        return cls(label, datatype.name, datatype.unit, (lowest, highest), samples)

    @classmethod
    def of_annotations(cls, size: int) -> Field:
        """The signal whose samples are the bytes of annotations, `size` a data record."""
        return cls(labels.ANNOTATIONS, "", "", (-1, 1), size // 2)


def patient(user: int, name: str, sex: str, born: date | None) -> str:
    """Return the line that says who was recorded, with `hexoskin_user_id=` at its end.

    `sex` is M, F or empty. The parts of a name are joined by underscores and written in ASCII,
    as EDF+ wants them; readers show them as blanks.
    """
    before = f"X {sex or 'X'} {_day(born or UNKNOWN_BIRTH)} "
    after = f" hexoskin_user_id={user}"
    room = _LINE - len(before + after)
    return before + _plain(name)[:room].rstrip("_") + after


def recording(record: int, start: int) -> str:
    """Return the line that says what was recorded, with `hexoskin_record_id=` at its end."""
    day = _day(to_datetime(start).date())
    return f"Startdate {day} X X hexostore hexoskin_record_id={record}"


def _day(day: date) -> str:
    """Return a date as EDF+ writes it, 02-MAY-1951."""
    return f"{day.day:02}-{_MONTHS[day.month - 1]}-{day.year:04}"


def _plain(name: str) -> str:
    """Return a name in printable ASCII without blanks; X, which EDF+ has for unknown, if none."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^!-~]+", "_", letters).strip("_") or "X"


def head(who: str, what: str, start: int, records: int, fields: Sequence[Field]) -> bytes:
    """Return the header of a file of `records` seconds that begins at tick `start`.

    The second that the tick lies in is the file's start, in UTC; the annotations say how far
    into it the first data record begins. `who` and `what` are the lines of `patient` and
    `recording`.
    """
    begin = to_datetime(start)
    size = 256 * (len(fields) + 1)
    whole = [
        ("0", 8),
        (who, _LINE),
        (what, _LINE),
        (f"{begin:%d.%m.%y}", 8),
        (f"{begin:%H.%M.%S}", 8),
        (str(size), 8),
        ("EDF+C", 44),
        (str(records), 8),
        ("1", 8),
        (str(len(fields)), 4),
    ]
    each = [(text(field), width) for text, width in _EACH for field in fields]
    return b"".join(_padded(*pair) for pair in whole + each)


_EACH: tuple[tuple[Callable[[Field], str], int], ...] = (
    (lambda field: field.label, labels.WIDTH),
    (lambda field: field.transducer, 80),
    (lambda field: field.unit, 8),
    (lambda field: number(field.physical[0]), 8),
    (lambda field: number(field.physical[1]), 8),
    (lambda _: str(LOWEST), 8),
    (lambda _: str(HIGHEST), 8),
    (lambda _: "", 80),
    (lambda field: str(field.samples), 8),
    (lambda _: "", 32),
)


def number(value: float, size: int = 8) -> str:
    """The number as exactly as so many characters can say it; ValueError if they cannot."""
    for decimals in range(size, -1, -1):
        text = f"{value:.{decimals}f}"
        if decimals:
            text = text.rstrip("0").rstrip(".")
        if len(text) <= size:
            return "0" if text == "-0" else text
    raise ValueError(f"{value} has no text of {size} characters")


def _padded(text: str, width: int) -> bytes:
    return text.encode("ascii", "replace")[:width].ljust(width)
