"""How an EDF file names its channels: written and read by one grammar.

A label is `4129:resp_thorac`: the id of the datatype, a colon, its name with some words shortened,
all cut to sixteen characters, as in files of the real service. Files of before had the name
alone, and the id in the field of the transducer: `respira_thoracic` with
`respiration_thoracic (datatype 4129)`. Both are read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from apps.catalog.models import Datatype

WIDTH = 16
"""The characters of a label."""

ANNOTATIONS = "EDF Annotations"
"""The label of the signal that holds annotations (EDF+ specification, 2.2.1)."""

_SHORT = {"respiration": "resp", "acceleration": "accel"}
"""What the real service writes for these words."""

_MADE_FROM_OTHERS = re.compile(r"(.+)(_a|_q)(?:djusted|uality)")
_ROOM_OF_OTHERS = WIDTH - len("36:")
"""Channels that there are adjusted or with a quality have ids of two digits."""

_LABEL = re.compile(r"(\d{1,9}):(.+)")
_ABOUT = re.compile(r".*\(datatype (\d{1,9})\)")


def label(datatype: Datatype) -> str:
    """Return the label of a channel."""
    return f"{datatype.pk}:{_name(datatype)}"


def _name(datatype: Datatype) -> str:
    """What stands behind the colon.

    Some readers know a channel by that alone. So one that is made from another ends with a letter
    where it would be the same as the other: `38:minute_vent_a` beside `36:minute_ventil`.
    """
    room = WIDTH - len(f"{datatype.pk}:")
    name = "_".join(_SHORT.get(word, word) for word in datatype.name.split("_"))
    cut = name[:room]
    made = _MADE_FROM_OTHERS.fullmatch(name)
    if made is not None and made[1][:_ROOM_OF_OTHERS] == cut:
        return made[1][: room - len(made[2])] + made[2]
    return cut


def find(text: str, about: str, known: Mapping[str, Datatype]) -> Datatype | None:
    """Return the datatype that a label and the field of the transducer name, None if none.

    `known` are the datatypes by their names and by their ids as texts. Ids of other devices may
    mean something else: where the name is that of another channel, the name decides.
    """
    told, older = _LABEL.fullmatch(text), _ABOUT.fullmatch(about)
    if told is None:
        return known.get(older[1] if older else text)
    same = known.get(told[1])
    if same is not None and told[2] in (_name(same), same.name):
        return same
    return _named(told[2], known) or same


def _named(name: str, known: Mapping[str, Datatype]) -> Datatype | None:
    """Return the one datatype that has this name behind the colon, or in full."""
    found = {each.pk: each for each in known.values() if name in (_name(each), each.name)}
    return next(iter(found.values())) if len(found) == 1 else None
