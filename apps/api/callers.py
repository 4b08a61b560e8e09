"""Who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from apps.api.kept_statements import Blank


class Caller(Protocol):
    """Whose rights decide what a request sees and changes: a user, or who stands in for one.

    In the text of a statement that is kept, the key of the caller is a blank.
    """

    @property
    def pk(self) -> int | Blank:
        """The key of the user."""

    @property
    def is_staff(self) -> bool:
        """Whether all rows are seen and may be changed."""
