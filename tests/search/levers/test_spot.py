"""Spot machines: cheaper, and at more energy."""

from __future__ import annotations

from typing import Any

import pytest

from tests.search.levers.priced import ratio, reason, today, ways
from thirdwatt.search.levers.spot import LEVER


@pytest.mark.parametrize("preset", ["startup-lora-8xh100", "pretrain-7b-256xa100", "gpt-3-175b"])
def test_it_costs_less_and_takes_more(preset: str) -> None:
    run = today(preset)
    (way,) = ways(LEVER, run)
    assert 0.2 < ratio(run, way, "cost_usd") < 0.9
    assert 1 < ratio(run, way) < 1.2


def test_a_stated_rent_gives_way() -> None:
    (way,) = ways(LEVER, today("startup-lora-8xh100", {"site.rent_usd_per_h": 3.0}))
    assert way.sets["site.rent_usd_per_h"] is None


@pytest.mark.parametrize(
    ("preset", "change", "why"),
    [
        ("llama-3.1-405b", {}, "not rented"),
        ("startup-lora-8xh100", {"site.term": "spot"}, "already"),
        ("startup-lora-8xh100", {"site.vendor": "lambda"}, "no spot price"),
        ("startup-lora-8xh100", {"site.rent_usd_per_h": 0.5}, "no less"),
    ],
)
def test_it_says_why_not(preset: str, change: dict[str, Any], why: str) -> None:
    assert why in reason(LEVER, today(preset, change))
