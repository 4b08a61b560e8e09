"""The study that most of these tests are about, and the outbox."""

import pytest
from pytest_django.fixtures import Settings

from tests.enrolment.cast import StudyCast, begin_study


@pytest.fixture(autouse=True)
def outbox(settings: Settings) -> None:
    """The backend of the sandbox, in whose place pytest-django puts one of its own."""
    settings.EMAIL_BACKEND = "apps.sandbox.outbox.Backend"


@pytest.fixture
def cast(db: None) -> StudyCast:
    return begin_study()
