"""Names of objects."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.signals.storage.objects import names


@given(st.binary(max_size=100))
def test_a_name_fits_its_payload_only(payload: bytes) -> None:
    name = names.new_name(payload)
    assert len(name) == 32
    assert names.fits(name, payload)
    assert not names.fits(name, payload + b"x")
    assert names.name_of(names.key_of(name)) == name


def test_no_name_is_given_twice() -> None:
    assert len({names.new_name(b"same") for _ in range(100)}) == 100


@pytest.mark.parametrize(
    "key", ["owner", "check/0123", "ab/cd/" + "0" * 64, "ab/cd/abcd", "ab/cd/abcd" + "0" * 61]
)
def test_other_keys_are_no_names(key: str) -> None:
    assert names.name_of(key) is None
