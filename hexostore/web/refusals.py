"""The few responses that the server makes itself, in the shape of the API's errors."""

import json
from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True)
class WebRefusal:
    """A response without the application: `{"error": text}`."""

    status: HTTPStatus
    text: str
    headers: tuple[tuple[str, str], ...] = ()

    def body(self) -> bytes:
        """Return the JSON text."""
        return json.dumps({"error": self.text}).encode()

    def fields(self) -> list[tuple[str, str]]:
        """Return the headers of the response, except its length."""
        return [
            ("Content-Type", "application/json"),
            ("X-Content-Type-Options", "nosniff"),
            ("X-HexoStore", "mock"),
            *self.headers,
        ]


def malformed_request(text: str = "This is not a valid HTTP/1.1 request.") -> WebRefusal:
    """Return 400 for something that cannot be read as a request."""
    return WebRefusal(HTTPStatus.BAD_REQUEST, text)


def late_request(what: str) -> WebRefusal:
    """Return 408 for a `head` or `body` that did not arrive in time."""
    return WebRefusal(
        HTTPStatus.REQUEST_TIMEOUT, f"The {what} of the request did not arrive in time."
    )


def long_head(limit: int) -> WebRefusal:
    """Return 431 for a request line or headers above the limit."""
    text = f"The request line and headers are too many, or longer than {limit} bytes."
    return WebRefusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, text)


def no_room() -> WebRefusal:
    """Return 503 for a body that cannot be kept, because the disk is full."""
    text = "The body of the request cannot be stored at the moment."
    return WebRefusal(HTTPStatus.SERVICE_UNAVAILABLE, text, (("Retry-After", "10"),))


def failed_application() -> WebRefusal:
    """Return 500 for an application that failed. The log has the traceback."""
    return WebRefusal(HTTPStatus.INTERNAL_SERVER_ERROR, "The server failed to respond.")
