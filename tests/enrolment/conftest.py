"""The study that most of these tests are about."""

import pytest

from tests.enrolment.cast import StudyCast, begin_study


@pytest.fixture
def cast(db: None) -> StudyCast:
    return begin_study()
