"""The header of an EDF+ file: the meaning of the bytes after it (https://www.edfplus.info)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from apps.catalog.models import Datatype
from apps.signals.formats.edf import labels
from hexostore.hexotime import to_datetime

LOWEST, HIGHEST = -32_768, 32_767
"""The 16-bit digital values. Unsigned counts are stored less 32,768."""

YEARS = range(1985, 2085)
"""The years that the two digits of a start date can mean."""

MOST_RECORDS = 99_999_999
"""The most data records that the eight digits of the header can count."""

UNKNOWN_BIRTH = date(1900, 1, 1)
"""Stands for an unknown or confidential date of birth, because readers fail without one."""

WHOLE = {
    "version": 8,
    "patient": 80,
    "recording": 80,
    "date": 8,
    "time": 8,
    "size": 8,
    "kind": 44,
    "records": 8,
    "duration": 8,
    "signals": 4,
}
"""The fields about the whole file in order, with the number of characters of each."""

EACH = {
    "label": labels.WIDTH,
    "transducer": 80,
    "unit": 8,
    "physical_lowest": 8,
    "physical_highest": 8,
    "digital_lowest": 8,
    "digital_highest": 8,
    "filters": 80,
    "samples": 8,
    "reserved": 32,
}
"""The fields about each signal in order: first one field of all signals, then the next."""

VERSION = "0"

CONTINUOUS, INTERRUPTED = "EDF+C", "EDF+D"
"""The kinds of EDF+: data records without gaps, or with gaps."""

DATE, TIME = "%d.%m.%y", "%H.%M.%S"
"""The form of the start, with two digits for the year."""

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


@dataclass(frozen=True)
class HeaderField:
    """What the header says about a signal. A data record has `samples` of it from `place` on."""

    label: str
    transducer: str
    unit: str
    physical: tuple[float, float]
    samples: int
    digital: tuple[float, float] = (LOWEST, HIGHEST)
    place: int = 0

    @classmethod
    def field_of(cls, datatype: Datatype, samples: int) -> HeaderField:
        """Return the field for a signal of that datatype. Its physical range is that of all
        possible counts."""
        counts = (LOWEST, HIGHEST) if datatype.signed else (0, HIGHEST - LOWEST)
        lowest, highest = (count * datatype.gain + datatype.offset for count in counts)
        label = labels.make_label(datatype)
        return cls(label, datatype.name, datatype.unit, (lowest, highest), samples)

    @classmethod
    def of_annotations(cls, size: int) -> HeaderField:
        """Return the signal whose samples are the bytes of annotations, `size` per data record."""
        return cls(labels.ANNOTATIONS, "", "", (-1, 1), size // 2)


def patient_line(user: int, name: str, sex: str, born: date | None) -> str:
    """Return the line that says who was recorded, with `hexoskin_user_id=` at its end.

    `sex` is M, F or empty. The parts of a name are joined by underscores and written in ASCII, as
    EDF+ demands. Readers show underscores as blanks.
    """
    before = f"X {sex or 'X'} {_format_day(born or UNKNOWN_BIRTH)} "
    after = f" hexoskin_user_id={user}"
    room = WHOLE["patient"] - len(before + after)
    return before + _plain_name(name)[:room].rstrip("_") + after


def recording_line(record: int, start: int) -> str:
    """Return the line that says what was recorded, with `hexoskin_record_id=` at its end."""
    day = _format_day(to_datetime(start).date())
    return f"Startdate {day} X X hexostore hexoskin_record_id={record}"


def _format_day(day: date) -> str:
    """Return a date as EDF+ writes it, 02-MAY-1951."""
    return f"{day.day:02}-{_MONTHS[day.month - 1]}-{day.year:04}"


def _plain_name(name: str) -> str:
    """Return a name in printable ASCII without blanks; X, the EDF+ word for unknown, if nothing is
    left."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^!-~]+", "_", letters).strip("_") or "X"


def make_header(
    who: str, what: str, start: int, records: int, fields: Sequence[HeaderField]
) -> bytes:
    """Return the header of a file of `records` seconds that begins at tick `start`.

    The start of the file is the second of that tick, in UTC. The annotations say how far into it
    the first data record begins. `who` is the `patient_line`, `what` the
    `recording_line`.
    """
    begin = to_datetime(start)
    whole = {
        "version": VERSION,
        "patient": who,
        "recording": what,
        "date": begin.strftime(DATE),
        "time": begin.strftime(TIME),
        "size": str(header_size(len(fields))),
        "kind": CONTINUOUS,
        "records": str(records),
        "duration": "1",
        "signals": str(len(fields)),
    }
    each = list(map(_field_texts, fields))
    about_each = [pad_text(one[name], width) for name, width in EACH.items() for one in each]
    return b"".join([pad_text(whole[name], width) for name, width in WHOLE.items()] + about_each)


def _field_texts(field: HeaderField) -> dict[str, str]:
    return {
        "label": field.label,
        "transducer": field.transducer,
        "unit": field.unit,
        "physical_lowest": fit_number(field.physical[0]),
        "physical_highest": fit_number(field.physical[1]),
        "digital_lowest": fit_number(field.digital[0]),
        "digital_highest": fit_number(field.digital[1]),
        "filters": "",
        "samples": str(field.samples),
        "reserved": "",
    }


def version() -> bytes:
    """Return the first field of a file, its version."""
    return pad_text(VERSION, WHOLE["version"])


def opening_size() -> int:
    """Return the bytes of the fields about the whole file."""
    return sum(WHOLE.values())


def header_size(signals: int) -> int:
    """Return the bytes of the header of a file with so many signals."""
    return opening_size() + signals * sum(EACH.values())


def read_whole(text: bytes) -> dict[str, bytes]:
    """Return the fields about the whole file, including blanks at their ends."""
    found, at = {}, 0
    for name, width in WHOLE.items():
        found[name] = text[at : at + width]
        at += width
    return found


def read_each(text: bytes, signals: int) -> list[dict[str, str]]:
    """Return the fields about each signal; `text` is what follows the fields about the whole
    file."""
    found: list[dict[str, str]] = [{} for _ in range(signals)]
    at = 0
    for name, width in EACH.items():
        for one in found:
            one[name] = text[at : at + width].decode("ascii", "replace").strip()
            at += width
    return found


def read_start(whole: Mapping[str, bytes]) -> datetime:
    """Return the second, in UTC, at which a file begins. Raise ValueError if it is malformed."""
    text = (whole["date"] + whole["time"]).decode("ascii", "replace")
    begin = datetime.strptime(text, DATE + TIME)  # noqa: DTZ007 - it has no zone
    two_digits = begin.year % 100
    return begin.replace(year=next(year for year in YEARS if year % 100 == two_digits))


def fit_number(value: float, size: int = 8) -> str:
    """Return the number as exactly as possible in so many characters. Raise ValueError if they are
    not enough."""
    for decimals in range(size, -1, -1):
        text = f"{value:.{decimals}f}"
        if decimals:
            text = text.rstrip("0").rstrip(".")
        if len(text) <= size:
            return "0" if text == "-0" else text
    raise ValueError(f"{value} has no text of {size} characters")


def pad_text(text: str, width: int) -> bytes:
    """Return the text of a field, cut or filled with blanks."""
    return text.encode("ascii", "replace")[:width].ljust(width)
