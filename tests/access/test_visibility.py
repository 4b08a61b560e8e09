"""Who sees and changes what: docs/rights.md; API reference, Hexoskin ecosystem overview."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import models

from apps.access.models import READ, WRITE, BundlePermission
from apps.access.visibility import Myself, OwnedBy, Shared
from apps.accounts.models import User
from apps.catalog.models import TrainingRoutine, Unit
from apps.records.models import ActivityAttributeValue, Device, Label, Range, Record
from apps.records.worn import WornBy
from tests.people import PEOPLE, Cast, grant


def seen(rule: Any, model: type[models.Model], caller: User) -> set[Any]:
    return set(model._default_manager.filter(rule.condition(caller)).values_list("pk", flat=True))


@pytest.fixture
def users(cast: Cast) -> dict[str, User]:
    return {name: cast[name].user for name in PEOPLE}


@pytest.fixture
def labels(users: dict[str, User]) -> dict[str, Label]:
    """One label of everybody."""
    return {name: Label.objects.create(name=name, user=user) for name, user in users.items()}


OWNED = {
    "owner": {"owner"},
    "coach": {"coach", "owner"},
    "friend": {"friend", "owner"},
    "outsider": {"outsider"},
    "staff": set(PEOPLE),
}
CHANGED = {**OWNED, "friend": {"friend"}}


@pytest.mark.parametrize("name", PEOPLE)
def test_whose_rows_somebody_sees(
    users: dict[str, User], labels: dict[str, Label], name: str
) -> None:
    assert seen(OwnedBy("user"), Label, users[name]) == {labels[o].pk for o in OWNED[name]}


@pytest.mark.parametrize("name", PEOPLE)
def test_whose_rows_somebody_changes(
    users: dict[str, User], labels: dict[str, Label], name: str
) -> None:
    rule = OwnedBy("user")
    may = {owner for owner in PEOPLE if rule.may_change(users[name], labels[owner])}
    assert may == CHANGED[name]


@pytest.mark.parametrize("name", PEOPLE)
def test_which_people_somebody_sees(users: dict[str, User], name: str) -> None:
    assert seen(OwnedBy(""), User, users[name]) == {users[o].pk for o in OWNED[name]}
    assert seen(Myself(), User, users[name]) == {users[name].pk}


def test_nobody_else_changes_an_account(users: dict[str, User]) -> None:
    assert Myself().may_change(users["owner"], users["owner"])
    assert not Myself().may_change(users["coach"], users["owner"])
    assert OwnedBy("").may_change(users["coach"], users["owner"])
    assert not OwnedBy("").may_change(users["friend"], users["owner"])


def test_grants_do_not_work_backwards_or_across(users: dict[str, User]) -> None:
    grant(users["outsider"], users["coach"], READ)
    assert seen(OwnedBy(""), User, users["outsider"]) == {users["outsider"].pk}
    assert users["outsider"].pk not in seen(OwnedBy(""), User, users["owner"])
    assert users["outsider"].pk not in seen(OwnedBy(""), User, users["friend"])


def test_a_grant_ends_with_its_row(users: dict[str, User], labels: dict[str, Label]) -> None:
    BundlePermission.objects.filter(user_allowed=users["coach"]).delete()
    assert seen(OwnedBy("user"), Label, users["coach"]) == {labels["coach"].pk}
    assert not OwnedBy("user").may_change(users["coach"], labels["owner"])


@pytest.mark.parametrize("rights", [["writer"], ["READ"], [WRITE]])
def test_a_bundle_gives_the_rights_it_names_and_no_other(
    users: dict[str, User], labels: dict[str, Label], rights: list[str]
) -> None:
    grant(users["owner"], users["outsider"], *rights)
    assert seen(OwnedBy("user"), Label, users["outsider"]) == {labels["outsider"].pk}
    may = OwnedBy("user").may_change(users["outsider"], labels["owner"])
    assert may == (WRITE in rights)


def test_two_grants_do_not_double_rows(users: dict[str, User], labels: dict[str, Label]) -> None:
    grant(users["owner"], users["coach"], READ)
    found = Label.objects.filter(OwnedBy("user").condition(users["coach"]))
    assert found.count() == 2


@pytest.mark.parametrize("name", PEOPLE)
def test_rows_of_the_service_are_seen_by_all_and_changed_by_staff(
    users: dict[str, User], name: str
) -> None:
    unit = Unit.objects.create(si_short="m")
    routine = TrainingRoutine.objects.create(name="shared")
    owned = OwnedBy("user", shared=True)
    assert seen(Shared(), Unit, users[name]) == {unit.pk}
    assert routine.pk in seen(owned, TrainingRoutine, users[name])
    assert Shared().may_change(users[name], unit) == (name == "staff")
    assert owned.may_change(users[name], routine) == (name == "staff")


@pytest.mark.parametrize("name", PEOPLE)
def test_a_shared_rule_still_hides_what_is_somebodys(users: dict[str, User], name: str) -> None:
    routine = TrainingRoutine.objects.create(name="own", user=users["owner"])
    rule = OwnedBy("user", shared=True)
    assert (routine.pk in seen(rule, TrainingRoutine, users[name])) == ("owner" in OWNED[name])
    assert rule.may_change(users[name], routine) == ("owner" in CHANGED[name])


def test_without_sharing_a_row_of_nobody_is_hidden(users: dict[str, User]) -> None:
    routine = TrainingRoutine.objects.create(name="nobody's")
    assert seen(OwnedBy("user"), TrainingRoutine, users["owner"]) == set()
    assert seen(OwnedBy("user"), TrainingRoutine, users["staff"]) == {routine.pk}


@pytest.mark.parametrize("name", PEOPLE)
def test_owners_at_the_end_of_a_path(users: dict[str, User], name: str) -> None:
    value = ActivityAttributeValue(range=Range(user=users["owner"]))
    rule = OwnedBy("range__user")
    assert rule.may_change(users[name], value) == ("owner" in CHANGED[name])
    assert seen(rule, ActivityAttributeValue, users[name]) == set()


@pytest.mark.parametrize("name", PEOPLE)
def test_devices_are_seen_in_records(users: dict[str, User], name: str) -> None:
    worn = Device.objects.create(deviceid="A")
    spare = Device.objects.create(deviceid="B")
    Record.objects.create(user=users["owner"], device=worn, start=1)
    Record.objects.create(user=users["owner"], device=worn, start=2)
    wanted = {worn.pk} if "owner" in OWNED[name] else set()
    found = Device.objects.filter(WornBy().condition(users[name]))
    assert sorted(found.values_list("pk", flat=True)) == sorted(
        wanted | ({spare.pk} if name == "staff" else set())
    )
    assert not WornBy().may_change(users[name], worn)
