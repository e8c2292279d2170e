"""Traffic: FLOP and bytes while a blueprint works are those of the step that it runs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thirdwatt.formulas.chip import traffic
from thirdwatt.ledger import estimate
from thirdwatt.ledger.ledger import Ledger

JOB = {
    "workload.model": "llama-3.1-8b", "cluster.count": 64, "layout.tensor": 2, "layout.pipeline": 1,
    "layout.data": 32, "layout.micro_batch": 1, "layout.global_batch": 128, "layout.precision": "bf16",
    "software.stack": "megatron-core", "software.year": 2026, "blueprint.based_on": "h100-sxm-80gb",
}  # fmt: skip


def job(**changes: object) -> Ledger:
    return estimate({}, JOB | {name.replace("__", "."): each for name, each in changes.items()}, samples=1)


def value(ledger: Ledger, name: str) -> float:
    found = ledger.of(name)
    assert found is not None, name
    return found.value


@pytest.mark.parametrize("recompute", ["none", "selective", "full"])
def test_flop_while_it_works_are_those_of_the_step(recompute: str) -> None:
    """Three times the forward pass (6·N·tokens and attention), and what is computed again (Korthikanti et al. 2022)."""
    ledger = job(layout__recompute=recompute)
    rate = value(ledger, "narrow_work_flop_per_s") + value(ledger, "wide_work_flop_per_s")
    tokens = 128 * value(ledger, "sequence_length") / 64
    forward = value(ledger, "matrix_flop_per_token") + value(ledger, "attention_flop_per_token")
    logits = value(ledger, "logit_flop_per_token")
    again = {"none": 0, "selective": value(ledger, "attention_flop_per_token"), "full": forward - logits}[recompute]
    done = rate * value(ledger, "step_work_s")
    assert done / tokens == pytest.approx(3 * forward + again, rel=1e-9)


def test_what_is_narrow_is_the_layers_and_what_is_wide_attention_and_logits() -> None:
    ledger = job()
    tokens = value(ledger, "work_token_per_s")
    logits = value(ledger, "logit_flop_per_token")
    narrow, wide = (value(ledger, f"{each}_work_flop_per_s") / tokens for each in ("narrow", "wide"))
    assert narrow == pytest.approx(3 * (value(ledger, "matrix_flop_per_token") - logits))
    assert wide == pytest.approx(3 * (value(ledger, "attention_flop_per_token") + logits))


def test_logits_of_llama_3() -> None:
    assert traffic.logit_flop_per_token(4096, 128_256, 1.0, 2) == 2 * 4096 * 128_256


def test_memory_gives_no_more_than_it_has() -> None:
    flop, byte = np.full((2, 1, 1), 1e15), np.full((2, 1, 1), 1.0)
    assert traffic.work_memory_byte_per_s(1e12, 1.0, flop, byte, 3.35e12) == 3.35e12
    assert traffic.work_memory_byte_per_s(1e12, 1.0, flop, byte * 1e-4, 3.35e12) == pytest.approx(1.2e12)


def test_links_carry_what_hides_and_no_more_than_they_can() -> None:
    assert traffic.work_link_byte_per_s(0.0, 0.9, 6, 1.0, 450e9) == 0
    assert traffic.work_link_byte_per_s(10.0, 0.9, 6, 1.0, 450e9) == 450e9
    assert traffic.work_link_byte_per_s(0.01, 0.5, 6, 0.1, 450e9) == pytest.approx(0.3 * 450e9)


@given(st.floats(1e6, 1e10), st.floats(1, 10))
def test_a_larger_shared_memory_never_lets_more_through(byte: float, more: float) -> None:
    small, large = (traffic.kept_traffic_share(each, 8192, 8192, 1, 2.0, 0.4) for each in (byte, byte * more))
    assert 0 <= small <= large <= 0.4


def test_what_is_kept_is_not_moved() -> None:
    moved = [traffic.layer_traffic_byte(1e9, 0.0, 1e9, 0.0, 0.0, 1.0, 1.0, 1.0, kept) for kept in (0.0, 0.4)]
    assert moved == [2e9, pytest.approx(1.2e9)]


def test_layers_are_passed_three_times_and_again_where_they_are_computed_again() -> None:
    passes = [traffic.step_traffic_byte(1.0, 32, 1, 1, code, 0, 0, 0.0) / 32 for code in (0, 1, 2)]
    assert passes == [3, 3, 4]
    assert traffic.step_traffic_byte(0.0, 32, 1, 1, 0, 0, 1e9, 20.0) == 20e9


def test_it_works_for_less_than_its_step_where_its_host_holds_it_up() -> None:
    assert traffic.step_work_s(2.0, 0.8) == pytest.approx(1.6)
    assert traffic.work_token_per_s(4, 8192, 2, 8, 1.6) == pytest.approx(4 * 8192 / 16 / 1.6)
