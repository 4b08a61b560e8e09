"""Checks of a client before it is saved by its owner or an operator."""

from __future__ import annotations

from oauth2_provider.settings import oauth2_settings

from apps.credentials.models import Client

GRANTS: tuple[str, ...] = tuple(oauth2_settings.OAUTH2_GRANT_TYPES_SUPPORTED)
RESPONSES = ("code", "token")


def client_faults(client: Client) -> dict[str, list[str]]:
    """Return the errors of a client before it is saved: texts by field, or {} if there are none.

    The status must decide a scheme (API reference, API keys and OAuth requests), and the client
    must have its usual realm.
    """
    found = {
        "status": _unknown_words([client.status], tuple(Client.Status.values)),
        "grant_type": _unknown_words(client.grant_type.split(), GRANTS),
        "response_type": _unknown_words(client.response_type.split(), RESPONSES),
    }
    if client.pk and client.default_realm_id:
        has = client.realms.filter(pk=client.default_realm_id).exists()
        found["default_realm"] = [] if has else ["This is not one of the realms of the client."]
    return {name: texts for name, texts in found.items() if texts}


def _unknown_words(words: list[str], known: tuple[str, ...]) -> list[str]:
    wrong = [word for word in words if word not in known]
    return [f"'{wrong[0]}' is not one of: {', '.join(known)}."] if wrong else []
