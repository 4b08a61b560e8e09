"""A server and its sandboxes, as a test sees them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from hexostore.profile_paths import names_file
from hexostore.testing.clock import Moment, SandboxClock, text_of
from hexostore.testing.control import Control
from hexostore.testing.journal import SandboxRequests


class HexostoreServer:
    """A server that is ready. `facts` are those of `hexostore serve --json`."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self.facts = facts

    @property
    def root(self) -> str:
        """The address over http, without a slash at the end."""
        return str(self.facts["root"])

    @property
    def https_root(self) -> str:
        """The address over https, without a slash at the end."""
        return str(self.facts["https_root"])

    @property
    def ca(self) -> Path:
        """The file with the certificate of the authority that signed the server's."""
        return Path(self.facts["ca"])

    def sandbox(
        self,
        name: str | None = None,
        *,
        seed: Mapping[str, Any] | None = None,
        ttl: float | None = None,
    ) -> Sandbox:
        """Create a sandbox, with the rows of a seed if one is given. Raise ControlError."""
        body = {"name": name, "seed": seed, "ttl": ttl}
        made = Control(self.root).ask("POST", "sandboxes", body)
        return Sandbox(self, made["name"])

    def environment(self) -> dict[str, str]:
        """Return variables that tell a program where the server is."""
        variables = {
            "HEXOSTORE_URL": self.root,
            "HEXOSTORE_HTTPS_URL": self.https_root,
            "HEXOSTORE_CA": str(self.ca),
        }
        for login in self.facts.get("logins", [])[:1]:
            variables["HEXOSTORE_LOGIN"] = login["email"]
            variables["HEXOSTORE_PASSWORD"] = login["password"]
        if "key" in self.facts:
            variables["HEXOSTORE_KEY"] = self.facts["key"]
            variables["HEXOSTORE_SECRET"] = self.facts["secret"]
        return variables


class Sandbox:
    """A world of its own on a server. As a context manager, it is deleted in the end."""

    def __init__(self, server: HexostoreServer, name: str) -> None:
        self.server, self.name = server, name
        self.control = Control(server.root, name)
        self.clock = SandboxClock(self.control)
        self.requests = SandboxRequests(self.control)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.delete()

    @property
    def base_url(self) -> str:
        """The address over http, without a slash at the end; `/api/` follows."""
        return f"{self.server.root}/~{self.name}"

    @property
    def https_url(self) -> str:
        """The same over https. The certificate is signed by `ca`."""
        return f"{self.server.https_root}/~{self.name}"

    @property
    def ca(self) -> Path:
        """The file with the certificate of the authority that signed the server's."""
        return self.server.ca

    @property
    def key(self) -> tuple[str, str]:
        """The API key of the demo world's athlete, and its secret."""
        return str(self.server.facts["key"]), str(self.server.facts["secret"])

    @property
    def oauth2(self) -> tuple[str, str]:
        """The OAuth 2 client of the demo world's athlete, and its secret."""
        client = self.server.facts["oauth2"]
        return str(client["client_id"]), str(client["secret"])

    def login(self, name: str = "athlete") -> tuple[str, str]:
        """Return the login and the password of somebody in the demo world, such as `friend`.

        Raise KeyError if there is nobody of that name.
        """
        for login in self.server.facts.get("logins", []):
            email, password = str(login["email"]), str(login["password"])
            if name in {email, email.partition("@")[0]}:
                return email, password
        raise KeyError(name)

    def load(self, seed: Mapping[str, Any], *, replace: bool = False) -> dict[str, Any]:
        """Add the rows of a seed. Rows that are there already are left; with `replace` they become
        those of the seed. Return the number of rows by resource. Raise ControlError."""
        return dict(self._ask("POST", "load", {"seed": seed, "replace": replace}))

    def simulate(
        self,
        profile: str | Path | Mapping[str, Any] | None = None,
        *,
        sex: str | None = None,
        age: int | None = None,
        fitness: float | None = None,
        duration: str | float | None = None,
        seed: int | None = None,
        user: str = "athlete",
        start: Moment | None = None,
    ) -> dict[str, Any]:
        """Make a record with simulated signals. Return its `id`, `resource_uri`, `start`, `end` and
        more. Raise ControlError.

        `profile` is a name, the content of a file of one, or the path of a file, which is read
        here; then OSError and ValueError are possible, too. `sex`, `age` and `fitness` are of
        another person. `user` is somebody in the demo world, or an e-mail address. `duration` is
        seconds, or a text such as "10m"; without it, the record is as long as the profile. Without
        `start`, it ends now.
        """
        body = {"user": self._address_of(user), "profile": _read_profile(profile)}
        body |= {"sex": sex, "age": age, "fitness": fitness}
        body |= {"duration": duration, "seed": seed, "start": text_of(start)}
        return dict(self._ask("POST", "simulate", body))

    def reset(self) -> None:
        """Bring the rows back that the sandbox began with."""
        self._ask("POST", "reset")

    def snapshot(self, name: str) -> None:
        """Keep what the sandbox holds now. Raise ControlError."""
        self._ask("POST", "snapshots", {"name": name})

    def restore(self, snapshot: str) -> None:
        """Bring back what the sandbox held at a snapshot. Raise ControlError."""
        self._ask("POST", "restore", {"snapshot": snapshot})

    def fork(self, name: str | None = None) -> Sandbox:
        """Return a new sandbox that begins with what this one holds now. Raise ControlError."""
        made = self._ask("POST", "fork", {"name": name})
        return Sandbox(self.server, made["name"])

    def outbox(self, to: str | None = None) -> list[dict[str, Any]]:
        """Return the mail that was sent, the newest first; optionally only that to an address."""
        query = f"?to={quote(to)}" if to else ""
        return list(self.control.ask("GET", f"outbox{query}"))

    def fault(
        self, action: Mapping[str, Any], *, match: Mapping[str, Any] | None = None, **more: Any
    ) -> int:
        """Have requests fail from now on. Return the number of the rule. Raise ControlError.

        `more` are other members of the rule, such as `times=1`.
        """
        body = {"action": action, "match": match, **more}
        return int(self.control.ask("POST", "faults", body)["id"])

    def faults(self) -> list[dict[str, Any]]:
        """Return the rules with their counters, and the marks of users and keys."""
        return list(self.control.ask("GET", "faults")["faults"])

    def remove_fault(self, number: int | None = None) -> None:
        """Remove a rule, or all of them. Raise ControlError."""
        self.control.ask("DELETE", "faults" if number is None else f"faults/{number}")

    def tokens(self) -> list[dict[str, Any]]:
        """Return the access tokens of OAuth 2, the newest first, never in full."""
        return list(self.control.ask("GET", "tokens")["tokens"])

    def end_token(self, token: str) -> None:
        """Have an access token expire now. Its refresh token still works. Raise ControlError."""
        self.control.ask("POST", "tokens/end", {"token": token})

    def delete(self) -> None:
        """Delete the sandbox."""
        self.control.ask("DELETE", f"sandboxes/{self.name}")

    def _address_of(self, name: str) -> str:
        try:
            return self.login(name)[0]
        except KeyError:
            return name

    def _ask(self, method: str, what: str, body: object = None) -> Any:
        return self.control.ask(method, f"sandboxes/{self.name}/{what}", body or {})


def _read_profile(told: str | Path | Mapping[str, Any] | None) -> object:
    """Return a profile as the control plane takes it: its name or its content."""
    if isinstance(told, Path) or (isinstance(told, str) and names_file(told)):
        return json.loads(Path(told).read_text("utf-8-sig"))
    return told
