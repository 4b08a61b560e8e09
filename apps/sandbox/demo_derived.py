"""What processing would derive for records of the demo world, made before they are stored.

The store then begins as it would be after all its records were processed, apart from beats in an
ECG, whose detector is an extra.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.catalog.models import Datatype
from apps.metrics import derived_channels, nights
from apps.metrics.channels import QUALITY, RR
from apps.metrics.derived_channels import Derived
from apps.metrics.stretches import Span
from apps.metrics.subject import COMPLETE
from apps.records.models import Record
from apps.signals.storage import derivation, store
from apps.signals.storage.gathering import Gathered, TimeSeries
from apps.signals.storage.series import Series
from apps.signals.storage.store import Packed


@dataclass
class DemoChannels:
    """The channels of a record, packed, and those of them that others are derived from."""

    record: Record
    datatypes: Mapping[int, Datatype]
    packed: list[Packed] = field(default_factory=list)
    held: Gathered = field(default_factory=Gathered)

    def add_samples(self, dataid: int, counts: NDArray[Any]) -> None:
        """Add a synchronous channel."""
        datatype = self.datatypes[dataid]
        packed = self._pack(dataid, store.samples_of(datatype, counts))
        if dataid in nights.SLEEP_SOURCES:
            ticks = packed.summary.start + (packed.summary.step or 0) * np.arange(len(counts))
            self.held.series[dataid] = TimeSeries(ticks, counts)

    def add_events(self, dataid: int, offsets: NDArray[Any], values: NDArray[Any]) -> None:
        """Add an asynchronous channel."""
        packed = self._pack(dataid, store.event_series(self.datatypes[dataid], offsets, values))
        if dataid in (RR, QUALITY):
            self.held.series[dataid] = TimeSeries(packed.summary.start + offsets, values)

    def _pack(self, dataid: int, series: Series) -> Packed:
        packed = store.pack(self.record, self.datatypes[dataid], series)
        self.packed.append(packed)
        return packed

    def add_derived(self, in_bed: Sequence[Span]) -> None:
        """Add what processing derives, given the ranges of sleep; nothing to a record that is not
        complete."""
        if self.record.status != COMPLETE:
            return
        versions = {each.summary.datatype_id: bytes(each.summary.version) for each in self.packed}
        for one in list(self._derivations(in_bed)):
            sources = {each: versions[each] for each in one.sources if each in versions}
            version = derivation.version_of(one.method, sources)
            for dataid, items in one.found.items():
                if dataid not in versions and derived_channels.count_items(items):
                    series = derived_channels.series_of(self.record, self.datatypes[dataid], items)
                    self._pack(dataid, series).summary.derived_from = version

    def _derivations(self, in_bed: Sequence[Span]) -> Iterator[_Derivation]:
        record, held = self.record, self.held
        if RR in held.series:
            yield _Derivation(
                (RR, QUALITY),
                derived_channels.variability_method(record),
                derived_channels.find_variability(record, held),
            )
        if in_bed:
            yield _Derivation(
                nights.SLEEP_SOURCES,
                nights.sleep_method(record, in_bed),
                nights.find_phases(record, in_bed, held),
            )


@dataclass(frozen=True)
class _Derivation:
    """Which datatypes something is derived from and how, and what came of it."""

    sources: tuple[int, ...]
    method: str
    found: Derived
