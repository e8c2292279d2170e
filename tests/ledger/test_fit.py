"""Whether a job fits into memory, and the smallest change that makes it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thirdwatt
from thirdwatt.ledger.fit import BUCKETS, DEGREES, Change, fit, smallest_change

TUNE = {
    "workload.model": "llama-3.1-8b", "workload.method": "sft", "workload.tokens": 1e8,
    "cluster.accelerator": "a100-sxm-80gb", "cluster.count": 8,
    "layout.tensor": 1, "layout.pipeline": 1, "layout.micro_batch": 1, "layout.zero_stage": 1,
    "layout.recompute": "none", "layout.global_batch": 64, "software.stack": "torchtitan",
}  # fmt: skip


def job(changes: dict[str, Any] | None = None, samples: int = 1) -> thirdwatt.Ledger:
    return thirdwatt.estimate({}, TUNE | (changes or {}), samples=samples)


def fits(ledger: thirdwatt.Ledger) -> bool:
    found = fit(ledger)
    assert found is not None
    return found.fits


def changed(ledger: thirdwatt.Ledger) -> Change:
    found = smallest_change(ledger)
    assert found is not None
    return found


def step_s(ledger: thirdwatt.Ledger) -> float:
    found = ledger.of("modelled_step_s")
    assert found is not None
    return found.value


# --- whether it fits ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "adapter", "chip", "count", "zero", "expected"),
    [
        ("llama-3.1-8b", "none", "a100-sxm-80gb", 1, 0, False),  # 16 byte x 8e9 are 128 GB
        ("llama-3.1-8b", "none", "a100-sxm-80gb", 8, 3, True),
        ("llama-3.1-8b", "lora", "a100-sxm-80gb", 1, 0, True),
        ("llama-3.1-8b", "qlora", "rtx-4090", 1, 0, True),
        ("llama-3.1-8b", "none", "rtx-4090", 1, 0, False),
        ("llama-3.1-70b", "qlora", "a100-sxm-80gb", 1, 0, True),  # arXiv:2305.14314: 65B in 48 GB
        ("llama-3.1-70b", "lora", "a100-sxm-80gb", 1, 0, False),  # 140 GB of weights
        ("llama-3.1-405b", "none", "h100-sxm-80gb", 64, 3, False),  # 6.5 TB of states in 5.1 TB
    ],
)
def test_what_is_known_to_fit(model: str, adapter: str, chip: str, count: int, zero: int, expected: bool) -> None:
    stated = {"workload.model": model, "workload.adapter": adapter, "workload.transformer.seq_len": 1024}
    stated |= {"cluster.accelerator": chip, "cluster.count": count}
    assert fits(job(stated | {"layout.zero_stage": zero, "layout.recompute": "full"})) is expected


def test_a_fit_says_how_sure_it_is() -> None:
    ledger = job(samples=300)
    found = fit(ledger)
    assert found is not None
    assert found.needed.low < found.needed.value < found.needed.high
    assert sum(found.buckets.values()) == pytest.approx(found.needed.value)
    assert tuple(found.buckets) == tuple(BUCKETS)
    assert found.capacity_byte == ledger.figures["accelerator_memory_byte"].value
    for capacity, fit_there, sure in (
        (found.needed.high * 1.01, True, True),
        (found.needed.low * 0.99, False, True),
        ((found.needed.value + found.needed.high) / 2, True, False),
        ((found.needed.value + found.needed.low) / 2, False, False),
        (found.needed.value, True, False),
    ):
        there = replace(found, capacity_byte=capacity)
        assert (there.fits, there.sure) == (fit_there, sure)


def test_without_an_architecture_there_is_no_fit() -> None:
    ledger = thirdwatt.estimate("gpt-4o", samples=1)
    assert fit(ledger) is None
    assert smallest_change(ledger) is None
    document = ledger.to_dict()
    assert document["memory"] is None
    assert "tensor" not in document["layout"]


def test_whether_the_layout_is_stated_is_said() -> None:
    guessed = {key: value for key, value in TUNE.items() if not key.startswith("layout.")}
    for ledger, stated in ((job(), True), (thirdwatt.estimate({}, guessed, samples=1), False)):
        found = fit(ledger)
        assert found is not None
        assert found.layout_stated is stated


def test_the_document_holds_layout_and_memory() -> None:
    ledger = job({"layout.zero_stage": 3}, samples=20)
    document = ledger.to_dict()
    memory = document["memory"]
    assert set(memory) >= {"needed_byte", "capacity_byte", "fits", "layout_stated", "buckets"}
    assert memory["fits"] is fits(ledger)
    assert set(memory["buckets"]) == set(BUCKETS)
    assert sum(memory["buckets"].values()) == pytest.approx(memory["needed_byte"]["value"])
    assert memory["needed_byte"]["low"] <= memory["needed_byte"]["value"] <= memory["needed_byte"]["high"]
    assert set(document["layout"]) == set(DEGREES)
    assert document["layout"]["data"] == 8
    assert document["layout"]["global_batch"] == 64


# --- what makes it fit --------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(["llama-3.1-8b", "mistral-7b", "llama-2-13b"]),
    st.sampled_from(["a100-sxm-80gb", "a100-sxm-40gb", "rtx-4090"]),
    st.sampled_from([1, 2, 8]),
    st.sampled_from([1, 4, 16]),
    st.sampled_from(["none", "selective", "full"]),
    st.sampled_from(["none", "lora", "qlora"]),
)
def test_a_change_fits_and_costs_what_it_says(
    model: str, chip: str, count: int, micro: int, kept: str, adapter: str
) -> None:
    stated = {"workload.model": model, "cluster.accelerator": chip, "cluster.count": count}
    stated |= {"layout.micro_batch": micro, "layout.recompute": kept, "workload.adapter": adapter}
    ledger = job(stated | {"layout.global_batch": 128})
    if fits(ledger):
        return
    change = smallest_change(ledger)
    if change is None:
        return
    after = thirdwatt.estimate(ledger.scenario, dict(change.set), samples=1)
    assert fits(after)
    assert change.time_ratio == pytest.approx(step_s(after) / step_s(ledger), rel=1e-9)
    singles: list[dict[str, Any]] = [{"layout.recompute": "full"}, {"layout.micro_batch": 1}]
    if count > 1:
        singles.append({"layout.zero_stage": 3})
    for settings_alone in singles:
        alone = thirdwatt.estimate(ledger.scenario, settings_alone, samples=1)
        if fits(alone):
            assert len(change.set) == 1, "one setting is enough"
            assert change.time_ratio <= step_s(alone) / step_s(ledger) * (1 + 1e-9)


def test_sharding_comes_before_recomputation() -> None:
    """States are the most of it and sharding them further costs little; a forward pass more costs a third."""
    ledger = job({"layout.zero_stage": 0, "workload.transformer.seq_len": 2048})
    assert not fits(ledger)
    change = changed(ledger)
    assert list(change.set) == ["layout.zero_stage"]
    assert change.time_ratio < 1.1


def test_one_accelerator_has_nobody_to_shard_with() -> None:
    change = changed(job({"cluster.count": 1, "layout.zero_stage": 0}))
    assert "layout.zero_stage" not in change.set


def test_adapters_are_offered_to_fine_tuning_alone() -> None:
    one = {"cluster.count": 1, "workload.model": "llama-3.1-70b"}
    assert "workload.adapter" in changed(job(one)).set
    assert smallest_change(job(one | {"workload.method": "pretrain"})) is None


def test_there_is_none_where_nothing_helps() -> None:
    assert smallest_change(job({"cluster.count": 1, "workload.model": "llama-3.1-405b"})) is None


def test_what_is_kept_on_the_host_must_fit_there() -> None:
    """16 byte of each of 405 billion parameters are 6.5 TB, three times the memory of a server of eight."""
    tried = {"cluster.accelerator": "h100-sxm-80gb", "cluster.count": 8, "layout.zero_stage": 3}
    tried |= {"layout.offload": "weights", "layout.recompute": "full", "workload.transformer.seq_len": 1024}
    large, small = (
        fit(job(tried | {"workload.model": model, "workload.method": "pretrain"}))
        for model in ("llama-3.1-405b", "llama-3.1-70b")
    )
    assert large is not None
    assert small is not None
    assert large.needed.value < large.capacity_byte
    assert not large.fits
    assert large.sure
    assert large.host_ratio == pytest.approx(405.9e9 * 16 / 2**41, rel=0.01)
    assert small.fits
