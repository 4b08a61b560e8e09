"""Remarks that an answer carries beside what the real service would send."""

from __future__ import annotations

from django.http import HttpResponseBase

HEADER = "X-HexoStore-Remark"
"""The header with what is worth knowing of a request that was served."""


def add_remark(response: HttpResponseBase, text: str) -> None:
    """Have an answer carry a remark, behind those that it has."""
    before = response.get(HEADER)
    response[HEADER] = f"{before}, {text}" if before else text
