"""How an EDF file names its channels: written and read by one grammar.

A label is `4129:resp_thorac`: the id of the datatype, a colon, and its name with some words
shortened, all cut to sixteen characters, as in files of the real service. Older files have the name
alone, and the id in the transducer field: `respira_thoracic` with `respiration_thoracic (datatype
4129)`. Both are read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from apps.catalog.models import Datatype
from apps.signals.formats.text_forms import TextForm

WIDTH = 16
"""The characters of a label."""

ANNOTATIONS = "EDF Annotations"
"""The label of the signal that contains annotations (EDF+ specification, 2.2.1)."""

LABEL = TextForm("{id}:{name}", {"id": r"\d{1,9}", "name": ".+"})
"""The id of the datatype, and as much of its name as fits."""

_SHORT = {"respiration": "resp", "acceleration": "accel"}
"""The abbreviations of the real service."""

_MADE_FROM_OTHERS = re.compile(r"(.+)(_a|_q)(?:djusted|uality)")
_ROOM_OF_OTHERS = WIDTH - len(LABEL.write(id=36, name=""))
"""Channels that also exist adjusted or with a quality have ids of two digits."""

_ABOUT = re.compile(r".*\(datatype (\d{1,9})\)")


def make_label(datatype: Datatype) -> str:
    """Return the label of a channel."""
    return LABEL.write(id=datatype.pk, name=_name_in_label(datatype))


def _name_in_label(datatype: Datatype) -> str:
    """Return the text after the colon.

    Some readers only look at this text. So the name of a channel that is derived from another one
    ends with a letter if both would be equal: `38:minute_vent_a` beside `36:minute_ventil`.
    """
    room = WIDTH - len(LABEL.write(id=datatype.pk, name=""))
    name = "_".join(_SHORT.get(word, word) for word in datatype.name.split("_"))
    cut = name[:room]
    made = _MADE_FROM_OTHERS.fullmatch(name)
    if made is not None and made[1][:_ROOM_OF_OTHERS] == cut:
        return made[1][: room - len(made[2])] + made[2]
    return cut


def find_datatype(text: str, about: str, known: Mapping[str, Datatype]) -> Datatype | None:
    """Return the datatype that a label and the transducer field name, None if there is none.

    `known` are the datatypes by name and by id as text. Ids of other devices may mean something
    else. If the name belongs to another channel, the name decides.
    """
    told, older = LABEL.read(text), _ABOUT.fullmatch(about)
    if told is None:
        return known.get(older[1] if older else text)
    same = known.get(told["id"])
    if same is not None and told["name"] in (_name_in_label(same), same.name):
        return same
    return _find_by_name(told["name"], known) or same


def _find_by_name(name: str, known: Mapping[str, Datatype]) -> Datatype | None:
    """Return the one datatype with this name after the colon, or with this full name."""
    found = {}
    for datatype in known.values():
        if name in (_name_in_label(datatype), datatype.name):
            found[datatype.pk] = datatype
    if len(found) != 1:
        return None
    (only,) = found.values()
    return only
