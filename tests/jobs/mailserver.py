"""A mail server for tests, that takes letters, refuses them, or does not answer."""

from __future__ import annotations

import socketserver
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from queue import Queue
from threading import Event, Thread
from typing import Any

PATIENCE = 30.0


@dataclass
class MailServer:
    """What it does (`greets`, `answers` by command) and what it got.

    With `free` cleared it stops before it takes the text of a letter, and tells so in `holding`.
    """

    greets: bool = True
    answers: dict[str, str] = field(default_factory=dict)
    free: Event = field(default_factory=Event)
    holding: Event = field(default_factory=Event)
    letters: Queue[str] = field(default_factory=Queue)
    callers: list[Any] = field(default_factory=list)
    closed: Event = field(default_factory=Event)
    port: int = 0

    def letter(self) -> str:
        """The next letter that arrives; raises queue.Empty if none does."""
        return self.letters.get(timeout=PATIENCE)

    def settings(self) -> dict[str, object]:
        """Django's settings for mail to go here."""
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": self.port,
        }


class Talk(socketserver.StreamRequestHandler):
    """One connection."""

    server: Listener

    def handle(self) -> None:
        behaviour = self.server.behaviour
        behaviour.callers.append(self.client_address)
        if not behaviour.greets:
            behaviour.closed.wait(PATIENCE)
            return
        self._say("220 here")
        while line := self.rfile.readline().decode().strip():
            if not self._answer(line[:4].upper()):
                return

    def _answer(self, command: str) -> bool:
        """Whether the talk goes on after a command."""
        answers = self.server.behaviour.answers
        if command == "DATA" and command not in answers:
            self._take()
            return True
        self._say(answers.get(command, "250 fine"))
        return command != "QUIT"

    def _take(self) -> None:
        behaviour = self.server.behaviour
        behaviour.holding.set()
        behaviour.free.wait(PATIENCE)
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline().decode()) != ".\r\n":
            if not line:  # the other side was killed
                return
            lines.append(line)
        behaviour.letters.put("".join(lines))
        self._say("250 taken")

    def _say(self, text: str) -> None:
        with suppress(OSError):  # the other side may have been killed
            self.wfile.write(f"{text}\r\n".encode())


class Listener(socketserver.ThreadingTCPServer):
    """The socket, on any port of this machine that is free."""

    daemon_threads = True

    def __init__(self, behaviour: MailServer) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.behaviour = behaviour
        behaviour.port = self.server_address[1]


@contextmanager
def mail_server(**behaviour: Any) -> Iterator[MailServer]:
    """A mail server that is there as long as the context lasts."""
    server = MailServer(**behaviour)
    server.free.set()
    with Listener(server) as listener:
        Thread(target=listener.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield server
        finally:
            server.closed.set()
            server.free.set()
            listener.shutdown()
