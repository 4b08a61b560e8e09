"""The data home: the folder that holds a store's database, keys and certificates."""

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


class HomeError(Exception):
    """The data home cannot be used; the text says why and what to do."""


def home_path(environ: Mapping[str, str]) -> Path:
    """HEXOSTORE_HOME, else `var` in a checkout, else the user's data folder; absolute."""
    if given := environ.get("HEXOSTORE_HOME"):
        return Path(given).expanduser().absolute()
    if bundle.IS_INSTALLED:
        return user_data_path("hexostore", appauthor=False)
    return bundle.FOLDER / "var"


def make_home(home: Path) -> None:
    """Makes the folder, where it is missing. Raises HomeError where it cannot be."""
    with explain_errors(home):
        home.mkdir(parents=True, exist_ok=True)


@contextmanager
def explain_errors(home: Path) -> Iterator[None]:
    """Turns what the system refuses to do within a home into a HomeError.

    A full disk is told as such; for all else another home is the remedy.
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
    """The random key of this home, made at first use; the file is its owner's alone.

    Where the home cannot be written, a key that lasts as long as the process.
    """
    file = home / "secret-key"
    try:
        make_home(home)
        _write_new(file, secrets.token_urlsafe(50))
        return file.read_text()
    except (HomeError, OSError):
        return secrets.token_urlsafe(50)


def _write_new(file: Path, text: str) -> None:
    """Writes `text` as a whole or, where the file exists already, not at all."""
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
    """Eight letters that stand for this home in names elsewhere."""
    return hashlib.sha256(os.fsencode(home)).hexdigest()[:8]
