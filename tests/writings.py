"""Which statements are written, of those whose text is kept."""

from __future__ import annotations

from typing import Any

import pytest

from apps.api import kept_statements
from apps.api.shelves import BoundedCache


@pytest.fixture
def writings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts of the statements that are written, of which none is kept before."""
    written: list[str] = []
    write = kept_statements.write_statement

    def listen(selected: Any) -> kept_statements.Statement:
        statement = write(selected)
        written.append(statement.text)
        return statement

    monkeypatch.setattr(kept_statements, "_kept", BoundedCache(kept_statements.MOST))
    monkeypatch.setattr(kept_statements, "write_statement", listen)
    return written
