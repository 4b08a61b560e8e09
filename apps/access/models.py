"""Who lets whom see what: bundles of rights granted from one user to another."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Bundle(models.Model):
    """A named set of rights, such as coach or friend; the rights are data."""

    name = models.CharField(max_length=100, unique=True)
    rights = models.JSONField(default=list)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class BundlePermission(models.Model):
    """`user_allowed` holds the rights of `bundle` on what belongs to `user_target`."""

    bundle = models.ForeignKey(Bundle, models.CASCADE, related_name="permissions")
    user_allowed = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="permissions_held"
    )
    user_target = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="permissions_granted"
    )
    name = models.CharField(max_length=100, blank=True, default="")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user_allowed", "user_target", "bundle"], name="one_grant_per_bundle"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_allowed_id} sees {self.user_target_id}"
