"""Why a request was refused: stable codes, each with a sentence and what to do about it.

The code travels in the header X-HexoStore-Reason and in the refusal log
(apps/credentials/refusals/refusal_log.py), never in a body: bodies stay what published clients read
(wire 1.6).
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """A code with the status it is refused with, what was wrong, and the remedy.

    Sentences hold no quotes, backslashes or letters beyond ASCII, for they are also sent as the
    error_description of a challenge (RFC 6750, section 3).
    """

    status: int
    sentence: str
    remedy: str

    def __new__(cls, code: str, status: int, sentence: str, remedy: str) -> Reason:
        made = str.__new__(cls, code)
        made._value_ = code
        made.status, made.sentence, made.remedy = status, sentence, remedy
        return made

    @property
    def told(self) -> Reason:
        """The reason that the client is told: not which of name and password was wrong."""
        return Reason.BAD_LOGIN if self in {Reason.UNKNOWN_USER, Reason.WRONG_PASSWORD} else self

    # Any request

    HOST_UNKNOWN = (
        "host_unknown",
        421,
        "This server does not accept that host name.",
        "Use its address or localhost, or start it with HEXOSTORE_HOSTS=NAME.",
    )
    HOST_MALFORMED = (
        "host_malformed",
        400,
        "The Host header is malformed.",
        "Send the name or the address of the server, then a colon and its port.",
    )
    CROSS_SITE = (
        "cross_site",
        403,
        "A browser sent a request that changes something, for a page of another site.",
        "Send it from a program, from a page of this server, or with a token or a signed key.",
    )
    NO_CREDENTIALS = (
        "no_credentials",
        401,
        "The request carries no credentials.",
        "Send a login, a signed key or a token with every request.",
    )
    MALFORMED_AUTHORIZATION = (
        "malformed_authorization",
        401,
        "The Authorization header cannot be read.",
        "For a login, send Basic, a space, and the Base64 of user:password in UTF-8.",
    )
    UNSUPPORTED_SCHEME = (
        "unsupported_scheme",
        401,
        "The Authorization header names a scheme that this server does not know.",
        "Use Basic, Bearer or OAuth, or the three X-HEXO headers of a signed key.",
    )
    SANDBOX_LOGIN = (
        "sandbox_login",
        401,
        "From another machine, the control plane of a sandbox needs a staff login.",
        "Log in with Basic as a staff user, or start the server with HEXOSTORE_SANDBOX_OPEN=1.",
    )
    NOT_PERMITTED = (
        "not_permitted",
        403,
        "You may see this object, but you are not allowed to do that to it.",
        "Ask the owner for a bundle with write access, or act as the owner.",
    )
    IN_PERSON_ONLY = (
        "in_person_only",
        403,
        "Only the user may do that in person, not a program with a token or a key alone.",
        "Log in as the user with Basic, alone or together with a signed key.",
    )
    UNAVAILABLE = (
        "unavailable",
        503,
        "The service is temporarily unavailable.",
        "Wait for the time in Retry-After, then send the request again.",
    )

    # HTTP Basic

    BAD_LOGIN = (
        "bad_login",
        401,
        "The user name or the password is wrong.",
        "Log in with the user name or the e-mail address of the account, spelled exactly.",
    )
    UNKNOWN_USER = (
        "unknown_user",
        401,
        "There is no user with that name or e-mail address.",
        "Check the exact spelling, or add a user with: hexostore user add.",
    )
    WRONG_PASSWORD = (
        "wrong_password",
        401,
        "The user exists, but the password is wrong.",
        "Check the password that the program sends, and how it encodes non-ASCII letters.",
    )
    INACTIVE_USER = (
        "inactive_user",
        401,
        "The account is not active.",
        "Activate the account, or use another one.",
    )

    # Signed keys

    HEADER_MISSING = (
        "header_missing",
        401,
        "Not all of the three X-HEXO headers were sent.",
        "Send X-HEXOTIMESTAMP, X-HEXOAPIKEY and X-HEXOAPISIGNATURE together.",
    )
    UNKNOWN_KEY = (
        "unknown_key",
        401,
        "No client has that public key.",
        "Send the client_id of a key of this server; create one with: hexostore key add.",
    )
    KEY_NOT_APIKEY = (
        "key_not_apikey",
        401,
        "The client exists, but its status is not apikey.",
        "Set the status of the client to apikey, or use the scheme that its status names.",
    )
    SIGNATURE_MISMATCH = (
        "signature_mismatch",
        401,
        "The signature is not the one that the server computed.",
        "Compare what you sign with what the server signed, as the refusal log shows it.",
    )
    SIGNATURE_USED = (
        "signature_used",
        401,
        "The signature was used before, and this request would change something.",
        "Sign each change again, with a later timestamp; it can have a fraction.",
    )
    TIMESTAMP_MALFORMED = (
        "timestamp_malformed",
        401,
        "The timestamp is not a number of seconds.",
        "Send Unix seconds in X-HEXOTIMESTAMP, not ticks or a date.",
    )
    TIMESTAMP_OUTSIDE_WINDOW = (
        "timestamp_outside_window",
        401,
        "The timestamp differs too much from the time of the server.",
        "Set the clock, and send Unix seconds, not ticks of 1/256 s.",
    )

    # Bearer tokens and signed tokens

    TOKEN_MALFORMED = (
        "token_malformed",
        401,
        "The token is malformed or missing.",
        "Send Bearer, a space and the access_token exactly as it was issued.",
    )
    TOKEN_IN_QUERY = (
        "token_in_query",
        401,
        "Tokens are not accepted in the URL, because logs would store them.",
        "Send the token in the header Authorization, as Bearer.",
    )
    UNKNOWN_TOKEN = (
        "unknown_token",
        401,
        "This server never issued that token, or no longer knows it.",
        "Request a new token from this server.",
    )
    EXPIRED_TOKEN = (
        "expired_token",
        401,
        "The token has expired.",
        "Refresh it, or request a new one; expires_in says how long a token is valid.",
    )
    REVOKED_TOKEN = (
        "revoked_token",
        401,
        "The token was revoked: by its owner, by a refresh, or after one was used twice.",
        "Use the newest token, or ask for consent again.",
    )
    CLIENT_NOT_OAUTH2 = (
        "client_not_oauth2",
        401,
        "The client exists, but its status is not oauth2.",
        "Set the status of the client to oauth2, or use the scheme that its status names.",
    )
    SCOPE_INSUFFICIENT = (
        "scope_insufficient",
        403,
        "The scopes of the token do not allow this.",
        "Request the scope readwrite when you ask for consent.",
    )

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

    # Limits

    RATE_LIMITED = (
        "rate_limited",
        429,
        "Too many requests in too short a time.",
        "Wait for the time in Retry-After, and send fewer requests.",
    )
    TOO_MANY_LOGINS = (
        "too_many_logins",
        429,
        "Too many failed logins for that account or from that address.",
        "Wait for the time in Retry-After, then log in with the correct password.",
    )


BY_CODE = {str(reason): reason for reason in Reason}
