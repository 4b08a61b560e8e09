"""Which channel a file is of."""

from __future__ import annotations

from collections.abc import Mapping

from apps.catalog import datatype_facts
from apps.catalog.models import Datatype

LEGACY = datatype_facts.old_file_names()
"""Names of files in downloads of 2014 and 2015, with what the official decoder takes them for."""


def by_name(datatypes: Mapping[int, Datatype]) -> dict[str, Datatype]:
    """The datatypes by all that their files may be called: channel, name, number, old name."""
    known = {datatype.name: datatype for datatype in datatypes.values()}
    known |= {datatype.channel: datatype for datatype in datatypes.values() if datatype.channel}
    known |= {str(dataid): datatype for dataid, datatype in datatypes.items()}
    known |= {name: datatypes[dataid] for name, dataid in LEGACY.items() if dataid in datatypes}
    return known
