"""The keys with which programs identify themselves."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from apps.api.columns import CreatedAt


class Client(models.Model):
    """A developer's access: the public `client_id` and the `secret` that signs requests.

    The secret is stored as text because the signature scheme hashes it (seed 002, "API Key
    identification").
    """

    client_id = models.CharField(max_length=100, unique=True)
    secret = models.CharField(max_length=100)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="clients")
    name = models.CharField(max_length=100, blank=True, default="")
    status = models.CharField(max_length=16, default="apikey")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.client_id


class Ticket(models.Model):
    """A single-use token that expires; apps/credentials/tickets.py issues and redeems them.

    Only the hexadecimal SHA-256 of the token is stored: `token` is set on a ticket just issued.
    `user` and `email` say whom it concerns, `payload` what redeeming it does.
    """

    kind = models.CharField(max_length=32)
    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="tickets"
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
