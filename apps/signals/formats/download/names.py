"""The channel of a file, by its name."""

from __future__ import annotations

from collections.abc import Mapping

from apps.catalog import datatype_facts
from apps.catalog.models import Datatype

LEGACY = datatype_facts.old_file_names()
"""File names in downloads of 2014 and 2015, with the datatypes that the official decoder reads them
as."""


def by_name(datatypes: Mapping[int, Datatype]) -> dict[str, Datatype]:
    """Return the datatypes by all possible file names: channel, name, number, old name."""
    known = {datatype.name: datatype for datatype in datatypes.values()}
    for datatype in datatypes.values():
        if datatype.channel:
            known[datatype.channel] = datatype
    for dataid, datatype in datatypes.items():
        known[str(dataid)] = datatype
    for name, dataid in LEGACY.items():
        if dataid in datatypes:
            known[name] = datatypes[dataid]
    return known
