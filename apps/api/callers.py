"""The user on whose behalf a request is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from django.db.models.expressions import Combinable


class Caller(Protocol):
    """The user, or stand-in, whose rights decide what a request sees and changes.

    In the text of a kept statement, the key of the caller is a placeholder.
    """

    @property
    def pk(self) -> int | Combinable:
        """The key of the user."""

    @property
    def is_staff(self) -> bool:
        """Whether the caller sees all rows and may change them."""


@dataclass(frozen=True)
class Stranger:
    """A caller who did not log in. Nothing belongs to them."""

    pk: int = -1
    is_staff: bool = False


STRANGER = Stranger()
