"""Formulas beside published or hand-computed values, with plain floats."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thirdwatt.formulas import arrays, cost, facility, finetune, goodput, power, storage, workload


def test_capital_recovery() -> None:
    assert cost.it_recovery_share_per_year(0.08, 5.0, 1.0) == pytest.approx(0.250456, abs=1e-6)
    assert cost.it_recovery_share_per_year(0.0, 5.0, 1.0) == pytest.approx(1 / 5)
    assert cost.plant_recovery_share_per_year(1e-300, 20.0, 1.0) == pytest.approx(1 / 20)


def test_a_part_of_nothing() -> None:
    assert arrays.portion(0.0, 0.0) == 0.0
    assert np.array_equal(arrays.portion(np.array([0.0, 1.0]), np.array([0.0, 4.0])), [0.0, 0.25])


def test_erasure_coding() -> None:
    assert storage.storage_copies__erasure(8.0, 3.0) == 1.375


def test_youngs_interval() -> None:
    assert goodput.checkpoint_interval_h(36.0, 2.0, 3600.0) == pytest.approx(math.sqrt(2 * 0.01 * 2))


def test_lora_on_all_linear_layers_of_llama_8b() -> None:
    adapters = finetune.adapter_parameter_count(32, 32, 4096, 32, 8, 128, 128, 14336, 1, 16, 1)
    assert adapters == 41_943_040


@given(st.floats(1.0, 4.0), st.floats(0.01, 1.0), st.floats(0.1, 1.0), st.floats(0.01, 1.0))
def test_overhead_splits_exactly(pue: float, at_unit: float, exponent: float, other: float) -> None:
    cooling = facility.cooling_ratio(pue, at_unit, exponent, other)
    distribution = facility.power_distribution_ratio(pue, cooling, other)
    rest = facility.facility_other_ratio(pue, cooling, distribution)
    assert 1 + cooling + distribution + rest == pytest.approx(pue, rel=1e-12)
    assert min(float(cooling), float(distribution), float(rest)) >= -1e-12


ratios = st.just(0.0) | st.floats(1e-4, 2.0)


@given(st.lists(ratios, min_size=8, max_size=8), ratios, ratios, st.none() | st.floats(0.1, 1.0))
def test_phases_share_all_of_the_time(losses: list[float], traffic: float, bubble: float, stated: float | None) -> None:
    ratio = goodput.loss_ratio(*losses)
    shares = goodput.phase_time_share(ratio, goodput.goodput(ratio) if stated is None else stated, traffic, bubble)
    assert np.sum(shares, axis=0) == pytest.approx(1)
    assert np.min(shares) >= 0


@pytest.mark.parametrize(
    ("window", "share", "keys"),
    [(8.0, 0.0, 4.5), (8.0, 1.0, 4.5), (1.0, 1.0, 1.0), (2.0, 1.0, 2 - 2 * 1 / 16), (2.0, 0.5, (4.5 + 1.875) / 2)],
)
def test_keys_that_a_query_sees(window: float, share: float, keys: float) -> None:
    assert workload.attended_length(8.0, window, share, 1.0) == pytest.approx(keys)


def test_without_causality_a_query_sees_all() -> None:
    assert workload.attended_length(8.0, 8.0, 0.0, 0.0) == 8


@pytest.mark.parametrize(
    ("accelerators", "tiers"), [(8, 0), (9, 1), (64, 1), (65, 2), (2048, 2), (2049, 3), (65_536, 3), (65_537, 4)]
)
def test_tiers_of_a_fat_tree_of_64_ports(accelerators: int, tiers: int) -> None:
    assert power.switch_tier_count(accelerators, 8, 64) == tiers


def test_checkpoints_of_adapters_hold_adapters() -> None:
    assert [finetune.learning_parameter_count__layers(100.0, 3.0, code) for code in (0, 1, 2)] == [100, 3, 3]
    assert [finetune.learning_parameter_count(100.0, 0.01, code) for code in (0, 1, 2)] == [100, 1, 1]


def test_frozen_weights_need_no_gradient() -> None:
    assert [finetune.weight_gradient_share(code) for code in (0, 1, 2)] == [1.0, 0.0, 0.0]
    assert [finetune.reference_forward_count(code) for code in (0, 1, 2)] == [0.0, 0.0, 1.0]
