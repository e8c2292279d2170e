"""A lower clock: where it is whoever runs the chips who sets it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.search.levers.priced import ratio, reason, today, ways
from thirdwatt.search.levers.clock import CLOCKS, LEVER


@pytest.mark.parametrize("preset", ["gpt-3-175b", "llama-3.1-405b", "laptop-cpu"])
def test_a_lower_clock_takes_longer_and_draws_less(preset: str) -> None:
    run = today(preset)
    found = ways(LEVER, run)
    assert len(found) == len(CLOCKS)
    for way in found:
        assert ratio(run, way, "wall_time_h") > 1
        assert ratio(run, way, "accelerator_power_w") < 1


@pytest.mark.parametrize(
    ("preset", "change", "why"),
    [
        ("gpt-3-175b", {"cluster.power_cap_w": 250}, "stated already"),
        ("palm-540b", {}, "maker's to choose"),
        ("bert-large", {}, "maker's to choose"),
        ("llama-7b", {"cluster.accelerator": "trainium1"}, "maker's to choose"),
        ("llama-7b", {"blueprint.based_on": "h100-sxm-80gb"}, "blueprint.clock_hz"),
    ],
)
def test_it_says_why_not(preset: str, change: dict[str, Any], why: str) -> None:
    assert why in reason(LEVER, today(preset, change))
