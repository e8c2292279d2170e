"""Fused kernels: where scores move today, at about the speed that was published for it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.search.levers.priced import ratio, reason, today, ways
from thirdwatt.search.levers.fused_attention import LEVER


def small(stack: str, year: int) -> dict[str, Any]:
    """GPT-2 medium at 1,024 tokens on eight A100, as FlashAttention was timed on."""
    return {
        "workload": {"model": "gpt-2-355m", "tokens": 1e10, "transformer": {"seq_len": 1024}},
        "cluster": {"accelerator": "a100-sxm-40gb", "count": 8},
        "software": {"stack": stack, "year": year},
        "layout": {"micro_batch": 4},
    }


@pytest.mark.parametrize(
    ("stack", "low", "high"),
    [
        pytest.param("transformers", 0.25, 0.5, id="published: 6.9 days for 21.0"),
        pytest.param("megatron-lm", 0.5, 0.75, id="published: 6.9 days for 11.5"),
    ],
)
def test_steps_of_gpt_2_come_near_the_published_ones(stack: str, low: float, high: float) -> None:
    run = today(small(stack, 2022))
    (way,) = ways(LEVER, run)
    assert low < ratio(run, way, "modelled_step_s") < high
    assert ratio(run, way) < 0.85


def test_what_lies_beside_attention_comes_near_a_fifth_more_throughput() -> None:
    run = today({**small("transformers", 2025), "layout": {"micro_batch": 4}})
    (way,) = ways(LEVER, run)
    assert way.sets == {"software.stack": "transformers-fused"}
    assert 0.6 < ratio(run, way, "modelled_step_s") < 0.95


def test_memory_of_kept_scores_falls() -> None:
    run = today("bloom-176b", {"layout.recompute": "none"})
    (way,) = ways(LEVER, run)
    assert ratio(run, way, "memory_byte") < 0.95


@pytest.mark.parametrize(
    ("preset", "why"), [("llama-3.1-405b", "fused already"), ("gpt-4o", "architecture"), ("sdxl", "architecture")]
)
def test_it_says_why_not(preset: str, why: str) -> None:
    assert why in reason(LEVER, today(preset))


def test_kernels_of_gpus_are_not_taken_for_those_of_other_chips() -> None:
    assert "TPU v2 is not known" in reason(LEVER, today("bert-large"))
