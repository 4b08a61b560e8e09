"""What the store was begun with, and the beginning itself."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.accounts.models import User
from apps.sandbox import ready_made, seeds, tables
from apps.sandbox.models import Store
from apps.sandbox.seed_rows import SeedTable

FIXTURES: Path = settings.BASE_DIR / "fixtures"

_CATALOGUE = "catalog"
_FOLDERS = {
    Store.Seed.DEMO: [_CATALOGUE, "demo"],
    Store.Seed.CATALOGUE: [_CATALOGUE],
    Store.Seed.EMPTY: [],
}


class StoreError(Exception):
    """The store is not the requested one. The text says what it is and what to do."""


def current() -> Store | None:
    """Return the store's own row, or None before the first seed."""
    return Store.objects.first()


def require_begun() -> Store:
    """Return the store's own row.

    Raise StoreError if there is no store yet, if an earlier version made it and it was not
    upgraded, or if a newer version has used it.
    """
    require_known()
    begun = None if tables.missing_migrations() else current()
    if begun is None and not tables.hold_store():
        raise StoreError(_none_yet())
    if begun is None or not is_current(begun):
        raise StoreError(
            "This store is of an earlier version. Upgrade it with: hexostore upgrade, or serve"
        )
    return begun


def _none_yet() -> str:
    there = f"There is no store in {settings.HEXOSTORE_HOME} yet"
    if tables.any_applied():
        return f"{there}: its first start did not finish. Finish it with: hexostore serve"
    return f"{there}. Create one with: hexostore serve"


def require_known() -> None:
    """Raise StoreError if a newer version has used the store."""
    refuse_newer(tables.unknown_migrations())


def refuse_newer(ahead: list[str]) -> None:
    """Raise StoreError if migrations were applied that this version does not know."""
    if ahead:
        raise StoreError(
            f"This store was upgraded by a newer version of Hexostore, which applied {ahead[0]}. "
            "Use that version, or another HEXOSTORE_HOME."
        )


def is_current(begun: Store) -> bool:
    """Return whether the store has been updated to the rows of this version."""
    return begun.digest == digest_fixtures(begun.seed)


@cache
def digest_fixtures(seed: str) -> str:
    """Return a digest of the files that a store of that kind begins with. It differs between
    versions."""
    digest = hashlib.sha256()
    for folder in _FOLDERS[Store.Seed(seed)]:
        for file in sorted((FIXTURES / folder).glob("*.json")):
            digest.update(f"{file.name}\n".encode() + file.read_bytes())
    return digest.hexdigest()


def read_catalogue(seed: str) -> dict[str, Any]:
    """Return the rows of the catalogue in a store of that kind. An empty store has none."""
    has_one = _CATALOGUE in _FOLDERS[Store.Seed(seed)]
    return seeds.read_all(FIXTURES / _CATALOGUE) if has_one else {}


def begin_store(seed: str, conventions: str | None, progress: seeds.Progress) -> Store:
    """Fill an empty store: everything or, if that fails, nothing.

    Without `conventions`, a store begun empty follows stock Tastypie, and any other the documents.
    """
    from apps.sandbox import demo  # and with it the simulator, which later starts go without

    usual = Store.Conventions.TASTYPIE if seed == Store.Seed.EMPTY else Store.Conventions.HEXOSKIN
    with transaction.atomic():
        if rows := read_fixtures(seed):
            seeds.load(rows, progress, make=ready_made.hash_password)
        if seed == Store.Seed.DEMO:
            demo.make_signals(progress)
        return Store.objects.create(
            id=1,
            seed=seed,
            conventions=conventions or usual.value,
            digest=digest_fixtures(seed),
            catalogue=_catalogue_keys(seed),
            logins=_password_digests(seed),
        )


def _catalogue_keys(seed: str) -> dict[str, list[Any]]:
    """Return the keys of the catalogue's rows just after they were loaded, when there are no
    others."""
    models = {name: SeedTable(name).model for name in read_catalogue(seed)}
    return {
        name: list(model._base_manager.values_list("pk", flat=True))
        for name, model in models.items()
    }


def _password_digests(seed: str) -> dict[str, str]:
    """Return digests of the demo world's password hashes just after they were loaded."""
    if seed != Store.Seed.DEMO:
        return {}
    people = [person["id"] for person in demo_people()]
    hashes = User.objects.filter(pk__in=people).values_list("pk", "password")
    return {str(key): password_mark(encoded) for key, encoded in hashes}


def password_mark(encoded: str) -> str:
    """Return a digest that identifies a hashed password."""
    return hashlib.sha256(encoded.encode()).hexdigest()[:32]


def read_fixtures(seed: str) -> dict[str, Any]:
    """Return the rows that a store of that kind begins with, as one seed."""
    merged: dict[str, Any] = {}
    for folder in _FOLDERS[Store.Seed(seed)]:
        for name, rows in seeds.read_all(FIXTURES / folder).items():
            merged[name] = {**merged.get(name, {}), **rows}
    return merged


def require_options(store: Store, seed: str | None, conventions: str | None) -> None:
    """Raise StoreError if the store was begun with other options than those requested now."""
    for what, asked, found in (
        ("seed", seed, store.seed),
        ("conventions", conventions, store.conventions),
    ):
        if asked not in (None, found):
            raise StoreError(
                f"This store was created with the {what} {found!r}, not {asked!r}. Start without "
                "that option, or choose another HEXOSTORE_HOME for a new store."
            )


def demo_logins() -> list[dict[str, str]]:
    """Return the logins of the demo world's people."""
    return [login_of(each) for each in demo_people()]


def login_of(person: Mapping[str, Any]) -> dict[str, str]:
    """Return what a person of the demo world logs in with: their e-mail address, or their user
    name if they have none, and their password."""
    return {"email": person["email"] or person["username"], "password": person["password"]}


def demo_people() -> list[Mapping[str, Any]]:
    """Return the people of the demo world, as their seed has them."""
    people: Mapping[str, Any] = seeds.read_all(FIXTURES / "demo").get("user", {})
    return list(people.values())


def demo_key() -> dict[str, str]:
    """Return the API key of the demo world's athlete, with its secret."""
    return _demo_client("athlete_key", "key")


def demo_oauth2() -> dict[str, str]:
    """Return the OAuth2 client of the demo world's athlete, which may use every grant."""
    return _demo_client("athlete_oauth2", "client_id")


def _demo_client(handle: str, name: str) -> dict[str, str]:
    """Return public key, under that name, and secret of a client of the demo world."""
    client: Mapping[str, str] = seeds.read_all(FIXTURES / "demo")["client"][handle]
    return {name: client["client_id"], "secret": client["secret"]}
