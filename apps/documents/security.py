"""The authentication schemes in OpenAPI: Basic, signed keys and OAuth 2."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from oauth2_provider.settings import oauth2_settings

SIGNED: dict[str, list[str]] = {"key": [], "timestamp": [], "signature": []}
"""The three headers of a signed key. Alone, they authenticate its owner. With Basic, they only
identify the program."""

WAYS: list[dict[str, list[str]]] = [
    {"basic": []},
    SIGNED,
    {"basic": [], **SIGNED},
    {"oauth2": []},
]
"""The combinations of credentials, one of which a request can carry."""

_SIGNS = "The page `/docs/api/` computes it from the key and secret at its top."

_HEADERS = {
    "key": ("X-HexoAPIKey", "The public key of a client."),
    "timestamp": ("X-HexoTimestamp", f"Unix time in seconds. {_SIGNS}"),
    "signature": (
        "X-HexoAPISignature",
        f"Hex SHA-1 of secret, timestamp and URL, in this order. {_SIGNS}",
    ),
}


def security_schemes(root: str) -> dict[str, Any]:
    """Return the security schemes by name; `root` is the prefix of a sandbox, or empty."""
    headers = {
        name: {"type": "apiKey", "in": "header", "name": header, "description": text}
        for name, (header, text) in _HEADERS.items()
    }
    return {
        "basic": {
            "type": "http",
            "scheme": "basic",
            "description": "E-mail address and password.",
        },
        **headers,
        "oauth2": {
            "type": "oauth2",
            "description": "A token that a user granted to a client, within its scope.",
            "flows": _oauth2_flows(root),
        },
    }


def _oauth2_flows(root: str) -> dict[str, Any]:
    """Return the grants of the server with the URLs for each."""
    consent = {"authorizationUrl": root + reverse("oauth2-authorize")}
    token = {"tokenUrl": root + reverse("oauth2-token")}
    refresh = {"refreshUrl": root + reverse("oauth2-token")}
    flows = {
        "authorizationCode": {**consent, **token, **refresh},
        "implicit": consent,
        "password": {**token, **refresh},
        "clientCredentials": token,
    }
    scopes = dict(oauth2_settings.SCOPES)
    return {name: {**urls, "scopes": scopes} for name, urls in flows.items()}
