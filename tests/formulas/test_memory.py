"""Memory beside the closed forms of Korthikanti et al., ZeRO and QLoRA: each formula, and a whole scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thirdwatt
from thirdwatt.formulas import layout, memory, step
from thirdwatt.ledger.fit import fit

if TYPE_CHECKING:
    from thirdwatt.quantity import Num

NONE, SELECTIVE, FULL = 0, 1, 2

PAPER = {
    "22B": (22e9, 48, 6144, 64, 1, 1, 4),
    "175B": (175e9, 96, 12288, 96, 8, 3, 1),
    "530B": (530e9, 105, 20480, 128, 35, 3, 1),
    "1T": (1e12, 128, 25600, 160, 64, 1, 1),
}
"""arXiv:2205.05198, table 3: parameters, layers, hidden width, heads, stages, chunks, micro-batch; tensor degree 8."""


def layer(
    tokens: float, sequence: float, hidden: float, heads: float, tensor: float, *, code: int = NONE, parallel: float = 1
) -> Num:
    """What a layer of GPT keeps with 16-bit activations, dropout and unfused attention."""
    unsplit = layout.unsplit_share(tensor, parallel)
    kept = memory.layer_activation_byte(
        micro_batch_token_count=tokens,
        unsplit_activation_byte=memory.unsplit_activation_byte(hidden, 2, 1, 2),
        unsplit_share=unsplit,
        attention_activation_byte=memory.attention_activation_byte(heads, heads, hidden / heads, hidden / heads, 2),
        score_activation_byte=memory.score_activation_byte(heads, sequence, 5, 4, code),
        ffn_activation_byte=memory.ffn_activation_byte(4 * hidden, 0, 2),
        expert_activation_byte=0,
        stored_activation_ratio=1,
        expert_layer_share=0,
        tensor_count=tensor,
    )
    return memory.kept_layer_byte(kept, tokens, hidden, 2, unsplit, code)


# --- closed forms -------------------------------------------------------------------------------------------------

shapes = st.tuples(
    st.sampled_from([1, 2, 4]), st.sampled_from([1024, 2048, 8192]), st.sampled_from([4096, 12288]),
    st.sampled_from([32, 64, 96]), st.sampled_from([1, 2, 4, 8]),
)  # fmt: skip


@given(shapes)
def test_activations_of_a_layer_are_those_of_korthikanti(shape: tuple[int, int, int, int, int]) -> None:
    """arXiv:2205.05198, table 2."""
    b, s, h, a, t = shape
    sbh, scores = s * b * h, 5 * a * s / h
    for kept, closed in (
        (layer(s * b, s, h, a, 1), sbh * (34 + scores)),
        (layer(s * b, s, h, a, t, parallel=0), sbh * (10 + 24 / t + scores / t)),
        (layer(s * b, s, h, a, t), sbh / t * (34 + scores)),
        (layer(s * b, s, h, a, t, code=SELECTIVE), sbh * 34 / t),
        (layer(s * b, s, h, a, t, code=FULL), 2 * sbh / t),
        (layer(s * b, s, h, a, t, code=FULL, parallel=0), 2 * sbh),
    ):
        assert kept == pytest.approx(closed, rel=0.01)


@pytest.mark.parametrize(("name", "saved"), [("175B", 0.70), ("530B", 0.65)])
def test_what_selective_recomputation_is_published_to_save(name: str, saved: float) -> None:
    """Section 5 there: 70 % of GPT-3's activations, 65 % of MT-NLG's."""
    _, _, h, a, *_ = PAPER[name]
    assert 1 - layer(2048, 2048, h, a, 8, code=SELECTIVE) / layer(2048, 2048, h, a, 8) == pytest.approx(saved, abs=0.01)


@pytest.mark.parametrize("name", PAPER)
def test_both_techniques_together_need_under_a_fifth_of_tensor_parallelism_alone(name: str) -> None:
    """Figure 7 there; full recomputation needs about a tenth."""
    _, _, h, a, *_ = PAPER[name]
    alone = layer(2048, 2048, h, a, 8, parallel=0)
    assert layer(2048, 2048, h, a, 8, code=SELECTIVE) / alone < 0.21
    assert 0.07 < layer(2048, 2048, h, a, 8, code=FULL, parallel=0) / alone < 0.13


@pytest.mark.parametrize(("p", "m", "v"), [(8, 64, 1), (8, 8, 1), (8, 64, 3), (35, 280, 3), (64, 512, 1), (4, 64, 2)])
def test_the_first_stage_holds_all_layers_worth(p: int, m: int, v: int) -> None:
    interleaved = 1 + (p - 1) / (p * v) if v > 1 else 1
    assert memory.flight_factor(p, v, m) / p == pytest.approx(interleaved)


def test_few_micro_batches_are_all_that_is_in_flight() -> None:
    assert [memory.flight_factor(8, 1, m) for m in (1, 3, 8, 9)] == [1, 3, 8, 8]
    assert memory.flight_factor(1, 1, 64) == 1


# --- states -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "byte"), [(0, 16), (1, 4 + 12 / 64), (2, 2 + 14 / 64), (3, 16 / 64)], ids=["none", "1", "2", "3"]
)
def test_zero_divides_sixteen_bytes_of_a_parameter(stage: int, byte: float) -> None:
    """arXiv:1910.02054, figure 1: 7.5 billion parameters on 64 accelerators take 120, 31.4, 16.6 and 1.9 GB."""
    sharded = layout.sharded_factor(stage)
    weights = memory.weights_byte(7.5e9, 0, 0, 1, 2, 0.5, 0, sharded, 64, 1, 0)
    gradients = memory.whole_gradients_byte(7.5e9, 0, 1, 2, stage, 64, 1, 0)
    states = memory.optimizer_states_byte(step.optimized_count(7.5e9, 0, 1, stage, 64, 64, 1), 12, 0)
    assert weights + gradients + states == pytest.approx(7.5e9 * byte)
    published = {0: 120e9, 1: 31.4e9, 2: 16.6e9, 3: 1.9e9}
    assert weights + gradients + states == pytest.approx(published[stage], rel=0.02)


def test_frozen_weights_in_four_bit_and_embeddings_wide() -> None:
    """arXiv:2305.14314: 0.5 byte and a 32-bit constant for every 64 weights."""
    assert memory.weights_byte(7e9, 0, 0, 1, 2, 0.5625, 2, 0, 8, 1, 0) == pytest.approx(7e9 * (0.5 + 4 / 64))
    assert memory.weights_byte(7e9, 0, 1e9, 1, 2, 0.5625, 2, 0, 8, 1, 0) == pytest.approx(6e9 * 0.5625 + 2e9)
    assert memory.weights_byte(7e9, 0, 0, 1, 2, 0.5625, 2, 1, 8, 1, 0) == pytest.approx(7e9 * 0.5625 / 8)


def test_states_on_the_host_are_not_here_and_logits_on_the_last_stage() -> None:
    assert memory.optimizer_states_byte(1e9, 12, 1) == 0
    assert memory.whole_logits_byte(2048, 51200, 1, 8, 1, 4) == 4 * 2048 * 51200 / 8
    assert memory.whole_logits_byte(2048, 51200, 1, 8, 2, 4) == 0


# --- whole scenarios ----------------------------------------------------------------------------------------------


def job(name: str, **changes: Any) -> thirdwatt.Ledger:
    _, layers, hidden, heads, p, v, b = PAPER[name]
    model = {"layers": layers, "hidden": hidden, "heads": heads, "ffn": 4 * hidden, "vocab": 51200, "seq_len": 2048}
    form = {"gated": False, "tied_embeddings": True, "positions": 2048, "bias": True, "norm": "layer"}
    spread = {"tensor": 8, "pipeline": p, "virtual_stages": v, "data": 1, "micro_batch": b, "global_batch": b * 8 * p}
    document: dict[str, Any] = {
        "workload": {"transformer": model | form},
        "cluster": {"accelerator": "a100-sxm-80gb", "count": 8 * p},
        "layout": spread | {"recompute": "selective", "zero_stage": 0},
        "software": {"stack": "megatron-lm", "year": 2022},
    }
    return thirdwatt.estimate(document, {key.replace("__", "."): each for key, each in changes.items()}, samples=1)


def value(ledger: thirdwatt.Ledger, name: str) -> float:
    found = ledger.of(name)
    assert found is not None, name
    return found.value


@pytest.mark.parametrize("name", PAPER)
def test_the_four_models_of_the_paper_as_scenarios(name: str) -> None:
    published, layers, h, a, p, v, b = PAPER[name]
    ledger = job(name)
    assert value(ledger, "parameter_count") == pytest.approx(published, rel=0.02)
    state = sum(value(ledger, f"{bucket}_byte") for bucket in ("weights", "gradients", "optimizer_states"))
    assert state == pytest.approx(value(ledger, "parameter_count") / (8 * p) * (2 + 4 + 12))
    flight = 1 + (p - 1) / (p * v) if v > 1 else 1
    closed = 2048 * b * h * layers * flight
    assert value(ledger, "activations_byte") == pytest.approx(closed * 34 / 8, rel=0.01)
    without = value(job(name, layout__recompute="none"), "activations_byte")
    assert without == pytest.approx(closed * (34 + 5 * a * 2048 / h) / 8, rel=0.01)
    assert value(ledger, "memory_used_ratio") < 1, "it ran"


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(tuple(PAPER)), st.sampled_from([1, 2, 4, 8]), st.sampled_from(["none", "selective", "full"]))
def test_a_bigger_micro_batch_and_less_recomputation_never_need_less(name: str, size: int, kept: str) -> None:
    sizes = {"layout__micro_batch": size, "layout__global_batch": 16 * 64}
    base = job(name, layout__recompute=kept, **sizes)
    bigger = job(name, layout__recompute=kept, **sizes | {"layout__micro_batch": 2 * size})
    assert value(bigger, "memory_byte") >= value(base, "memory_byte") * (1 - 1e-12)
    least = job(name, layout__recompute="full", **sizes)
    assert value(least, "memory_byte") <= value(base, "memory_byte") * (1 + 1e-12)


def test_buckets_make_up_the_memory() -> None:
    ledger = job("175B")
    found = fit(ledger)
    assert found is not None
    assert np.sum(list(found.buckets.values())) == pytest.approx(value(ledger, "memory_byte"))


byte = st.floats(0, 1e12)


@given(byte, byte, byte, byte, byte, st.sampled_from([1, 8]), st.sampled_from([0.0, 1.0]))
def test_the_fullest_moment_is_the_fullest(
    whole: float, copies: float, kept: float, opened: float, logits: float, steps: int, held: float
) -> None:
    """Backward with the logits or a layer opened again, or the optimiser's step with its copies."""
    early = memory.early_gradients_byte(whole, steps, held)
    moment = memory.backward_fullest_factor(early, whole, copies, kept, opened, logits)
    found = memory.gradients_byte(whole, early, moment) + memory.buffers_byte(0, 0, copies, moment)
    found += memory.activations_byte(kept, opened, logits, moment) + memory.logits_byte(logits, opened, moment)
    assert found == pytest.approx(max(early + kept + max(opened, logits), whole + copies))


def test_the_host_keeps_weights_gradients_and_states() -> None:
    """PyTorch FSDP, CPUOffload: parameters and gradients lie on the host outside a layer's turn."""
    assert memory.weights_byte(7e9, 0, 0, 1, 2, 0.5, 0, 0, 1, 1, 2) == 0
    assert memory.whole_gradients_byte(7e9, 0, 1, 2, 0, 1, 1, 2) == 0
    assert memory.optimizer_states_byte(7e9, 12, 2) == 0
    two_layers = memory.gathered_byte(7e9, 0, 32, 0, 2, 0.5, 0, 2, 1)
    assert two_layers == pytest.approx(2 * 2 * 7e9 / 32)
    assert memory.gathered_byte(7e9, 0, 32, 0, 2, 0.5, 0, 1, 1) == 0
