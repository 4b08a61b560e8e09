"""The tracks of the demo world are those that the API reference prints."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from apps.sandbox import seeds
from apps.tracks.models import Track
from apps.tracks.totals import refresh_tracks
from tests.people import Caller

DEMO = Path(settings.BASE_DIR) / "fixtures" / "demo"
