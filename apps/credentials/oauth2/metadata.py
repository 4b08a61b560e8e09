"""What this server tells programs that configure themselves (RFC 8414)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe
from oauth2_provider.settings import oauth2_settings

_SECRETS = ["client_secret_basic", "client_secret_post"]


@require_safe
def describe_server(request: HttpRequest) -> JsonResponse:
    """Return the endpoints and their features. The issuer is the origin of the request."""
    answer = JsonResponse(_metadata_document(request))
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cache-Control"] = "no-cache"
    return answer


def _metadata_document(request: HttpRequest) -> dict[str, Any]:
    def at(name: str) -> str:
        return request.build_absolute_uri(reverse(name))

    return {
        "issuer": f"{request.scheme}://{request.get_host()}",
        "authorization_endpoint": at("oauth2-authorize"),
        "token_endpoint": at("oauth2-token"),
        "token_endpoint_auth_methods_supported": _SECRETS,
        "revocation_endpoint": at("oauth2-revoke"),
        "revocation_endpoint_auth_methods_supported": _SECRETS,
        "introspection_endpoint": at("oauth2-introspect"),
        "introspection_endpoint_auth_methods_supported": _SECRETS,
        "scopes_supported": list(oauth2_settings.SCOPES),
        "response_types_supported": ["code", "token"],
        "response_modes_supported": ["query", "fragment"],
        "grant_types_supported": oauth2_settings.OAUTH2_GRANT_TYPES_SUPPORTED,
        "code_challenge_methods_supported": ["S256", "plain"],
    }
