"""Fewer accelerators: less energy for more time, and no less than was published."""

from __future__ import annotations

from typing import Any

import pytest

from tests.search.levers.priced import ratio, reason, today, ways
from thirdwatt.search.levers.consolidation import LEVER


@pytest.mark.parametrize("preset", ["pretrain-7b-256xa100", "gpt-3-175b", "llama-3.1-405b"])
def test_fewer_take_less_energy_and_more_time(preset: str) -> None:
    run = today(preset)
    found = ways(LEVER, run)
    ratios = [ratio(run, way) for way in found]
    assert ratios == sorted(ratios, reverse=True)
    assert ratios[0] < 1
    assert ratio(run, found[0], "wall_time_h") > 1.5


def test_one_host_in_place_of_eight_saves_no_more_than_was_metered() -> None:
    """MLPerf Training v4.0 Power metered 3.27 kWh for 5.66 kWh, where larger batches also had to learn from more."""
    base = {
        "workload": {"model": "llama-2-70b", "method": "sft", "adapter": "lora", "tokens": 3e7,
                     "transformer": {"seq_len": 8192}},
        "cluster": {"accelerator": "h100-sxm-80gb", "count": 64},
        "layout": {"tensor": 8, "pipeline": 1, "micro_batch": 1, "global_batch": 8},
    }  # fmt: skip
    run = today(base)
    assert 3.27 / 5.66 < ratio(run, ways(LEVER, run)[-1]) < 1


def test_replicas_are_what_is_left() -> None:
    (half, *_) = ways(LEVER, today("llama-3.1-405b"))
    assert half.sets == {"cluster.count": 8192, "layout.data": None}


@pytest.mark.parametrize(
    ("preset", "change", "why"),
    [
        ("startup-lora-8xh100", {}, "one host"),
        ("gpt-4o", {}, "architecture"),
        ("pretrain-7b-256xa100", {"cluster.count": 24}, "not whole hosts"),
    ],
)
def test_it_says_why_not(preset: str, change: dict[str, Any], why: str) -> None:
    assert why in reason(LEVER, today(preset, change))
