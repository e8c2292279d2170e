"""Less recomputation: every lesser one, unless the software chooses by itself."""

from __future__ import annotations

from typing import Any

import pytest

from tests.search.levers.priced import ratio, reason, today, ways
from thirdwatt.search.levers.recompute import LEVER


def test_attention_alone_comes_near_the_published_29_percent() -> None:
    base = {
        "workload": {"model": "gpt-3-175b"},
        "cluster": {"accelerator": "a100-sxm-80gb", "count": 1024},
        "layout": {"tensor": 8, "pipeline": 8, "micro_batch": 1, "recompute": "full", "global_batch": 1536},
        "software": {"stack": "megatron-core", "year": 2024},
    }
    run = today(base)
    none, selective = ways(LEVER, run)
    assert (none.id, selective.id) == ("none", "selective")
    assert 0.65 < ratio(run, selective, "modelled_step_s") < 0.9
    assert ratio(run, none, "modelled_step_s") <= ratio(run, selective, "modelled_step_s")
    assert ratio(run, none, "memory_byte") > 1


@pytest.mark.parametrize(
    ("preset", "change", "why"),
    [
        ("llama-3.1-405b", {}, "nothing is recomputed"),
        ("gpt-4o", {}, "architecture"),
        ("pretrain-7b-256xa100", {"software.stack": "torchtitan"}, "whatever fits"),
    ],
)
def test_it_says_why_not(preset: str, change: dict[str, Any], why: str) -> None:
    assert why in reason(LEVER, today(preset, change))
