"""Garmin's schemas, where they are at hand: HEXOSTORE_XSD names the folder."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from apps.exchange.formats.tcx import elements

_BOTH = f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:import namespace="{elements.NAMESPACE}" schemaLocation="TrainingCenterDatabasev2.xsd"/>
<xs:import namespace="{elements.EXTENSION}" schemaLocation="ActivityExtensionv2.xsd"/>
</xs:schema>"""

AT_HAND = "HEXOSTORE_XSD" in os.environ

needed = pytest.mark.skipif(not AT_HAND, reason="HEXOSTORE_XSD names no folder of Garmin's XSDs")


@cache
def _schema() -> etree.XMLSchema:
    folder = Path(os.environ["HEXOSTORE_XSD"]).resolve()
    return etree.XMLSchema(etree.fromstring(_BOTH, base_url=f"{folder.as_uri()}/both.xsd"))


def assert_valid(body: bytes) -> None:
    """The schemas, if they are at hand, find nothing wrong in a file."""
    if AT_HAND:
        _schema().assertValid(etree.fromstring(body))
