"""The sockets on which a store listens."""

import errno
import http.client
import socket
from contextlib import closing
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any

from hexostore.tls import Certificates, trusting_context

BACKLOG = 1024
UNACKNOWLEDGED = 30_000  # milliseconds until the system drops a client that takes nothing
_GRACE = 1.0  # seconds that the workers of a killed server may need to go


class ListenError(Exception):
    """An address or a port cannot be used. The text says why and what to do."""


class PortTaken(ListenError):
    """Another program listens on a requested port."""

    def __init__(self, port: int, option: str) -> None:
        super().__init__(f"Port {port} is in use by another program. Choose one with {option} N.")


@dataclass(frozen=True)
class Listener:
    """One of the two sockets: where it listens, and its certificates if it uses TLS."""

    socket: socket.socket
    host: str
    certificates: Certificates | None = None

    @property
    def port(self) -> int:
        """The port; the system chose it if 0 was requested."""
        return int(self.socket.getsockname()[1])

    @property
    def address(self) -> str:
        """The address of `host`."""
        return str(self.socket.getsockname()[0])

    @property
    def scheme(self) -> str:
        return "https" if self.certificates else "http"

    @property
    def url(self) -> str:
        """Its base URL as seen from this machine."""
        return f"{self.scheme}://{bracket_host(self.reached_at)}:{self.port}"

    @property
    def reached_at(self) -> str:
        """The address to connect to. A server on all addresses is reached on the loopback."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.address, self.host)  # noqa: S104

    def answers(self) -> bool:
        """Return whether GET /readyz gives 200."""
        try:
            with closing(self._open_connection()) as connection:
                connection.request("GET", "/readyz", headers={"Host": "localhost"})
                return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False

    def _open_connection(self) -> http.client.HTTPConnection:
        if self.certificates is None:
            return http.client.HTTPConnection(self.reached_at, self.port, timeout=5)
        context = trusting_context(self.certificates.ca)
        context.check_hostname = False  # the address may be one that the certificate lacks
        return http.client.HTTPSConnection(self.reached_at, self.port, timeout=5, context=context)


def bracket_host(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def listen_on(host: str, port: int, option: str, host_option: str = "--host") -> socket.socket:
    """Return a socket that listens on the port. From then on nobody else can have it.

    Raise PortTaken if somebody else has it, and ListenError if the host is not an address of this
    machine or this user may not use the port. `option` is the option for another port, and
    `host_option` that for another host.
    """
    family, address = _resolve_host(host, port, host_option)
    deadline = monotonic() + _GRACE
    while True:
        try:
            return _bind_socket(family, address)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise ListenError(_explain_error(error, host, port, option, host_option)) from error
            if monotonic() > deadline:
                raise PortTaken(port, option) from error
            sleep(0.05)


def _resolve_host(host: str, port: int, option: str) -> tuple[socket.AddressFamily, Any]:
    """Return the family and the address of the host, in IPv4 if it has both."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "malformed"
        raise ListenError(f"{option} {host}: this name cannot be resolved ({why}).") from error
    found.sort(key=lambda each: each[0] != socket.AF_INET)
    family, _, _, _, address = found[0]
    return family, address


def _explain_error(error: OSError, host: str, port: int, option: str, host_option: str) -> str:
    if error.errno in {errno.EACCES, errno.EPERM}:
        return (
            f"Port {port} requires more rights: low ports are not open to this user. "
            f"Start as root, or choose another with {option} N."
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine. Choose another with {host_option}."
    return f"{bracket_host(host)}:{port} cannot be listened on: {error.strerror or error}."


def _bind_socket(family: socket.AddressFamily, address: tuple[str | int, ...]) -> socket.socket:
    """Return a listening socket that is not shared. With SO_REUSEPORT two stores would share
    requests."""
    taken = socket.socket(family)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # what is accepted inherits it
            taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED)
        taken.bind(address)
        taken.listen(BACKLOG)
        taken.setblocking(False)
    except BaseException:
        taken.close()
        raise
    return taken


def require_free(host: str, port: int, option: str) -> None:
    """Raise as `listen_on` does if the port cannot be had; `option` is how to choose another."""
    listen_on(host, port, option).close()
