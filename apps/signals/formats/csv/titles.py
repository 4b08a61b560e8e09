"""The titles of columns in CSV, by whose exact text published readers find them (wire F9)."""

from __future__ import annotations

from apps.api import registry
from apps.api.context import Context
from apps.catalog.models import Datatype
from apps.signals.storage import scaling

TICKS = "s/256"
NO_UNIT = "NA"


def title(datatype: Datatype, context: Context) -> str:
    """`heart_rate [bpm](/api/datatype/19/)`: name, unit of what is shown, and URI."""
    uri = registry.resource("datatype").uri(context, datatype.pk)
    return f"{datatype.name} [{_unit(datatype)}]({uri})"


def _unit(datatype: Datatype) -> str:
    """The unit of what `scale` gives; counts that mean something else have none."""
    if scaling.in_ticks(datatype):
        return TICKS
    counts = scaling.scale(datatype) is None
    if counts and (datatype.gain, datatype.offset) != (1, 0):
        return NO_UNIT
    return datatype.unit or NO_UNIT
