"""What somebody may not see answers like what does not exist, wherever a request can name it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.db.models import Model

from apps.accounts.models import User
from apps.api.context import Context
from apps.api.conventions import store_conventions
from apps.api.relations import Relation, ToMany, ToOne
from apps.api.resources import ModelResource
from apps.api.versions import NEWEST
from tests.contract.base import ResourceContract
from tests.contract.contract import UNKNOWN
from tests.contract.test_complete import contracts
from tests.contract.test_matrix import row_contracts
from tests.contract.test_records import new_label, new_range, new_record
from tests.frozen import frozen
from tests.people import Caller, new_user

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

__all__ = ["frozen"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]

NAMED = re.compile(r"[\w.]+@example\.com|\d+")
NOBODY = "nobody@example.com"
Case = tuple[type[ResourceContract], str]


def relations() -> list[Case]:
    """Every relation that a body may write, with the contract of its resource."""
    return [
        (contract, name)
        for contract in row_contracts()
        for name, field in contract().resource.fields_in(NEWEST).items()
        if isinstance(field, Relation) and not field.readonly
    ]


def filters() -> list[Case]:
    """Every relation that a query may filter by."""
    return [
        (contract, name)
        for contract in row_contracts()
        for name in contract().resource.filtering_in(NEWEST)
        if isinstance(contract().resource.fields_in(NEWEST).get(name), Relation)
    ]


def called(case: object) -> str | None:
    """How a parameter is printed."""
    return case.name if isinstance(case, type) and issubclass(case, ResourceContract) else None


@pytest.fixture
def hidden(owner: Caller) -> User:
    """Somebody of whom the owner sees nothing."""
    user = new_user("hidden")
    user.save()
    return user


def row_of(target: type[ModelResource[Any]], hidden: User, caller: Caller) -> Model | None:
    """A row of the target that the caller does not see; None where there can be none."""
    if target.name == "user":
        return hidden
    contract = contracts().get(target.name)
    if contract is None or not issubclass(contract, ResourceContract):
        return None
    row = contract().make(hidden, 7)
    context = Context(caller.user, "/api", NEWEST, store_conventions())
    return None if target.visible_rows(context).filter(pk=row.pk).exists() else row


def spellings(target: type[ModelResource[Any]], key: int, name: str) -> Iterator[Any]:
    """The ways to call a row by its number, or by a name where that is no proof either."""
    yield from (key, str(key), {"id": key})
    if target.key == "id":
        uri = f"/api/{target.name}/{key}/"
        yield from (uri, f"https://elsewhere.example{uri}", {"resource_uri": uri})
    if target.name == "user":
        yield name


def same(one: Answer, other: Answer) -> bool:
    """Whether two answers are equal but for the numbers and addresses that were sent."""
    texts = [NAMED.sub("…", answer.content.decode()) for answer in (one, other)]
    return one.status_code == other.status_code and texts[0] == texts[1]


@pytest.mark.parametrize(("kind", "name"), relations(), ids=called)
def test_a_body_cannot_tell_hidden_from_absent(
    kind: type[ResourceContract], name: str, owner: Caller, hidden: User
) -> None:
    contract = kind()
    field = contract.resource.fields_in(NEWEST)[name]
    assert isinstance(field, ToOne | ToMany)
    row = row_of(field.target, hidden, owner)
    if row is None:
        return
    pairs = zip(
        spellings(field.target, row.pk, hidden.email),
        spellings(field.target, UNKNOWN, NOBODY),
        strict=True,
    )
    body = contract.minimal(owner.user) if "post" in contract.resource.list_methods else {}
    path = contract.path(contract.make(owner.user))
    for there, absent in pairs:
        if getattr(field, "strangers", False) and there == hidden.email:
            continue  # docs/differences.md, Sharing
        sent = ([there], [absent]) if isinstance(field, ToMany) else (there, absent)
        posted = [owner.post(contract.list_path, {**body, name: value}) for value in sent]
        assert same(*posted), (there, posted[0].content, posted[1].content)
        assert posted[0].status_code >= 400
        patched = [owner.patch(path, {name: value}) for value in sent]
        assert same(*patched), (there, patched[0].content, patched[1].content)
        assert patched[0].status_code >= 400


@pytest.mark.parametrize(("kind", "name"), filters(), ids=called)
def test_a_filter_cannot_tell_hidden_from_absent(
    kind: type[ResourceContract], name: str, owner: Caller, hidden: User
) -> None:
    contract = kind()
    field = contract.resource.fields_in(NEWEST)[name]
    assert isinstance(field, Relation)
    row = row_of(field.target, hidden, owner)
    if row is None:
        return
    contract.make(owner.user)
    for lookup in ("", "__in"):
        for there, absent in (
            (row.pk, UNKNOWN),
            (f"/api/{field.to}/{row.pk}/", f"/api/{field.to}/{UNKNOWN}/"),
            (hidden.email, NOBODY),
        ):
            asked = [owner.get(contract.list_path, {f"{name}{lookup}": v}) for v in (there, absent)]
            assert same(*asked), (there, asked[0].content, asked[1].content)


@pytest.mark.parametrize("kind", ["record", "range", "label", "user"])
def test_a_label_cannot_tell_hidden_from_absent(owner: Caller, hidden: User, kind: str) -> None:
    rows = {"record": new_record, "range": new_range, "label": new_label}
    row: Model = rows[kind](hidden) if kind in rows else hidden
    body = {"label": f"/api/label/{new_label(owner.user, 3).pk}/"}
    answers = [
        owner.post("/api/labelledobject/", {**body, "object": f"/api/{kind}/{key}/"})
        for key in (row.pk, UNKNOWN)
    ]
    assert same(*answers), [answer.content for answer in answers]
    assert answers[0].status_code == 400


@pytest.mark.parametrize("name", ["trainingroutine", "activitytype"])
def test_the_context_of_a_range_cannot_either(owner: Caller, hidden: User, name: str) -> None:
    row = getattr(new_range(hidden), name)
    type(row).objects.filter(pk=row.pk).update(user=hidden)
    path = f"/api/range/{new_range(owner.user, 3).pk}/"
    answers = [
        owner.patch(path, {"context": {name: f"/api/{name}/{key}/"}}) for key in (row.pk, UNKNOWN)
    ]
    assert same(*answers), [answer.content for answer in answers]
    assert answers[0].status_code == 400


def test_a_device_is_not_had_by_counting(owner: Caller, hidden: User) -> None:
    """A number is no proof of having a device; the id that is printed on it is."""
    device = new_record(hidden).device
    assert device
    for number in (device.pk, str(device.pk), {"id": device.pk}, f"/api/device/{device.pk}/"):
        sent = {"user": owner.user.pk, "start": 1, "end": 2, "device": number}
        assert owner.post("/api/record/", sent).status_code == 400
    assert owner.get(f"/api/device/{device.deviceid}/").status_code == 404
    sent = {"user": owner.user.pk, "start": 1, "end": 2, "device": device.deviceid}
    assert owner.post("/api/record/", sent).status_code == 201
    assert owner.get(f"/api/device/{device.deviceid}/").status_code == 200
    again = {"user": owner.user.pk, "start": 3, "end": 4, "device": device.pk}
    assert owner.post("/api/record/", again).status_code == 201
