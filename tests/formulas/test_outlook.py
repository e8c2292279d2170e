"""The chapter of the outlook by hand and by its properties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thirdwatt.formulas import outlook

gains = st.floats(1.01, 100.0)
shares = st.floats(0.0, 1.0)
flops = st.floats(1e24, 1e32)


def test_a_third_is_outgrown_in_months() -> None:
    """Three times the work at 4.6 times a year is made up for in nine months; at 3.05 in a year and nothing."""
    assert 12 * float(outlook.bought_growth_count(3.0, 4.6)) == pytest.approx(8.64, abs=0.01)
    assert 12 * float(outlook.bought_growth_count(3.0, 3.05)) == pytest.approx(11.82, abs=0.01)
    assert float(outlook.bought_growth_count(3.0, 1.0)) == 0


@given(gains, shares)
def test_a_rebound_takes_from_a_gain_and_never_turns_it(gain: float, rebound: float) -> None:
    left = float(outlook.banked_gain_factor(gain, rebound))
    assert 1 - 1e-12 <= left <= gain * (1 + 1e-12)
    saved = float(outlook.saved_kwh_per_year(1.0, 1.0, gain))
    assert 1 - 1 / left == pytest.approx(float(outlook.net_saved_kwh_per_year(saved, rebound)), abs=1e-9)


def test_a_full_rebound_leaves_nothing() -> None:
    assert outlook.banked_gain_factor(3.0, 1.0) == 1
    assert outlook.net_saved_kwh_per_year(5.0, 1.0) == 0


@pytest.mark.parametrize(("since", "reached"), [(-2, 0.0), (0, 0.0), (1, 0.2), (5, 1.0), (9, 1.0)])
def test_a_gain_reaches_the_fleet_as_servers_are_replaced(since: float, reached: float) -> None:
    assert float(outlook.reached_share(since, 5.0)) == pytest.approx(reached)


@given(flops, flops, flops, flops, flops)
def test_a_run_has_the_least_of_its_caps_and_one_of_them_binds(
    trend: float, sites: float, grids: float, chips: float, data: float
) -> None:
    wanted = outlook.time_cap_flop(trend, 2000.0, 6570.0)
    found = float(outlook.frontier_flop(wanted, sites, grids, chips, data))
    assert found == min(trend, sites, grids, chips, data)
    code = int(outlook.binding_cap_code(found, trend, wanted, sites, grids, chips))
    assert (trend, trend, sites, grids, chips, data)[code] == found


def test_longer_than_a_run_may_be_is_the_runs_own_cap() -> None:
    wanted = outlook.time_cap_flop(1e28, 10_000.0, 5_000.0)
    assert wanted == 5e27
    assert int(outlook.binding_cap_code(wanted, 1e28, wanted, 1e30, 1e30, 1e30)) == 1


@given(st.floats(1e6, 1e12), st.floats(500.0, 20_000.0), st.floats(1e3, 1e8), st.floats(1e3, 1e8))
def test_power_is_no_more_than_there_is_and_energy_is_kept(
    energy: float, length: float, sites: float, grids: float
) -> None:
    power = float(outlook.frontier_power_kw(energy, length, 6570.0, sites, grids, 1e9))
    assert power <= min(sites, grids) * (1 + 1e-12)
    assert power * float(outlook.frontier_run_h(energy, power)) == pytest.approx(energy)


def test_a_capped_run_lasts_no_longer_than_it_may() -> None:
    """The compute that power allows is that of the longest run."""
    most = outlook.most_flop_per_kw(1e12, 6570.0, 1000.0, 3600.0)
    flop = outlook.site_cap_flop(most, 1e6)
    energy = outlook.frontier_energy_kwh(flop, 1e12, 1000.0, 3600.0)
    power = outlook.frontier_power_kw(energy, 2000.0, 6570.0, 1e6, 1e9, 1e9)
    assert outlook.frontier_run_h(energy, power) == pytest.approx(6570.0)


@given(st.floats(1e24, 1e30), st.floats(500.0, 20_000.0), st.floats(1e24, 1e30))
def test_a_run_never_has_more_chips_than_there_are(trend: float, length: float, chips: float) -> None:
    """What it computes in an hour is no more than the chips that bound it can in theirs."""
    most = outlook.most_flop_per_kw(1e12, 6570.0, 1000.0, 3600.0)
    flop = outlook.frontier_flop(outlook.time_cap_flop(trend, length, 6570.0), 1e40, 1e40, chips, 1e40)
    energy = outlook.frontier_energy_kwh(flop, 1e12, 1000.0, 3600.0)
    power = outlook.frontier_power_kw(energy, length, 6570.0, 1e30, 1e30, outlook.chip_cap_kw(chips, most))
    hours = float(outlook.frontier_run_h(energy, power))
    assert float(flop) / hours <= chips / 6570.0 * (1 + 1e-9)
    assert hours <= 6570.0 * (1 + 1e-9)


def test_data_centres_have_no_more_than_a_part_of_generation() -> None:
    assert outlook.data_centre_kwh_per_year(900.0, 0.35, 2000.0) == 700
    assert outlook.data_centre_kwh_per_year(600.0, 0.35, 2000.0) == 600
    assert int(outlook.data_centre_capped_code(700.0, 900.0)) == 1
    assert int(outlook.data_centre_capped_code(600.0, 600.0)) == 0


def test_grok_4_by_its_compute() -> None:
    """5e26 FLOP at 4.5e11 a joule is 310 GWh."""
    assert outlook.frontier_energy_kwh(5e26, 4.48e11, 1000.0, 3600.0) / 1e6 == pytest.approx(310, rel=0.01)


def test_all_data_there_are() -> None:
    """400 trillion tokens at 20 a parameter take 4.8e28 FLOP (Sevilla et al. 2024: 6e28)."""
    assert outlook.token_cap_flop(4e14, 20.0, 2.0) == pytest.approx(4.8e28)


@given(gains, st.floats(1e5, 1e9))
def test_a_chip_that_does_more_relaxes_its_cap_by_so_much(gain: float, chips: float) -> None:
    """At the same watts a chip of three times the FLOP per joule does three times the FLOP: a third of them will do."""
    known = (1.6, 0.0, 0.25, 9.89e14, 0.38, 6570.0, 3600.0)
    before = float(outlook.chip_cap_flop(outlook.chip_stock_flop(chips, *known), 1.0))
    fewer = outlook.chip_stock_flop(chips / gain, *known)
    assert float(outlook.chip_cap_flop(fewer, gain)) == pytest.approx(before)


@given(st.floats(0.01, 0.99), st.floats(0.5, 2.0), st.integers(0, 15))
def test_ai_is_never_more_than_all(share: float, growth: float, years: int) -> None:
    found = float(outlook.ai_electricity_share(share, growth, years))
    assert 0 < found < 1
    if years == 0:
        assert found == pytest.approx(share)


def test_more_load_takes_more_electricity() -> None:
    """48 to 55 % takes 945 TWh to 1,083: 138 more (IEA 2025 tells 139)."""
    at = outlook.wanted_data_centre_kwh_per_year(945.0, 1.0, 0, 0.25, 0.0, 0.55, 0.48, 1.38, 1.38)
    assert float(at) - 945 == pytest.approx(138, abs=1)


def test_training_and_use_are_all_of_ai() -> None:
    use = outlook.ai_inference_kwh_per_year(70.0, 0.7)
    assert use + outlook.ai_training_kwh_per_year(70.0, use) == 70


def test_arrays_and_floats_alike() -> None:
    growth = np.array([[2.0, 4.0]])
    found = np.asarray(outlook.bought_growth_count(3.0, growth))
    assert found[0].tolist() == pytest.approx([math.log(3, 2), math.log(3, 4)])
