"""Clocks: a limit above the draw changes nothing, one below slows as measured caps did."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import thirdwatt
from thirdwatt.formulas import clocks, power

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


def test_the_floor_is_flop_times_joules_per_flop_at_peak() -> None:
    # 1e21 FLOP on 700 W and 989 TFLOP/s: 0.708 pJ a FLOP, 197 kWh
    floor = power.accelerators_floor_energy_kwh(1e21, 989e12, 1.0, 700.0, 3600.0, 1000.0)
    assert floor == pytest.approx(1e21 * 700 / 989e12 / 3.6e6)
    assert floor == pytest.approx(196.6, abs=0.1)
    # at a lower clock a FLOP takes less where the draw falls faster
    clock = 0.8
    draw = clocks.capped_power_w(700.0, clock, STATIC)
    assert power.accelerators_floor_energy_kwh(1e21, 989e12, clock, draw, 3600.0, 1000.0) < floor


def test_no_run_draws_less_than_its_floor() -> None:
    for preset in ("llama-3.1-405b", "gpt-3-175b", "startup-lora-8xh100", "gpt-4o"):
        found = thirdwatt.estimate(preset, samples=50, also=("accelerators_floor_energy_kwh",))
        floor, drawn = (found.samples(name) for name in ("accelerators_floor_energy_kwh", "accelerators_energy_kwh"))
        if floor is not None and drawn is not None:
            assert (drawn >= floor).all()
