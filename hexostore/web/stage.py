"""The stages of a connection."""

from enum import Enum


class Stage(Enum):
    """What a connection waits for."""

    HEAD = "the client to ask"
    BODY = "the client to send the rest of its request"
    WORK = "the application"
    WRITE = "the client to take what was sent"
    CLOSING = "the client to see that it is over"
