"""OAuth 1 (RFC 5849): requests that are signed, and how a client gets its token."""
