"""The checkpoint interval: only where a poor one is stated."""

from __future__ import annotations

from typing import Any

import pytest

from tests.search.levers.priced import after, ratio, reason, today, ways
from thirdwatt.search.levers.checkpoint_interval import LEVER


@pytest.mark.parametrize("hours", [0.02, 1.0])
def test_a_poor_interval_is_bettered(hours: float) -> None:
    run = today("llama-3.1-405b", {"known.checkpoint_interval_h": hours})
    (way,) = ways(LEVER, run)
    assert "checkpoint_interval_h" not in after(run, way).scenario.given
    assert 0.7 < ratio(run, way) < 1


@pytest.mark.parametrize(
    ("change", "why"), [({}, "no interval is stated"), ({"known.checkpoint_interval_h": 0.17}, "as good as")]
)
def test_it_says_why_not(change: dict[str, Any], why: str) -> None:
    assert why in reason(LEVER, today("llama-3.1-405b", change))
