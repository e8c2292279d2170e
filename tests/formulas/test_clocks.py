"""Clocks: a limit above the draw changes nothing, one below slows as measured caps did."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import thirdwatt
from thirdwatt.formulas import clocks

STATIC, LEAST = 0.32, 0.15
RUN = {
    "workload": {"model": "llama-3.1-8b", "tokens": 1e9},
    "cluster": {"accelerator": "h100", "count": 8},
    "layout": {"micro_batch": 1, "data": 8},
}


@pytest.mark.parametrize(
    ("cap", "slower"),
    # caps over the draw without, and time over time without: V100, A40 and RTX 6000 in Zeus' traces, busy jobs
    [(0.90, 1.057), (0.88, 1.067), (0.80, 1.112), (0.77, 1.119), (0.57, 1.437), (0.56, 1.376)],
)
def test_arithmetic_slows_as_it_was_measured_to(cap: float, slower: float) -> None:
    assert 1 / clocks.clock_ratio(cap, 1.0, STATIC, LEAST) == pytest.approx(slower, rel=0.1)


@given(st.floats(0.36, 3.0))
def test_the_draw_is_the_limit_or_less(cap: float) -> None:
    clock = clocks.clock_ratio(cap, 1.0, STATIC, LEAST)
    assert clocks.capped_power_w(1.0, clock, STATIC) == pytest.approx(min(cap, 1.0))


def test_a_limit_above_the_draw_changes_nothing() -> None:
    free, high = (thirdwatt.estimate(RUN, change, samples=1) for change in ({}, {"cluster.power_cap_w": 700}))
    assert high.totals["step_time_s"] == free.totals["step_time_s"]
    assert high.totals["accelerator_power_w"] == free.totals["accelerator_power_w"]


def test_a_cap_costs_time_and_saves_energy() -> None:
    def at(cap: float) -> tuple[float, float]:
        totals = thirdwatt.estimate(RUN, {"cluster.power_cap_w": cap}, samples=1).totals
        time, power = totals["step_time_s"], totals["accelerator_power_w"]
        assert time is not None
        assert power is not None
        return time.value, time.value * power.value

    (whole, energy), (mild, saved), (deep, _) = at(700), at(450), at(250)
    assert whole < mild < 1.15 * whole
    assert 0.7 * energy < saved < 0.95 * energy
    assert deep > 1.5 * whole


def test_a_stated_clock_sets_speed_and_draw() -> None:
    slow = thirdwatt.estimate(RUN, {"cluster.clock": 0.7}, samples=1)
    power, free = slow.of("capped_power_w"), slow.of("work_power_w")
    assert power is not None
    assert free is not None
    assert power.value == pytest.approx(free.value * (STATIC + (1 - STATIC) * 0.7**3))


def test_swing_is_less_than_peak() -> None:
    totals = thirdwatt.estimate(RUN, samples=1).totals
    swing, peak = totals["power_swing_w"], totals["peak_power_w"]
    assert swing is not None
    assert peak is not None
    assert 0 < swing.value < peak.value
