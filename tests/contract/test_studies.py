"""The resources of studies that are no rows; tests/studies has what they answer."""

from tests.contract.documents import DocumentContract


class TestCalendar(DocumentContract):
    name = "calendar"
