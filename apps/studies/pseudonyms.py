"""Whether a request wants tables of studies that do not say who took part, and the key by which
they are made."""

from __future__ import annotations

import hmac

from django.conf import settings

from apps.api.context import Context
from apps.api.views import is_switched_on
from apps.studies.tables.deidentification import Deidentification
from hexostore import clock

DEIDENTIFY = "deidentify"
"""The argument of requests."""

_SALT = b"hexostore.studies.deidentification"


def deidentify_study(study: int) -> Deidentification:
    """Return how the study with that id is told. It stays the same while SECRET_KEY does."""
    key = hmac.digest(settings.SECRET_KEY.encode(), _SALT, "sha256")
    return Deidentification(key, study, clock.now().date())


def is_deidentified(context: Context) -> bool:
    """Return whether the query says that nobody may know who took part."""
    return is_switched_on(context, DEIDENTIFY)
