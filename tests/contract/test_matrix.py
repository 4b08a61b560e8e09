"""Who gets what, resource by resource, as docs/rights.md prints it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import transaction
from django.db.models import Model

from apps.documents import generated, rights_page
from tests.contract.base import ResourceContract
from tests.contract.test_complete import contracts
from tests.people import ANYBODY, Caller, Cast

PAGE = Path(__file__).parents[2] / "docs" / "rights.md"
COLUMNS = ("anonymous", "outsider", "friend", "coach", "owner", "staff")
WRITES = ("patch", "put", "delete")
NONE = "-"


def person(cast: Cast, name: str) -> Caller:
    """Who stands in a column; nobody logs in as anonymous."""
    return ANYBODY if name == "anonymous" else cast[name]


def listed(contract: ResourceContract, row: Model, who: Caller) -> str:
    """Whether the list holds the owner's row, or the status without a list."""
    answer = who.get(contract.list_path, {"limit": 0})
    if answer.status_code != 200:
        return str(answer.status_code)
    return "yes" if contract.key(row) in contract.keys(answer) else "no"


def written(contract: ResourceContract, row: Model, cast: Cast, who: Caller) -> str:
    """The status of the first way to change the owner's row, or to make one for him; the
    traces are wiped out."""
    resource, owner = contract.resource, cast.owner.user
    with transaction.atomic():
        answer = None
        method = next((name for name in WRITES if name in resource.detail_methods), "")
        if method:
            body = {} if method == "delete" else contract.changes(owner)
            answer = who.request(method.upper(), contract.path(row), body)
        elif "post" in resource.list_methods:
            answer = who.post(contract.list_path, contract.minimal(owner))
        transaction.set_rollback(True)
    return str(answer.status_code) if answer else NONE


def cell(contract: ResourceContract, row: Model, cast: Cast, name: str) -> str:
    """List, detail and write of one person."""
    who = person(cast, name)
    detail = NONE
    if "get" in contract.resource.detail_methods:
        detail = str(who.get(contract.path(row)).status_code)
    return " ".join((listed(contract, row, who), detail, written(contract, row, cast, who)))


def row_contracts() -> list[type[ResourceContract]]:
    """The contracts of resources whose objects are rows, by name."""
    found = contracts()
    return [c for _, c in sorted(found.items()) if issubclass(c, ResourceContract)]


def cells(kind: type[ResourceContract], cast: Cast) -> list[str]:
    """A resource's line of the table."""
    contract = kind()
    with transaction.atomic():
        row = contract.make(cast.owner.user)
        found = [cell(contract, row, cast, name) for name in COLUMNS]
        transaction.set_rollback(True)
    return found


@pytest.mark.generated
def test_the_page_prints_who_gets_what(cast: Cast) -> None:
    """In each cell whether a list holds the row, and two statuses."""
    found = {kind.name: cells(kind, cast) for kind in row_contracts()}
    table = rights_page.rights_table(COLUMNS, found)
    generated.settle_pages({PAGE: rights_page.replace_table(PAGE.read_text(), table)})


def test_no_outsider_gets_anything_of_the_owners(cast: Cast) -> None:
    for kind in row_contracts():
        contract = kind()
        if "outsider" in contract.seen_by:
            continue
        with transaction.atomic():
            row = contract.make(cast.owner.user)
            shown, detail, write = cell(contract, row, cast, "outsider").split()
            transaction.set_rollback(True)
        assert shown == "no", contract.name
        assert detail in ("404", NONE), contract.name
        own = ("201",) if contract.is_for_caller else ()
        assert write in ("404", "403", "400", NONE, *own), contract.name
