"""A range changed and a range made, with Basic, against the read of one range.

All run in this process through the WSGI handler on a demo store; what is printed is CPU per
request and the ratio. The statements wait for PostgreSQL, whose CPU is not counted.
"""

from __future__ import annotations

import io
import json
from typing import Any

from bench.harness import basic, cpu_in_turn, demo_store, get, show

LOGIN = "athlete@example.com", "athlete"
RANGES = "/api/range/"


def main() -> None:
    """Prints CPU per GET, PATCH and POST of a range."""
    with demo_store():
        from django.core.handlers.wsgi import WSGIHandler

        app, login = WSGIHandler(), basic(*LOGIN)
        me = json.loads(get("/api/account/", login, app))["objects"][0]["resource_uri"]
        new = {"name": "Stairs", "user": me, "start": 359840256000, "end": 359840271360}
        path = json.loads(send("POST", RANGES, new, login, app))["resource_uri"]
        spent = cpu_in_turn(
            {
                "GET": lambda: get(path, login, app),
                "PATCH": lambda: send("PATCH", path, {"name": "Many stairs"}, login, app),
                "POST": lambda: send("POST", RANGES, new, login, app),
            },
            rounds=5,
            times=100,
        )
        show("one range", spent, "GET")


def send(method: str, path: str, body: object, headers: dict[str, str], app: Any) -> bytes:
    """The body of the answer to a write; AssertionError unless it succeeds."""
    statuses: list[str] = []
    text = json.dumps(body).encode()
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "HTTP_HOST": "localhost",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(text)),
        "wsgi.input": io.BytesIO(text),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
    }
    answer = b"".join(app(environ, lambda line, _: statuses.append(line)))
    assert statuses[0][0] == "2", f"{method} {path}: {statuses[0]} {answer[:200]!r}"
    return answer


if __name__ == "__main__":
    main()
