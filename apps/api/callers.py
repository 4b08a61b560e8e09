"""Who asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from django.db.models.expressions import Combinable


class Caller(Protocol):
    """Whose rights decide what a request sees and changes: a user, or who stands in for one.

    In the text of a statement that is kept, the key of the caller is a blank.
    """

    @property
    def pk(self) -> int | Combinable:
        """The key of the user."""

    @property
    def is_staff(self) -> bool:
        """Whether all rows are seen and may be changed."""


@dataclass(frozen=True)
class Stranger:
    """Somebody who did not log in: nothing is theirs."""

    pk: int = -1
    is_staff: bool = False


STRANGER = Stranger()
