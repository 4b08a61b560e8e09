"""System checks of the public profile."""

import pytest
from pytest_django.fixtures import Settings

from apps.sandbox import seeds, store
from hexostore import checks


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
    monkeypatch.setenv("SECRET_KEY", "its own")
    monkeypatch.setenv("EMAIL_URL", "smtp://localhost")
    assert ids(settings, **changes) == expected


def test_a_key_of_its_own_is_needed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    monkeypatch.setenv("EMAIL_URL", "smtp://localhost")
    assert ids(settings) == ["hexostore.E001"]


def test_mail_without_a_url(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "its own")
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
