"""The grants of this server for oauthlib. There is none for devices."""

from __future__ import annotations

from typing import Any

from oauth2_provider.settings import oauth2_settings
from oauthlib.oauth2 import (
    AuthorizationCodeGrant,
    AuthorizationEndpoint,
    BearerToken,
    ClientCredentialsGrant,
    ImplicitGrant,
    IntrospectEndpoint,
    RefreshTokenGrant,
    ResourceOwnerPasswordCredentialsGrant,
    RevocationEndpoint,
    TokenEndpoint,
)

from apps.credentials.oauth2.parameters import encode_form
from apps.credentials.oauth2.validator import Validator


class Codes(AuthorizationCodeGrant):
    """Codes, which are returned in the query."""

    def prepare_authorization_response(
        self, request: Any, token: Any, headers: Any, body: Any, status: Any
    ) -> Any:
        return {"Location": with_parameters(request.redirect_uri, token)}, body, status


class Implicit(ImplicitGrant):
    """Tokens at once, which are returned in the fragment."""

    def prepare_authorization_response(
        self, request: Any, token: Any, headers: Any, body: Any, status: Any
    ) -> Any:
        return {"Location": with_parameters(request.redirect_uri, token, "#")}, body, status


class Server(AuthorizationEndpoint, TokenEndpoint, RevocationEndpoint, IntrospectEndpoint):
    """Every endpoint, for one request."""

    def __init__(self, validator: Validator) -> None:
        lifetime = oauth2_settings.ACCESS_TOKEN_EXPIRE_SECONDS
        bearer = BearerToken(validator, expires_in=lifetime)
        codes = Codes(validator)
        grants = {
            "authorization_code": codes,
            "password": ResourceOwnerPasswordCredentialsGrant(validator),
            "client_credentials": ClientCredentialsGrant(validator),
            "refresh_token": RefreshTokenGrant(validator),
        }
        responses = {"code": codes, "token": Implicit(validator)}
        AuthorizationEndpoint.__init__(self, "code", bearer, responses)  # type: ignore[arg-type]
        TokenEndpoint.__init__(self, "authorization_code", bearer, grants)  # type: ignore[arg-type]
        RevocationEndpoint.__init__(self, validator)
        IntrospectEndpoint.__init__(self, validator)


GRANTS = frozenset({"authorization_code", "password", "client_credentials", "refresh_token"})
"""The grants of the token endpoint."""


def with_parameters(uri: str, parameters: dict[str, Any], mark: str = "?") -> str:
    """Return the URI with more parameters; its own stay unchanged (RFC 6749, section 3.1.2)."""
    if mark in uri:
        mark = "" if uri.endswith(("?", "&")) else "&"
    return f"{uri}{mark}{encode_form((name, str(value)) for name, value in parameters.items())}"
