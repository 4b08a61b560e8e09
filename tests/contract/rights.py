"""Who sees and who changes what: owner, coach, friend, outsider, staff (docs/rights.md)."""

from __future__ import annotations

from typing import ClassVar

from apps.api.resources import ModelResource, Resource
from tests.contract.contract import RowContract, case, empty, needs
from tests.people import PEOPLE, Cast, grant

WRITTEN = (("put", 200), ("patch", 202), ("delete", 204))


@case("person")
def people(resource: type[Resource]) -> list[str]:
    """Everybody."""
    return list(PEOPLE)


@case("reader_of_shared")
def readers_of_shared(resource: type[Resource]) -> list[str]:
    """Everybody, where rows without an owner are everybody's."""
    shared = issubclass(resource, ModelResource) and getattr(resource.visible, "shared", False)
    return list(PEOPLE) if shared else []


class RightsContract(RowContract):
    """What each person gets; `foreign_post` is what somebody gets who makes a row for the owner
    and sees nothing of his, `near_post` who sees the owner, but no such row of his."""

    foreign_post: ClassVar[int] = 400
    near_post: ClassVar[int] = 403

    def status(self, person: str, done: int, unseen: int = 404) -> int:
        """The status a person gets for a change that is `done` with success."""
        if person not in self.seen_by:
            return unseen
        return done if person in self.changed_by else 403

    def test_lists_hold_only_what_one_may_see(self, cast: Cast, person: str) -> None:
        row = self.make(cast.owner.user)
        answer = cast[person].get(self.list_path, {"limit": 0})
        assert (self.key(row) in self.keys(answer)) == (person in self.seen_by)
        assert answer.json()["meta"]["total_count"] == len(answer.json()["objects"])

    @needs("get", on="detail")
    def test_details_and_sets_show_only_what_one_may_see(self, cast: Cast, person: str) -> None:
        row, seen = self.make(cast.owner.user), person in self.seen_by
        answer = cast[person].get(self.path(row))
        if seen:
            assert answer.json()["resource_uri"] == self.path(row)
        else:
            empty(answer, 404)
        found = cast[person].get(f"{self.list_path}set/{self.key(row)}/")
        assert self.keys(found) == ([self.key(row)] if seen else [])

    @needs("put", "patch", on="detail")
    def test_changes_of_one(self, cast: Cast, person: str) -> None:
        path = self.path(self.make(cast.owner.user))
        name, value = next(iter(self.changes(cast.owner.user).items()))
        before = cast.owner.get(path).json()
        for method, done in self.written():
            answer = cast[person].request(method.upper(), path, {name: value})
            assert answer.status_code == self.status(person, done), answer.content
            after = cast.owner.get(path)
            if person not in self.changed_by:
                assert after.json() == before
            elif method == "delete":
                empty(after, 404)
            else:
                assert after.json()[name] == value

    def written(self) -> list[tuple[str, int]]:
        """The methods of a detail that change something, with the status of success."""
        return [(name, done) for name, done in WRITTEN if name in self.resource.detail_methods]

    @needs("post")
    def test_new_rows_for_the_owner(self, cast: Cast, person: str) -> None:
        body, before = self.minimal(cast.owner.user), self.count()
        answer = cast[person].post(self.list_path, body)
        unseen = self.foreign_post if person == "outsider" else self.near_post
        assert answer.status_code == self.status(person, 201, unseen), answer.content
        assert self.count() - before == (person in self.changed_by)

    @needs("patch")
    def test_changes_of_a_list(self, cast: Cast, person: str) -> None:
        row = self.make(cast.owner.user)
        name, value = next(iter(self.changes(cast.owner.user).items()))
        before = cast.owner.get(self.path(row)).json()
        for body in (
            {"objects": [{"resource_uri": self.path(row), name: value}]},
            {"objects": [], "deleted_objects": [self.path(row)]},
        ):
            answer = cast[person].patch(self.list_path, body)
            if person in self.seen_by:
                assert answer.status_code == self.status(person, 202), answer.content
        after = cast.owner.get(self.path(row))
        if person in self.changed_by:
            empty(after, 404)
        else:
            assert after.json() == before

    @needs("patch", on="detail")
    def test_nobody_gives_his_rows_away(self, cast: Cast) -> None:
        field = self.resource.fields.get("user")
        path = self.path(self.make(cast.owner.user))
        before = cast.owner.get(path).json()
        answer = cast.owner.patch(path, {"user": f"/api/user/{cast.outsider.user.pk}/"})
        assert answer.status_code == (400 if field and not field.readonly else 202)
        assert cast.owner.get(path).json().get("user") == before.get("user")

    @needs("patch", on="detail")
    def test_nobody_gives_his_rows_to_whom_he_sees(self, cast: Cast) -> None:
        grant(cast.outsider.user, cast.owner.user, "read")
        field = self.resource.fields.get("user")
        path = self.path(self.make(cast.owner.user))
        answer = cast.owner.patch(path, {"user": f"/api/user/{cast.outsider.user.pk}/"})
        assert answer.status_code == (403 if field and not field.readonly else 202)

    @needs("get", on="detail")
    def test_rows_without_owner_are_everybodys(self, cast: Cast, reader_of_shared: str) -> None:
        row = self.make(cast.owner.user)
        self.resource.model._default_manager.filter(pk=row.pk).update(user=None)
        caller, path = cast[reader_of_shared], self.path(row)
        assert self.key(row) in self.keys(caller.get(self.list_path))
        assert caller.get(path).status_code == 200
        staff = reader_of_shared == "staff"
        assert caller.patch(path, {"name": "mine"}).status_code == (202 if staff else 403)
        assert caller.delete(path).status_code == (204 if staff else 403)
