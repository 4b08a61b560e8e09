"""What a client may use of one worker process, in numbers, bytes and seconds."""

from dataclasses import dataclass

KIB, MIB = 2**10, 2**20

HEADERS = 100
"""The most header lines of a request."""


@dataclass(frozen=True)
class WebLimits:
    """The limits of one worker process; docs/configuration.md lists them."""

    connections: int = 1000
    pipelined: int = 16  # requests that wait behind the one being answered, per connection

    head: int = 64 * KIB
    head_seconds: float = 10
    idle_seconds: float = 30

    body: int = 2_621_440
    file: int = 0  # a body at one of `file_paths`, if that is more
    file_paths: frozenset[str] = frozenset()  # without the final slash
    body_seconds: float = 10  # and one more for each `body_rate` bytes that have come
    body_rate: int = 16 * KIB
    body_in_memory: int = 64 * KIB  # a longer one lies in a temporary file

    write_seconds: float = 30  # in which a client takes `write_least` bytes, or all that waits
    write_least: int = 16 * KIB
    write_at_once: int = 256 * KIB

    waiting_bodies: int = 256 * MIB  # in temporary files
    waiting_answers: int = 64 * MIB  # made, and not taken by their clients yet
    stream: int = 2 * MIB  # what an answer in pieces is counted for: the chunks it is made from

    linger_seconds: float = 5  # for a client that still sends when its answer is out
    linger: int = 16 * MIB

    handshake_seconds: float = 10
    stop_seconds: float = 5
    retire_seconds: float = 300  # for what a server that others have replaced still does

    def longest_body(self, path: str) -> int:
        """Return the limit for a body that is sent to a path."""
        takes_files = f"/{path.strip('/')}" in self.file_paths
        return max(self.body, self.file) if takes_files else self.body
