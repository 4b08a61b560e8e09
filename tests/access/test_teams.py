"""Teams: the owner reads what is the members', members see the team but not each other."""

from __future__ import annotations

from typing import Any

import pytest

from apps.access.models import READ, Team
from apps.accounts.models import Profile
from apps.records.models import Record
from tests.people import PEOPLE, Caller, Cast, grant, new_user

TEAMS = "/api/team/"


@pytest.fixture
def members(db: None) -> list[Caller]:
    """Two people who have granted nobody anything."""
    users = [new_user("one"), new_user("two")]
    for user in users:
        user.save()
    return [Caller(user) for user in users]


@pytest.fixture
def team(owner: Caller, members: list[Caller]) -> Team:
    """The team of the owner, as staff may have made it."""
    made = Team.objects.create(name="club", owner=owner.user)
    made.members.set([member.user for member in members])
    return made


def uri(caller: Caller) -> str:
    return f"/api/user/{caller.user.pk}/"


def shown(caller: Caller, team: Team) -> Any:
    answer = caller.get(f"{TEAMS}{team.pk}/")
    return answer.json() if answer.status_code == 200 else answer.status_code


def test_the_owner_reads_what_is_the_members(
    owner: Caller, members: list[Caller], team: Team
) -> None:
    record = Record.objects.create(user=members[0].user, start=0)
    path = f"/api/record/{record.pk}/"
    assert owner.get(path).status_code == 200
    assert owner.patch(path, {"soft_uid": "mine"}).status_code == 403
    assert owner.delete(path).status_code == 403
    assert [row["id"] for row in owner.get("/api/record/").json()["objects"]] == [record.pk]
    assert members[1].get(path).status_code == 404


def test_a_team_shows_the_owner_no_profile(
    owner: Caller, members: list[Caller], team: Team
) -> None:
    profile = Profile.objects.create(user=members[0].user)
    assert owner.get(uri(members[0])).json()["profile"] is None
    assert owner.get(f"/api/profile/{profile.pk}/").status_code == 404


def test_members_see_the_team_but_neither_each_other_nor_the_owner(
    owner: Caller, members: list[Caller], team: Team
) -> None:
    Record.objects.create(user=owner.user, start=0)
    for member in members:
        found = shown(member, team)
        assert found["owner"] == uri(owner)
        assert found["members"] == [uri(member)]
        assert member.get(TEAMS).json()["objects"] == [found]
        assert [row["id"] for row in member.get("/api/user/").json()["objects"]] == [member.user.pk]
        assert member.get("/api/record/").json()["objects"] == []
        assert member.patch(f"{TEAMS}{team.pk}/", {"name": "ours"}).status_code == 403
        assert member.delete(f"{TEAMS}{team.pk}/").status_code == 403
    assert shown(owner, team)["members"] == [uri(member) for member in members]


@pytest.mark.parametrize("name", PEOPLE)
def test_who_else_sees_and_changes_a_team(
    cast: Cast, members: list[Caller], team: Team, name: str
) -> None:
    all_members = [uri(member) for member in members]
    seen: dict[str, Any] = {"coach": [], "friend": [], "owner": all_members, "staff": all_members}
    found = shown(cast[name], team)
    assert (found if name == "outsider" else found["members"]) == seen.get(name, 404)
    status = {"owner": 202, "staff": 202, "outsider": 404}.get(name, 403)
    assert cast[name].patch(f"{TEAMS}{team.pk}/", {"name": "new"}).status_code == status


def test_friends_of_the_owner_do_not_read_his_team(
    cast: Cast, members: list[Caller], team: Team
) -> None:
    for caller in (cast.coach, cast.friend):
        assert caller.get(uri(members[0])).status_code == 404


def test_a_team_without_an_owner_is_the_callers(owner: Caller) -> None:
    for sent in ({"name": "club"}, {"name": "club", "owner": None}):
        answer = owner.post(TEAMS, sent)
        assert answer.status_code == 201, answer.content
        assert (answer.json()["owner"], answer.json()["members"]) == (uri(owner), [])


def test_one_takes_into_a_team_only_who_lets_one_read(owner: Caller, members: list[Caller]) -> None:
    one, two = members
    grant(one.user, owner.user, READ)
    grant(two.user, owner.user, "write")
    assert owner.post(TEAMS, {"name": "club", "members": [uri(two)]}).status_code == 400
    made = owner.post(TEAMS, {"name": "club", "members": [uri(one), uri(owner)]})
    assert made.status_code == 201
    path = made.json()["resource_uri"]
    for method in ("PUT", "PATCH"):
        answer = owner.request(method, path, {"name": "club", "members": [uri(one), uri(two)]})
        assert answer.status_code == 400
    assert set(owner.get(path).json()["members"]) == {uri(one), uri(owner)}
    assert Team.objects.count() == 1


def test_a_team_cannot_vouch_for_its_own_members(
    owner: Caller, members: list[Caller], team: Team
) -> None:
    """What the team itself lets the owner read does not count."""
    sent = {"name": "another", "members": [uri(members[0])]}
    assert owner.post(TEAMS, sent).status_code == 403
    assert owner.patch(f"{TEAMS}{team.pk}/", {"members": [uri(members[0])]}).status_code == 202
    assert owner.patch(f"{TEAMS}{team.pk}/", {"members": []}).status_code == 202
    assert owner.patch(f"{TEAMS}{team.pk}/", {"members": [uri(members[0])]}).status_code == 400


def test_staff_makes_any_team(cast: Cast, members: list[Caller]) -> None:
    sent = {"name": "club", "owner": uri(cast.owner), "members": [uri(one) for one in members]}
    assert cast.staff.post(TEAMS, sent).status_code == 201
    assert cast.owner.get(uri(members[0])).status_code == 200


@pytest.mark.parametrize("name", ["coach", "friend", "outsider"])
def test_nobody_makes_or_gives_a_team_to_another(cast: Cast, name: str) -> None:
    """Who gives a team away would show its members to somebody they did not choose."""
    sent, refused = {"name": "club", "owner": uri(cast.owner)}, 400 if name == "outsider" else 403
    assert cast[name].post(TEAMS, sent).status_code == refused
    mine = cast[name].post(TEAMS, {"name": "club"}).json()["resource_uri"]
    assert cast[name].patch(mine, {"owner": uri(cast.owner)}).status_code == refused


def test_leaving_a_team_ends_what_its_owner_reads(
    owner: Caller, members: list[Caller], team: Team
) -> None:
    assert owner.patch(f"{TEAMS}{team.pk}/", {"members": []}).status_code == 202
    assert owner.get(uri(members[0])).status_code == 404
    assert shown(members[0], team) == 404


def test_a_team_that_is_deleted_shows_nothing(
    owner: Caller, members: list[Caller], team: Team
) -> None:
    assert owner.delete(f"{TEAMS}{team.pk}/").status_code == 204
    assert owner.get(uri(members[0])).status_code == 404


def test_a_member_of_several_teams_is_seen_once(
    owner: Caller, members: list[Caller], team: Team
) -> None:
    again = Team.objects.create(name="again", owner=owner.user)
    again.members.add(members[0].user)
    grant(members[0].user, owner.user, READ)
    found = [row["id"] for row in owner.get("/api/user/").json()["objects"]]
    assert sorted(found) == sorted({owner.user.pk, *(member.user.pk for member in members)})
    assert len(owner.get(TEAMS).json()["objects"]) == 2
