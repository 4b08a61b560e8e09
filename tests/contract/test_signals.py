"""The data endpoints, which have lists that are no rows; tests/signals has what they answer."""

from __future__ import annotations

from apps.signals import endpoints
from tests.contract.documents import DocumentContract


class TestData(DocumentContract):
    name = "data"


for _name in endpoints.DATATYPES:
    _class = f"Test{_name.title()}"
    _members = {"name": _name, "like": "data", "__module__": __name__}
    globals()[_class] = type(_class, (DocumentContract,), _members)
