"""The key by which the tables of studies are made without saying who took part."""

from __future__ import annotations

import hmac

from django.conf import settings

from apps.studies.tables.deidentification import Deidentification
from hexostore import clock

_SALT = b"hexostore.studies.deidentification"


def deidentify_study(study: int) -> Deidentification:
    """Return how the study with that id is told. It stays the same while SECRET_KEY does."""
    key = hmac.digest(settings.SECRET_KEY.encode(), _SALT, "sha256")
    return Deidentification(key, study, clock.now().date())
