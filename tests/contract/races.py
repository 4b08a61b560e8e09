"""Requests that come at the same time: nothing acknowledged is lost, and nothing comes back.

The tests commit, and the database is emptied after each of them; so there is one for each kind of
meeting, whatever the number of members.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from apps.api.fields import Text
from tests.contract.contract import empty, needs
from tests.contract.writing import WriteContract
from tests.people import Caller
from tests.races import locked, meet

commits = pytest.mark.django_db(transaction=True)


class RaceContract(WriteContract):
    """What two requests at once do to the same rows."""

    def two_changes(self, owner: Caller) -> list[dict[str, Any]]:
        """Two bodies with one member each, texts first, for they may change by themselves."""
        changes, fields = self.changes(owner.user), self.resource.fields
        names = sorted(changes, key=lambda name: (not isinstance(fields[name], Text), name))
        return [{name: changes[name]} for name in names[:2]]

    @commits
    @needs("patch", on="detail")
    def test_changes_of_different_members_are_both_kept(self, owner: Caller) -> None:
        row = self.make(owner.user)
        path, bodies = self.path(row), self.two_changes(owner)
        if len(bodies) < 2:
            pytest.skip("it has one member that may be changed")
        sends = [partial(owner.patch, path, body) for body in bodies]
        answers = meet(*sends, at=partial(locked, row))
        assert [answer.status_code for answer in answers] == [202, 202]
        found = self.read(owner, path)
        assert all(self.shows(found, body) for body in bodies)

    @commits
    @needs("delete", on="detail")
    def test_a_row_is_deleted_once_and_does_not_come_back(self, owner: Caller) -> None:
        row = self.make(owner.user)
        path = self.path(row)
        sends = [partial(owner.delete, path), partial(owner.delete, path)]
        if "patch" in self.resource.detail_methods:
            sends.append(partial(owner.patch, path, self.two_changes(owner)[0]))
        answers = meet(*sends, at=partial(locked, row))
        assert [answer.status_code for answer in answers] == [204, 404, 404][: len(sends)]
        empty(owner.get(path), 404)

    @commits
    @needs("patch")
    def test_lists_in_opposite_orders(self, owner: Caller) -> None:
        """Without an order of locks the first has its first row and the second its own, and each
        wants the other's as soon as the row in the middle is free."""
        first, middle, last = rows = [self.make(owner.user), *self.more(owner.user, 2)]
        name, value = next(iter(self.changes(owner.user).items()))
        bodies = [
            {"objects": [{"resource_uri": self.path(row), name: value} for row in order]}
            for order in ((first, middle, last), (last, middle, first))
        ]
        sends = [partial(owner.patch, self.list_path, body) for body in bodies]
        answers = meet(*sends, at=partial(locked, middle))
        assert [answer.status_code for answer in answers] == [202, 202]
        for answer, order in zip(answers, (rows, rows[::-1]), strict=True):
            uris = [found["resource_uri"] for found in answer.json()["objects"]]
            assert uris == [self.path(row) for row in order]
