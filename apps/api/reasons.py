"""Why a request was refused: stable codes, each with a sentence and what to do about it.

The code travels in the header X-HexoStore-Reason and in the refusal log
(apps/credentials/refusals/refusal_log.py), never in a body: bodies stay what published clients read
(wire 1.6).
"""

from __future__ import annotations

from enum import StrEnum

from apps.api import oauth_reasons


class Reason(StrEnum):
    """A code with its status, what was wrong, and the remedy.

    Sentences contain no quotes, no backslashes and only ASCII, since they are also sent as the
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
        """The reason that the client is told. It does not tell whether the name or the password was
        wrong."""
        return Reason.BAD_LOGIN if self in {Reason.UNKNOWN_USER, Reason.WRONG_PASSWORD} else self

    @property
    def page(self) -> str:
        """The address of the page that explains it."""
        return f"/docs/reasons/{self.told.value}/"

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
        "Send it as JSON, from a program, from a page of this server, or with a token or a key.",
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
    STUDY_CLOSED = (
        "study_closed",
        403,
        "The study is frozen or disabled, so that only groups and its status can be changed.",
        "Set the status of the study to 1, as its owner, and send the request again.",
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

    CLIENT_NOT_OAUTH1 = oauth_reasons.CLIENT_NOT_OAUTH1
    OAUTH_PARAMETER_MISSING = oauth_reasons.OAUTH_PARAMETER_MISSING
    OAUTH_PARAMETER_REPEATED = oauth_reasons.OAUTH_PARAMETER_REPEATED
    OAUTH_VERSION_UNSUPPORTED = oauth_reasons.OAUTH_VERSION_UNSUPPORTED
    SIGNATURE_METHOD_UNSUPPORTED = oauth_reasons.SIGNATURE_METHOD_UNSUPPORTED
    NONCE_MALFORMED = oauth_reasons.NONCE_MALFORMED
    NONCE_USED = oauth_reasons.NONCE_USED
    BODY_HASH_MISMATCH = oauth_reasons.BODY_HASH_MISMATCH
    CALLBACK_NOT_REGISTERED = oauth_reasons.CALLBACK_NOT_REGISTERED
    REALM_NOT_ALLOWED = oauth_reasons.REALM_NOT_ALLOWED
    REQUEST_TOKEN_UNKNOWN = oauth_reasons.REQUEST_TOKEN_UNKNOWN
    VERIFIER_MISMATCH = oauth_reasons.VERIFIER_MISMATCH

    # The endpoints of OAuth2

    REQUEST_MALFORMED = oauth_reasons.REQUEST_MALFORMED
    SECRET_IN_QUERY = oauth_reasons.SECRET_IN_QUERY
    UNKNOWN_CLIENT = oauth_reasons.UNKNOWN_CLIENT
    WRONG_SECRET = oauth_reasons.WRONG_SECRET
    REDIRECT_MISMATCH = oauth_reasons.REDIRECT_MISMATCH
    GRANT_NOT_ALLOWED = oauth_reasons.GRANT_NOT_ALLOWED
    GRANT_UNSUPPORTED = oauth_reasons.GRANT_UNSUPPORTED
    SCOPE_NOT_ALLOWED = oauth_reasons.SCOPE_NOT_ALLOWED
    CODE_UNKNOWN = oauth_reasons.CODE_UNKNOWN
    CODE_EXPIRED = oauth_reasons.CODE_EXPIRED
    CODE_USED = oauth_reasons.CODE_USED
    CODE_REDIRECT_MISMATCH = oauth_reasons.CODE_REDIRECT_MISMATCH
    PKCE_MISMATCH = oauth_reasons.PKCE_MISMATCH
    REFRESH_UNKNOWN = oauth_reasons.REFRESH_UNKNOWN
    REFRESH_REUSED = oauth_reasons.REFRESH_REUSED
    NOT_THE_OWNER = oauth_reasons.NOT_THE_OWNER
    CONSENT_DENIED = oauth_reasons.CONSENT_DENIED
    FORM_FORGED = oauth_reasons.FORM_FORGED

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
