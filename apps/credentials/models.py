"""The keys with which programs identify themselves."""

from __future__ import annotations

from django.conf import settings
from django.db import models


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
