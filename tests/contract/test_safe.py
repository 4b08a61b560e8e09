"""GET, HEAD and OPTIONS change nothing, whatever is asked for and whoever asks."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db.models import Model

from apps.api import registry
from apps.api.resources import Resource
from apps.api.versions import NEWEST
from apps.credentials import one_time_tokens
from apps.credentials.models import Refusal
from apps.sandbox.models import Mail
from tests.contract.base import ResourceContract
from tests.contract.test_complete import contracts
from tests.frozen import frozen
from tests.people import ANYBODY, Cast

__all__ = ["frozen"]

SAFE = ("GET", "HEAD", "OPTIONS")
JOURNAL: tuple[type[Model], ...] = (Refusal,)
"""What notes the refusals of reading too."""
PAGES = (
    "/docs/",
    "/docs/range/",
    "/docs/api/",
    "/api/",
    "/api/openapi.json",
    "/.well-known/oauth-authorization-server",
    "/_sandbox/outbox",
    "/_sandbox/auth/last",
    "/api/connect/oauth2/token/",
    "/api/connect/oauth2/revoke/",
    "/oauth/request_token",
    "/oauth/access_token",
)
QUERIES = ("", "?limit=0", "?format=json", "?_method=DELETE", "?method=POST&name=x")
KINDS = ("createuserrequest", "createrelateduser", "changeemail", "resetpassword")


def rows() -> dict[str, list[Any]]:
    """Everything that is stored, by table."""
    models = [model for model in apps.get_models() if model not in JOURNAL]
    return {
        model._meta.db_table: list(model._default_manager.order_by("pk").values_list())
        for model in models
    }


def paths(resource: type[Resource], cast: Cast) -> list[str]:
    """The addresses of a resource, with a row of the owner's if its objects are rows."""
    start, keys = f"/api/{resource.name}/", ["1"]
    contract = contracts().get(resource.name)
    if contract is not None and issubclass(contract, ResourceContract):
        made = contract()
        keys.append(str(made.key(made.make(cast.owner.user))))
    details = [f"{start}{key}/" for key in keys]
    return [*(f"{start}{query}" for query in QUERIES), f"{start}schema/", *details]


@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize("name", [each.name for each in registry.all_in(NEWEST)])
def test_reading_a_resource_changes_nothing(cast: Cast, name: str) -> None:
    resource = registry.find_resource(name)
    assert resource is not None
    asked = paths(resource, cast)
    before = rows()
    for path in asked:
        for method in SAFE:
            for caller in (cast.owner, cast.staff, ANYBODY):
                assert caller.request(method, path).status_code < 500
    assert rows() == before


@pytest.mark.parametrize("path", PAGES)
def test_reading_a_page_changes_nothing(cast: Cast, path: str) -> None:
    Mail.objects.create(to="a@example.com", sender="b@example.com", subject="", body="", links=[])
    before = rows()
    for method in SAFE:
        assert cast.owner.request(method, path).status_code < 500
    assert rows() == before


@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize("kind", KINDS)
def test_looking_at_a_token_does_not_redeem_it(cast: Cast, kind: str) -> None:
    asked = {"email": "new@example.com", "secret": "", "bundles": []}
    one_time_token = one_time_tokens.issue_token(
        kind, user=cast.owner.user, email="new@example.com", payload=asked
    )
    before = rows()
    for method in SAFE:
        cast.owner.request(method, f"/api/{kind}/{one_time_token.token}/")
    assert rows() == before
