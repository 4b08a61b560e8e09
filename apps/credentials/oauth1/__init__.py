"""OAuth 1 (RFC 5849): signed requests, and how a client gets its token."""
