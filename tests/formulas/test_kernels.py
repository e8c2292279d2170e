"""Kernels: what is work, what moves bytes, and what waits for its host."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import thirdwatt
from thirdwatt.formulas import kernels, step

if TYPE_CHECKING:
    from typing import Any

    from thirdwatt.quantity import Num

H, A, D, F, TOKENS = 4096, 32, 128, 14336, 4096
FLOP, BYTE = 4e14, 2e12


def ffn(tensor: float = 1, traffic: float = 0, byte: float = 2) -> Num:
    return kernels.ffn_matmul_s(3 * H * F, H, F, 1, TOKENS, tensor, FLOP, BYTE, traffic, byte, 2)


# --- products -----------------------------------------------------------------------------------------------------


def test_products_take_two_flop_per_weight_and_token() -> None:
    assert ffn() == pytest.approx(2 * TOKENS * 3 * H * F / FLOP)
    assert ffn(tensor=8) == pytest.approx(ffn() / 8)
    attention = kernels.attention_matmul_s(4 * H * H, H, A, A, D, D, TOKENS, 1, FLOP, BYTE, 0, 2, 2)
    assert attention == pytest.approx(2 * TOKENS * 4 * H * H / FLOP)


def test_operands_are_weights_inputs_and_outputs() -> None:
    """A gated block reads h twice for two maps in (once fused) and writes h once: 2·h and 3·f a token."""
    moved = 2 * (3 * H * F + TOKENS * (2 * H + 3 * F))
    assert ffn(traffic=1) - ffn() == pytest.approx(moved / BYTE)
    assert ffn(traffic=1, byte=1) - ffn() == pytest.approx(moved / 2 / BYTE), "narrow operands are half as many bytes"


def core(causal: float = 1, traffic: float = 0, tensor: float = 1, sequence: float = 4096) -> Num:
    keys = causal * (sequence + 1) / 2 + (1 - causal) * sequence
    return kernels.attention_core_s(A, D, D, keys, sequence, TOKENS, tensor, FLOP, traffic, BYTE, 2)


def test_causal_attention_does_the_half_that_exists() -> None:
    assert core() / core(causal=0) == pytest.approx(0.5, rel=1e-3)
    assert core(causal=0) == pytest.approx(4 * TOKENS * 4096 * H / FLOP)
    assert core(sequence=8192) / core() == pytest.approx(2, rel=1e-3)
    assert core(tensor=4) == pytest.approx(core() / 4)


def test_unfused_attention_moves_every_score() -> None:
    assert core(traffic=11) - core() == pytest.approx(11 * A * TOKENS * 4096 / BYTE)


def experts(local: float, ratio: float = 1, k: float = 8, tensor: float = 1, traffic: float = 0) -> Num:
    one, router = 3 * H * 2048, H * 256
    return kernels.expert_matmul_s(
        one, one, router, H, 2048, 1, k, local, TOKENS, tensor, FLOP, ratio, BYTE, traffic, 2, 2
    )


def test_expert_products_follow_the_experts_a_token_meets() -> None:
    one = 2 * TOKENS * 3 * H * 2048 / FLOP
    router = 2 * TOKENS * H * 256 / FLOP
    assert experts(4) == pytest.approx(9 * one + router), "eight routed and one shared"
    assert experts(4, k=4) == pytest.approx(5 * one + router)
    assert experts(4, ratio=0.5) == pytest.approx(17 * one + router), "routed products alone are grouped"
    assert experts(4, tensor=2) == pytest.approx(experts(4) / 2)


def test_every_local_expert_is_read_for_however_few_tokens() -> None:
    assert experts(256, traffic=1) - experts(4, traffic=1) == pytest.approx(2 * 252 * 3 * H * 2048 / BYTE)
    assert kernels.local_expert_count(256, 64) == 4


# --- a layer ------------------------------------------------------------------------------------------------------


def backward(share: float) -> Num:
    attention = kernels.attention_backward_work_s(1, 0.5, 2.5, share, 0, 0, BYTE, 0, 0)
    return kernels.dense_backward_work_s(attention, 2, share, 0, BYTE)


def test_backward_is_two_products_for_one_and_attention_five_for_two() -> None:
    assert backward(1) == pytest.approx(2 * (1 + 2) + 2.5 * 0.5)
    assert backward(0) == pytest.approx((1 + 2) + 2.5 * 0.5), "frozen weights have no gradient"
    attention = kernels.attention_backward_work_s(1, 0.5, 2.5, 0, 0, 0, BYTE, 0, 0)
    frozen = kernels.expert_backward_work_s(attention, 2, 0, 0, BYTE)
    assert frozen == pytest.approx(backward(0))


def test_nothing_is_faster_than_its_launches() -> None:
    assert kernels.layer_forward_s(1e-5, 0, 2e-4, 9e-4, 0, 0) == 2e-4
    assert kernels.layer_backward_s(1e-5, 0, 2e-4, 9e-4, 0, 0) == 4e-4
    assert kernels.layer_forward_s(1e-3, 0, 2e-4, 9e-4, 0, 0) == 1e-3
    assert kernels.layer_forward_s(1e-3, 1e-5, 2e-4, 9e-4, 1, 0) == pytest.approx(9e-4)
    assert kernels.layer_forward_s(1e-3, 3e-3, 2e-4, 9e-4, 0.5, 0) == pytest.approx(2e-3)
    assert kernels.layer_forward_s(1e-3, 0, 2e-4, 9e-4, 0, 0.1) == pytest.approx(1.02e-3), "some launches wait"
    assert kernels.layer_backward_s(1e-3, 3e-3, 2e-4, 9e-4, 1, 0.1) == pytest.approx(3.18e-3)
    assert kernels.layer_host_s(2e-4, 1e-4, 0, 4e-4, 0) == 2e-4
    assert kernels.layer_host_s(2e-4, 1e-4, 1, 4e-4, 0) == pytest.approx(3e-4)
    assert kernels.layer_host_s(2e-4, 1e-4, 1, 4e-4, 1) == pytest.approx(7e-4), "adapters are launched too"
    assert kernels.expert_host_s(2e-4, 1e-4, 8, 0, 0.5) == pytest.approx(1e-3)
    assert kernels.expert_host_s(2e-4, 1e-4, 8, 1.25, 0.5) == pytest.approx(6e-4)


seconds = st.floats(1e-6, 1)


@given(seconds, seconds, seconds, seconds, seconds, seconds, st.floats(0, 1))
def test_an_accelerator_works_no_longer_than_a_layer_takes(
    dense: float, back: float, routed: float, routed_back: float, host: float, expert_host: float, share: float
) -> None:
    forward = kernels.layer_forward_s(dense, routed, host, expert_host, share, 0)
    backward = kernels.layer_backward_s(back, routed_back, host, expert_host, share, 0)
    active = kernels.active_share(dense, back, routed, routed_back, forward, backward, share)
    assert 0 < active <= 1 + 1e-12


def test_logits_are_three_products_and_passes() -> None:
    products = 3 * 2 * TOKENS * 128_256 * H / FLOP
    assert kernels.logits_s(H, 128_256, 1, TOKENS, 1, 1, FLOP, 1, BYTE, 0, 2) == pytest.approx(products)
    assert kernels.logits_s(H, 128_256, 0.15, TOKENS, 1, 1, FLOP, 1, BYTE, 0, 2) == pytest.approx(0.15 * products)
    frozen = kernels.logits_s(H, 128_256, 1, TOKENS, 1, 0, FLOP, 1, BYTE, 0, 2)
    assert frozen == pytest.approx(2 / 3 * products)
    passes = kernels.logits_s(H, 128_256, 1, TOKENS, 8, 1, FLOP, 1, BYTE, 19, 2) - products / 8
    assert passes == pytest.approx(19 * TOKENS * 128_256 / 8 / BYTE)


def test_four_bit_weights_are_widened_only_where_there_are_any() -> None:
    widened = [kernels.weight_widening_s(4 * H * H, 3 * H * F, 2, 2, 0.5625, 1, BYTE, code) for code in (0, 1, 2)]
    assert widened == [0, 0, pytest.approx((4 * H * H + 3 * H * F) / 2 * 2.5625 / BYTE)]
    adapters = [kernels.adapter_layer_s(32e6, 32, H, TOKENS, 1, 2, 2, 21, BYTE, 1e-4, code) for code in (0, 1, 2)]
    assert adapters[0] == 0
    assert adapters[1] == adapters[2] == pytest.approx((21 * 2 * TOKENS * H + 2e6) / BYTE + 1e-4)


def test_a_wide_residual_stream_moves_twice_the_bytes_unless_weights_are_sharded() -> None:
    assert [kernels.moved_byte(2, 4, 0, code) for code in (0, 1, 2)] == [2, 2, 4]
    assert kernels.moved_byte(2, 4, 1, 2) == 2
    assert kernels.moved_byte(4, 2, 0, 2) == 4, "never narrower than activations"


def test_layer_norms_move_their_own_number_of_bytes() -> None:
    assert kernels.elementwise_byte_per_s(BYTE, 4, 0.5, 1) == BYTE / 4
    assert kernels.elementwise_byte_per_s(BYTE, 4, 0.5, 2) == BYTE / 2


def test_a_board_holds_what_its_power_allows() -> None:
    assert kernels.sustained_share(120e12, 480, 0.5e12, 0.5) == 1, "enough power for the clock"
    assert kernels.sustained_share(120e12, 60, 0.5e12, 0.5) == pytest.approx(0.5)
    assert kernels.matmul_flop_per_s(120e12, 0.9, 1, 0.5) == pytest.approx(54e12)


# --- whole scenarios ----------------------------------------------------------------------------------------------


def job(**changes: Any) -> thirdwatt.Ledger:
    base = {"workload.model": "llama-3.1-8b", "cluster.accelerator": "h100-sxm-80gb", "cluster.count": 8}
    base |= {"layout.micro_batch": 1, "software.stack": "megatron-core", "software.year": 2026}
    return thirdwatt.estimate({}, base | {k.replace("__", "."): v for k, v in changes.items()}, samples=1)


def value(ledger: thirdwatt.Ledger, name: str) -> float:
    found = ledger.of(name)
    assert found is not None, name
    return found.value


def test_eight_bits_speed_up_products_alone() -> None:
    wide, narrow = job(layout__precision="bf16"), job(layout__precision="fp8")
    assert value(narrow, "matmul_flop_per_s") > 1.3 * value(wide, "matmul_flop_per_s")
    assert value(narrow, "ffn_matmul_s") < 0.8 * value(wide, "ffn_matmul_s")
    assert value(narrow, "attention_core_s") == value(wide, "attention_core_s")
    assert value(narrow, "logits_s") == value(wide, "logits_s")
    assert value(narrow, "accelerator_peak_flop_per_s") == pytest.approx(
        2 * value(narrow, "wide_peak_flop_per_s"), rel=0.01
    )


def test_adapters_spare_the_gradients_of_weights() -> None:
    full, lora = (job(workload__method="sft", workload__adapter=adapter) for adapter in ("none", "lora"))
    assert value(lora, "dense_forward_work_s") > value(full, "dense_forward_work_s")
    assert value(lora, "dense_backward_work_s") < value(full, "dense_backward_work_s")
    assert value(lora, "optimizer_s") < 0.01 * value(full, "optimizer_s")


def test_a_preference_reads_everything_once_more() -> None:
    sft, dpo = job(workload__method="sft"), job(workload__method="dpo")
    assert value(dpo, "layer_compute_s") - value(sft, "layer_compute_s") == pytest.approx(value(sft, "layer_forward_s"))
    assert step.layer_pass_count(0, 1) == 3
