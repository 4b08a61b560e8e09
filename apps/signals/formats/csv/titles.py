"""The titles of columns in CSV, by whose exact text published readers find them (wire F9)."""

from __future__ import annotations

from apps.api import registry
from apps.api.context import Context
from apps.catalog.models import Datatype
from apps.signals.storage.scaling import Scale

TICKS = "s/256"
NO_UNIT = "NA"


def title(datatype: Datatype, context: Context) -> str:
    """`heart_rate [bpm](/api/datatype/19/)`: name, unit of what is shown, and URI."""
    uri = registry.resource("datatype").uri(context, datatype.pk)
    return f"{datatype.name} [{_unit(datatype)}]({uri})"


def scale(datatype: Datatype) -> Scale | None:
    """How CSV shows the counts: as JSON does, but intervals between events stay counts of ticks
    (wire 5.4); None for the counts themselves.
    """
    if datatype.json != "physical" or in_ticks(datatype):
        return None
    return Scale(datatype.gain, datatype.offset)


def in_ticks(datatype: Datatype) -> bool:
    """Whether the values of an asynchronous datatype are times, counted in ticks."""
    return datatype.hexo_freq is None and datatype.unit == "s" and datatype.gain == 1 / 256


def _unit(datatype: Datatype) -> str:
    """The unit of what `scale` gives; counts that mean something else have none."""
    if in_ticks(datatype):
        return TICKS
    counts = scale(datatype) is None
    if counts and (datatype.gain, datatype.offset) != (1, 0):
        return NO_UNIT
    return datatype.unit or NO_UNIT
