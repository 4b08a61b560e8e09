"""Lists and details: envelope, members, URIs, prefixes, paging and the cost of a page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.api import caching, kept_pages
from apps.api.derived import PageField
from apps.api.fields import Argument
from apps.api.resources import Resource
from apps.api.versions import HEADER, NEWEST, Version
from hexostore import clock
from tests.contract.contract import UNKNOWN, RowContract, canned, case, empty, needs, refused
from tests.people import Caller

LOGIN = 1
"""The statement that reads the user of a Basic login."""

LIMIT = "Invalid limit '{}' provided. Please provide a positive integer{}."
OFFSET = "Invalid offset '{}' provided. Please provide {}."
LEAST = " &gt;= 0"


@case("version")
def versions(resource: type[Resource]) -> list[Version]:
    """The versions that have the resource."""
    return [version for version in Version if resource.lives_in(version)]


class ReadContract(RowContract):
    """What GET answers."""

    undocumented: ClassVar[Mapping[Version, frozenset[str]]] = {}
    """Members by version that objects have and the schema of that version does not list."""

    gathering: ClassVar[Mapping[str, int]] = {}
    """How many statements gather a member for a page, where it is not one."""

    def members(self, caller: Caller, view: str, version: Version = NEWEST) -> list[str]:
        """The names that the schema document gives an object, sorted, but for those that only
        the schema or only the other view has."""
        fields = self.resource.fields
        listed = caller.get(f"{self.list_path}schema/").json()["fields"]
        return [
            name
            for name in sorted({*listed, *self.undocumented.get(version, ())})
            if (fields[name].details if view == "detail" else fields[name].lists)
            and not isinstance(fields[name], Argument)
        ]

    def page(self, caller: Caller, **params: Any) -> Any:
        """The JSON of a list."""
        answer = caller.get(self.list_path, params)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def test_list_has_meta_and_objects(self, owner: Caller) -> None:
        self.make(owner.user)
        answer = owner.get(self.list_path, {"limit": 0})
        found = answer.json()
        assert sorted(found) == ["meta", "objects"]
        usual = "limit", "next", "offset", "previous", "total_count"
        assert list(found["meta"]) == sorted([*usual, *self.more_meta])
        assert found["meta"]["total_count"] == len(found["objects"])
        assert answer["Content-Type"] == "application/json"
        assert (answer["Vary"], answer["Cache-Control"]) == ("Accept", "no-cache")

    def test_list_holds_the_row(self, owner: Caller) -> None:
        row = self.make(owner.user)
        assert self.keys(owner.get(self.list_path, {"limit": 0})).count(self.key(row)) == 1

    def test_list_objects_have_the_members_of_the_version(
        self, owner: Caller, version: Version
    ) -> None:
        self.make(owner.user)
        caller = owner.sending(HEADER, version.text)
        assert list(self.page(caller)["objects"][0]) == self.members(caller, "list", version)

    @needs("get", on="detail")
    def test_detail_has_the_members_of_the_version(self, owner: Caller, version: Version) -> None:
        path = self.path(self.make(owner.user))
        caller = owner.sending(HEADER, version.text)
        assert list(caller.get(path).json()) == self.members(caller, "detail", version)

    @needs("get", on="detail")
    def test_nothing_is_null_that_the_schema_calls_not_nullable(self, owner: Caller) -> None:
        found = owner.get(self.path(self.make(owner.user))).json()
        nulls = {name for name, value in found.items() if value is None}
        assert nulls <= {name for name, field in self.resource.fields.items() if field.null}

    @needs("get", on="detail")
    def test_resource_uri_leads_back_to_the_object(self, owner: Caller) -> None:
        self.make(owner.user)
        for listed in self.page(owner)["objects"][:3]:
            answer = owner.get(listed["resource_uri"])
            assert answer.status_code == 200
            assert answer.json()["resource_uri"] == listed["resource_uri"]

    @needs("get", on="detail")
    def test_uris_echo_the_prefix(self, owner: Caller) -> None:
        path = self.path(self.make(owner.user))
        short, long = owner.get(path), owner.get(path.replace("/api/", "/api/v1/"))
        assert short.content.replace(b'"/api/', b'"/api/v1/') == long.content

    def test_links_echo_the_prefix(self, owner: Caller) -> None:
        self.make(owner.user)
        path = self.list_path.replace("/api/", "/api/v1/")
        found = owner.get(path).json()["objects"][0]
        assert found["resource_uri"].startswith("/api/v1/")

    @needs("get", on="detail")
    def test_detail_ignores_the_query(self, owner: Caller) -> None:
        path = self.path(self.make(owner.user))
        query = {"limit": "x", "order_by": "nonsense", "id__foo": "1"}
        assert owner.get(path, query).json() == owner.get(path).json()

    @needs("get", on="detail")
    def test_unknown_keys(self, owner: Caller) -> None:
        empty(owner.get(f"{self.list_path}{UNKNOWN}/"), 404)
        empty(owner.get(f"{self.list_path}{10**30}/"), 404)
        if self.resource.key == "deviceid":
            empty(owner.get(f"{self.list_path}word/"), 404)
        else:
            canned(owner.get(f"{self.list_path}word/"), 404)

    @needs("get", on="detail")
    def test_set_holds_what_was_asked_in_order(self, owner: Caller) -> None:
        keys = [self.key(row) for row in [self.make(owner.user), *self.more(owner.user, 1)]]
        answer = owner.get(f"{self.list_path}set/{';'.join([*keys[::-1], str(UNKNOWN)])}/")
        assert self.keys(answer) == keys[::-1]
        assert answer.json()["not_found"] == [str(UNKNOWN)]

    @pytest.mark.parametrize("sent", [0, 1, 1000, 1001, 65_536])
    def test_limits(self, owner: Caller, sent: int) -> None:
        self.make(owner.user)
        found = self.page(owner, limit=sent)
        most = self.most_rows
        said = min(sent or most, most)
        assert found["meta"]["limit"] == said
        assert len(found["objects"]) == min(found["meta"]["total_count"], said)

    def test_default_limit(self, owner: Caller) -> None:
        self.make(owner.user)
        assert self.page(owner)["meta"]["limit"] == self.declared.limit

    @pytest.mark.parametrize("text", ["", "x", "1.5", "true"])
    def test_words_for_numbers(self, owner: Caller, text: str) -> None:
        refused(owner.get(self.list_path, {"limit": text}), LIMIT.format(text, ""))
        refused(owner.get(self.list_path, {"offset": text}), OFFSET.format(text, "an integer"))

    def test_negative_numbers(self, owner: Caller) -> None:
        refused(owner.get(self.list_path, {"limit": "-1"}), LIMIT.format(-1, LEAST))
        positive = f"a positive integer{LEAST}"
        refused(owner.get(self.list_path, {"offset": "-1"}), OFFSET.format(-1, positive))

    def test_pages_are_linked(self, owner: Caller) -> None:
        self.make(owner.user)
        self.more(owner.user, 2)
        total = self.page(owner)["meta"]["total_count"]
        path: str | None = f"{self.list_path}?limit=1&foo=a+b"
        seen: list[Any] = []
        while path and len(seen) <= total:
            page = owner.get(path).json()
            at, meta = len(seen), page["meta"]
            link = f"{self.list_path}?foo=a+b&limit=1&offset={{}}"
            assert meta["previous"] == (link.format(at - 1) if at else None)
            assert meta["next"] == (link.format(at + 1) if at + 1 < total else None)
            seen += page["objects"]
            path = meta["next"]
        assert len({found["resource_uri"] for found in seen}) == len(seen) == total

    def test_offset_past_the_end(self, owner: Caller) -> None:
        self.make(owner.user)
        total = self.page(owner)["meta"]["total_count"]
        found = self.page(owner, limit=1, offset=total + 5)
        assert found["objects"] == []
        assert found["meta"]["total_count"] == total
        assert found["meta"]["next"] is None
        assert found["meta"]["previous"] == f"{self.list_path}?limit=1&offset={total + 4}"

    def test_a_kept_page_is_no_other_than_a_new_one(
        self, owner: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """At a later time either, for which values that change with it would show."""
        self.make(owner.user)
        for _ in range(3):
            self.page(owner)
        later = clock.now() + timedelta(hours=1)
        monkeypatch.setattr(clock, "now", lambda: later)
        kept = self.page(owner)
        kept_pages.forget_pages()
        caching._answers.clear()
        assert kept == self.page(owner)

    def test_a_page_costs_as_many_statements_for_one_row_as_for_twenty(
        self,
        owner: Caller,
        django_assert_num_queries: DjangoAssertNumQueries,
        django_assert_max_num_queries: DjangoAssertNumQueries,
    ) -> None:
        fields = self.resource.fields.values()
        gathered = sum(self.gathering.get(f.name, 1) for f in fields if isinstance(f, PageField))
        edition = 1 if self.resource.cached_by else 0
        assert self.statements + gathered + edition <= 4
        self.make(owner.user)
        self.page(owner)  # which may have the database asked which tables are counted
        kept_pages.forget_pages()
        caching._answers.clear()
        with django_assert_num_queries(LOGIN + self.statements + gathered + edition):
            self.page(owner)
        self.more(owner.user, 20)
        kept_pages.forget_pages()
        with django_assert_num_queries(LOGIN + self.statements + gathered + edition):
            self.page(owner)
        with django_assert_max_num_queries(LOGIN + self.statements + gathered):
            self.page(owner)
