"""Idle machines: given back, where it is known how long they idle."""

from __future__ import annotations

from typing import Any

import pytest

from tests.search.levers.priced import after, ratio, reason, today, value, ways
from thirdwatt.search.levers.idle import LEVER


def test_gaps_end_at_the_limit() -> None:
    run = today("pretrain-7b-256xa100", {"known.idle_ratio": 0.3})
    (way,) = ways(LEVER, run)
    assert value(after(run, way), "idle_ratio") < 0.01
    assert 0.75 < ratio(run, way) < 0.95


@pytest.mark.parametrize(
    ("preset", "change", "why"),
    [
        ("pretrain-7b-256xa100", {}, "the scheduler's account"),
        ("pretrain-7b-256xa100", {"known.idle_ratio": 0.001}, "saves no more"),
        ("startup-lora-8xh100", {"known.idle_ratio": 0.1}, "saves no more"),
        ("pretrain-7b-256xa100", {"known.idle_ratio": 0.3, "known.goodput": 0.7}, "as a whole"),
    ],
)
def test_it_says_why_not(preset: str, change: dict[str, Any], why: str) -> None:
    assert why in reason(LEVER, today(preset, change))
