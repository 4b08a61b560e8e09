"""Requests that are refused."""

from __future__ import annotations

from django.test import Client

from apps.credentials.models import Client as AccessClient
from tests.people import Caller


def send_wrong_signature(owner: Caller) -> AccessClient:
    """Ask for the account with a key of somebody and a signature of zeros. Return the key."""
    key = AccessClient.objects.create(user=owner.user)
    signed = {
        "X-HEXOTIMESTAMP": "1700000000",
        "X-HEXOAPIKEY": key.client_id,
        "X-HEXOAPISIGNATURE": "0" * 40,
    }
    Client().get("/api/account/", headers=signed)
    return key
