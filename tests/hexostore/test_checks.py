"""System checks of the public profile."""

import pytest
from pytest_django.fixtures import Settings

from apps.accounts.models import User
from apps.credentials.models import Client
from apps.sandbox import seeds, store
from apps.sandbox.models import Store
from hexostore import checks

SOUND_KEY = "x7Qm" * 10 + "and ten others"


def ids(settings: Settings, **changes: object) -> list[str | None]:
    """The checks that fail in a sound public profile with `changes`."""
    sound = {
        "HEXOSTORE_PROFILE": "public",
        "HEXOSTORE_HOSTS": ["api.example.com"],
        "HEXOSTORE_TRUSTED_PROXIES": [],
        "DEBUG": False,
    }
    for name, value in {**sound, **changes}.items():
        setattr(settings, name, value)
    return [found.id for found in checks.public_profile()]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"DEBUG": True}, ["hexostore.E002"]),
        ({"HEXOSTORE_HOSTS": []}, ["hexostore.E003"]),
        ({"HEXOSTORE_HOSTS": ["*"]}, ["hexostore.E003"]),
        ({"HEXOSTORE_TRUSTED_PROXIES": ["0.0.0.0/0"]}, ["hexostore.W001"]),
        ({"HEXOSTORE_PROFILE": "sandbox", "DEBUG": True}, []),
    ],
)
def test_each_misconfiguration_has_its_id(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, object],
    expected: list[str],
) -> None:
    monkeypatch.setenv("SECRET_KEY", SOUND_KEY)
    monkeypatch.setenv("EMAIL_URL", "smtp://localhost")
    assert ids(settings, **changes) == expected


def test_a_key_of_its_own_is_needed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    monkeypatch.setenv("EMAIL_URL", "smtp://localhost")
    assert ids(settings) == ["hexostore.E001"]


@pytest.mark.parametrize("key", ["", "short", "abc" * 30, f"django-insecure-{SOUND_KEY}", "..."])
def test_a_key_that_can_be_guessed_is_none(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("SECRET_KEY", key)
    monkeypatch.setenv("EMAIL_URL", "smtp://localhost")
    assert ids(settings) == ["hexostore.E001"]


def test_mail_without_a_url(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", SOUND_KEY)
    monkeypatch.delenv("EMAIL_URL", raising=False)
    assert ids(settings) == ["hexostore.W002"]


@pytest.mark.django_db
def test_demo_passwords_in_public(settings: Settings) -> None:
    login = store.demo_logins()[0]
    seeds.load({"user": {"a": {**login, "username": login["email"]}}})
    assert checks.demo_passwords(databases=["default"]) == []
    settings.HEXOSTORE_PROFILE = "public"
    assert [found.id for found in checks.demo_passwords(databases=["default"])] == [
        "hexostore.E004"
    ]


@pytest.mark.django_db
def test_a_new_address_does_not_hide_a_demo_password(settings: Settings) -> None:
    printed = store.demo_people()[5]
    seeds.load({"user": {"a": dict(printed)}})
    User.objects.update(email="real@example.org", username="real@example.org")
    settings.HEXOSTORE_PROFILE = "public"
    found = checks.demo_passwords(databases=["default"])
    assert [each.id for each in found] == ["hexostore.E004"]
    assert "real@example.org" in found[0].msg
    user = User.objects.get()
    user.set_password("a new one of her own")
    user.save()
    assert checks.demo_passwords(databases=["default"]) == []


@pytest.mark.django_db
def test_a_store_begun_with_the_demo_world_is_told(settings: Settings) -> None:
    begun = Store.objects.create(id=1, seed="demo", conventions="hexoskin")
    assert checks.demo_passwords(databases=["default"]) == []
    settings.HEXOSTORE_PROFILE = "public"
    found = checks.demo_passwords(databases=["default"])
    assert [each.id for each in found] == ["hexostore.W003"]
    begun.seed = "catalogue"
    begun.save()
    assert checks.demo_passwords(databases=["default"]) == []


@pytest.mark.django_db
def test_a_printed_secret_under_another_key(settings: Settings) -> None:
    user = User.objects.create(username="me@example.com", email="me@example.com")
    Client.objects.create(client_secret=store.demo_key()["secret"], user=user)
    settings.HEXOSTORE_PROFILE = "public"
    assert [found.id for found in checks.demo_secrets(databases=["default"])] == ["hexostore.E005"]


@pytest.mark.django_db
def test_demo_secrets_in_public(settings: Settings) -> None:
    user = User.objects.create(username="me@example.com", email="me@example.com")
    printed = store.demo_key()
    client = Client.objects.create(
        client_id=printed["key"], client_secret=printed["secret"], user=user
    )
    assert checks.demo_secrets(databases=["default"]) == []
    settings.HEXOSTORE_PROFILE = "public"
    assert [found.id for found in checks.demo_secrets(databases=["default"])] == ["hexostore.E005"]
    client.client_secret = "another"
    client.save()
    assert checks.demo_secrets(databases=["default"]) == []
