"""POST, PUT, PATCH of one and of a list, DELETE (Tastypie rules T29 to T31, T103 to T181)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Model

from apps.api.derived import Computed, SavedAfterRow
from apps.api.fields import Field, Text
from apps.api.relations import Relation, ToMany, ToOne
from apps.api.resources import ModelResource, Resource
from tests.contract.contract import (
    UNKNOWN,
    RowContract,
    canned,
    case,
    empty,
    needs,
    real_fields,
    refused,
)
from tests.people import Caller

NOT_JSON = "Request is not valid JSON."
NO_DATA = "The '{}' field has no data and doesn't allow a default or null value."
ABSENT = "Could not find the provided {} object via resource URI '{}'."
NOT_A_URI = (
    "The '{}' field was given data that was not a URI, not a dictionary-alike and does not have "
    "a 'pk' attribute: {}."
)
OVERRIDE = "X-HTTP-Method-Override"
NAN = '{"start": NaN}'
BROKEN: list[str | bytes] = [
    "",
    "{",
    "{'start': 1}",
    '{"start": NaN}',
    '{"start": 1}x',
    b"\xff\xfe",
]
LABELS = ["", "text/plain", "application/x-www-form-urlencoded", "application/xml"]


@case("link_field")
def links(resource: type[Resource]) -> list[str]:
    """The to-one relations that a client may write."""
    fields = real_fields(resource).items()
    return [name for name, field in fields if isinstance(field, ToOne) and not field.readonly]


@case("list_field")
def lists(resource: type[Resource]) -> list[str]:
    """The to-many relations that a client may write."""
    fields = real_fields(resource).items()
    return [name for name, field in fields if isinstance(field, ToMany) and not field.readonly]


def ways(uri: str, row: Model, names: tuple[str, ...]) -> list[Any]:
    """What a body may hold for the row at a URI (Tastypie section 19, rules T135, T136)."""
    long = uri.replace("/api/", "/api/v1/")
    named = [getattr(row, name) for name in names]
    nested = [{"resource_uri": uri, "name": "ignored"}, {"id": row.pk}]
    return [uri, long, f"https://api.example{uri}", row.pk, str(row.pk), *named, *nested]


def is_cleared_by_put(field: Field) -> bool:
    """Whether a PUT without the member clears it (rules T146, T147)."""
    return field.null and field.blank and not isinstance(field, ToOne | SavedAfterRow | Computed)


class WriteContract(RowContract):
    """What the methods that change something answer and do."""

    def read(self, caller: Caller, path: str) -> dict[str, Any]:
        """An object as its detail shows it."""
        answer = caller.get(path)
        assert answer.status_code == 200, answer.content
        found: dict[str, Any] = answer.json()
        return found

    # POST of the list

    @needs("post")
    def test_post_answers_with_the_new_object(self, owner: Caller) -> None:
        body = self.minimal(owner.user)
        answer = owner.post(self.list_path, body)
        assert answer.status_code == 201, answer.content
        found = answer.json()
        assert answer["Location"] == found["resource_uri"]
        assert self.read(owner, answer["Location"]) == found
        assert self.shows(found, body)
        assert self.key_of(found) in self.keys(owner.get(self.list_path))

    def key_of(self, found: dict[str, Any]) -> str:
        """The key in the URI of an object."""
        return str(found["resource_uri"].split("/")[-2])

    def shows(self, found: dict[str, Any], sent: dict[str, Any]) -> bool:
        """Whether an object has the members sent; a nested one may stand for its URI."""
        return all(
            value == found[name]
            or (isinstance(found[name], dict) and value == found[name].get("resource_uri"))
            for name, value in sent.items()
        )

    @needs("post")
    def test_post_takes_every_member(self, owner: Caller) -> None:
        body = {**self.minimal(owner.user), **self.changes(owner.user)}
        found = owner.post(self.list_path, body).json()
        assert self.shows(found, body)
        assert self.read(owner, found["resource_uri"]) == found

    @needs("post")
    def test_post_echoes_unknown_members_once(self, owner: Caller) -> None:
        body = {**self.minimal(owner.user), "colour": ["red"]}
        found = owner.post(self.list_path, body).json()
        assert found["colour"] == ["red"]
        assert "colour" not in self.read(owner, found["resource_uri"])

    @needs("post")
    def test_post_ignores_read_only_members(self, owner: Caller) -> None:
        readonly = [n for n, f in real_fields(self.resource).items() if f.readonly]
        body = self.minimal(owner.user)
        answer = owner.post(self.list_path, {**dict.fromkeys(readonly, "junk"), **body})
        assert answer.status_code == 201
        assert "junk" not in answer.json().values()

    @needs("post")
    def test_post_without_a_required_member(self, owner: Caller) -> None:
        body, before = self.minimal(owner.user), self.count()
        for name in self.required:
            less = {key: value for key, value in body.items() if key != name}
            refused(owner.post(self.list_path, less), NO_DATA.format(name))
            refused(owner.post(self.list_path, {**body, name: None}), NO_DATA.format(name))
        assert self.count() == before

    @needs("post")
    def test_post_of_wrong_bodies(self, owner: Caller) -> None:
        before = self.count()
        self.refuses_bodies(owner, "POST", self.list_path)
        assert self.count() == before

    def refuses_bodies(self, caller: Caller, method: str, path: str) -> None:
        """Asserts what answers what is no JSON, not labelled as JSON, or no object."""
        for text in BROKEN:
            refused(caller.send(method, path, text), NOT_JSON)
        for label in LABELS:
            canned(caller.send(method, path, "{}", label), 415)
        for body in (5, True, "text", [1], None):
            answer = caller.request(method, path, body)
            assert (answer.status_code, list(answer.json())) == (400, ["error"])

    @needs("post")
    def test_post_with_unknown_relations(self, owner: Caller, link_field: str) -> None:
        body, before = self.minimal(owner.user), self.count()
        target = self.target(link_field).name
        uri = f"/api/{target}/{UNKNOWN}/"
        answer = owner.post(self.list_path, {**body, link_field: uri})
        refused(answer, ABSENT.format(target, uri))
        canned(owner.post(self.list_path, {**body, link_field: f"/api/nothing/{UNKNOWN}/"}), 404)
        answer = owner.post(self.list_path, {**body, link_field: True})
        refused(answer, NOT_A_URI.format(link_field, True))
        assert self.count() == before

    @needs("post")
    def test_relations_are_written_in_many_ways(self, owner: Caller, link_field: str) -> None:
        body = {**self.minimal(owner.user), **self.changes(owner.user)}
        if link_field not in body:
            return
        target = self.target(link_field)
        key = body[link_field].split("/")[-2]
        row = target.model._default_manager.get(**{target.key: key})
        for sent in ways(body[link_field], row, target.names):
            answer = owner.post(self.list_path, {**body, link_field: sent})
            assert answer.status_code == 201, (sent, answer.content)
            assert self.shows(answer.json(), {link_field: body[link_field]})

    def target(self, field: str) -> type[ModelResource[Any]]:
        """The resource on the other side of a relation."""
        found = self.resource.fields[field]
        assert isinstance(found, Relation)
        return found.target

    @needs("patch", on="detail")
    def test_patch_with_unknown_relations(self, owner: Caller, link_field: str) -> None:
        path, name = self.path(self.make(owner.user)), self.target(link_field).name
        before, uri = self.read(owner, path), f"/api/{name}/{UNKNOWN}/"
        refused(owner.patch(path, {link_field: uri}), ABSENT.format(name, uri))
        canned(owner.patch(path, {link_field: f"/api/{name}/"}), 404)
        assert self.read(owner, path) == before

    @needs("post")
    def test_a_refused_list_of_relations_leaves_nothing(
        self, owner: Caller, list_field: str
    ) -> None:
        body, before = self.minimal(owner.user), self.count()
        name = self.target(list_field).name
        uri = f"/api/{name}/{UNKNOWN}/"
        answer = owner.post(self.list_path, {**body, list_field: [None, uri]})
        refused(answer, ABSENT.format(name, uri))
        answer = owner.post(self.list_path, {**body, list_field: [5]})
        refused(answer, NOT_A_URI.format(list_field, 5))
        canned(owner.post(self.list_path, {**body, list_field: "text"}), 404)
        assert owner.post(self.list_path, {**body, list_field: 5}).status_code == 400
        assert self.count() == before

    # PUT and PATCH of a detail

    @needs("put", on="detail")
    def test_put_of_the_whole_object(self, owner: Caller) -> None:
        path = self.path(self.make(owner.user))
        before, changes = self.read(owner, path), self.changes(owner.user)
        same = owner.put(path, before).json()
        assert all(same[name] == before[name] for name in changes)
        answer = owner.put(path, {**before, **changes})
        assert answer.status_code == 200, answer.content
        assert self.shows(answer.json(), changes)
        assert self.read(owner, path) == answer.json()

    @needs("put", on="detail")
    def test_put_of_nothing_keeps_what_may_not_be_empty(self, owner: Caller) -> None:
        path = self.path(self.make(owner.user))
        before = self.read(owner, path)
        after = owner.put(path, {}).json()
        for name, field in self.writable().items():
            if is_cleared_by_put(field) and name != "context":
                assert after[name] is None
            elif not isinstance(field, SavedAfterRow) and name != "last_modified":
                assert after[name] == before[name]

    @needs("patch", on="detail")
    def test_patch_changes_one_member(self, owner: Caller) -> None:
        path = self.path(self.make(owner.user))
        changes = self.changes(owner.user)
        for name, value in changes.items():
            before = self.read(owner, path)
            answer = owner.patch(path, {name: value})
            assert answer.status_code == 202, answer.content
            after = answer.json()
            assert self.shows(after, {name: value})
            assert all(after[other] == before[other] for other in changes if other != name)
            assert self.read(owner, path) == after

    @needs("patch", on="detail")
    def test_patch_of_null(self, owner: Caller) -> None:
        path = self.path(self.make(owner.user))
        for name, field in self.writable().items():
            before = self.read(owner, path)
            answer = owner.patch(path, {name: None})
            if name == "user" and field.null:
                continue
            assert answer.status_code == 202, answer.content
            after = answer.json()[name]
            if isinstance(field, SavedAfterRow):
                assert isinstance(after, list)
            elif not field.null and name != "last_modified":
                assert after == before[name]
            elif field.null and not isinstance(after, dict):
                assert after is None

    @needs("patch", on="detail")
    def test_patch_ignores_what_is_read_only_or_unknown(self, owner: Caller) -> None:
        path = self.path(self.make(owner.user))
        before = self.read(owner, path)
        readonly = [n for n, f in real_fields(self.resource).items() if f.readonly]
        sent = {**dict.fromkeys(readonly, "junk"), "colour": "red", "pk": 7, "user_id": 7}
        found = owner.patch(path, sent).json()
        assert (found["colour"], found["pk"], found["user_id"]) == ("red", 7, 7)
        after = self.read(owner, path)
        for name in set(before) - {"last_modified", "last_update"}:
            assert after[name] == before[name]

    @needs("put", "patch", on="detail")
    def test_changes_with_wrong_bodies(self, owner: Caller) -> None:
        path = self.path(self.make(owner.user))
        before = self.read(owner, path)
        self.refuses_bodies(owner, "PUT", path)
        self.refuses_bodies(owner, "PATCH", path)
        assert self.read(owner, path) == before

    @needs("put", "patch", on="detail")
    def test_unknown_keys_come_before_the_body(self, owner: Caller) -> None:
        for method in ("PUT", "PATCH"):
            empty(owner.send(method, f"{self.list_path}{UNKNOWN}/", "{"), 404)
        empty(owner.send("PUT", f"{self.list_path}word/", "{"), 404)
        canned(owner.send("PATCH", f"{self.list_path}word/", "{"), 404)

    @needs("patch", on="detail")
    def test_numbers_must_be_numbers(self, owner: Caller) -> None:
        path = self.path(self.make(owner.user))
        for name, field in self.writable().items():
            if field.type in ("integer", "float") and name != "id":
                for value in ("abc", "", [1], 10**30 if field.type == "integer" else "inf"):
                    answer = owner.patch(path, {name: value})
                    assert answer.status_code == 400
                    assert f"'{name}'" in answer.json()["error"]

    @needs("patch", on="detail")
    def test_texts_must_fit(self, owner: Caller) -> None:
        path = self.path(self.make(owner.user))
        for name, field in self.writable().items():
            if isinstance(field, Text):
                answer = owner.patch(path, {name: "\0"})
                assert answer.status_code == 400, name

    # PATCH of the list

    @needs("patch")
    def test_list_patch_creates_changes_and_deletes(self, owner: Caller) -> None:
        row, (doomed,) = self.make(owner.user), self.more(owner.user, 1)
        name, value = next(iter(self.changes(owner.user).items()))
        objects = [{"resource_uri": self.path(row), name: value}, self.minimal(owner.user)]
        body = {"objects": objects, "deleted_objects": [self.path(doomed)]}
        answer = owner.patch(self.list_path, body)
        assert answer.status_code == 202, answer.content
        changed, created = answer.json()["objects"]
        assert list(answer.json()) == ["objects"]
        assert changed["resource_uri"] == self.path(row)
        assert self.shows(changed, {name: value})
        assert self.read(owner, created["resource_uri"])["resource_uri"] == created["resource_uri"]
        empty(owner.get(self.path(doomed)), 404)

    @needs("patch")
    @pytest.mark.parametrize(
        ("bad", "status"),
        [
            ({"objects": [5]}, 400),
            ({"objects": [{"resource_uri": "/api/nothing/1/"}]}, 404),
            ({"objects": [], "deleted_objects": ["/api/nothing/1/"]}, 404),
            ({"objects": [], "deleted_objects": [5]}, 404),
        ],
    )
    def test_list_patch_is_all_or_nothing(
        self, owner: Caller, bad: dict[str, list[Any]], status: int
    ) -> None:
        row = self.make(owner.user)
        before = self.read(owner, self.path(row))
        name, value = next(iter(self.changes(owner.user).items()))
        good = [self.minimal(owner.user), {"resource_uri": self.path(row), name: value}]
        count = self.count()
        answer = owner.patch(self.list_path, {**bad, "objects": [*good, *bad["objects"]]})
        assert answer.status_code == status, answer.content
        assert self.count() == count
        assert self.read(owner, self.path(row)) == before

    @needs("patch")
    def test_list_patch_without_objects(self, owner: Caller) -> None:
        incomplete: list[Any] = [{}, [], "text", {"deleted_objects": []}]
        for body in incomplete:
            refused(owner.patch(self.list_path, body), "Invalid data sent: missing 'objects'")
        for wrong in (None, 5, {"objects": None}, {"objects": 5}, {"objects": [5]}):
            refused(owner.patch(self.list_path, wrong), "Invalid data sent.")
        assert owner.patch(self.list_path, {"objects": []}).json() == {"objects": []}

    @needs("patch")
    def test_what_has_no_members_makes_no_row(self, owner: Caller) -> None:
        before = self.count()
        empty_items: list[Any] = ["x", {"x": 1}, ["x"], [[]]]
        for items in empty_items:
            answer = owner.patch(self.list_path, {"objects": items})
            assert (answer.status_code, list(answer.json())) == (400, ["error"])
        assert self.count() == before

    # DELETE

    @needs("delete", on="detail")
    def test_delete(self, owner: Caller) -> None:
        row = self.make(owner.user)
        path, key = self.path(row), self.key(row)
        empty(owner.delete(path), 204)
        empty(owner.get(path), 404)
        empty(owner.delete(path), 404)
        empty(owner.delete(f"{self.list_path}word/"), 404)
        assert key not in self.keys(owner.get(self.list_path))

    @needs("patch", on="detail")
    def test_method_override(self, owner: Caller) -> None:
        path = self.path(self.make(owner.user))
        assert owner.post(path, {}).status_code == 405
        assert owner.sending(OVERRIDE, "patch").post(path, {}).status_code == 202
        assert owner.sending(OVERRIDE, "POST").put(path, {}).status_code == 405
