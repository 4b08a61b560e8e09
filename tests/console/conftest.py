"""A person with a record of known samples."""

from tests.signals.conftest import athlete, datatypes, get, outsider, record

__all__ = ["athlete", "datatypes", "get", "outsider", "record"]
