"""Replacements for what is personal in rows."""

from __future__ import annotations

from typing import Any

SCRUBBED = frozenset(
    {
        *("address", "city", "country", "phone", "zip", "email", "username", "password"),
        *("first_name", "last_name", "name", "title", "date_of_birth", "foreign_user_id"),
        *("annotation", "comment", "description", "info", "note", "text"),
        *("application_metadata", "metadata", "secret", "token"),
        *("bt_addr", "bt_info", "dev_id", "mcu_info", "purchase_order", "soft_uid"),
    }
)
"""The fields that are replaced in rows of people: names, addresses, birth dates, tokens, free
texts, and numbers that stand on somebody's device."""

BIRTH = "1970-01-01"


class Scrubbing:
    """Replaces values. The same value of a field has the same replacement everywhere."""

    def __init__(self, more: frozenset[str] = frozenset()) -> None:
        self._fields = SCRUBBED | more
        self._numbers: dict[str, dict[str, int]] = {}

    def replace(self, resource: str, name: str, value: Any) -> Any:
        """Return what stands in place of a value of a field, or in an object the same with its
        members replaced."""
        if name in self._fields and value not in (None, ""):
            return self._replacement(resource, name, value)
        if isinstance(value, dict):
            return {key: self.replace(resource, key, each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.replace(resource, name, each) for each in value]
        return value

    def _replacement(self, resource: str, name: str, value: Any) -> Any:
        if name == "date_of_birth":
            return BIRTH
        if isinstance(value, bool):
            return False
        if isinstance(value, int | float):
            return type(value)(self._number(f"{resource} {name}", value))
        if not isinstance(value, str):
            return type(value)()
        if name in {"email", "username"}:
            return f"person{self._number('person', value)}@example.com"
        return f"{resource} {name} {self._number(f'{resource} {name}', value)}"

    def _number(self, kind: str, value: object) -> int:
        known = self._numbers.setdefault(kind, {})
        return known.setdefault(repr(value), len(known) + 1)
