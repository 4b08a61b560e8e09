"""What a store is, remembered in the store itself, and the mail that it would have sent."""

from django.db import models

from apps.api.columns import CreatedAt


class Store(models.Model):
    """One row, written when the first seed is complete.

    `digest` is that of the files of the last update, and `catalogue` has the keys of the rows that
    came from them, by resource. Both are empty in a store that no newer version has used yet.
    `logins` has digests that tell which hashes belong to the printed passwords of the demo world.
    """

    class Seed(models.TextChoices):
        """The seed of the store."""

        DEMO = "demo"
        CATALOGUE = "catalogue"
        EMPTY = "empty"

    class Conventions(models.TextChoices):
        """The forms of the store's responses: as in the documents, or stock Tastypie's."""

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
    """A mail as one of its recipients would have received it. `links` are the URLs in its text."""

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
