"""What every resource has: a schema document, allowed methods and the demand for a login."""

from __future__ import annotations

from typing import Any, ClassVar

from apps.api.errors import CHALLENGE
from apps.api.resources import ModelResource, Resource
from apps.api.versions import HEADER, Version
from tests.contract import additions
from tests.contract.additions import ADDED, PUBLISHED
from tests.contract.contract import Contract, case, empty
from tests.people import ANYBODY, Caller

VERBS = ("get", "post", "put", "patch", "delete", "head", "brew")
NEWER_KEYS = ("help_text", "primary_key", "verbose_name", "related_schema")
OLD = "3.3.x"


@case("view")
def views(resource: type[Resource]) -> list[str]:
    """The paths of a resource's views after that of the list."""
    rows = issubclass(resource, ModelResource)
    return ["list", "schema", "detail", "set"] if rows else ["list", "schema"]


def without_texts(document: Any) -> Any:
    """A schema document without what is this server's own wording or newer than 3.3.x."""
    fields = {
        name: {key: value for key, value in field.items() if key not in NEWER_KEYS}
        for name, field in document["fields"].items()
    }
    return {**document, "fields": fields}


class DocumentContract(Contract):
    """Schema parity, methods and login.

    `like` is the resource whose documents it has too, where no document names it.
    """

    like: ClassVar[str] = ""

    def test_schema_is_the_published_one(self, owner: Caller) -> None:
        answer = owner.sending(HEADER, OLD).get(f"{self.list_path}schema/")
        if self.declared.listed_in(Version.V3_3) and self.name in PUBLISHED:
            assert without_texts(answer.json()) == PUBLISHED[self.name]
        else:
            lives = self.declared.lives_in(Version.V3_3)
            assert answer.status_code == (200 if lives else 404)

    def test_newest_schema_has_the_documented_additions(self, owner: Caller) -> None:
        found = without_texts(owner.get(f"{self.list_path}schema/").json())
        name = self.name if self.name in (*PUBLISHED, *ADDED) else self.like
        assert name, additions.missing(self.name, found)
        wanted = additions.newest(name)
        assert found == wanted, additions.different(self.name, found, wanted)

    def test_every_field_has_a_help_text(self, owner: Caller) -> None:
        fields = owner.get(f"{self.list_path}schema/").json()["fields"]
        assert all(field["help_text"] for field in fields.values())

    def test_index_names_the_resource_under_both_prefixes(self, db: None) -> None:
        for prefix in ("/api/", "/api/v1/"):
            path = f"{prefix}{self.name}/"
            expected = {"list_endpoint": path, "schema": f"{path}schema/"}
            assert ANYBODY.get(prefix).json()[self.name] == expected

    def view(self, name: str) -> tuple[str, tuple[str, ...]]:
        """Path and allowed methods of a view."""
        resource, path = self.declared, self.list_path
        if name == "list":
            return path, resource.list_methods
        if name == "detail":
            return f"{path}1/", resource.detail_methods
        return f"{path}schema/" if name == "schema" else f"{path}set/1/", ("get",)

    def test_allowed_methods_need_a_login(self, db: None, view: str) -> None:
        path, methods = self.view(view)
        for verb in methods:
            answer = ANYBODY.request(verb.upper(), path, {})
            empty(answer, 401)
            assert answer["WWW-Authenticate"] == CHALLENGE

    def test_other_methods_are_refused(self, owner: Caller, view: str) -> None:
        path, methods = self.view(view)
        allowed = ",".join(methods).upper()
        answered = (*methods, "head") if self.declared.headed and view == "list" else methods
        for verb in (verb for verb in VERBS if verb not in answered):
            for caller in (owner, ANYBODY):
                answer = caller.request(verb.upper(), path)
                assert (answer.status_code, answer["Allow"]) == (405, allowed)
                assert answer.content.decode() == ("" if verb == "head" else allowed)
                assert answer["Content-Type"] == "text/html; charset=utf-8"

    def test_head_is_answered_like_get_where_it_is(self, owner: Caller, view: str) -> None:
        """No published document lists it, so that neither Allow nor the schema does."""
        path, _ = self.view(view)
        answered = self.declared.headed and view == "list"
        found = owner.request("HEAD", path)
        assert (found.status_code, found.getvalue()) == (200 if answered else 405, b"")
        assert ANYBODY.request("HEAD", path).status_code == (401 if answered else 405)

    def test_options_needs_no_login(self, db: None, view: str) -> None:
        path, methods = self.view(view)
        allowed = ",".join(methods).upper()
        answer = ANYBODY.options(path)
        assert (answer.status_code, answer["Allow"]) == (200, allowed)
        assert answer.content.decode() == allowed
