"""What Prometheus would read of the counts in a folder, as a mapping."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest
from prometheus_client import CollectorRegistry, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.parser import text_string_to_metric_families

from hexostore import kept_counts
from hexostore.web.observer import ObservedNames, Observer

NAMES = ObservedNames(frozenset({"record", "user"}), frozenset({"key_used"}))
PATIENCE = 30.0

Samples = dict[tuple[str, frozenset[str]], float]


def parse_samples(text: str) -> Samples:
    """The values of a text of Prometheus by name and the values of their labels."""
    return {
        (sample.name, frozenset(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def read_samples(folder: Path) -> Samples:
    """What all processes have counted in a folder."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]
    return parse_samples(generate_latest(registry).decode())


def value(found: Samples, name: str, *labels: str) -> float:
    """One value; 0 if nobody has counted it."""
    return found.get((name, frozenset(labels)), 0)


def wait_for(folder: Path, wanted: float, name: str, *labels: str) -> None:
    """Wait until a count is there: a client has its answer before it is counted."""
    deadline = monotonic() + PATIENCE
    while (found := value(read_samples(folder), name, *labels)) != wanted:
        assert monotonic() < deadline, found
        sleep(0.01)


@contextmanager
def observing(folder: Path, place: str = "web-1") -> Iterator[Observer]:
    """An observer in this process, which counts nothing else afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(values, "ValueClass", values.ValueClass)
        patch.setattr(kept_counts, "_listeners", [])
        patch.setenv("PROMETHEUS_MULTIPROC_DIR", str(folder))
        yield Observer(folder, place, NAMES)
