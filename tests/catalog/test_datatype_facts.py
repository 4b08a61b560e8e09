"""Facts of the catalogue file that are no columns: read as they stand there, and stored nowhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.api.versions import Version
from apps.catalog import datatype_facts
from apps.catalog.datatype_facts import DatatypeFacts
from apps.catalog.models import Datatype
from apps.sandbox import seeds
from apps.sandbox.seed_rows import SeedError
from apps.signals import endpoints


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file in place of the catalogue; nothing of it is remembered."""
    file = tmp_path / "datatype.json"
    monkeypatch.setattr(datatype_facts, "FILE", file)
    datatype_facts.by_dataid.cache_clear()
    yield file
    datatype_facts.by_dataid.cache_clear()


def test_facts_are_those_of_the_file(catalogue: Path) -> None:
    rows = {
        "B": {"dataid": 3, "facts": {"csv_place": 0, "is_framed": True, "computed_by": "device"}},
        "A": {"dataid": 2, "facts": {"csv_place": 1, "comes_by_sync": True, "edf_place": 0}},
        "C": {"dataid": 1, "facts": {"old_file_name": "c", "demo": "every record"}},
        "D": {"dataid": 4},
    }
    catalogue.write_text(json.dumps({"datatype": rows}))
    assert list(datatype_facts.by_dataid()) == [1, 2, 3, 4]
    assert datatype_facts.by_dataid()[4] == DatatypeFacts()
    assert datatype_facts.first_in_csv() == (3, 2)
    assert datatype_facts.first_in_edf() == (2,)
    assert datatype_facts.framed() == {3}
    assert datatype_facts.coming_by_sync() == (2,)
    assert datatype_facts.computed_by("device") == (3,)
    assert datatype_facts.old_file_names() == {"c": 1}
    assert datatype_facts.in_demo("every record") == (1,)


def test_misspelt_fact_is_refused(catalogue: Path) -> None:
    row = {"dataid": 1, "facts": {"csv_plaec": 0}}
    catalogue.write_text(json.dumps({"datatype": {"A": row}}))
    with pytest.raises(TypeError, match="csv_plaec"):
        datatype_facts.by_dataid()


@pytest.mark.parametrize("name", ["csv_place", "edf_place"])
def test_places_follow_one_another(name: str) -> None:
    found = [getattr(facts, name) for facts in datatype_facts.by_dataid().values()]
    places = sorted(place for place in found if place is not None)
    assert places == list(range(len(places)))


def test_words_are_those_that_somebody_asks_for() -> None:
    facts = datatype_facts.by_dataid().values()
    makers = {"", datatype_facts.DEVICE, datatype_facts.ASTROSKIN, datatype_facts.SERVICE}
    assert {each.computed_by for each in facts} == makers
    shown = {"", datatype_facts.EVERY_RECORD, datatype_facts.SHOWN_RECORDS}
    assert {each.demo for each in facts} == shown


def test_datatypes_name_their_endpoints() -> None:
    assert list(endpoints.DATATYPES) == sorted(endpoints.DATATYPES)
    assert endpoints.DATATYPES["ecg"] == (4113, 4114, 4115)
    assert endpoints.DATATYPES["datafile"] == ()
    assert endpoints.since("hrvlfratio") == Version.V4_0
    assert endpoints.since("ecg") == endpoints.since("datafile") == min(Version)


@pytest.mark.django_db
def test_facts_are_not_stored() -> None:
    row = {"dataid": 1, "name": "A", "facts": {"csv_place": 0}}
    seeds.load({"datatype": {"A": row}})
    assert Datatype.objects.values("pk", "name").get() == {"pk": 1, "name": "A"}
    with pytest.raises(SeedError, match="unknown field 'facts'"):
        seeds.load({"unit": {"s": {"id": 1, "si_short": "s", "facts": {}}}})
