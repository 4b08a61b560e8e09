"""The sockets on which a store listens."""

import http.client
import socket
from contextlib import closing
from dataclasses import dataclass
from time import monotonic, sleep

from hexostore.tls import Certificates, trusting

BACKLOG = 1024
UNACKNOWLEDGED = 30_000  # milliseconds until the system drops a client that takes nothing
_GRACE = 1.0  # seconds that the workers of a killed server may need to go


class PortTaken(Exception):
    """Another program listens on a port that was asked for."""

    def __init__(self, port: int, option: str) -> None:
        super().__init__(f"Port {port} is taken by another program. Choose one with {option} N.")


@dataclass(frozen=True)
class Listener:
    """One of the two sockets: where it listens, and its certificates when it speaks TLS."""

    socket: socket.socket
    host: str
    certificates: Certificates | None = None

    @property
    def port(self) -> int:
        """The port, which the system has chosen where 0 was asked for."""
        return int(self.socket.getsockname()[1])

    @property
    def scheme(self) -> str:
        return "https" if self.certificates else "http"

    @property
    def url(self) -> str:
        """Its base URL as seen from this machine."""
        return f"{self.scheme}://{bracketed(self.reached_at)}:{self.port}"

    @property
    def reached_at(self) -> str:
        """The address to ask; a server on all addresses is asked on the loopback."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104

    def answers(self) -> bool:
        """Whether GET /readyz gives 200."""
        try:
            with closing(self._connection()) as connection:
                connection.request("GET", "/readyz", headers={"Host": "localhost"})
                return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False

    def _connection(self) -> http.client.HTTPConnection:
        if self.certificates is None:
            return http.client.HTTPConnection(self.reached_at, self.port, timeout=5)
        context = trusting(self.certificates.ca)
        context.check_hostname = False  # the address may be one that the certificate lacks
        return http.client.HTTPSConnection(self.reached_at, self.port, timeout=5, context=context)


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def listen(host: str, port: int, option: str) -> socket.socket:
    """Return a socket that listens on the port; from then on nobody else can have it.

    Raise PortTaken when somebody does already; `option` is how to choose another.
    """
    deadline = monotonic() + _GRACE
    while True:
        try:
            return _bound(host, port)
        except OSError as error:
            if monotonic() > deadline:
                raise PortTaken(port, option) from error
            sleep(0.05)


def _bound(host: str, port: int) -> socket.socket:
    """A listening socket that is not shared: with SO_REUSEPORT two stores would share requests."""
    taken = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # what is accepted inherits it
            taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED)
        taken.bind((host, port))
        taken.listen(BACKLOG)
        taken.setblocking(False)
    except BaseException:
        taken.close()
        raise
    return taken


def require_free(host: str, port: int, option: str) -> None:
    """Raise PortTaken when somebody listens on the port; `option` is how to choose another."""
    listen(host, port, option).close()
