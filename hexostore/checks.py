"""System checks of the public profile; their ids are stable and listed in docs/configuration.md."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import check_password
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db.models import Q


@register(Tags.security, deploy=True)
def public_profile(**_options: object) -> list[CheckMessage]:
    """Return E001 for a missing or guessable SECRET_KEY, E002 for DEBUG, E003 for missing host
    names, W001 for trusting every proxy, and W002 for missing mail settings."""
    if settings.HEXOSTORE_PROFILE != "public":
        return []
    found: list[CheckMessage] = []
    if wrong := _wrong_with_key(os.environ.get("SECRET_KEY", "")):
        hint = "Set SECRET_KEY to 50 random characters or more, the same for every process."
        found.append(Error(f"The public profile has {wrong}.", hint, id="hexostore.E001"))
    if settings.DEBUG:
        found.append(Error("DEBUG shows internals to everyone.", id="hexostore.E002"))
    if not settings.HEXOSTORE_HOSTS or "*" in settings.HEXOSTORE_HOSTS:
        hint = "Set HEXOSTORE_HOSTS to the names that clients use, separated by commas."
        found.append(Error("Every host name is accepted, or none.", hint, id="hexostore.E003"))
    if any(network.endswith("/0") for network in settings.HEXOSTORE_TRUSTED_PROXIES):
        hint = "Anyone can then choose the URL against which signatures are checked."
        found.append(checks.Warning("Every address is a trusted proxy.", hint, id="hexostore.W001"))
    if not os.environ.get("EMAIL_URL"):
        hint = "Without one, mail goes to an SMTP server on this machine, port 25."
        found.append(checks.Warning("EMAIL_URL is not set.", hint, id="hexostore.W002"))
    return found


def _wrong_with_key(key: str) -> str | None:
    """Return the faults of a key. Django's security.W009 only warns about them."""
    if not key:
        return "no SECRET_KEY"
    weak = len(key) < 50 or len(set(key)) < 5 or key.startswith("django-insecure-")
    return "a SECRET_KEY that can be guessed" if weak else None


@register(Tags.database)
def demo_passwords(
    databases: Sequence[str] | None = None, **_options: object
) -> list[CheckMessage]:
    """Return E004 if somebody in a public store still has a printed demo password, and W003 for a
    demo store.

    People of the demo world are identified by id, name and address, so that a new address does not
    hide them. Other users with such a password are refused at the login
    (apps/credentials/basic/printed.py).
    """
    if settings.HEXOSTORE_PROFILE != "public" or not databases:
        return []
    from apps.sandbox import store

    found: list[CheckMessage] = []
    if open_doors := [name for login in store.demo_people() for name in _open_doors(login)]:
        hint = "Change them, or serve another HEXOSTORE_HOME created with --no-demo or --empty."
        text = f"Demo passwords are valid: {', '.join(sorted(set(open_doors)))}."
        found.append(Error(text, hint, id="hexostore.E004"))
    begun = store.current()
    if begun is not None and begun.seed == "demo":
        hint = "For real people, serve a HEXOSTORE_HOME created with --no-demo or --empty."
        text = "This store was created with the demo world, whose logins and keys are public."
        found.append(checks.Warning(text, hint, id="hexostore.W003"))
    return found


def _open_doors(printed: Mapping[str, Any]) -> list[str]:
    """Return the names of users who are that person of the demo world and have that password."""
    same = Q(pk=printed["id"]) | Q(username=printed["username"])
    if printed["email"]:  # which subjects of studies need not have
        same |= Q(email=printed["email"])
    users = get_user_model()._default_manager.filter(same)
    return [
        user.get_username() for user in users if check_password(printed["password"], user.password)
    ]


@register(Tags.database)
def demo_secrets(databases: Sequence[str] | None = None, **_options: object) -> list[CheckMessage]:
    """Return E005 if a client in a public store has a printed secret of the demo world."""
    if settings.HEXOSTORE_PROFILE != "public" or not databases:
        return []
    from apps.credentials.models import Client
    from apps.sandbox import seeds, store

    known = seeds.read_all(store.FIXTURES / "demo").get("client", {}).values()
    clients = Client.objects.filter(client_secret__in=[each["secret"] for each in known])
    open_doors = [each.client_id for each in clients]
    if not open_doors:
        return []
    hint = (
        "Remove these clients, or serve another HEXOSTORE_HOME created with --no-demo or --empty."
    )
    text = f"Demo secrets are valid: {', '.join(open_doors)}."
    return [Error(text, hint, id="hexostore.E005")]
