"""Programs of a user who let them in, for tests against a real server: one for OAuth 2 that may
use every grant, one for OAuth 1.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import begun_homes
from tests.embedded import remove_home, throwaway_home
from tests.live import Live

EMAIL, PASSWORD = "dana@example.com", "a long way to run"
APP_CALLBACK = "com.example.dance:/done"
WEB_CALLBACK = "https://dance.example.com/done?from=store"
LOOPBACK = "http://127.0.0.1/done"


@dataclass(frozen=True)
class Program:
    """What a program knows of itself."""

    key: str
    secret: str
    name: str


OAUTH2 = Program("dAnCeOaUtH2ClIeN", "s3cr3tOfTheDanceProgramOfOAuth2xyz", "Dance diary")
OAUTH1 = Program("dAnCeOaUtH1ClIeN", "s3cr3tOfTheDanceProgramOfOAuth1xyz", "Dance archive")
OTHER = Program("oThErOaUtH2ClIeN", "s3cr3tOfAnotherProgramOfOAuth2wxyz", "Other <b>dance</b>")
GRANTS = "authorization_code implicit password client_credentials refresh_token"


def rows() -> dict[str, object]:
    """The user and the programs as a seed."""
    uris = f"{APP_CALLBACK} {WEB_CALLBACK} {LOOPBACK}"

    def program(number: int, what: Program, status: str) -> dict[str, object]:
        return {
            "id": number,
            "user": "dana",
            "client_id": what.key,
            "secret": what.secret,
            "name": what.name,
            "status": status,
            "grant_type": GRANTS if status == "oauth2" else "",
            "redirect_uris": uris,
            "realms": ["readonly", "readwrite"],
        }

    return {
        "user": {
            "dana": {
                "id": 7001,
                "username": EMAIL,
                "email": EMAIL,
                "first_name": "Dana",
                "password": PASSWORD,
            }
        },
        "client": {
            "dance2": program(7001, OAUTH2, "oauth2"),
            "dance1": program(7002, OAUTH1, "oauth1"),
            "other": program(7003, OTHER, "oauth2"),
        },
    }


@contextmanager
def served(*options: str) -> Iterator[Live]:
    """A store with the user and the programs, really served."""
    folder = throwaway_home()
    try:
        begun_homes.fill_home(folder, "empty")
        live = Live(folder, ("--empty", "--workers", "2", *options)).start()
        _load(live, folder)
        yield live
        live.stop()
    finally:
        remove_home(folder)


def _load(live: Live, folder: Path) -> None:
    seed = folder / "seed.json"
    seed.write_text(json.dumps(rows()))
    loaded = live.run("load", str(seed))
    assert loaded.returncode == 0, loaded.stderr
