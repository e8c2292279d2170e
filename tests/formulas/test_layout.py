"""Layout: rules for what is not stated, and published layouts."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thirdwatt
from thirdwatt.formulas import layout
from thirdwatt.scenario import InputError

SPREAD = ("tensor_count", "pipeline_count", "context_count", "data_count")


def value(ledger: thirdwatt.Ledger, name: str) -> float:
    found = ledger.of(name)
    assert found is not None, name
    return found.value


def degrees(ledger: thirdwatt.Ledger) -> list[float]:
    return [value(ledger, name) for name in SPREAD]


# --- the rules ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "power"), [(0, 1), (0.3, 1), (1, 1), (1.01, 2), (2, 2), (3, 4), (1000, 1024)])
def test_power_of_two(number: float, power: float) -> None:
    assert layout.power_of_two(number) == power


@given(st.floats(0, 1e9))
def test_a_power_of_two_is_the_next_one(number: float) -> None:
    power = float(layout.power_of_two(number))
    assert math.log2(power).is_integer()
    assert power >= number
    assert power == 1 or power / 2 < number


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["llama-3.1-8b", "llama-3.1-70b", "llama-3.1-405b", "gpt-3-175b", "mixtral-8x7b", "deepseek-v3"]),
    st.sampled_from(["a100-sxm-80gb", "h100-sxm-80gb", "gb200", "tpu-v5p", "mi300x"]),
    st.integers(0, 14),
    st.sampled_from(["megatron-lm", "nemo", "torchtitan", "transformers", "deepspeed"]),
)
def test_degrees_that_follow_make_up_any_power_of_two(model: str, chip: str, power: int, stack: str) -> None:
    choices = {"workload.model": model, "cluster.accelerator": chip, "cluster.count": 2**power}
    ledger = thirdwatt.estimate({}, {**choices, "software.stack": stack}, samples=1)
    found = degrees(ledger)
    assert all(degree >= 1 and degree == round(degree) for degree in found), found
    assert math.prod(found) == 2**power
    room = math.prod(found) / value(ledger, "pipeline_count")
    assert (room / value(ledger, "expert_parallel_count")).is_integer()
    assert value(ledger, "tensor_count") <= value(ledger, "accelerators_in_host_count")
    assert value(ledger, "micro_batch_count") >= 1


def test_sharded_weights_need_no_tensor_or_pipeline_parts() -> None:
    huge = (405e9, 4, 80e9, 0.6, 8, 1024)
    assert layout.tensor_count(*huge, 0) == 8
    assert layout.tensor_count(*huge, 1) == 1
    assert layout.pipeline_count(64, 8, 126, 1024, 0) == 8
    assert layout.pipeline_count(64, 8, 126, 1024, 1) == 1
    assert [layout.sharded_factor(stage) for stage in range(4)] == [0, 0, 0, 1]


def test_no_more_stages_than_layers_or_accelerators() -> None:
    assert 64 <= layout.pipeline_count(1e6, 8, 96, 1e6, 0) <= 96
    assert layout.pipeline_count(1e6, 8, 96, 64, 0) == 8
    assert layout.pipeline_count(1e6, 8, 96, 4, 0) == 1


@pytest.mark.parametrize(
    ("layers", "stages", "usual", "chunks"),
    [(96, 8, 3, 3), (96, 1, 3, 1), (128, 64, 3, 2), (94, 8, 1, 1), (64, 64, 3, 1), (105, 35, 3, 3), (40, 4, 3, 2)],
)
def test_chunks_of_a_stage_never_add_layers(layers: int, stages: int, usual: int, chunks: int) -> None:
    assert layout.virtual_stage_count(layers, stages, usual) == chunks
    assert layout.stage_layer_count(layers, stages, chunks) == math.ceil(layers / stages)


def test_micro_batches_leave_two_for_each_stage() -> None:
    assert layout.micro_batch_count(4096, 2048, 1024, 8, 1) == 2
    assert layout.micro_batch_count(65536, 2048, 64, 1, 8) == 4
    assert layout.micro_batch_count(4096, 131072, 64, 1, 8) == 1
    assert layout.micro_step_count(64, 4, 1) == 16
    assert layout.micro_step_count(10, 4, 1) == 3
    assert layout.micro_step_count(1, 4, 8) == 1


def test_frozen_weights_have_no_gradient() -> None:
    assert [layout.state_byte(2, 4, code) for code in (0, 1, 2)] == [6, 2, 2]


def test_sequence_parallelism_shares_norms_out() -> None:
    assert layout.unsplit_share(8, 1) == 1 / 8
    assert layout.unsplit_share(8, 0) == 1
    assert [layout.sequence_parallel_factor(code, 0.0) for code in (0, 1, 2)] == [1, 1, 0]
    assert [layout.sequence_parallel_factor(code, 1.0) for code in (0, 1, 2)] == [1, 1, 1]


# --- what is stated -----------------------------------------------------------------------------------------------

PUBLISHED: dict[str, tuple[str, int, dict[str, Any]]] = {
    "arXiv:2407.21783, table 4": ("llama-3.1-405b", 16_384, {"tensor": 8, "pipeline": 16, "data": 128}),
    "the same, 128 K": ("llama-3.1-405b", 16_384, {"tensor": 8, "pipeline": 16, "context": 16, "data": 8}),
    "arXiv:2412.19437, section 3.2": ("deepseek-v3", 2_048, {"tensor": 1, "pipeline": 16, "data": 128, "expert": 64}),
    "arXiv:2104.04473, table 1": ("gpt-3-175b", 1_536, {"tensor": 8, "pipeline": 16, "data": 12}),
    "arXiv:2211.05100, section 3.4": ("bloom-176b", 384, {"tensor": 4, "pipeline": 12, "data": 8}),
}


@pytest.mark.parametrize("source", PUBLISHED)
def test_published_layouts_are_taken_as_they_are(source: str) -> None:
    model, count, spread = PUBLISHED[source]
    stated = {f"layout.{name}": degree for name, degree in spread.items()} | {"cluster.count": count}
    ledger = thirdwatt.estimate(model, stated, samples=1)
    assert degrees(ledger) == [spread.get(name.removesuffix("_count"), 1) for name in SPREAD]
    assert value(ledger, "layout_known_factor") == 1
    assert value(ledger, "layout_time_ratio") == 1
    assert value(ledger, "modelled_step_s") > 0


@pytest.mark.parametrize(
    "changes",
    [
        {"layout.tensor": 3},
        {"layout.tensor": 8, "layout.data": 8},
        {"layout.tensor": 8, "layout.pipeline": 16, "layout.context": 2, "layout.data": 12},
        {"layout.pipeline": 16, "layout.expert": 5},
    ],
)
def test_degrees_that_do_not_make_up_the_count_are_refused(changes: dict[str, int]) -> None:
    with pytest.raises(InputError, match="layout"):
        thirdwatt.estimate({}, {"workload.model": "llama-3.1-405b", "cluster.count": 1024, **changes}, samples=1)


def test_data_is_what_the_others_leave() -> None:
    stated = {"cluster.count": 1024, "layout.tensor": 8, "layout.pipeline": 4, "layout.context": 2}
    assert degrees(thirdwatt.estimate("llama-3.1-70b", stated, samples=1)) == [8, 4, 2, 16]


def test_a_guessed_layout_takes_longer() -> None:
    assert layout.layout_time_ratio(0.0, 1.2) == 1.2
    assert layout.layout_time_ratio(1.0, 1.2) == 1.0
