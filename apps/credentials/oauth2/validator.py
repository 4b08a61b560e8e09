"""What oauthlib asks before it grants something.

django-oauth-toolkit gives most answers, and this class gives the others. Everything expires by the
server's clock, each refusal is noted with its reason, codes are stored as checksums, and if a code
or refresh token is used twice, all tokens that came from it are revoked.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.http import HttpRequest
from oauth2_provider.models import (
    get_access_token_model,
    get_grant_model,
    get_refresh_token_model,
)
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.settings import oauth2_settings
from oauthlib.oauth2.rfc6749 import errors

from apps.api.reasons import Reason
from apps.credentials import scopes
from apps.credentials.basic import login_throttle
from apps.credentials.consent import login
from apps.credentials.models import Client, Granted, SpentCode
from apps.credentials.oauth1 import authentication as oauth1
from apps.credentials.oauth2 import clients, token_failures
from apps.credentials.oauth2.grant_checks import (
    claims,
    fault_of_code,
    fault_of_refresh,
    granted_scopes,
    only_redirect,
)
from apps.credentials.oauth2.revocations import REMEMBERED, token_checksum
from apps.credentials.refusals import refusal_log
from hexostore import clock

CODE = "authorization_code"
REFRESHING = frozenset({CODE, "password", "refresh_token"})
"""The grants that let a client refresh its tokens."""

_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)  # RFC 7636, section 4.2
_HOUR = timedelta(hours=1)


class Validator(OAuth2Validator):  # type: ignore[misc]
    """Made for one request, `asked`.

    `client` is the one that sent a person here. `reason` is why we refused the request, unless the
    library refused it. `retry_after` are the seconds to wait after a 429.
    """

    def __init__(self, asked: HttpRequest) -> None:
        self.asked = asked
        self.client: Client | None = None
        self.reason: Reason | None = None
        self.retry_after: int | None = None

    def refusal(
        self,
        kind: type[errors.OAuth2Error],
        reason: Reason,
        request: Any,
        status: int = 0,
        **shown: Any,
    ) -> errors.OAuth2Error:
        """Return the error to raise, its reason noted, with what is `shown` (`record_refusal`)."""
        self.reason = reason
        client = getattr(request, "client", None)
        refusal_log.record_refusal(
            self.asked, reason, client=client, user=getattr(request, "user", None), **shown
        )
        return kind(reason.told.sentence, status_code=status or None, request=request)

    # The client

    def client_authentication_required(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Return True: every client has a secret."""
        return True

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Return whether the client proves itself, uses OAuth 2, and may use the requested
        grant."""
        header = self.asked.headers.get("Authorization", "")
        proof = clients.prove_client(header, request.client_id, request.client_secret)
        request.client = proof.client
        if proof.reason is Reason.REQUEST_MALFORMED:
            raise self.refusal(errors.InvalidRequestError, proof.reason, request)
        if proof.reason is not None:
            status = 401 if proof.basic else 400
            raise self.refusal(errors.InvalidClientError, proof.reason, request, status)
        request.client_id = request.client.client_id
        self._check_client(request)
        return True

    def _check_client(self, request: Any) -> None:
        if not request.client.is_usable(request):
            raise self.refusal(errors.UnauthorizedClientError, Reason.CLIENT_NOT_OAUTH2, request)
        if not self._may_use(request.client, request.grant_type):
            raise self.refusal(errors.UnauthorizedClientError, Reason.GRANT_NOT_ALLOWED, request)
        if not request.client.user.is_active:
            raise self.refusal(errors.UnauthorizedClientError, Reason.INACTIVE_USER, request)
        token_failures.raise_forced(self, request.client, request)

    @staticmethod
    def _may_use(client: Client, grant: str | None) -> bool:
        if grant == "refresh_token":
            return not REFRESHING.isdisjoint(client.grants())
        return grant is None or grant in client.grants()

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Client, request: Any, *a: Any, **k: Any
    ) -> bool:
        """Return True: this is checked as soon as the client is known."""
        return True

    def validate_client_id(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> bool:
        """Return the client that sends people to the authorization endpoint."""
        request.client = self.client = clients.find_client(client_id)
        if request.client is None:
            raise self.refusal(errors.InvalidClientIdError, Reason.UNKNOWN_CLIENT, request)
        if not request.client.is_usable(request):
            raise self.refusal(errors.InvalidClientIdError, Reason.CLIENT_NOT_OAUTH2, request)
        return True

    def validate_response_type(
        self, client_id: str, response_type: str, client: Client, request: Any, *a: Any, **k: Any
    ) -> bool:
        """Return whether it is `code` or `token` and the client may use the grant that belongs to
        it."""
        grant = {"code": CODE, "token": "implicit"}.get(response_type)
        if grant is None:
            kind = errors.UnsupportedResponseTypeError
            raise self.refusal(kind, Reason.GRANT_UNSUPPORTED, request)
        if grant not in client.grants():
            raise self.refusal(errors.UnauthorizedClientError, Reason.GRANT_NOT_ALLOWED, request)
        if request.code_challenge and not _CHALLENGE.fullmatch(request.code_challenge):
            raise errors.InvalidRequestError("The code_challenge is malformed.", request=request)
        return True

    # Redirects and scopes

    def validate_redirect_uri(
        self, client_id: str, redirect_uri: str, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Return whether people may be sent there."""
        if request.client.redirect_uri_allowed(redirect_uri):
            return True
        uris: dict[str, Any] = {
            "received": refusal_log.shorten_text(redirect_uri),
            "expected": refusal_log.shorten_text(request.client.redirect_uris, 2000).split(),
        }
        kind = errors.MismatchingRedirectURIError
        raise self.refusal(kind, Reason.REDIRECT_MISMATCH, request, **uris)

    def get_default_redirect_uri(
        self, client_id: str, request: Any, *args: Any, **kwargs: Any
    ) -> str | None:
        """Return the registered URI if there is exactly one (RFC 6749, section 3.1.2.3)."""
        return only_redirect(request.client)

    def confirm_redirect_uri(self, *args: Any, **kwargs: Any) -> bool:
        """Return True: this is compared together with the code."""
        return True

    def get_default_scopes(
        self, client_id: str, request: Any, *args: Any, **kwargs: Any
    ) -> list[str]:
        """Return the scopes that the client usually requests."""
        return list(scopes.default_scopes(request.client))

    def validate_scopes(
        self, client_id: str, wanted: list[str], client: Client, request: Any, *a: Any, **k: Any
    ) -> bool:
        """Return whether the scopes are realms of the client; each is kept once."""
        request.scopes = list(dict.fromkeys(wanted))
        if not scopes.allowed_scopes(client).issuperset(wanted):
            raise self.refusal(errors.InvalidScopeError, Reason.SCOPE_NOT_ALLOWED, request)
        return True

    # Codes

    def save_authorization_code(
        self, client_id: str, code: dict[str, str], request: Any, *args: Any, **kwargs: Any
    ) -> None:
        """Store a new code, and delete those that expired long ago."""
        grants, now = get_grant_model().objects, clock.now()
        grants.filter(expires__lt=now - _HOUR).delete()
        lifetime = timedelta(seconds=oauth2_settings.AUTHORIZATION_CODE_EXPIRE_SECONDS)
        grants.create(
            application=request.client,
            user=request.user,
            code=token_checksum(code["code"]),
            expires=now + lifetime,
            redirect_uri="" if request.using_default_redirect_uri else request.redirect_uri,
            scope=" ".join(request.scopes),
            code_challenge=request.code_challenge or "",
            code_challenge_method=request.code_challenge_method or "",
        )

    def validate_code(
        self, client_id: str, code: str, client: Client, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Return whether the code belongs to the client, is fresh, and comes with the same values
        as its request.

        The row stays locked until the tokens are issued. So of two simultaneous exchanges, the
        second finds the code used.
        """
        grants = get_grant_model().objects.select_for_update(of=("self",))
        found = grants.filter(code=token_checksum(code), application=client).first()
        if found is None:
            raise self.refusal(errors.InvalidGrantError, self._why_no_code(code, client), request)
        request.user, request.scopes = found.user, found.scope.split()
        reason = fault_of_code(found, request)
        if reason is Reason.CODE_REDIRECT_MISMATCH:
            uris = {
                "received": refusal_log.shorten_text(request.redirect_uri or ""),
                "expected": found.redirect_uri,
            }
            raise self.refusal(errors.InvalidGrantError, reason, request, **uris)
        if reason is not None:
            raise self.refusal(errors.InvalidGrantError, reason, request)
        return True

    @staticmethod
    def _why_no_code(code: str, client: Client) -> Reason:
        spent = SpentCode.objects.filter(checksum=token_checksum(code), client=client).first()
        if spent is None:
            return Reason.CODE_UNKNOWN
        get_refresh_token_model().revoke_family(spent.family)
        return Reason.CODE_USED

    def get_code_challenge(self, code: str, request: Any) -> None:
        """Do nothing: the verifier is checked together with the code."""

    def invalidate_authorization_code(
        self, client_id: str, code: str, request: Any, *args: Any, **kwargs: Any
    ) -> None:
        """Mark the code as used, and store which tokens it gave."""
        digest, now = token_checksum(code), clock.now()
        get_grant_model().objects.filter(code=digest).delete()
        SpentCode.objects.filter(spent__lt=now - REMEMBERED).delete()
        SpentCode.objects.create(
            checksum=digest, client=request.client, family=request.family, spent=now
        )

    # People

    def validate_user(
        self, username: str, password: str, client: Client, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Return whether this is the owner of the client (behaviour 4), with their password.

        Nobody else's password is checked, and the response does not reveal who exists.
        """
        user = login.find_person(username)
        if user is None or user.pk != client.user_id:
            raise self.refusal(errors.InvalidGrantError, Reason.NOT_THE_OWNER, request)
        _, reason = login.check_login(self.asked, username, password)
        if reason is Reason.TOO_MANY_LOGINS:
            self.retry_after = login_throttle.login_wait(self.asked, username) or 1
            raise self.refusal(errors.TemporarilyUnavailableError, reason, request, 429)
        if reason is not None:
            raise self.refusal(errors.InvalidGrantError, reason, request)
        request.user = user
        return True

    # Tokens

    def validate_refresh_token(
        self, refresh_token: str, client: Client, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Return whether the token belongs to the client and was never used; revoke the family of a
        used one.

        It can be a token of OAuth 1, with its secret after a colon. The row stays locked until the
        new tokens are issued. So of two simultaneous refreshes, the second finds the token used.
        """
        moving = oauth1.exchange_token(refresh_token, client) if ":" in refresh_token else None
        if moving is not None:
            request.user, request.moving = moving.user, moving
            return True
        rows = get_refresh_token_model().objects.select_for_update(of=("self",))
        mine = rows.filter(token_checksum=token_checksum(refresh_token), application=client)
        found = mine.order_by(F("revoked").desc(nulls_first=True)).first()
        reason = fault_of_refresh(found)
        if reason is not None:
            raise self.refusal(errors.InvalidGrantError, reason, request)
        request.user, request.refresh_token_instance = found.user, found
        return True

    def get_original_scopes(
        self, refresh_token: str, request: Any, *args: Any, **kwargs: Any
    ) -> list[str]:
        """Return what was granted, without the realms that the client has lost since."""
        moving = getattr(request, "moving", None)
        granted = (
            moving.realms if moving else granted_scopes(request.refresh_token_instance)
        ).split()
        request.granted = " ".join(granted)
        left = scopes.allowed_scopes(request.client)
        if left.isdisjoint(granted):
            raise self.refusal(errors.InvalidScopeError, Reason.SCOPE_NOT_ALLOWED, request)
        return [scope for scope in granted if scope in left]

    def _create_access_token(
        self, expires: Any, request: Any, token: Any, source_refresh_token: Any = None
    ) -> Any:
        """Return the row of a new token, which expires by the server's clock.

        A token that nobody consented to has no user, and acts for the owner of its client.
        """
        ends = clock.now() + timedelta(seconds=token["expires_in"])
        return super()._create_access_token(ends, request, token, source_refresh_token)

    def _create_refresh_token(
        self, request: Any, refresh_token_code: str, access_token: Any, previous: Any
    ) -> Any:
        row = super()._create_refresh_token(request, refresh_token_code, access_token, previous)
        request.family = row.token_family
        granted = getattr(request, "granted", access_token.scope)
        if granted != access_token.scope:
            Granted.objects.create(refresh_token=row, scopes=granted)
        moving = getattr(request, "moving", None)
        if moving is not None:
            moving.revoked = clock.now()
            moving.save(update_fields=["revoked"])
        return row

    def introspect_token(
        self, token: str, token_type_hint: str | None, request: Any, *args: Any, **kwargs: Any
    ) -> dict[str, Any] | None:
        """Return a description of the client's own token (RFC 7662, section 2.2); None for any
        other."""
        mine = {"token_checksum": token_checksum(token), "application": request.client}
        access = get_access_token_model().objects.filter(**mine).first()
        if access is not None:
            return claims(access, access) if access.expires > clock.now() else None
        row = get_refresh_token_model().objects.filter(**mine, revoked=None).first()
        return None if fault_of_refresh(row) else claims(row, row.access_token)
