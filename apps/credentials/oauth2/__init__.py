"""OAuth 2 (RFC 6749, RFC 6750): bearer tokens, and the endpoints that issue and revoke them."""
