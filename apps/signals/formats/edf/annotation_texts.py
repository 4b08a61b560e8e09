"""The texts of annotations in an EDF+ file and their layout, written and read.

A value is written `RR_interval 0.734375 s`: the name of its datatype, the physical value, and the
unit if there is one. A list begins with its onset in seconds, `+12.5`. Each of its texts is between
two bytes of 20, and the rest of a data record is filled with zeros (EDF+ specification, 2.2.2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from apps.signals.formats.text_forms import TextForm

SEPARATOR, DURATION, FILLING = b"\x14", b"\x15", b"\0"

_NAME, _NUMBER = r"[A-Za-z]\w{0,63}", r"[-+]?\d[\d.eE+-]{0,30}"

VALUE = TextForm("{name} {value}", {"name": _NAME, "value": _NUMBER})
VALUE_IN_UNIT = TextForm("{name} {value} {unit}", {**VALUE.places, "unit": ".{1,20}"})

SIGNAL_ENDS = TextForm("{name} ends", {"name": _NAME})
RECORDING_ENDS = "Recording ends"

_SECONDS = rb"\d{1,10}(?:\.\d{1,12})?"
_LIST = re.compile(
    rb"([+-]%b)(?:%b%b)?%b(.*)%b" % (_SECONDS, DURATION, _SECONDS, SEPARATOR, SEPARATOR), re.DOTALL
)


@dataclass(frozen=True, slots=True)
class AnnotationList:
    """Texts of one moment, `onset` in seconds from the start of the file."""

    onset: float
    texts: list[str]


def around_value(name: str, unit: str) -> tuple[str, str]:
    """Return what is before and after a value."""
    if unit:
        return VALUE_IN_UNIT.text_around("value", name=name, unit=unit)
    return VALUE.text_around("value", name=name)


def read_value(text: str) -> tuple[str, str] | None:
    """Return the name of a datatype and the number in an annotation, or None."""
    found = VALUE_IN_UNIT.read(text) or VALUE.read(text)
    return (found["name"], found["value"]) if found else None


def read_list(content: bytes) -> AnnotationList | None:
    """Return the list between two zeros, None if it is malformed."""
    found = _LIST.fullmatch(content)
    if found is None:
        return None
    texts = [text.decode("utf-8", "replace") for text in found[2].split(SEPARATOR) if text]
    return AnnotationList(float(found[1]), texts)
