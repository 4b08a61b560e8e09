"""No resource without a contract class."""

from __future__ import annotations

import inspect
from types import ModuleType

from apps.api import registry
from apps.api.resources import ModelResource, Resource
from apps.api.versions import Version
from tests.contract import (
    test_access,
    test_accounts,
    test_bookkeeping,
    test_catalog,
    test_credentials,
    test_fitness,
    test_operations,
    test_records,
    test_signals,
)
from tests.contract.base import ResourceContract
from tests.contract.contract import Contract

MODULES: tuple[ModuleType, ...] = (
    test_access,
    test_accounts,
    test_bookkeeping,
    test_catalog,
    test_credentials,
    test_fitness,
    test_operations,
    test_records,
    test_signals,
)


def contracts() -> dict[str, type[Contract]]:
    """The contract classes of the test modules by the resource they are about."""
    classes = [found for module in MODULES for _, found in inspect.getmembers(module, _is_filled)]
    return {found.name: found for found in classes}


def _is_filled(member: object) -> bool:
    return inspect.isclass(member) and issubclass(member, Contract) and hasattr(member, "name")


def registered() -> dict[str, type[Resource]]:
    """Every resource of any version."""
    return {found.name: found for version in Version for found in registry.all_in(version)}


def test_every_resource_has_a_contract_class() -> None:
    assert set(contracts()) == set(registered())


def test_resources_of_rows_have_the_whole_contract() -> None:
    rows = {name for name, found in registered().items() if issubclass(found, ModelResource)}
    whole = {name for name, found in contracts().items() if issubclass(found, ResourceContract)}
    assert rows == whole
