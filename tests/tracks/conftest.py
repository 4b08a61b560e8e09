"""The people of these tests."""

from __future__ import annotations

from tests.people import cast, friend, outsider, owner, staff

__all__ = ["cast", "friend", "outsider", "owner", "staff"]
