"""Schemas and the index are kept as bytes, under all that they depend on and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from apps.api import registry, schema
from apps.api.versions import HEADER, Version
from tests.api.asking import ask, got
from tests.people import Caller

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

ANYBODY = Caller()
PREFIXES = "/api", "/api/v1"
FORMS = list(product(PREFIXES, Version))


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    forget()


def forget() -> None:
    schema.index_text.cache_clear()
    schema.document_text.cache_clear()


@pytest.fixture
def documents(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the resources whose documents are made."""
    made: list[str] = []
    document = schema.schema_document

    def listen(resource: Any, prefix: str, version: Version) -> dict[str, Any]:
        made.append(resource.name)
        return document(resource, prefix, version)

    monkeypatch.setattr(schema, "schema_document", listen)
    return made


def in_version(version: Version) -> dict[str, str]:
    return {HEADER: version.text}


def all_documents() -> Iterator[tuple[str, Version, str]]:
    for prefix, version in FORMS:
        for resource in registry.all_in(version):
            yield prefix, version, resource.name


def test_a_schema_is_made_once(me: Caller, friend: Caller, documents: list[str]) -> None:
    first, again, theirs = (got(who, "/api/range/schema/") for who in (me, me, friend))
    assert first == again == theirs
    assert documents == ["range"]


def test_the_index_is_made_once(db: None, documents: list[str]) -> None:
    first, again = (got(ANYBODY, "/api/?fullschema=1") for _ in range(2))
    assert first == again
    described = [entry for entry in first.values() if isinstance(entry["schema"], dict)]
    assert len(documents) == len(set(documents)) == len(described)


def test_statements(me: Caller, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    """A schema costs what a login costs; the index, which is open to everybody, nothing."""
    got(me, "/api/range/schema/")
    for _ in range(2):
        with django_assert_num_queries(1):
            got(me, "/api/range/schema/")
        with django_assert_num_queries(0):
            got(ANYBODY, "/api/?fullschema=1")


def test_what_is_kept_is_still_refused_to_strangers(me: Caller) -> None:
    got(me, "/api/range/schema/")
    assert ask(ANYBODY, "GET", "/api/range/schema/").status_code == 401


def test_every_form_has_its_own(me: Caller) -> None:
    """Each is asked for after all others, and is what is made anew for it."""
    for _ in range(2):
        for prefix, version in FORMS:
            for full in (False, True):
                shown = got(ANYBODY, f"{prefix}/?fullschema={full}", **in_version(version))
                assert shown == plain(schema.index_document(prefix, version, full=full))
            shown = got(me, f"{prefix}/range/schema/", **in_version(version))
            assert shown == plain(
                schema.schema_document(registry.model_resource("range"), prefix, version)
            )
    texts = {schema.index_text(*form, full=full) for form in FORMS for full in (False, True)}
    assert len(texts) == 2 * len(FORMS)


def test_another_resource_has_another(me: Caller) -> None:
    first, other = (got(me, f"/api/{name}/schema/") for name in ("range", "record"))
    assert first["fields"].keys() != other["fields"].keys()


def test_conventions_do_not_matter(me: Caller, settings: Any) -> None:
    paths = "/api/range/schema/", "/api/?fullschema=1"
    first = [ask(me, "GET", path).content for path in paths]
    forget()
    settings.HEXOSTORE_CONVENTIONS = "tastypie"
    assert [ask(me, "GET", path).content for path in paths] == first


@pytest.mark.parametrize("path", ["/api/range/schema/", "/api/"])
def test_the_headers_of_what_is_kept(me: Caller, path: str) -> None:
    first, again = (dict(ask(me, "GET", path).headers) for _ in range(2))
    assert first == again
    assert first["Content-Type"] == "application/json"


def test_all_of_them_are_kept(db: None) -> None:
    """No client can have one dropped by asking for others, and there are no more of them."""
    for prefix, version, name in all_documents():
        schema.document_text(name, prefix, version)
    kept = schema.document_text.cache_info()
    assert kept.currsize == kept.misses == len(list(all_documents())) < schema.MOST
    for odd in ("?fullschema=yes", "?fullschema=2", "?limit=1"):
        Client().get(f"/api/{odd}")
    assert schema.index_text.cache_info().currsize == 2


def plain(document: dict[str, Any]) -> Any:
    """A document as a client reads it."""
    return json.loads(json.dumps(document))
