"""What the store was begun with, and the beginning itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import ProgrammingError, transaction

from apps.sandbox import demo, seeds
from apps.sandbox.models import Store

FIXTURES: Path = settings.BASE_DIR / "fixtures"

_FOLDERS = {
    Store.Seed.DEMO: ["catalog", "demo"],
    Store.Seed.CATALOGUE: ["catalog"],
    Store.Seed.EMPTY: [],
}


class StoreError(Exception):
    """The store is not what was asked for; the text says what it is and what to do."""


def current() -> Store | None:
    """The store's own row, or None before the first seed."""
    return Store.objects.first()


def seeded() -> bool:
    """Whether the first seed is complete."""
    return Store.objects.exists()


def require_begun() -> Store:
    """The store's own row. Raises StoreError when there is no store yet."""
    try:
        begun = current()
    except ProgrammingError:  # not even tables
        begun = None
    if begun is None:
        home = settings.HEXOSTORE_HOME
        raise StoreError(f"There is no store in {home} yet. Make one with: hexostore serve")
    return begun


def begin(seed: str, conventions: str | None, progress: seeds.Progress) -> Store:
    """Fills an empty store: all of it or, when that fails, nothing.

    Without `conventions` a store begun empty follows stock Tastypie, any other the documents.
    """
    usual = Store.Conventions.TASTYPIE if seed == Store.Seed.EMPTY else Store.Conventions.HEXOSKIN
    with transaction.atomic():
        if rows := fixtures(seed):
            seeds.load(rows, progress)
        if seed == Store.Seed.DEMO:
            demo.make_signals(progress)
        return Store.objects.create(id=1, seed=seed, conventions=conventions or usual.value)


def fixtures(seed: str) -> dict[str, Any]:
    """The rows that a store of that kind begins with, as one seed."""
    merged: dict[str, Any] = {}
    for folder in _FOLDERS[Store.Seed(seed)]:
        for name, rows in seeds.read_all(FIXTURES / folder).items():
            merged[name] = {**merged.get(name, {}), **rows}
    return merged


def require(store: Store, seed: str | None, conventions: str | None) -> None:
    """Raises StoreError when the store was begun otherwise than is asked for now."""
    for what, asked, found in (
        ("seed", seed, store.seed),
        ("conventions", conventions, store.conventions),
    ):
        if asked not in (None, found):
            raise StoreError(
                f"This store was begun with the {what} {found!r}, not {asked!r}. Start without "
                "that option, or choose another HEXOSTORE_HOME for a store of its own."
            )


def demo_logins() -> list[dict[str, str]]:
    """E-mail and password of the demo world's people."""
    return [{"email": each["email"], "password": each["password"]} for each in demo_people()]


def demo_people() -> list[Mapping[str, Any]]:
    """The people of the demo world, as their seed has them."""
    people: Mapping[str, Any] = seeds.read_all(FIXTURES / "demo").get("user", {})
    return list(people.values())


def demo_key() -> dict[str, str]:
    """The API key of the demo world's athlete, with its secret."""
    return _demo_client("athlete_key", "key")


def demo_oauth2() -> dict[str, str]:
    """The OAuth2 client of the demo world's athlete, which may use every grant."""
    return _demo_client("athlete_oauth2", "client_id")


def _demo_client(handle: str, name: str) -> dict[str, str]:
    """Public key, under that name, and secret of a client of the demo world."""
    client: Mapping[str, str] = seeds.read_all(FIXTURES / "demo")["client"][handle]
    return {name: client["client_id"], "secret": client["secret"]}
