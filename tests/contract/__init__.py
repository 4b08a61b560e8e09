"""One contract for all resources; test_*.py hold the data of each."""

import pytest

PARTS = ("contract", "documents", "reading", "filtering", "ordering", "growth", "writing", "rights")
pytest.register_assert_rewrite(*(f"tests.contract.{part}" for part in PARTS))
