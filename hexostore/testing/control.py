"""Requests to the control plane of a server."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

HEADER = "X-HexoStore-Control"
SECONDS = 60.0

_open = build_opener(ProxyHandler({})).open  # the server is on this machine


class ControlError(Exception):
    """The control plane refused a request. The text is its own; `status` and `body` are those of
    the response."""

    def __init__(self, status: int, text: str) -> None:
        self.status, self.body = status, _object_in(text)
        super().__init__(self.body.get("error") or f"{status} {text[:200]}")


class Control:
    """The control plane of the server at `root`, for the sandbox of that name."""

    def __init__(self, root: str, sandbox: str = "main") -> None:
        self.root, self.sandbox = root, sandbox

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Return the JSON of a response, or None if it has none. Raise ControlError."""
        headers = {HEADER: "1", "X-HexoStore-Sandbox": self.sandbox}
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.root}/_sandbox/{path}", data, headers, method=method)  # noqa: S310
        try:
            with _open(request, timeout=SECONDS) as response:
                text = response.read()
        except HTTPError as error:
            raise ControlError(error.code, error.read().decode(errors="replace")) from None
        return json.loads(text) if text else None


def _object_in(text: str) -> dict[str, Any]:
    """Return the object in a text, or an empty one."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
