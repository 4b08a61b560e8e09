"""What a contract class says about its resource, and how its tests are chosen from that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.db import models
from django.db.models import Model

from apps.accounts.models import User
from apps.api import registry
from apps.api.context import Context
from apps.api.conventions import store_conventions
from apps.api.errors import CANNED
from apps.api.fields import Argument, Field
from apps.api.relations import Relation
from apps.api.resources import ModelResource, Resource
from apps.api.versions import NEWEST
from tests.people import Caller

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

T = TypeVar("T", bound=Callable[..., None])
Cases = Callable[[type[Resource]], list[Any]]

UNKNOWN = 987_654_321
"""A key that no row has."""

CASES: dict[str, Cases] = {}
"""For the name of a test's argument, the values that a declaration gives it."""


def case(name: str) -> Callable[[Cases], Cases]:
    """Decorator: the function gives the values of every test argument of that name."""

    def add(cases: Cases) -> Cases:
        CASES[name] = cases
        return cases

    return add


def needs(*methods: str, on: str = "list") -> Callable[[T], T]:
    """Decorator: the test is only for resources whose list or detail has these methods."""

    def mark(test: T) -> T:
        test.__dict__["needs"] = (on, methods)
        return test

    return mark


def applies(test: Any, resource: type[Resource]) -> bool:
    """Whether the declaration has what a test is about."""
    on, methods = getattr(test, "needs", ("list", ()))
    offered = resource.list_methods if on == "list" else resource.detail_methods
    arguments = test.__code__.co_varnames[: test.__code__.co_argcount]
    if on == "list" and "patch" in methods and "put" not in resource.detail_methods:
        return False  # every object of a PATCH is refused then (Tastypie rule T178)
    return set(methods) <= set(offered) and all(
        CASES[name](resource) for name in arguments if name in CASES
    )


class Contract:
    """The data of a resource's tests.

    `name` is the resource's; `seen_by` and `changed_by` say who sees and changes the owner's
    row; `required` are the members without which a POST is refused. `is_for_caller` means that
    what somebody posts is always their own, whatever they send.
    """

    name: ClassVar[str]
    seen_by: ClassVar[tuple[str, ...]] = ("owner", "coach", "friend", "staff")
    changed_by: ClassVar[tuple[str, ...]] = ("owner", "coach", "staff")
    required: ClassVar[tuple[str, ...]] = ()
    is_for_caller: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        """Takes away the inherited tests that mean nothing for the resource."""
        found = registry.find_resource(getattr(cls, "name", ""))
        for name in dir(cls) if found else ():
            test = getattr(cls, name)
            if found and name.startswith("test_") and test and not applies(test, found):
                setattr(cls, name, None)

    @property
    def declared(self) -> type[Resource]:
        """The declaration under test."""
        found = registry.find_resource(self.name)
        assert found is not None
        return found

    @property
    def list_path(self) -> str:
        """The path of the list under the short prefix."""
        return f"/api/{self.name}/"


class RowContract(Contract):
    """The data of a resource whose objects are rows.

    A data class says how rows come about (`make`, `more`), the least POST body (`minimal`) and
    what a PUT or PATCH may change (`changes`). `more_meta` are names that `meta` of its lists has
    besides the usual, `statements` those for a page, and `most_rows` is the length of the longest.
    `wrong_filters` are the words by field where these are not those of Tastypie.
    """

    more_meta: ClassVar[tuple[str, ...]] = ()
    statements: ClassVar[int] = 1
    most_rows: ClassVar[int] = 1000
    wrong_filters: ClassVar[Mapping[str, str]] = {}

    def make(self, owner: User, number: int = 1) -> Model:
        """A row of the owner's in which every member that can be filtered has a value."""
        raise NotImplementedError

    def more(self, owner: User, count: int) -> list[Model]:
        """Further rows that the owner sees, different in what they are ordered by."""
        return [self.make(owner, number) for number in range(2, count + 2)]

    def minimal(self, owner: User) -> dict[str, Any]:
        """The smallest body that a POST accepts."""
        return {}

    def changes(self, owner: User) -> dict[str, Any]:
        """Members that may be changed and new values for them, as the answer shows them."""
        raise NotImplementedError

    @property
    def resource(self) -> type[ModelResource[Any]]:
        """The declaration under test."""
        return registry.model_resource(self.name)

    def key(self, row: Model) -> str:
        """The key of a row in URIs."""
        return str(getattr(row, self.resource.key))

    def path(self, row: Model) -> str:
        """The path of a row's detail."""
        return f"{self.list_path}{self.key(row)}/"

    def keys(self, answer: Answer) -> list[str]:
        """The keys of the objects of a list, in order."""
        assert answer.status_code == 200, answer.content
        return [found["resource_uri"].split("/")[-2] for found in answer.json()["objects"]]

    def count(self) -> int:
        """How many rows there are."""
        return int(self.resource.model._default_manager.count())

    def writable(self) -> dict[str, Field]:
        """The members that a client may send."""
        return {
            name: field
            for name, field in self.resource.fields_in(NEWEST).items()
            if not (field.readonly or isinstance(field, Argument))
            if field.lists or field.details
        }

    def visible(self, caller: Caller, name: str) -> models.QuerySet[Any, Any]:
        """The rows a list shows the caller, with what the database computes for a field."""
        context = Context(caller.user, "/api", NEWEST, store_conventions())
        field = self.resource.fields[name]
        computed = {field.alias: field.expression(context)} if field.annotated else {}
        rows: models.QuerySet[Any, Any] = self.resource.visible_rows(context).annotate(**computed)
        return rows.exclude(self.resource.hidden) if self.resource.hidden else rows


def link(row: Model, name: str, key: str = "pk") -> str:
    """The URI of a row of the resource `name`."""
    return f"/api/{name}/{getattr(row, key)}/"


def real_fields(resource: type[Resource]) -> dict[str, Field]:
    """The fields of the newest version but for those that only its schema has."""
    found = resource.fields_in(NEWEST)
    return {name: field for name, field in found.items() if not isinstance(field, Argument)}


def is_relation(field: Field) -> bool:
    """Whether the field links to other rows."""
    return isinstance(field, Relation)


def refused(answer: Answer, text: str) -> None:
    """Asserts that the answer is the 400 with this text, HTML-escaped already."""
    assert (answer.status_code, answer.json()) == (400, {"error": text})
    assert answer["Content-Type"] == "application/json"


def canned(answer: Answer, status: int) -> None:
    """Asserts that the answer is the canned error."""
    assert (answer.status_code, answer.json()) == (status, CANNED)


def empty(answer: Answer, status: int) -> None:
    """Asserts that the answer has no body and the label that keeps clients from parsing one."""
    assert (answer.status_code, answer.content) == (status, b"")
    assert answer["Content-Type"] == "text/html; charset=utf-8"
