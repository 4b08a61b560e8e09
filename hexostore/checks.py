"""System checks of the public profile; their ids are stable and listed in docs/configuration.md."""

import os
from collections.abc import Sequence

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import check_password
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security, deploy=True)
def public_profile(**_options: object) -> list[CheckMessage]:
    """E001 no SECRET_KEY of its own, E002 DEBUG, E003 no host names, W001 trusts every proxy,
    W002 says nothing of mail."""
    if settings.HEXOSTORE_PROFILE != "public":
        return []
    found: list[CheckMessage] = []
    if not os.environ.get("SECRET_KEY"):
        hint = "Set SECRET_KEY to 50 random characters or more, the same for every process."
        found.append(Error("The public profile has no SECRET_KEY.", hint, id="hexostore.E001"))
    if settings.DEBUG:
        found.append(Error("DEBUG shows the program to strangers.", id="hexostore.E002"))
    if not settings.HEXOSTORE_HOSTS or "*" in settings.HEXOSTORE_HOSTS:
        hint = "Set HEXOSTORE_HOSTS to the names that clients use, separated by commas."
        found.append(Error("Any host name is accepted, or none.", hint, id="hexostore.E003"))
    if any(network.endswith("/0") for network in settings.HEXOSTORE_TRUSTED_PROXIES):
        hint = "Anybody may then choose the URL that signatures are checked against."
        found.append(checks.Warning("Every address is a trusted proxy.", hint, id="hexostore.W001"))
    if not os.environ.get("EMAIL_URL"):
        hint = "Without one, mail goes to an SMTP server on this machine, port 25."
        found.append(checks.Warning("There is no EMAIL_URL.", hint, id="hexostore.W002"))
    return found


@register(Tags.database)
def demo_passwords(
    databases: Sequence[str] | None = None, **_options: object
) -> list[CheckMessage]:
    """E004: somebody in a public store still has the password that the demo world prints."""
    if settings.HEXOSTORE_PROFILE != "public" or not databases:
        return []
    from apps.sandbox import store

    known = {login["email"]: login["password"] for login in store.demo_logins()}
    open_doors = [
        user.get_username()
        for user in get_user_model()._default_manager.filter(email__in=known)
        if check_password(known[user.email], user.password)
    ]
    if not open_doors:
        return []
    hint = "Change them, or serve another HEXOSTORE_HOME begun with --no-demo or --empty."
    text = f"Demo passwords are in force: {', '.join(open_doors)}."
    return [Error(text, hint, id="hexostore.E004")]
