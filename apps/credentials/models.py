"""The programs that use the API, what they may do, and the tokens they hold.

Tokens and grants of OAuth2 are django-oauth-toolkit's own tables (app `oauth2_provider`), with
`Client` as their application.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.base import DEFERRED
from oauth2_provider.models import AbstractApplication

from apps.api.columns import CreatedAt
from apps.credentials import keys, redirects
from hexostore import clock

LONGEST_SECRET = 100


class Realm(models.Model):
    """How far a client may reach: one row for each scope, made by apps/credentials/realms.py."""

    name = models.CharField(max_length=32, unique=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class Client(AbstractApplication, models.Model):  # type: ignore[misc]
    """A developer's access: the public `client_id` and the `secret` that signs requests.

    `status` decides by which scheme it is used (API reference, API keys and OAuth requests). The
    secret is stored as text because the signature schemes hash it. `grant_type` names the grants
    of OAuth2 that the client may use, separated by blanks, and none is nothing; a refresh follows
    from those that issue a refresh token. `response_type` is kept and shown, but decides nothing.
    `redirect_uris` are separated by blanks or lines. `forced_failure` names a failure
    (refusals/forced_failures.py).
    """

    class Status(models.TextChoices):
        """The scheme that a client uses."""

        APIKEY = "apikey"
        OAUTH1 = "oauth1"
        OAUTH2 = "oauth2"

    client_id = models.CharField(max_length=100, unique=True, default=keys.new_key)
    client_secret = models.CharField(
        max_length=LONGEST_SECRET, default=keys.new_secret, db_column="secret"
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="clients")
    name = models.CharField(max_length=100, blank=True, default="")
    status = models.CharField(max_length=16, choices=Status, default=Status.APIKEY)
    grant_type = models.CharField(max_length=200, blank=True, default="")
    response_type = models.CharField(max_length=100, blank=True, default="")
    redirect_uris = models.TextField(blank=True, default="")
    realms = models.ManyToManyField(Realm, blank=True, related_name="clients")
    default_realm = models.ForeignKey(
        Realm, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    forced_failure = models.CharField(max_length=32, blank=True, default="")

    # These would be columns of the library, but every client here has the same values.
    client_type = AbstractApplication.CLIENT_CONFIDENTIAL
    authorization_grant_type = None
    hash_client_secret = False
    skip_authorization = False
    algorithm = AbstractApplication.NO_ALGORITHM
    post_logout_redirect_uris = ""
    allowed_origins = ""
    registration_source = AbstractApplication.RegistrationSource.MANUAL
    cimd_expires_at = None
    created = None
    updated = None

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=~models.Q(name=""), name="client_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.client_id

    @classmethod
    def of_row(cls, owner: Any, **columns: Any) -> Client:
        """Return a client made from some columns of its row; the others are read when they are
        needed.

        `owner` is its user, if known.
        """
        client = cls(**{field.attname: DEFERRED for field in cls._meta.concrete_fields} | columns)
        client._state.adding, client._state.db = False, "default"
        if owner is not None:
            client.user = owner
        return client

    @property
    def secret(self) -> str:
        """The secret, under the name that documents and seeds use."""
        return str(self.client_secret)

    def grants(self) -> frozenset[str]:
        """Return the grants that the client may use, in the spelling of RFC 6749."""
        return frozenset(self.grant_type.split())

    def allows_grant_type(self, *grant_types: str) -> bool:
        """Return whether the client may use one of the grants, which the library spells with
        hyphens."""
        named = {each.replace("-", "_") for each in grant_types}
        return not self.grants().isdisjoint(named)

    def redirect_uri_allowed(self, uri: str) -> bool:
        """Return whether people may be sent back to `uri`."""
        return redirects.is_registered(uri, self.redirect_uris.split())

    def get_allowed_schemes(self) -> list[str]:
        """Return the schemes of the URIs that people may be sent back to."""
        return redirects.schemes_of(self.redirect_uris.split())

    def is_usable(self, request: Any) -> bool:
        """Return whether OAuth2 is the client's scheme."""
        return bool(self.status == self.Status.OAUTH2)


class ForcedFailure(models.Model):
    """A failure that is forced for everything a user sends (refusals/forced_failures.py)."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="forced_failure",
    )
    failure = models.CharField(max_length=32)

    def __str__(self) -> str:
        return f"{self.failure} for {self.user_id}"


class RevokedToken(models.Model):
    """The checksum of a revoked token, kept so that a refusal can say so
    (oauth2/revocations.py)."""

    checksum = models.CharField(max_length=64, unique=True)
    revoked = CreatedAt(db_index=True)

    def __str__(self) -> str:
        return f"revoked {self.pk}"


class OAuth1RequestToken(models.Model):
    """The temporary credentials of RFC 5849, section 2.1.

    `user` and `verifier` are set once the resource owner has agreed; `realms` are names
    separated by blanks.
    """

    token = models.CharField(max_length=64, unique=True)
    secret = models.CharField(max_length=LONGEST_SECRET)
    client = models.ForeignKey(Client, models.CASCADE)
    callback_uri = models.TextField()
    realms = models.CharField(max_length=100, blank=True, default="")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True)
    verifier = models.CharField(max_length=64, blank=True, default="")
    created = CreatedAt()
    expires = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"request token {self.pk}"


class OAuth1Token(models.Model):
    """The token credentials of RFC 5849, section 2.3; `realms` are names separated by blanks.

    A row with `revoked` is kept so that a refusal can say why. Null in `expires` means never.
    """

    token = models.CharField(max_length=64, unique=True)
    secret = models.CharField(max_length=LONGEST_SECRET)
    client = models.ForeignKey(Client, models.CASCADE, db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False)
    realms = models.CharField(max_length=100, blank=True, default="")
    created = CreatedAt()
    expires = models.DateTimeField(null=True, blank=True)
    revoked = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["client", "id"], name="oauth1token_client"),
            models.Index(fields=["user", "id"], name="oauth1token_user"),
        ]

    def __str__(self) -> str:
        return f"token {self.pk}"

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Revoke the token; the row stays. It is deleted only together with its user or client."""
        self.revoked = clock.now()
        self.save(update_fields=["revoked"])
        return 0, {}


class OAuth1Nonce(models.Model):
    """A used nonce: once per client, token and second (RFC 5849, section 3.3)."""

    client_id = models.CharField(max_length=100)
    token = models.CharField(max_length=64, blank=True, default="")
    timestamp = models.BigIntegerField(db_index=True)
    nonce = models.CharField(max_length=100)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client_id", "token", "timestamp", "nonce"], name="oauth1_nonce_once"
            )
        ]

    def __str__(self) -> str:
        return f"nonce {self.pk}"


class Refusal(models.Model):
    """A request that was refused, and why; refusals/refusal_log.py keeps the newest.

    `user` and `client` are names, not links: nobody has to exist to be refused.
    """

    time = CreatedAt()
    method = models.CharField(max_length=16)
    path = models.CharField(max_length=1000)
    status = models.IntegerField()
    scheme = models.CharField(max_length=16, blank=True, default="")
    reason = models.CharField(max_length=64)
    user = models.CharField(max_length=254, blank=True, default="")
    client = models.CharField(max_length=100, blank=True, default="")
    shown = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.reason}: {self.method} {self.path}"


class RateCounter(models.Model):
    """How often something happened until its window ends, in Unix seconds.

    apps/credentials/rate_limits/rate_counters.py counts.
    """

    name = models.CharField(max_length=100, primary_key=True)
    ends = models.FloatField(db_index=True)
    count = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.name}: {self.count}"


class OneTimeToken(models.Model):
    """A token that is valid once and expires; one_time_tokens.py issues and redeems it.

    Only the hexadecimal SHA-256 of its text is stored: `token` is set just after it was issued.
    `user` and `email` say whom it concerns, `payload` what redeeming it does.
    """

    kind = models.CharField(max_length=32)
    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="one_time_tokens",
    )
    email = models.CharField(max_length=254, blank=True, default="")
    payload = models.JSONField(null=True, blank=True)
    created = CreatedAt()
    expires = models.DateTimeField()
    redeemed = models.DateTimeField(null=True, blank=True)

    token = ""

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Consent(models.Model):
    """What a user allowed a client; `scopes` are names separated by blanks
    (consent/decisions.py)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="consents")
    client = models.ForeignKey(Client, models.CASCADE, related_name="consents")
    scopes = models.CharField(max_length=100)
    given = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "client"], name="consent_once_per_client")
        ]

    def __str__(self) -> str:
        return f"consent {self.pk}"


class SpentCode(models.Model):
    """A used authorization code, and the family of the tokens that it gave.

    These are revoked when somebody sends the code again (RFC 6749, section 4.1.2).
    """

    checksum = models.CharField(max_length=64, unique=True)
    client = models.ForeignKey(Client, models.CASCADE)
    family = models.UUIDField()
    spent = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"spent code {self.pk}"


class Granted(models.Model):
    """The scope of a refresh token, if its access token has less.

    A refresh may ask for less once and for everything the next time (RFC 6749, section 6).
    """

    refresh_token = models.OneToOneField(
        "oauth2_provider.RefreshToken",
        models.CASCADE,
        primary_key=True,
        related_name="granted",
    )
    scopes = models.CharField(max_length=100)

    def __str__(self) -> str:
        return f"granted {self.pk}"
