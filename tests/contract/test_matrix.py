"""Who gets what, resource by resource, as docs/rights.md prints it.

`HEXOSTORE_WRITE_DOCS=1 ./bin/test tests/contract/test_matrix.py` writes the table anew.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from django.db import transaction
from django.db.models import Model

from tests.contract.base import ResourceContract
from tests.contract.test_complete import contracts
from tests.people import ANYBODY, Caller, Cast

PAGE = Path(__file__).parents[2] / "docs" / "rights.md"
BEGIN, END = "<!-- rights: begin -->\n", "<!-- rights: end -->\n"
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


def line(kind: type[ResourceContract], cast: Cast) -> str:
    """A resource's line of the table."""
    contract = kind()
    with transaction.atomic():
        row = contract.make(cast.owner.user)
        cells = [cell(contract, row, cast, name) for name in COLUMNS]
        transaction.set_rollback(True)
    return f"| {contract.name} | {' | '.join(cells)} |\n"


def table(cast: Cast) -> str:
    """The whole table: in each cell whether a list holds the row, and two statuses."""
    head = f"| resource | {' | '.join(COLUMNS)} |\n|{' --- |' * (len(COLUMNS) + 1)}\n"
    return head + "".join(line(kind, cast) for kind in row_contracts())


def test_the_page_prints_who_gets_what(cast: Cast) -> None:
    found = table(cast)
    sys.stdout.write(found)
    before, _, rest = PAGE.read_text().partition(BEGIN)
    printed, _, after = rest.partition(END)
    if os.environ.get("HEXOSTORE_WRITE_DOCS"):
        PAGE.write_text(f"{before}{BEGIN}{found}{END}{after}")
        pytest.skip("the page is written anew")
    assert printed == found


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
        assert write in ("404", "403", "400", NONE), contract.name
