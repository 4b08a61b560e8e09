"""The OpenAPI document: sound, complete, and true of what is answered."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from apps.api import ordering, registry
from apps.api.callers import STRANGER
from apps.api.context import Context
from apps.api.conventions import HEXOSKIN, TASTYPIE, Conventions
from apps.api.resources import ModelResource, Resource
from apps.api.versions import HEADER, NEWEST, Version
from apps.documents import examples, help_texts, openapi
from tests.golden.world import demo_world

__all__ = ["demo_world"]

VERBS = {"get", "post", "put", "patch", "delete"}


def document(
    version: Version = NEWEST, prefix: str = "/api", store: Conventions = HEXOSKIN
) -> dict[str, Any]:
    return openapi.openapi_document(Context(STRANGER, prefix, version, store))


NOW = document()


@pytest.mark.parametrize("store", [HEXOSKIN, TASTYPIE], ids=lambda store: store.name)
@pytest.mark.parametrize("version", Version, ids=lambda version: version.text)
def test_it_is_valid(version: Version, store: Conventions) -> None:
    """Paths that are the same in the newest document are looked at in that one only."""
    found = document(version, store=store)
    if found != NOW:
        new = {
            path: each for path, each in found["paths"].items() if NOW["paths"].get(path) != each
        }
        found["paths"] = new
    assert not list(OpenAPIV31SpecValidator(found).iter_errors())


@pytest.mark.parametrize("version", Version, ids=lambda version: version.text)
def test_it_has_every_method_of_every_resource(version: Version) -> None:
    paths = document(version)["paths"]
    for each in registry.all_in(version):
        path = f"/api/{each.name}/"
        assert _methods(paths, path) == set(each.list_methods)
        assert _methods(paths, f"{path}{{key}}/") == set(each.detail_methods)
        assert _methods(paths, f"{path}schema/") == ({"get"} if each.has_schema else set())
        assert (f"{path}set/{{keys}}/" in paths) is issubclass(each, ModelResource)


def _methods(paths: dict[str, Any], path: str) -> set[str]:
    return {verb for verb in VERBS if verb in paths.get(path, {})}


def test_it_has_what_answers_below_details() -> None:
    for name, pattern, each in registry.all_below():
        path = f"/api/{name}/{help_texts.readable_path(pattern)}/"
        assert _methods(NOW["paths"], path) == set(each.list_methods)


def test_operations_have_names_of_their_own() -> None:
    names = [one["operationId"] for one in operations()]
    assert len(set(names)) == len(names)


def operations() -> list[dict[str, Any]]:
    """Every operation of the newest version."""
    return [each[verb] for each in NOW["paths"].values() for verb in VERBS & each.keys()]


def parameters(path: str, verb: str = "get") -> dict[str, Any]:
    """The parameters of an operation that stand in it, by name."""
    return {each["name"]: each for each in NOW["paths"][path][verb]["parameters"] if "name" in each}


def test_filters_have_their_lookups_and_types() -> None:
    found = parameters("/api/range/")
    assert found["start__gte"]["schema"] == {"type": "integer"}
    assert found["activitytype__isnull"]["schema"] == {"type": "boolean"}
    assert found["include_autodetected__true"]["schema"] == {"type": "string"}
    several = found["id__range"]
    assert (several["style"], several["explode"]) == ("form", False)
    assert (several["schema"]["minItems"], several["schema"]["maxItems"]) == (2, 2)
    assert "-start" in found["order_by"]["schema"]["items"]["enum"]
    assert "start__in" not in found


def test_bodies_say_what_may_and_what_must_be_sent() -> None:
    new = NOW["components"]["schemas"]["range_new"]
    assert new["required"] == ["start", "user"]
    assert "status" not in new["properties"]
    assert new["properties"]["parent"]["anyOf"][1] == {"type": "null"}
    assert "required" not in NOW["components"]["schemas"]["range_changes"]


def test_examples_are_those_of_the_pages() -> None:
    ((key,),) = [[one for one in NOW["paths"]["/api/range/{key}/"]["parameters"] if "in" in one]]
    shown = examples.all_examples()["range"]["body"]
    (body,) = NOW["components"]["schemas"]["range_new"]["examples"]
    assert key["example"] == shown["id"]
    assert body["start"] == shown["start"]
    assert "id" not in body
    assert "example" not in NOW["paths"]["/api/data/"]["get"]


def test_types_are_those_of_the_wire() -> None:
    profile = NOW["components"]["schemas"]["profile"]["properties"]
    assert profile["unit_system"]["type"] == "string"
    assert profile["weight"]["type"] == ["number", "null"]


def test_strangers() -> None:
    assert NOW["paths"]["/api/"]["get"]["security"] == []
    assert {"basic": []} in NOW["security"]


@pytest.mark.parametrize("name", ["data", "heartrate"])
def test_formats_besides_json(name: str) -> None:
    found = NOW["paths"][f"/api/{name}/"]["get"]["responses"]["200"]["content"]
    assert found == {
        "application/json": {"schema": {}},
        "text/csv": {"schema": {"type": "string"}},
        "application/octet-stream": {},
        "application/x-edf": {},
    }
    others = NOW["paths"]["/api/unit/"]["get"]["responses"]["200"]["content"]
    assert set(others) == {"application/json"}


@pytest.mark.parametrize(
    ("name", "formats"),
    [
        ("record", ["fit", "tcx", "gpx"]),
        ("range", ["fit", "tcx", "gpx"]),
        ("trainingroutine", ["fit", "tcx"]),
    ],
)
def test_details_that_are_files_too(name: str, formats: list[str]) -> None:
    path = f"/api/{name}/{{key}}/"
    media_types = {
        "fit": "application/vnd.ant.fit",
        "tcx": "application/vnd.garmin.tcx+xml",
        "gpx": "application/gpx+xml",
    }
    content = NOW["paths"][path]["get"]["responses"]["200"]["content"]
    assert set(content) == {"application/json", *(media_types[each] for each in formats)}
    assert parameters(path)["format"]["schema"]["enum"] == ["json", *formats]
    assert set(NOW["paths"][path]["put"]["responses"]["200"]["content"]) == {"application/json"}
    assert "parameters" not in NOW["paths"][path]["put"]
    others = NOW["paths"]["/api/track/{key}/"]["get"]
    assert set(others["responses"]["200"]["content"]) == {"application/json"}
    assert "parameters" not in others


def test_flows_are_those_of_the_server() -> None:
    told = Client().get("/.well-known/oauth-authorization-server").json()
    flows = NOW["components"]["securitySchemes"]["oauth2"]["flows"]
    grants = {re.sub("([A-Z])", r"_\1", name).lower() for name in flows}
    assert grants | {"refresh_token"} == set(told["grant_types_supported"])
    for flow in flows.values():
        assert list(flow["scopes"]) == told["scopes_supported"]
        for name, url in flow.items():
            if name != "scopes":
                assert told[ENDPOINTS[name]] == f"http://testserver{url}"
    assert {"oauth2": []} in NOW["security"]


ENDPOINTS = {
    "authorizationUrl": "authorization_endpoint",
    "tokenUrl": "token_endpoint",
    "refreshUrl": "token_endpoint",
}


def test_it_is_served_in_the_version_and_under_the_prefix_asked_with() -> None:
    ask = Client()
    answer = ask.get("/api/openapi.json")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer.json() == NOW
    assert ask.get("/api/v1/openapi.json").json() == document(prefix="/api/v1")
    old = ask.get("/api/openapi.json", headers={HEADER: "3.3.x"}).json()
    assert old == document(Version.V3_3)
    assert "/api/rrinterval/" not in old["paths"]
    assert ask.get("/api/openapi.json", headers={HEADER: "9"}).status_code == 400
    assert ask.post("/api/openapi.json").status_code == 405


@pytest.mark.usefixtures("db")
class TestTruth:
    """Answers of the demo world against the schemas, by another library than the fuzzer's."""

    ROWS = [each for each in registry.all_in(NEWEST) if issubclass(each, ModelResource)]

    @pytest.mark.parametrize("resource", ROWS, ids=lambda resource: resource.name)
    def test_lists_details_and_sets(self, demo_world: None, resource: type[Resource]) -> None:
        path = f"/api/{resource.name}/"
        if "get" not in resource.list_methods:
            pytest.skip("has no list")
        page = as_staff(path, {"limit": 3})
        check(path, page)
        for found in page["objects"] if "get" in resource.detail_methods else ():
            check(f"{path}{{key}}/", as_staff(found["resource_uri"]))
            key = found["resource_uri"].split("/")[-2]
            check(f"{path}set/{{keys}}/", as_staff(f"{path}set/{key};0/"))
        check(f"{path}schema/", as_staff(f"{path}schema/"))

    @pytest.mark.parametrize("metrics", ["1,44,45,71,173,2038", ""])
    @pytest.mark.parametrize("more", [{}, {"group_by": "day"}])
    def test_reports(self, demo_world: None, metrics: str, more: dict[str, str]) -> None:
        params = {"record": "37700,43419", "include_metrics": metrics, **more}
        check("/api/report/", as_staff("/api/report/", params))
        params["include_histograms"] = "301,304"
        check("/api/distribution/", as_staff("/api/distribution/", params))

    def test_the_check_finds_lies(self, demo_world: None) -> None:
        row = as_staff("/api/range/61495/")
        for lie in ({**row, "extra": 1}, {**row, "start": "x"}, {"id": 1}):
            with pytest.raises(AssertionError):
                check("/api/range/{key}/", lie)


def as_staff(path: str, params: dict[str, Any] | None = None) -> Any:
    """What is answered to somebody who sees every row of the demo world."""
    pair = b64encode(b"staff@example.com:staff").decode()
    answer = Client().get(path, params, headers={"Authorization": f"Basic {pair}"})
    assert answer.status_code == 200, answer.content
    return answer.json()


def check(path: str, found: Any) -> None:
    """Asserts that an answer is what the document says of GET on the path."""
    content = NOW["paths"][path]["get"]["responses"]["200"]["content"]
    schema = {**content["application/json"]["schema"], "components": NOW["components"]}
    errors = [error.message for error in Draft202012Validator(schema).iter_errors(found)]
    assert not errors, errors[:3]


class TestSwaggerUi:
    def test_everything_comes_from_here(self) -> None:
        ask = Client()
        answer = ask.get("/docs/api/")
        text = answer.content.decode()
        found = re.findall(r'(?:src|href)="([^"]+)"', text)
        assert "/docs/files/swagger-ui-bundle.js" in found
        assert all(link.startswith(("/", "#")) for link in found)
        ours = [link for link in found if link.startswith("/docs/")]
        assert {link: ask.get(link).status_code for link in ours} == dict.fromkeys(ours, 200)
        assert not re.search(r"<script>|<style|\son\w+=", text)

    def test_the_policy_lets_nothing_else_in(self) -> None:
        policy = Client().get("/docs/api/")["Content-Security-Policy"]
        given = dict(part.split(" ", 1) for part in policy.split("; "))
        assert given["default-src"] == "'none'"
        assert given["script-src"] == given["connect-src"] == "'self'"
        assert not re.search(r"unsafe|https?:|\*", policy)

    def test_a_consent_leads_back(self) -> None:
        ask = Client()
        answer = ask.get("/docs/api/oauth2-redirect.html", {"code": "x"})
        assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert (answer["Cache-Control"], answer["Referrer-Policy"]) == ("no-store", "no-referrer")
        policy = "default-src 'none'; script-src 'self'; base-uri 'none'"
        assert answer["Content-Security-Policy"].startswith(policy)
        text = b"".join(answer).decode()
        assert re.findall(r"<script.*?</script>", text) == [
            '<script src="oauth2-redirect.js"></script>'
        ]
        script = ask.get("/docs/api/oauth2-redirect.js")
        assert (script.status_code, script["Content-Type"]) == (200, FILES["swagger.js"])

    @pytest.mark.usefixtures("db")
    def test_the_demo_client_may_lead_back(self, demo_world: None) -> None:
        asked = {
            "client_id": "0AuTh23X4mP1eK3y",
            "response_type": "code",
            "redirect_uri": "http://127.0.0.1:8123/docs/api/oauth2-redirect.html",
        }
        assert Client().get("/api/connect/oauth2/auth/", asked).status_code == 200
        elsewhere = {**asked, "redirect_uri": "http://127.0.0.1:8123/docs/api/"}
        assert Client().get("/api/connect/oauth2/auth/", elsewhere).status_code == 400

    def test_files_are_labelled(self) -> None:
        ask = Client()
        kinds = {name: ask.get(f"/docs/files/{name}")["Content-Type"] for name in FILES}
        assert kinds == FILES
        assert b"dataset.document" in b"".join(ask.get("/docs/files/swagger.js"))
        assert 'data-document="/api/openapi.json"' in ask.get("/docs/api/").content.decode()


FILES = {
    "docs.css": "text/css; charset=utf-8",
    "house.css": "text/css; charset=utf-8",
    "swagger.css": "text/css; charset=utf-8",
    "swagger.js": "text/javascript; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
    "favicon-32x32.png": "image/png",
}


@pytest.mark.parametrize("version", Version, ids=lambda version: version.text)
def test_every_offered_order_is_accepted(version: Version) -> None:
    context = Context(STRANGER, "/api", version, HEXOSKIN)
    for resource in registry.all_in(version):
        if issubclass(resource, ModelResource):
            for name in ordering.offered_orders(resource, version):
                ordering.list_order(resource, context, QueryDict(f"order_by={name}"))


def test_an_order_that_is_a_400_is_not_offered() -> None:
    offered = parameters("/api/activityattribute/")["order_by"]["schema"]["items"]["enum"]
    assert offered == ["id", "-id", "user", "-user"]
    assert "datatype" in registry.model_resource("activityattribute").ordering
