"""Remarks on a response, in addition to what the real service would send."""

from __future__ import annotations

from django.http import HttpResponseBase

HEADER = "X-HexoStore-Remark"
"""The header with remarks on a request that was served."""


def add_remark(response: HttpResponseBase, text: str) -> None:
    """Add a remark to a response, after those that it already has."""
    before = response.get(HEADER)
    response[HEADER] = f"{before}, {text}" if before else text
