"""The data home: the folder with a store's database, keys and certificates."""

import errno
import hashlib
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from platformdirs import user_data_path

from hexostore import bundle

_REMEDY = "set HEXOSTORE_HOME to a folder that you can write to"
_PRIVATE = 0o700


class HomeError(Exception):
    """The data home cannot be used. The text says why and what to do."""


def home_path(environ: Mapping[str, str]) -> Path:
    """Return HEXOSTORE_HOME, else `var` in a checkout, else the user's data folder; absolute."""
    if given := environ.get("HEXOSTORE_HOME"):
        return Path(given).expanduser().absolute()
    if bundle.IS_INSTALLED:
        return user_data_path("hexostore", appauthor=False)
    return bundle.FOLDER / "var"


def is_durable(environ: Mapping[str, str]) -> bool:
    """Return whether the store should survive a crash of the machine: always if it is public,
    otherwise unless HEXOSTORE_DURABLE is 0."""
    is_public = environ.get("HEXOSTORE_PROFILE") == "public"
    return is_public or environ.get("HEXOSTORE_DURABLE") != "0"


def make_home(home: Path) -> None:
    """Make the folder if it is missing. Raise HomeError if that is impossible."""
    with explain_errors(home):
        home.mkdir(parents=True, exist_ok=True)


def make_private(folder: Path) -> None:
    """Make a folder that only its owner may look into; one that is there is closed to others."""
    folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        folder.chmod(_PRIVATE)


@contextmanager
def explain_errors(home: Path) -> Iterator[None]:
    """Turn errors of the system within a home into a HomeError.

    It says if the disk is full. For everything else, another home is the remedy.
    """
    try:
        yield
    except OSError as error:
        where = error.filename or home
        remedy = "free some space" if error.errno == errno.ENOSPC else _REMEDY
        is_file = isinstance(error, FileExistsError | NotADirectoryError)
        why = "is a file, not a folder" if is_file else error.strerror or error
        text = f"The data home {home} cannot be used: {why} ({where}); {remedy}"
        raise HomeError(f"{text}.") from error


def secret_key(home: Path) -> str:
    """Return the random key of this home, made at first use. Only its owner can read the file.

    If the home cannot be written, the key lasts as long as the process.
    """
    file = home / "secret-key"
    try:
        make_home(home)
        _write_new(file, secrets.token_urlsafe(50))
        return file.read_text()
    except (HomeError, OSError):
        return secrets.token_urlsafe(50)


def _write_new(file: Path, text: str) -> None:
    """Write `text` completely or, if the file already exists, not at all."""
    if file.exists():
        if file.stat().st_size:
            return
        file.unlink()  # a power cut may leave an empty one
    draft = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(text)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def short_name(home: Path) -> str:
    """Return eight letters that stand for this home in names elsewhere."""
    return hashlib.sha256(os.fsencode(home)).hexdigest()[:8]
