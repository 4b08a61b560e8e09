"""Nonces that were used, so that a signed request is served once (RFC 5849, section 3.3)."""

from __future__ import annotations

from django.conf import settings
from django.db import connection

from apps.credentials.models import OAuth1Nonce
from hexostore import clock

OFTEN = 256
"""Every how many nonces those of long ago are forgotten."""

_INSERT = (
    f"INSERT INTO {OAuth1Nonce._meta.db_table} (client_id, token, timestamp, nonce) "  # noqa: S608
    "VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id"
)


def use_nonce(client_id: str, token: str, timestamp: int, nonce: str) -> bool:
    """Takes the nonce; False if it was used before.

    The constraint of the table decides, so that of several workers only one gets it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [client_id, token, timestamp, nonce])
        row = cursor.fetchone()
    if row is not None and row[0] % OFTEN == 0:
        forget_nonces()
    return row is not None


def forget_nonces() -> None:
    """Forgets the nonces whose timestamps are outside the window, and refused for that."""
    oldest = int(clock.now().timestamp()) - settings.HEXOSTORE_SIGNATURE_WINDOW
    OAuth1Nonce.objects.filter(timestamp__lt=oldest).delete()
