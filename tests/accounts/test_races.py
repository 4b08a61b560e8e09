"""Accounts that are made at the same time."""

from __future__ import annotations

from functools import partial

import pytest

from apps.accounts.models import User
from tests.accounts.loops import GOOD
from tests.people import Caller, new_user
from tests.races import meet, unsaved


@pytest.mark.django_db(transaction=True)
def test_an_address_has_one_account_in_any_case_of_letters(owner: Caller) -> None:
    User.objects.filter(pk=owner.user.pk).update(is_staff=True)
    addresses = "new@example.com", "New@Example.com"
    posts = [
        partial(owner.post, "/api/createuser/", {"email": address, "password": GOOD})
        for address in addresses
    ]
    answers = meet(*posts, at=partial(unsaved, new_user("new")))
    assert sorted(answer.status_code for answer in answers) == [201, 400]
    assert User.objects.filter(email__iexact=addresses[0]).count() == 1
