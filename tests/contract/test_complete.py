"""No resource without a contract class."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from datetime import date
from pathlib import Path

import pytest
from django.db import models

from apps.api import lookups, registry
from apps.api.errors import BadRequest
from apps.api.resources import ModelResource, Resource
from apps.api.versions import Version
from tests.contract import additions
from tests.contract.base import ResourceContract
from tests.contract.contract import Contract
from tests.contract.filtering import probes, wrong_items
from tests.contract.growth import index_for

HERE = Path(__file__).parent


def contracts() -> dict[str, type[Contract]]:
    """The contract classes of the test modules in this folder, by the resource they are about."""
    names = (f"{__package__}.{file.stem}" for file in sorted(HERE.glob("test_*.py")))
    modules = [importlib.import_module(name) for name in names]
    classes = [found for module in modules for _, found in inspect.getmembers(module, _is_filled)]
    return {found.name: found for found in classes}


def _is_filled(member: object) -> bool:
    return inspect.isclass(member) and issubclass(member, Contract) and hasattr(member, "name")


def registered() -> dict[str, type[Resource]]:
    """Every resource of any version."""
    return {found.name: found for version in Version for found in registry.all_in(version)}


def test_every_resource_has_a_contract_class() -> None:
    lacking = registered().keys() - contracts().keys()
    assert lacking == set(), (
        "Add a class with this `name` to the module in tests/contract/ that is about its app."
    )
    assert contracts().keys() - registered().keys() == set(), "There is no such resource."


def test_resources_of_rows_have_the_whole_contract() -> None:
    rows = {name for name, found in registered().items() if issubclass(found, ModelResource)}
    whole = {name for name, found in contracts().items() if issubclass(found, ResourceContract)}
    assert rows == whole


def test_additions_stand_in_lines_of_their_own() -> None:
    assert additions.FILE.read_text() == additions.as_text(additions.ADDED)


def test_a_resource_without_a_document_is_told_what_to_add() -> None:
    told = additions.missing("horse", {"default_limit": 20, "fields": {"id": {"type": "integer"}}})
    assert told.endswith(
        '\n"horse": {\n  "default_limit": 20,\n  "fields": {\n    "id": '
        '{"type": "integer"}\n  }\n},'
    )
    line = int(re.findall(r"additions\.json, before line (\d+)", told)[0])
    assert additions.FILE.read_text().splitlines()[line - 1].startswith('"import"')


def test_a_new_field_is_told_where_to_add() -> None:
    wanted = additions.newest("range")
    found = {**wanted, "fields": {**wanted["fields"], "horseshoes": {"type": "integer"}}}
    told = additions.different("range", found, wanted)
    assert 'fields.horseshoes: {"type": "integer"} here' in told
    line = int(re.findall(r"additions\.json, line (\d+), in place of entry 'range'", told)[0])
    assert additions.FILE.read_text().splitlines()[line - 1] == '"range": {'
    _, _, entry = told.partition('"range": ')
    assert json.loads(entry.removesuffix(","))["fields"]["horseshoes"] == {"type": "integer"}


@pytest.mark.parametrize("name", sorted(additions.PUBLISHED))
def test_an_entry_says_only_what_is_not_published(name: str) -> None:
    entry = additions.beyond(additions.PUBLISHED[name], additions.newest(name))
    assert entry == additions.ADDED.get(name, {})


def test_an_order_is_told_its_index() -> None:
    record = registry.model_resource("record")
    line = r"apps/records/models\.py, line (\d+), indexes of Record: "
    told = re.fullmatch(line + r'sorted_index\("record_end", "end"\),', index_for(record, "end"))
    assert told
    lines = Path(inspect.getfile(record.model)).read_text().splitlines()
    assert lines[int(told[1]) - 1] == "class Record(models.Model):"
    moved = index_for(record, "last_modified")
    assert moved.endswith(
        ': models.Index(fields=["last_modified", "id"], name="record_last_modified"),'
    )


def test_days_have_filters_that_find_them_and_wrong_ones() -> None:
    day = date(2014, 9, 8)
    assert probes("range", day) == ("2014-09-07,2014-09-09", "2014-09-09,2014-09-10")
    ((wrong, refusal),) = wrong_items(models.DateField(), "{}")
    with pytest.raises(BadRequest) as refused:
        lookups.parse_value(models.DateField(), "exact", [wrong])
    assert refused.value.body == {"error": refusal}
