"""Step: bubbles, stages, replicas and recomputation; what must hold of whole scenarios."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thirdwatt
from thirdwatt.formulas import layout, step
from thirdwatt.ledger import estimate_table
from thirdwatt.validation.steps import steps

JOB = {
    "workload.model": "llama-3.1-8b", "cluster.accelerator": "h100-sxm-80gb", "cluster.count": 64,
    "layout.tensor": 2, "layout.pipeline": 4, "layout.virtual_stages": 2, "layout.data": 8, "layout.micro_batch": 1,
    "layout.global_batch": 128, "software.stack": "megatron-core", "software.year": 2026,
}  # fmt: skip
PARTS = ("step_compute_s", "step_communication_s", "step_bubble_s", "step_straggler_s")
RATES = (
    "accelerator_peak_flop_per_s", "wide_peak_flop_per_s", "accelerator_memory_byte_per_s",
    "accelerator_link_byte_per_s", "network_byte_per_s",
)  # fmt: skip


def job(changes: dict[str, Any] | None = None) -> thirdwatt.Ledger:
    return thirdwatt.estimate({}, JOB | (changes or {}), samples=1)


def value(ledger: thirdwatt.Ledger, name: str) -> float:
    found = ledger.of(name)
    assert found is not None, name
    return found.value


def seconds(changes: dict[str, Any]) -> float:
    return value(job(changes), "modelled_step_s")


# --- stages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("p", "v", "m"), [(8, 1, 64), (8, 3, 64), (35, 3, 280), (64, 1, 512), (1, 1, 4)])
def test_the_bubble_is_that_of_narayanan(p: int, v: int, m: int) -> None:
    """arXiv:2104.04473, section 2.2: (p - 1)/(v·m) of the time that an ideal step takes."""
    assert step.bubble_micro_step_count(p, v, 1) / m == pytest.approx((p - 1) / (v * m))
    lost = step.step_bubble_s(m, step.bubble_micro_step_count(p, v, 1), 3 * 2.0, 0, 2.0, 3 * p, p, 0)
    assert lost / (m * 3 * 2.0) == pytest.approx((p - 1) / (v * m))


@pytest.mark.parametrize(
    ("layers", "p", "v", "full", "last"),
    [(126, 16, 4, 8, 7), (61, 16, 1, 4, 2), (94, 8, 1, 12, 11), (96, 8, 3, 12, 12), (32, 1, 1, 32, 32)],
)
def test_layers_that_do_not_fill_their_stages(layers: int, p: int, v: int, full: int, last: int) -> None:
    """Llama 3.1 405B takes a layer from the first and the last stage each (arXiv:2407.21783, section 3.3.2)."""
    stage = layout.stage_layer_count(layers, p, v)
    assert (stage, step.last_stage_layer_count(layers, stage, p)) == (full, last)


def test_the_slowest_stage_is_the_fullest_or_the_last() -> None:
    assert step.stage_compute_s(1.0, 8, 7, 0.5) == 8
    assert step.stage_compute_s(1.0, 8, 7, 1.5) == 8.5
    waiting = step.step_bubble_s(10, 0, step.stage_compute_s(1.0, 8, 7, 0.5), 0, 1.0, 126, 16, 0.5)
    assert waiting == pytest.approx(10 * (8 - 126.5 / 16)), "a mean stage waits for the fullest"


# --- recomputation, replicas --------------------------------------------------------------------------------------


def test_recomputation_adds_attention_or_a_forward() -> None:
    assert [step.layer_recompute_s(code, 3.0, 1.0) for code in (0, 1, 2)] == [0, 1, 3]
    assert step.layer_compute_s(3.0, 6.0, 3.0, 0) == 12
    assert [step.layer_pass_count(code, 0.0) for code in (0, 1, 2)] == [2, 2, 3]
    none, full = (job({"layout.recompute": each}) for each in ("none", "full"))
    more = value(full, "layer_compute_s") - value(none, "layer_compute_s")
    assert more == pytest.approx(value(none, "layer_forward_s"))


def test_weights_kept_in_four_bit_travel_so() -> None:
    assert [step.travelling_byte(2, 0.5625, code) for code in (0, 1, 2)] == [2, 2, 0.5625]


def test_sharded_weights_travel_three_times() -> None:
    """arXiv:1910.02054, section 7.2.2: ZeRO-3 moves 3 parameters' worth, data parallelism 2."""
    one = step.sharded_gather_s(8e9, 0, 64, 1, 1, 1, 2, 3e11, 2.5e10, 0)
    assert one == pytest.approx(63 / 64 * 16e9 / 2.5e10)
    assert step.micro_step_sharded_s(one, 1, 1) == pytest.approx(3 * one)
    assert step.micro_step_sharded_s(one, 1, 0) == pytest.approx(2 * one), "frozen weights have no gradient"
    assert step.micro_step_sharded_s(one, 0, 1) == 0
    assert step.replica_traffic_s(one, 1, 0, 8e9, 64, 64, 2, 2.5e10) == pytest.approx(2 * one)
    assert step.replica_traffic_s(one, 1, 1, 8e9, 64, 64, 2, 2.5e10) == 0
    between = step.replica_traffic_s(one, 1, 1, 8e9, 64, 8, 2, 2.5e10)
    assert between == pytest.approx(2 * 7 / 8 * 2e9 / 2.5e10), "eight fabrics add up an eighth each"
    assert step.replica_traffic_s(one, 0.01, 0, 8e9, 64, 64, 2, 2.5e10) == pytest.approx(0.02 * one)


@given(st.floats(0, 10), st.floats(1e-3, 1), st.integers(1, 128))
def test_gradients_are_exposed_beyond_one_backward_pass(traffic: float, backward: float, layers: int) -> None:
    window = layers * backward
    exposed = step.replica_exposed_s(traffic, backward, layers, 0)
    assert exposed == pytest.approx(max(traffic - window, 0), abs=1e-12)
    late = step.replica_exposed_s(traffic, backward, layers, 1)
    assert late == pytest.approx(traffic), "nothing overlaps"


def test_optimizer_states_are_updated_where_they_are() -> None:
    counts = [step.optimized_count(8e9, 4e9, 1, code, 64, 64, 8) for code in (0, 1, 2, 3)]
    assert counts == [12e9, *[pytest.approx(8e9 / 64 + 4e9 / 8)] * 3]
    here, host = (step.optimizer_s(1e9, 32, 2e12, 2, 2e10, 2e10, code) for code in (0, 1))
    assert here == pytest.approx(0.016)
    assert host == pytest.approx(4e9 / 2e10 + 32e9 / 2e10)


def test_stragglers_cost_a_share_for_every_doubling_of_fabrics() -> None:
    assert step.step_straggler_s(1.0, 0.5, 0.5, 1, 0.004) == 0
    assert step.step_straggler_s(1.0, 0.5, 0.5, 64, 0.004) == pytest.approx(6 * 0.004 * 2)
    assert [step.fabric_count(count, 8) for count in (1, 8, 9, 1024)] == [1, 1, 2, 128]


# --- arithmetic ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("layers", "h", "s", "vocabulary"), [(96, 12288, 2048, 51200), (24, 2304, 8192, 32000)])
def test_flop_are_those_of_megatrons_closed_form(layers: int, h: int, s: int, vocabulary: int) -> None:
    """arXiv:2104.04473, equation 3 without recomputation: 72·B·s·L·h²·(1 + s/(6h) + V/(12Lh))."""
    model = {"layers": layers, "hidden": h, "heads": h // 96, "ffn": 4 * h, "vocab": vocabulary, "seq_len": s}
    document = {"workload": {"transformer": model | {"gated": False, "causal": False}, "tokens": 1e9}}
    found = value(thirdwatt.estimate(document, samples=1), "training_flop_per_token")
    assert found == pytest.approx(72 * layers * h**2 * (1 + s / (6 * h) + vocabulary / (12 * layers * h)), rel=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from([step for step in steps() if step.family.startswith("mega")]))
def test_the_parts_of_a_step_make_it_up(published: Any) -> None:
    ledger = thirdwatt.estimate(published.scenario, samples=1)
    whole = value(ledger, "modelled_step_s") / value(ledger, "software_time_ratio")
    assert sum(value(ledger, part) for part in PARTS) == pytest.approx(whole, rel=1e-9)


def test_twice_every_rate_is_half_the_time() -> None:
    still = ("link_latency_s", "layer_launch_s", "sharded_launch_s", "expert_launch_s", "step_fixed_s")
    base = {f"known.{name}": 0 for name in still}
    first = job(base)
    faster = {f"known.{rate}": 2 * first.figures[rate].value for rate in RATES}
    assert seconds(base | faster) == pytest.approx(value(first, "modelled_step_s") / 2, rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(RATES), st.floats(1, 20), st.sampled_from(["none", "full"]), st.sampled_from([0, 1, 3]))
def test_a_faster_part_never_makes_a_slower_step(rate: str, factor: float, kept: str, zero: int) -> None:
    changes = {"layout.recompute": kept, "layout.zero_stage": zero}
    once = job(changes)
    faster = seconds(changes | {f"known.{rate}": factor * once.figures[rate].value})
    assert faster <= value(once, "modelled_step_s") * (1 + 1e-12)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 3), st.sampled_from([0, 1, 3]))
def test_more_replicas_never_save_accelerator_time(power: int, zero: int) -> None:
    """At one global batch, and at one batch a replica: replicas add traffic and waiting, never less work."""
    few, many = 2**power, 2 ** (power + 1)
    spread = [{"layout.data": n, "cluster.count": 8 * n, "layout.zero_stage": zero} for n in (few, many)]
    first, second = (seconds(each) for each in spread)
    assert first * (1 - 1e-9) <= 2 * second
    weak = [seconds(each | {"layout.global_batch": 4 * each["layout.data"]}) for each in spread]
    if not zero:
        assert weak[1] >= weak[0] * (1 - 1e-9)


def test_a_row_of_a_table_has_the_bits_of_the_same_alone() -> None:
    chosen = [published for published in steps() if published.family.startswith("mega")][::6]
    table = estimate_table([(each.id, each.scenario) for each in chosen], samples=20)
    for each, row in zip(chosen, table, strict=True):
        alone = thirdwatt.estimate(each.scenario, samples=20).totals
        assert row.totals is not None
        for name in ("step_time_s", "memory_byte", "mfu"):
            assert row.totals[name] == alone[name], (each.id, name)
            assert alone[name] is not None


def test_weights_on_the_host_are_fetched_twice_and_their_gradients_sent_once() -> None:
    """PyTorch FSDP with CPUOffload; frozen weights in 4 bit travel as they are kept and have no gradients."""
    whole = step.held_count(8e9, 0, 1, 4, 1)
    assert whole == pytest.approx(2e9)
    assert step.micro_step_host_s(whole, step.travelling_byte(2, 0.5, 0), 2, 1, 2e10, 2) == pytest.approx(0.6)
    assert step.micro_step_host_s(whole, step.travelling_byte(2, 0.5, 2), 2, 0, 2e10, 2) == pytest.approx(0.1)
    assert step.micro_step_host_s(whole, 2, 2, 1, 2e10, 1) == 0


def test_a_host_that_keeps_the_weights_need_not_be_sent_them() -> None:
    optimizer, weights = (step.optimizer_s(1e9, 32, 2e12, 2, 2e10, 2e10, code) for code in (1, 2))
    assert optimizer - weights == pytest.approx(2 * 2 * 1e9 / 2e10)


def test_a_pipeline_fed_from_both_ends_waits_less() -> None:
    """arXiv:2412.19437, table 2: (p/2 - 1)(FB + B - 3W) beside (p - 1)(F + B), here with B = 2F = 2W and FB = F + B."""
    p, forward = 16, 1.0
    both = (p / 2 - 1) * (3 * forward + 2 * forward - 3 * forward)
    ratio = both / ((p - 1) * 3 * forward)
    assert step.bubble_micro_step_count(p, 1, ratio) == pytest.approx(both / (3 * forward))
