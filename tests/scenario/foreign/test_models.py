"""Models of the table, by the names that the hub has for them."""

from __future__ import annotations

import pytest

from thirdwatt.scenario.foreign.models import model_named


@pytest.mark.parametrize(
    ("hub", "row"),
    [("meta-llama/Llama-3.1-8B-Instruct", "llama-3.1-8b"), ("meta-llama/Meta-Llama-3.1-8B", "llama-3.1-8b")],
)
def test_names_of_the_hub(hub: str, row: str) -> None:
    found = model_named(hub)
    assert found is not None
    assert found.id == row
