"""The reasons of the OAuth endpoints: code, status, sentence and remedy of each.

Their names in the enumeration are in apps/api/reasons.py.
"""

from __future__ import annotations

# OAuth1

CLIENT_NOT_OAUTH1 = (
    "client_not_oauth1",
    401,
    "The client exists, but its status is not oauth1.",
    "Set the status of the client to oauth1, or use the scheme that its status names.",
)
OAUTH_PARAMETER_MISSING = (
    "oauth_parameter_missing",
    400,
    "A parameter that OAuth 1 requires is missing.",
    "Sign with a library for OAuth 1.0a; RFC 5849, section 3.1 lists the parameters.",
)
OAUTH_PARAMETER_REPEATED = (
    "oauth_parameter_repeated",
    400,
    "An OAuth parameter was sent more than once, or in more than one place.",
    "Send the OAuth parameters once, and in one place.",
)
OAUTH_VERSION_UNSUPPORTED = (
    "oauth_version_unsupported",
    400,
    "The oauth_version is not 1.0.",
    "Omit oauth_version, or send 1.0.",
)
SIGNATURE_METHOD_UNSUPPORTED = (
    "signature_method_unsupported",
    400,
    "The signature method is not supported; only HMAC-SHA1 is.",
    "Set oauth_signature_method to HMAC-SHA1.",
)
NONCE_MALFORMED = (
    "nonce_malformed",
    400,
    "The nonce or the timestamp is malformed.",
    "Send a short nonce of letters and digits, and Unix seconds.",
)
NONCE_USED = (
    "nonce_used",
    401,
    "A request with that nonce, timestamp and token was already accepted.",
    "Create a new nonce for every request, even if you repeat one.",
)
BODY_HASH_MISMATCH = (
    "body_hash_mismatch",
    401,
    "The oauth_body_hash does not match the body.",
    "Send the Base64 of the SHA-1 of the exact body, or omit it.",
)
CALLBACK_NOT_REGISTERED = (
    "callback_not_registered",
    400,
    "The callback is not among the redirect URIs of the client.",
    "Register the exact callback in redirect_uris of the client.",
)
REALM_NOT_ALLOWED = (
    "realm_not_allowed",
    401,
    "The client is not allowed to request that realm.",
    "Request one of the realms of the client.",
)
REQUEST_TOKEN_UNKNOWN = (
    "request_token_unknown",
    401,
    "The request token is unknown, was used before, or has expired.",
    "Start again at /oauth/request_token.",
)
VERIFIER_MISMATCH = (
    "verifier_mismatch",
    401,
    "The verifier is not the one from the callback.",
    "Send the oauth_verifier from the callback when you request the access token.",
)

# The endpoints of OAuth2

REQUEST_MALFORMED = (
    "request_malformed",
    400,
    "A parameter is missing, repeated or invalid.",
    "Compare the request with RFC 6749, or use a library for OAuth 2.",
)
SECRET_IN_QUERY = (
    "secret_in_query",
    400,
    "A secret, a password or a token is in the URL, and logs would store it.",
    "Send the parameters as a form in the body, and the client as Basic credentials.",
)
UNKNOWN_CLIENT = (
    "unknown_client",
    401,
    "No client has that client_id.",
    "Send the client_id of a client of this server whose status is oauth2.",
)
WRONG_SECRET = (
    "wrong_secret",
    401,
    "The client exists, but its secret is wrong.",
    "Send client_id and secret as Basic credentials, or both in the body.",
)
REDIRECT_MISMATCH = (
    "redirect_mismatch",
    400,
    "The redirect_uri is not among those that the client registered.",
    "Register the exact URI in redirect_uris of the client.",
)
GRANT_NOT_ALLOWED = (
    "grant_not_allowed",
    400,
    "The client is not allowed to use that grant.",
    "Add the grant to grant_type of the client.",
)
GRANT_UNSUPPORTED = (
    "grant_unsupported",
    400,
    "This server does not support that grant or response type.",
    "Use authorization_code, implicit, password, client_credentials or refresh_token.",
)
SCOPE_NOT_ALLOWED = (
    "scope_not_allowed",
    400,
    "The scope is unknown, or not among the realms of the client.",
    "Request readonly or readwrite, as the realms of the client allow.",
)
CODE_UNKNOWN = (
    "code_unknown",
    400,
    "There is no such authorization code for this client.",
    "Use the code from the redirect, with the client that requested it.",
)
CODE_EXPIRED = (
    "code_expired",
    400,
    "The authorization code has expired.",
    "Exchange a code at once, within a minute.",
)
CODE_USED = (
    "code_used",
    400,
    "The authorization code was used before; its tokens are revoked.",
    "Exchange a code once and keep the tokens.",
)
CODE_REDIRECT_MISMATCH = (
    "code_redirect_mismatch",
    400,
    "The redirect_uri differs from the one in the request for the code.",
    "Send the same redirect_uri in both requests.",
)
PKCE_MISMATCH = (
    "pkce_mismatch",
    400,
    "The code_verifier does not match the code_challenge, or one of them is missing.",
    "Send the verifier from which the challenge was derived (RFC 7636).",
)
REFRESH_UNKNOWN = (
    "refresh_unknown",
    400,
    "There is no such refresh token for this client, or it has expired.",
    "Ask for consent again.",
)
REFRESH_REUSED = (
    "refresh_reused",
    400,
    "The refresh token was used before; all tokens that came from it are revoked.",
    "Store the refresh token of the latest response, and use each one only once.",
)
NOT_THE_OWNER = (
    "not_the_owner",
    400,
    "The password grant is only for the user who owns the client.",
    "Log in as the owner of the client, or use authorization_code.",
)
CONSENT_DENIED = (
    "consent_denied",
    400,
    "The user did not consent.",
    "Ask again when the user wants it.",
)
FORM_FORGED = (
    "form_forged",
    403,
    "The form does not come from this site and browser, or it has expired.",
    "Allow cookies, go back to the program and start again.",
)
