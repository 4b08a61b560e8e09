"""A server that passes requests on to another one, and damages the answers."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

NOT_COPIED = {"connection", "content-length", "date", "transfer-encoding", "keep-alive"}


@dataclass(frozen=True)
class Reply:
    """An answer: status, headers and body."""

    status: int
    headers: dict[str, str]
    body: bytes


Change = Callable[[Reply], Reply]


@dataclass
class Damage:
    """A change of the answers to requests whose method and target fit a pattern, and that have a
    header if one is named."""

    pattern: str
    change: Change
    header: str = ""

    def apply(self, request: str, headers: dict[str, str], reply: Reply) -> Reply:
        """The answer, changed if the request fits."""
        if self.header and self.header not in headers:
            return reply
        return self.change(reply) if re.search(self.pattern, request) else reply


@dataclass
class DamagedServer:
    """The address of the server, what it damages, and the requests that it got."""

    upstream: str
    damage: Damage | None = None
    requests: list[str] = field(default_factory=list)
    base: str = ""
    kept: dict[tuple[Any, ...], Reply] = field(default_factory=dict)

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
        """The answer of the server behind, damaged."""
        self.requests.append(f"{method} {target}")
        key = (method, target, body, *sorted(headers.items()))
        if key not in self.kept:
            self.kept[key] = self._ask(method, target, headers, body)
        reply = self.kept[key]
        asked = f"{method} {target}"
        return self.damage.apply(asked, headers, reply) if self.damage else reply

    def _ask(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
        connection = http.client.HTTPConnection(urlsplit(self.upstream).netloc, timeout=60)
        connection.request(method, target, body=body or None, headers=headers)
        answer = connection.getresponse()
        found = {
            name: value for name, value in answer.getheaders() if name.lower() not in NOT_COPIED
        }
        reply = Reply(answer.status, found, answer.read())
        connection.close()
        return reply


@contextmanager
def damaged_server(upstream: str) -> Iterator[DamagedServer]:
    """A server before another one."""
    told = DamagedServer(upstream)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # so that head and body leave together

        def do_GET(self) -> None:
            target = self.requestline.split()[1]  # `path` has no two slashes at its beginning
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            reply = told.answer(self.command, target, dict(self.headers.items()), body)
            self.send_response_only(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(reply.body)

        do_HEAD = do_OPTIONS = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    with serving(Handler) as base:
        told.base = base
        yield told


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The base URL of a server on a free port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def status(code: int) -> Change:
    """Another status."""
    return lambda reply: replace(reply, status=code)


def header(name: str, value: str | None) -> Change:
    """Another value of a header, or none."""

    def change(reply: Reply) -> Reply:
        kept = {each: text for each, text in reply.headers.items() if each.lower() != name.lower()}
        return replace(reply, headers=kept if value is None else {**kept, name: value})

    return change


def text(wanted: str, instead: str) -> Change:
    """A text in place of another."""
    return lambda reply: replace(reply, body=reply.body.replace(wanted.encode(), instead.encode()))


def body(instead: bytes) -> Change:
    """Another body."""
    return lambda reply: replace(reply, body=instead)


def edited(edit: Callable[[Any], Any]) -> Change:
    """JSON that was edited in place, or for which the function gives something else. An answer
    that is no JSON stays as it is."""

    def change(reply: Reply) -> Reply:
        try:
            content = json.loads(reply.body)
        except ValueError:
            return reply
        instead = edit(content)
        content = content if instead is None else instead
        return replace(reply, body=json.dumps(content, ensure_ascii=False).encode())

    return change


def row(**members: Any) -> Change:
    """Other values of members in every row of a list, or in an object."""

    def edit(content: Any) -> None:
        for each in content.get("objects", [content]) if isinstance(content, dict) else []:
            each.update(members)

    return edited(edit)


def without(*names: str) -> Change:
    """Rows without members."""

    def edit(content: Any) -> None:
        for each in content.get("objects", [content]) if isinstance(content, dict) else []:
            for name in names:
                each.pop(name, None)

    return edited(edit)


def meta(**members: Any) -> Change:
    """Other values of members in the meta of a list."""

    def edit(content: Any) -> None:
        if isinstance(content, dict) and "meta" in content:
            content["meta"].update(members)

    return edited(edit)


def rows(choose: Callable[[list[Any]], list[Any]]) -> Change:
    """Other rows in a list."""

    def edit(content: Any) -> None:
        if isinstance(content, dict) and "objects" in content:
            content["objects"] = choose(content["objects"])

    return edited(edit)
