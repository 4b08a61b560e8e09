"""`/_sandbox/truth/<record>/`: who gets the ground truth of a record."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from apps.credentials.models import Client as Key
from apps.credentials.signed_keys.signatures import compute_signature
from apps.records.models import Record
from apps.simulation.models import Truth
from hexostore import clock
from tests.people import ANYBODY, Caller, Cast, cast, owner

__all__ = ["cast", "owner"]

START = 359_840_000_000
DOCUMENT = {"profile": "rest_test", "seed": 1, "beats": {"ticks": [12, 240], "kinds": "NV"}}


@pytest.fixture
def truth(owner: Caller) -> Truth:
    """The truth of a record of the owner's."""
    return new_truth(owner, DOCUMENT)


def new_truth(of: Caller, document: Any) -> Truth:
    record = Record.objects.create(user=of.user, start=START, end=START + 512)
    fields = {"profile": "rest_test", "seed": 1, "seconds": 2, "document": document}
    return Truth.objects.create(record=record, **fields)


def path(truth: Truth) -> str:
    return f"/_sandbox/truth/{truth.pk}/"


@pytest.mark.parametrize("name", ["owner", "friend", "coach", "staff"])
def test_who_sees_the_record_gets_its_truth(truth: Truth, cast: Cast, name: str) -> None:
    answer = cast[name].get(path(truth))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert answer["Cache-Control"] == "no-store"
    assert answer.json() == DOCUMENT
    assert cast[name].get(path(truth).rstrip("/")).json() == DOCUMENT


def test_an_outsider_finds_nothing(truth: Truth, cast: Cast) -> None:
    answer = cast.outsider.get(path(truth))
    assert (answer.status_code, answer.content) == (404, b"")


def test_a_stranger_has_to_log_in(truth: Truth) -> None:
    answer = ANYBODY.get(path(truth))
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer["WWW-Authenticate"].startswith("Basic")
    wrong = ANYBODY.sending("Authorization", "Basic b3duZXI6d3Jvbmc=").get(path(truth))
    assert wrong.status_code == 401


def test_a_signed_key_does_as_well(truth: Truth, owner: Caller) -> None:
    Key.objects.create(client_id="k" * 16, client_secret="s" * 34, user=owner.user)
    stamp = str(int(clock.now().timestamp()))
    url = f"http://testserver{path(truth)}"
    headers = {
        "X-HexoTimestamp": stamp,
        "X-HexoApiKey": "k" * 16,
        "X-HexoApiSignature": compute_signature("s" * 34, stamp, url),
    }
    assert Client().get(path(truth), headers=headers).json() == DOCUMENT
    unsigned = {**headers, "X-HexoApiSignature": "0" * 40}
    assert Client().get(path(truth), headers=unsigned).status_code == 401


def test_a_record_without_truth_or_still_growing(owner: Caller) -> None:
    plain = Record.objects.create(user=owner.user, start=START, end=START + 512)
    growing = new_truth(owner, None)
    for key in (plain.pk, growing.pk, growing.pk + 1, 10**18 - 1):
        assert owner.get(f"/_sandbox/truth/{key}/").status_code == 404
    for odd in ("x", "-1", str(10**18), "1.5"):
        assert owner.get(f"/_sandbox/truth/{odd}/").status_code == 404


def test_only_get_is_allowed(truth: Truth, owner: Caller) -> None:
    for method in ("POST", "PUT", "DELETE"):
        answer = owner.request(method, path(truth))
        assert (answer.status_code, answer["Allow"]) == (405, "GET")
    assert Truth.objects.filter(pk=truth.pk).exists()


def test_a_public_server_has_none(truth: Truth, owner: Caller, settings: Settings) -> None:
    settings.HEXOSTORE_PROFILE = "public"
    assert owner.get(path(truth)).status_code == 404
    assert ANYBODY.get(path(truth)).status_code == 404


def test_it_costs_two_statements(
    truth: Truth, owner: Caller, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """The login and the truth."""
    with django_assert_num_queries(2, connection=connection):
        owner.get(path(truth))


def test_it_goes_with_its_record(truth: Truth, owner: Caller) -> None:
    assert owner.delete(f"/api/record/{truth.pk}/").status_code == 204
    assert not Truth.objects.exists()
