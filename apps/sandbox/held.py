"""Which printed logins, keys and records of the demo world a store still has."""

from __future__ import annotations

from django.contrib.auth.hashers import check_password

from apps.accounts.models import User
from apps.api.shelves import BoundedCache
from apps.credentials.models import Client
from apps.records.models import Record
from apps.sandbox import store
from apps.sandbox.models import Store

_wrong: BoundedCache[bool] = BoundedCache(256)
"""Which digests of hashes belong to another password than the printed one."""

EXAMPLE = 37700
"""The record that the examples request."""


def usable_logins(begun: Store) -> list[dict[str, str]]:
    """Return the logins of the people of the demo world who can still log in with them.

    Checking a password takes a third of a second. So the store remembers a correct one by the
    digest of its hash, and the process a wrong one. If the hash changes, it is checked again.
    """
    people = {person["id"]: person for person in store.demo_people()}
    held = {}
    for user in User.objects.filter(pk__in=people, is_active=True):
        person, mark = people[user.pk], store.password_mark(user.password)
        right = begun.logins.get(str(user.pk)) == mark or _is_right(user, person["password"], mark)
        if right and user.email == person["email"]:
            held[user.pk] = mark
    marks = {str(key): mark for key, mark in held.items()}
    if marks != begun.logins:
        begun.logins = marks
        begun.save(update_fields=["logins"])
    return [store.login_of(person) for key, person in people.items() if key in held]


def current_logins() -> list[dict[str, str]]:
    """Return the usable logins of the store that this context works in; none if it has no demo
    world."""
    begun = store.current()
    if begun is None or begun.seed != Store.Seed.DEMO:
        return []
    return usable_logins(begun)


def _is_right(user: User, password: str, mark: str) -> bool:
    if _wrong.get((user.pk, mark)):
        return False
    right = check_password(password, user.password)
    if not right:
        _wrong.put((user.pk, mark), value=True)
    return right


def usable_key() -> dict[str, str]:
    """Return the API key of the demo world's athlete with its secret; {} if it is gone."""
    found = store.demo_key()
    return found if _has_secret(found["key"], found["secret"]) else {}


def usable_oauth2_client() -> dict[str, str]:
    """Return the OAuth 2 client of the demo world's athlete; {} if it is gone."""
    found = store.demo_oauth2()
    return found if _has_secret(found["client_id"], found["secret"]) else {}


def _has_secret(client_id: str, secret: str) -> bool:
    return Client.objects.filter(
        client_id=client_id, client_secret=secret, forced_failure=""
    ).exists()


def has_example() -> bool:
    """Return whether the record exists that the examples request."""
    return Record.objects.filter(pk=EXAMPLE).exists()
