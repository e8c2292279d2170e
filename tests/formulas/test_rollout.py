"""Rollout: decoding is bound by what it reads, the tail waits, and only reinforcement learning has any of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import thirdwatt
from thirdwatt.formulas import rollout

RUN: dict[str, Any] = {
    "workload": {"model": "llama-3.1-8b", "method": "rl", "tokens": 1e9, "transformer": {"seq_len": 8192}},
    "cluster": {"accelerator": "h100", "count": 64},
}


def phases(changes: dict[str, Any] | None = None) -> dict[str, float]:
    ledger = thirdwatt.estimate(RUN, changes or {}, samples=1)
    return {phase.name: phase.time_share or 0.0 for phase in ledger.phases}


def test_one_token_reads_weights_and_half_the_cache() -> None:
    # 8.03e9 parameters of 2 byte; 32 layers, 8 heads of 128 + 128, 8,192 tokens, 64 sequences: 16.06 + 34.4 GB
    cached = rollout.cached_width(8.0, 128.0, 128.0)
    step = rollout.decode_step_s(8.03e9, 1.0, 64.0, 32.0, cached, 8192.0, 2.0, 2.0, 2e12, 1.0, 0.0)
    assert step == pytest.approx((16.06e9 + 34.36e9) / 2e12, rel=1e-3)


def test_a_small_model_is_bound_by_its_launches() -> None:
    assert rollout.decode_step_s(1e8, 1.0, 1.0, 12.0, 128.0, 128.0, 2.0, 2.0, 2e12, 1.0, 3e-5) == 12 * 3e-5


def test_latent_attention_keeps_less() -> None:
    assert rollout.cached_width__latent(512.0, 64.0) < rollout.cached_width(128.0, 192.0, 128.0) / 50


@given(st.sampled_from(["pretrain", "sft", "dpo"]))
def test_no_other_method_generates(method: str) -> None:
    found = phases({"workload.method": method})
    assert found["rollout"] == found["reward"] == found["sync"] == 0


def test_generating_is_most_of_it_and_asynchrony_helps() -> None:
    waiting, flowing = phases(), phases({"workload.asynchronous": True})
    assert waiting["rollout"] > waiting["compute"]
    assert flowing["rollout"] / flowing["compute"] == pytest.approx(
        waiting["rollout"] / waiting["compute"] * 1.1 / 1.7, rel=1e-6
    )
    assert sum(waiting.values()) == pytest.approx(1)


def test_more_sequences_in_flight_cost_less_for_each() -> None:
    few, many = (phases({"workload.rollout_batch": count})["rollout"] for count in (16, 128))
    assert many < few


def test_its_interval_is_wide() -> None:
    hours = thirdwatt.estimate(RUN, samples=400).totals["accelerator_hours"]
    assert hours is not None
    assert hours.high / hours.low > 2.5
