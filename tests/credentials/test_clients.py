"""Clients: the table for all three schemes, and what the library asks of it."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from oauth2_provider.models import get_application_model

from apps.accounts.models import User
from apps.credentials.models import Client, Realm

EVERY_GRANT = "authorization_code implicit password client_credentials"


def test_the_library_takes_our_table(user: User) -> None:
    assert get_application_model() is Client
    made = Client.objects.create(user=user)
    assert (len(made.client_id), len(made.secret)) == (16, 34)
    assert made.client_secret == made.secret
    assert (made.status, made.client_type) == ("apikey", "confidential")
    assert Client.objects.create(user=user).client_id != made.client_id


@pytest.mark.parametrize("status", ["apikey", "oauth1", "oauth2"])
def test_only_oauth2_uses_oauth2(user: User, status: str) -> None:
    assert Client(user=user, status=status).is_usable(None) is (status == "oauth2")


@pytest.mark.parametrize(
    ("words", "grant", "allowed"),
    [
        (EVERY_GRANT, "authorization-code", True),
        (EVERY_GRANT, "implicit", True),
        (EVERY_GRANT, "password", True),
        (EVERY_GRANT, "client-credentials", True),
        (EVERY_GRANT, "urn:ietf:params:oauth:grant-type:device_code", False),
        ("password", "password", True),
        ("password", "implicit", False),
        (" implicit\n password ", "implicit", True),
        ("authorization", "authorization-code", False),
        ("", "password", False),
    ],
)
def test_the_grants_of_a_client(user: User, words: str, grant: str, allowed: bool) -> None:
    assert Client(user=user, grant_type=words).allows_grant_type(grant) is allowed


def test_one_grant_of_several_will_do(user: User) -> None:
    client = Client(user=user, grant_type="password")
    assert client.allows_grant_type("authorization-code", "password")
    assert not client.allows_grant_type()


def test_names_are_unique_but_may_be_missing(user: User) -> None:
    for _ in range(2):
        Client.objects.create(user=user)
    Client.objects.create(user=user, name="x")
    with pytest.raises(IntegrityError, match="client_name_once"), transaction.atomic():
        Client.objects.create(user=user, name="x")


@pytest.mark.django_db
def test_every_store_has_its_realms() -> None:
    assert dict(Realm.objects.values_list("pk", "name")) == {1: "readonly", 2: "readwrite"}


@pytest.mark.django_db(transaction=True)
def test_realms_come_back_after_a_flush() -> None:
    call_command("flush", "--no-input", verbosity=0)
    assert Realm.objects.count() == 2
