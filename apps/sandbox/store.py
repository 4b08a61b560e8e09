"""What the store was begun with."""

from apps.sandbox.models import Store


def current() -> Store | None:
    """The store's own row, or None before the first seed."""
    return Store.objects.first()


def seeded() -> bool:
    """Whether the first seed is complete."""
    return Store.objects.exists()
