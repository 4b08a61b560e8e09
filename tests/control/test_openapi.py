"""The document of the control plane, and the page that shows it."""

from __future__ import annotations

import requests
from openapi_spec_validator import validate

from apps.sandbox.plane.openapi import control_document
from apps.sandbox.plane.urls import urlpatterns
from tests.control.test_served_sandboxes import ask
from tests.live import Live


def test_the_document_is_valid_and_has_every_address(served: Live) -> None:
    document = ask(served, "GET", "openapi.json").json()
    validate(document)
    assert len(document["paths"]) == len(urlpatterns)
    operations = [each for path in document["paths"].values() for each in path.values()]
    assert all(each["summary"].endswith(".") for each in operations)


def test_what_it_says_of_a_body_is_what_is_taken(served: Live) -> None:
    path = control_document(urlpatterns)["paths"]["/_sandbox/sandboxes"]
    members = path["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert set(members) == {"name", "ttl", "seed"}
    refused = ask(served, "POST", "sandboxes", {"nothing": 1})
    assert refused.json()["error"] == "Unknown member 'nothing'; known: name, ttl, seed"


def test_a_profile_is_a_name_or_an_object() -> None:
    path = control_document(urlpatterns)["paths"]["/_sandbox/sandboxes/{name}/simulate"]
    members = path["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert members["profile"] == {"anyOf": [{"type": "string"}, {"type": "object"}]}
    assert members["age"] == {"type": "integer"}


def test_what_is_tried_in_a_sandbox_goes_to_that_sandbox(served: Live) -> None:
    base = f"{served.base}/~main"
    document = requests.get(f"{base}/api/openapi.json", timeout=60).json()
    assert document["servers"] == [{"url": "/~main"}]
    flow = document["components"]["securitySchemes"]["oauth2"]["flows"]["authorizationCode"]
    addresses = {name: text for name, text in flow.items() if name.endswith("Url")}
    assert len(addresses) == 3
    assert all(each.startswith("/~main/") for each in addresses.values())
    page = requests.get(f"{base}/docs/api/", timeout=60).text
    assert 'data-document="/~main/api/openapi.json"' in page
    assert 'href="/~main/requests/"' in page
    accept = {"Accept": "text/html,application/xhtml+xml"}
    start = requests.get(f"{base}/", headers=accept, timeout=60).text
    assert start.count('href="/~main/docs/api/"') == 2
    usual = requests.get(f"{served.base}/api/openapi.json", timeout=60).json()
    assert usual["servers"] == [{"url": "/"}]


def test_the_page_shows_the_document(served: Live) -> None:
    page = requests.get(f"{served.base}/_sandbox/docs", timeout=60)
    assert page.status_code == 200
    assert 'data-document="/_sandbox/openapi.json"' in page.text
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    usual = requests.get(f"{served.base}/docs/api/", timeout=60)
    assert 'data-document="/api/openapi.json"' in usual.text
