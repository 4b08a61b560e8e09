"""The data home: the folder that holds a store's database, keys and certificates."""

import hashlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from platformdirs import user_data_path

_CHECKOUT = Path(__file__).resolve().parent.parent


def path(environ: Mapping[str, str]) -> Path:
    """HEXOSTORE_HOME, else `var` in a checkout, else the user's data folder; absolute."""
    if given := environ.get("HEXOSTORE_HOME"):
        return Path(given).expanduser().absolute()
    if (_CHECKOUT / "pyproject.toml").exists():
        return _CHECKOUT / "var"
    return user_data_path("hexostore", appauthor=False)


def make(home: Path) -> None:
    """Makes the folder, where it is missing."""
    home.mkdir(parents=True, exist_ok=True)


def secret_key(home: Path) -> str:
    """The random key of this home, made at first use; the file is its owner's alone.

    Where the home cannot be written, a key that lasts as long as the process.
    """
    file = home / "secret-key"
    try:
        make(home)
        _write_new(file, secrets.token_urlsafe(50))
        return file.read_text()
    except OSError:
        return secrets.token_urlsafe(50)


def _write_new(file: Path, text: str) -> None:
    """Writes `text` as a whole or, where the file exists already, not at all."""
    if file.exists():
        return
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
