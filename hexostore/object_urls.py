"""The URL in HEXOSTORE_CHUNKS, which names an object store for samples."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

SCHEMES = "s3://", "gs://", "az://", "file:///"


def checked(url: str) -> str:
    """Return the URL without a slash at its end, empty if samples stay in the database.

    Secrets have variables of their own, so an error does not show what may be one. Raise
    ImproperlyConfigured.
    """
    if url and not url.startswith(SCHEMES):
        wanted = ", ".join(SCHEMES)
        raise ImproperlyConfigured(f"HEXOSTORE_CHUNKS must begin with one of {wanted}.")
    if url in SCHEMES:
        raise ImproperlyConfigured("HEXOSTORE_CHUNKS names no bucket and no folder.")
    if "@" in url or "?" in url:
        raise ImproperlyConfigured(
            "HEXOSTORE_CHUNKS must not contain @ or ?; keys and options have variables of their "
            "own."
        )
    return url.rstrip("/")
