"""What `serve` is asked for."""

from dataclasses import dataclass
from enum import StrEnum


class ServeError(Exception):
    """The store cannot be served. The text says why and what to do."""


class ServeRole(StrEnum):
    """The processes of a server. With the last two, it is one of several of a store."""

    ALL = "all"
    WEB = "web"
    JOBS = "jobs"


@dataclass(frozen=True)
class ServeOptions:
    """The options of the command line; None if the store decides."""

    host: str
    port: int
    https_port: int
    workers: int
    redirect_http: bool
    seed: str | None
    conventions: str | None
    journal_limit: int
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = None
    role: ServeRole = ServeRole.ALL
    drain: float = 0.0

    @property
    def is_one_of_several(self) -> bool:
        """Whether other servers may have the same store."""
        return self.role is not ServeRole.ALL
