"""A request whose transaction the database ended for the sake of another."""

from __future__ import annotations

from functools import partial

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, OperationalError

from apps.api import transactions
from apps.api.errors import Unavailable
from apps.records.models import Range
from tests.people import Caller
from tests.races import locked, meet

CONFLICTS = [
    (OperationalError, psycopg.errors.DeadlockDetected),
    (OperationalError, psycopg.errors.SerializationFailure),
    (IntegrityError, psycopg.errors.ForeignKeyViolation),
]


class Work:
    """What meets the given errors one after the other, and then succeeds."""

    def __init__(self, *errors: DatabaseError) -> None:
        self.errors = list(errors)

    def __call__(self) -> str:
        if self.errors:
            raise self.errors.pop(0)
        return "done"


def error(kind: type[DatabaseError], cause: type[psycopg.Error]) -> DatabaseError:
    """An error as Django makes it of one of psycopg's."""
    made = kind("process 1 waits")
    made.__cause__ = cause()
    return made


@pytest.mark.parametrize(("kind", "cause"), CONFLICTS)
def test_a_conflict_is_tried_once_more(
    db: None, kind: type[DatabaseError], cause: type[psycopg.Error]
) -> None:
    assert transactions.run_transaction(Work(error(kind, cause))) == "done"
    with pytest.raises(Unavailable) as caught:
        transactions.run_transaction(Work(error(kind, cause), error(kind, cause)))
    assert caught.value.headers["Retry-After"] == "1"


def test_other_errors_are_not(db: None) -> None:
    unique = error(IntegrityError, psycopg.errors.UniqueViolation)
    with pytest.raises(IntegrityError):
        transactions.run_transaction(Work(unique))
    with pytest.raises(IntegrityError):
        transactions.run_transaction(Work(error(*CONFLICTS[0]), unique))


@pytest.mark.django_db(transaction=True)
def test_a_link_to_a_row_that_is_deleted_meanwhile(owner: Caller) -> None:
    """The database looks at links when the transaction ends; done again, the row is missing."""
    parent = Range.objects.create(user=owner.user, start=1)
    uri = f"/api/range/{parent.pk}/"
    body = {"user": owner.user.pk, "start": 1, "parent": uri}
    sends = partial(owner.delete, uri), partial(owner.post, "/api/range/", body)
    gone, refused = meet(*sends, at=partial(locked, parent))
    assert (gone.status_code, refused.status_code) == (204, 400)
    assert "Could not find" in refused.json()["error"]
    assert not Range.objects.exists()
