"""What a store is, remembered in the store itself, and the mail that it would have sent."""

from django.db import models

from apps.api.columns import CreatedAt


class Store(models.Model):
    """One row, written when the first seed is complete.

    `digest` is that of the files which the store was last brought up to date with, and
    `catalogue` has the keys of the rows that came from them, by resource; both are empty in a
    store that no newer version has seen yet. `logins` tells by digests which hashes are those of
    the passwords that the demo world prints.
    """

    class Seed(models.TextChoices):
        """What the store began with."""

        DEMO = "demo"
        CATALOGUE = "catalogue"
        EMPTY = "empty"

    class Conventions(models.TextChoices):
        """In which forms the store answers: as the documents print them, or stock Tastypie's."""

        HEXOSKIN = "hexoskin"
        TASTYPIE = "tastypie"

    seed = models.CharField(max_length=16, choices=Seed)
    conventions = models.CharField(max_length=16, choices=Conventions)
    created = CreatedAt()
    digest = models.CharField(max_length=64, blank=True, default="")
    catalogue = models.JSONField(blank=True, default=dict)
    logins = models.JSONField(blank=True, default=dict)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_store")]

    def __str__(self) -> str:
        return f"{self.seed} store, {self.conventions} conventions"


class Mail(models.Model):
    """A mail as one of its recipients would have got it; `links` are the URLs in its text."""

    to = models.TextField()
    sender = models.TextField()
    subject = models.TextField()
    body = models.TextField()
    links = models.JSONField(default=list)
    created = CreatedAt()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.subject} to {self.to}"
