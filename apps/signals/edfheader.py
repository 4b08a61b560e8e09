"""The header of an EDF+ file: what the bytes after it mean (https://www.edfplus.info)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from apps.catalog.models import Datatype
from hexostore.hexotime import to_datetime

LOWEST, HIGHEST = -32_768, 32_767
"""The digital values of 16 bits; counts without a sign are stored less 32,768."""

YEARS = range(1985, 2085)
"""The years that the two digits of a start date can mean."""

MOST_RECORDS = 99_999_999
"""The data records that the header's eight digits can count."""

_LABEL = 16
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
    def of(cls, datatype: Datatype, label: str, samples: int) -> Field:
        """A signal of that datatype; its physical range is that of all counts there are."""
        counts = (LOWEST, HIGHEST) if datatype.signed else (0, HIGHEST - LOWEST)
        lowest, highest = (count * datatype.gain + datatype.offset for count in counts)
        about = f"{datatype.name} (datatype {datatype.pk})"
        return cls(label, about, datatype.unit, (lowest, highest), samples)

    @classmethod
    def of_annotations(cls, size: int) -> Field:
        """The signal whose samples are the bytes of annotations, `size` a data record."""
        return cls("EDF Annotations", "", "", (-1, 1), size // 2)


def labels(datatypes: Sequence[Datatype]) -> list[str]:
    """A label for each datatype: its name, its words cut to fit; if that is taken, with its id."""
    taken: list[str] = []
    for datatype in datatypes:
        label = shortened(datatype.name)
        if label in taken:
            tail = f"_{datatype.pk}"
            label = shortened(datatype.name, _LABEL - len(tail)) + tail
        taken.append(label)
    return taken


def shortened(name: str, size: int = _LABEL) -> str:
    """The name in so many characters: the longest word, of several the first, loses its end.

    `respiration_thoracic` becomes `respira_thoracic`.
    """
    words = name.split("_")
    while len("_".join(words)) > size and max(map(len, words)) > 1:
        longest = max(range(len(words)), key=lambda place: len(words[place]))
        words[longest] = words[longest][:-1]
    return "_".join(words)[:size]


def head(user: int, record: int, start: int, records: int, fields: Sequence[Field]) -> bytes:
    """The header of a file of `records` seconds that begins at tick `start`.

    The second that the tick lies in is the file's start, in UTC; the annotations say how far
    into it the first data record begins.
    """
    begin = to_datetime(start)
    day = f"{begin.day:02}-{_MONTHS[begin.month - 1]}-{begin.year}"
    size = 256 * (len(fields) + 1)
    whole = [
        ("0", 8),
        (f"{user} X X X", 80),
        (f"Startdate {day} record_{record} X hexostore", 80),
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
    (lambda field: field.label, _LABEL),
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
