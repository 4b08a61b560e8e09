"""Gives contract tests their cast, and their cases from the declaration under test."""

from __future__ import annotations

import pytest

from tests.contract.contract import CASES, Contract
from tests.people import cast, friend, outsider, owner, staff

__all__ = ["cast", "friend", "outsider", "owner", "staff"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    contract = metafunc.cls
    if contract is None or not issubclass(contract, Contract):
        return
    for name in metafunc.fixturenames:
        if name in CASES:
            cases = CASES[name](contract().declared)
            metafunc.parametrize(name, cases, ids=str)
