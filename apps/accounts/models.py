"""People: the user who logs in and the profile that describes the body."""

from __future__ import annotations

import json

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from apps.api.columns import CreatedAt


class User(AbstractUser):
    """A person. `username` holds the e-mail address, as on the real service.

    Subjects of studies are named by their study, and may have no address: then `email` is empty.
    """

    username = models.CharField(max_length=254, unique=True)
    email = models.EmailField(max_length=254, blank=True, default="")
    date_joined = CreatedAt()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"), condition=~Q(email=""), name="one_user_per_email"
            ),
            models.UniqueConstraint(Lower("username"), name="one_user_per_username"),
        ]
        indexes = [models.Index(fields=["email", "id"], name="user_email_order")]

    @property
    def called(self) -> str:
        """What people are told of a user: the address, or the name if there is none."""
        return self.email or self.username

    def get_session_auth_hash(self) -> str:
        """Return what a session of the pages depends on.

        It ends when the password or the address changes.
        """
        bound = json.dumps([self.password, self.email])
        return salted_hmac("apps.accounts.session", bound, algorithm="sha256").hexdigest()


class Profile(models.Model):
    """What the algorithms need to know about a user; exactly one for each."""

    user = models.OneToOneField(User, models.CASCADE, related_name="profile")
    date_of_birth = models.DateField(null=True, blank=True)
    gender = models.CharField(max_length=1, blank=True, default="")
    unit_system = models.CharField(max_length=16, default="metric")
    preferences = models.JSONField(null=True, blank=True)
    fitness = models.JSONField(null=True, blank=True)
    zones = models.JSONField(null=True, blank=True)
    height = models.FloatField(null=True, blank=True)
    weight = models.FloatField(null=True, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"profile {self.pk}"
