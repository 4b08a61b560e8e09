"""Seeds of one record with signals, for the tests of these."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from apps.jobs.models import Job
from apps.records.models import Device, Record
from apps.sandbox import seeds
from apps.sandbox.seed_rows import SeedError, State
from apps.signals.models import Channel
from apps.simulation.models import Truth
from apps.tracks.models import Track
from tests.archives.test_loading import stored

START = 361_446_243_405

Json = dict[str, Any]


def seed_of(signals: object, **fields: object) -> Json:
    """A seed with one record of the owner."""
    row = {"user": "owner@example.com", "start": START, "signals": signals, **fields}
    return {"record": {"morning": row}}


def load(seed: Json | Path, *, replace: bool = False) -> State:
    """Load a seed of one record, and tell what became of that."""
    (state,) = seeds.load(seed, replace=replace).states["record"]
    return state


def saved(folder: Path, seed: Json) -> Path:
    """The seed as a file in a folder."""
    place = folder / "seed.json"
    place.write_text(json.dumps(seed))
    return place


def values(dataid: int) -> Any:
    return stored(Record.objects.get().pk, dataid)


def refusal(seed: Json | Path, *, replace: bool = False) -> str:
    """Why a seed is refused, after which the store is as it was before."""
    before = rows()
    with pytest.raises(SeedError) as error:
        seeds.load(seed, replace=replace)
    assert rows() == before
    return str(error.value)


def rows() -> list[Any]:
    tables = Record, Channel, Truth, Track, Device, Job
    return [[*model._base_manager.order_by("pk").values()] for model in tables]
