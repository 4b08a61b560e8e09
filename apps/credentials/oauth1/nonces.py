"""Used nonces, so that a signed request is served only once (RFC 5849, section 3.3)."""

from __future__ import annotations

from django.conf import settings
from django.db import connection

from apps.credentials.models import OAuth1Nonce
from hexostore import clock

OFTEN = 256
"""After how many nonces the old ones are forgotten."""

_INSERT = (
    f"INSERT INTO {OAuth1Nonce._meta.db_table} (client_id, token, timestamp, nonce) "  # noqa: S608
    "VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id"
)


def use_nonce(client_id: str, token: str, timestamp: int, nonce: str) -> bool:
    """Store the nonce. Return False if it was used before.

    The constraint of the table decides, so only one of several workers succeeds.
    """
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [client_id, token, timestamp, nonce])
        row = cursor.fetchone()
    if row is not None and row[0] % OFTEN == 0:
        forget_nonces()
    return row is not None


def forget_nonces() -> None:
    """Forget nonces whose timestamps are outside the window. Such requests are refused for that."""
    oldest = int(clock.now().timestamp()) - settings.HEXOSTORE_SIGNATURE_WINDOW
    OAuth1Nonce.objects.filter(timestamp__lt=oldest).delete()
