"""Automatic restart: worth something in large jobs, nothing in small ones."""

from __future__ import annotations

from typing import Any

import pytest

from tests.search.levers.priced import ratio, reason, today, ways
from thirdwatt.search.levers.goodput import LEVER


def test_large_jobs_gain_more() -> None:
    saved = []
    for preset in ("pretrain-7b-256xa100", "gpt-3-175b", "llama-3.1-405b"):
        run = today(preset)
        (way,) = ways(LEVER, run)
        saved.append(1 - ratio(run, way))
    assert 0 < saved[0] < 0.005 < saved[1] < saved[2] < 0.1


@pytest.mark.parametrize(
    ("preset", "change", "why"),
    [
        ("startup-lora-8xh100", {}, "failures are to be expected"),
        ("llama-3.1-405b", {"known.restart_time_h": 0.03}, "already"),
        ("llama-3.1-405b", {"known.goodput": 0.9}, "as a whole"),
    ],
)
def test_it_says_why_not(preset: str, change: dict[str, Any], why: str) -> None:
    assert why in reason(LEVER, today(preset, change))
