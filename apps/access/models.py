"""Which data users share: bundles of rights that one user grants to another."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models

from apps.api.columns import CreatedAt

READ, PROFILE, WRITE = "read", "profile", "write"
"""The words in a bundle's `rights`: see what a user recorded and made, see their body and fitness,
and change what one sees."""


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
    name = models.CharField(max_length=100, null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user_allowed", "user_target", "bundle"], name="one_grant_per_bundle"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_allowed_id} sees {self.user_target_id}"

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """End the grant. Users who then no longer let the other read anything also leave the
        other's teams.

        The row of the user is locked, so that meanwhile no other grant of theirs ends and no team
        adds them.
        """
        lock_people([self.user_target_id])
        deleted = super().delete(*args, **kwargs)
        sides = {"user_allowed": self.user_allowed_id, "user_target": self.user_target_id}
        if not BundlePermission.objects.filter(**sides, bundle__rights__contains=READ).exists():
            memberships = Team.members.through._default_manager
            memberships.filter(team__owner=self.user_allowed_id, user=self.user_target_id).delete()
        return deleted


class BundlePermissionRequest(models.Model):
    """`asked_by` asks `user_target` to grant `bundle` to `user_allowed`; open as long as its
    one-time token is good. The mail leads to `redeem_url`, or to this server where that is null."""

    bundle = models.ForeignKey(Bundle, models.CASCADE)
    user_allowed = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="requests_to_hold"
    )
    user_target = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="requests_to_grant"
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="requests_made"
    )
    redeem_url = models.CharField(max_length=500, null=True, blank=True)
    one_time_token = models.OneToOneField("credentials.OneTimeToken", models.CASCADE)
    ttl: timedelta
    """How long the token of a new request is to be valid, where its maker says so; no column."""

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.user_allowed_id} asks {self.user_target_id}"


def lock_people(keys: Collection[int]) -> None:
    """Lock users, so that their grants and teams are changed by one request at a time."""
    people = get_user_model()._default_manager.filter(pk__in=keys).order_by("pk")
    list(people.select_for_update(no_key=True).values_list("pk"))


class Team(models.Model):
    """People whose data the `owner` reads. They do not see each other."""

    name = models.CharField(max_length=100)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="teams_owned")
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="teams_joined"
    )

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["name", "id"], name="team_name")]

    def __str__(self) -> str:
        return self.name


class ShareType(models.Model):
    """A kind of object that can be shared; `name` is that of its resource."""

    name = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class Share(models.Model):
    """Lets everybody who has the token see one object that `user` may see."""

    sharetype = models.ForeignKey(ShareType, models.PROTECT)
    object_id = models.BigIntegerField()
    token = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="shares")
    created = CreatedAt()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.sharetype_id} {self.object_id}"
