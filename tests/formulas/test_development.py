"""Development and failures by size, beside published values and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thirdwatt.formulas import development, goodput

S_PER_H = 3600.0
LLAMA_3_H = 54 * 24 / 419
"""Time between two failures of 16,384 accelerators."""


def waste(write_s: float, between_h: float, restart_h: float) -> float:
    interval = goodput.checkpoint_interval_h(write_s, between_h, S_PER_H)
    return float(
        development.failure_waste_ratio(
            goodput.checkpoint_ratio(write_s, interval, S_PER_H),
            goodput.lost_to_failure_ratio(interval, restart_h, between_h, 0.0),
        )
    )


# --- failures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("between_h", "minutes"), [(24.0, 117.0), (6.0, 57.0), (0.25, 9.1)])
def test_dalys_interval_is_that_of_his_figures(between_h: float, minutes: float) -> None:
    """Figures 3 to 5 of the paper, five minutes to write."""
    assert 60 * float(development.daly_interval_h(300.0, between_h, S_PER_H)) == pytest.approx(minutes, rel=0.006)


def test_dalys_interval_is_the_time_between_failures_where_writing_takes_twice_that() -> None:
    assert float(development.daly_interval_h(2 * 3600.0, 1.0, S_PER_H)) == 1.0
    assert float(development.daly_interval_h(1.99 * 3600.0, 1.0, S_PER_H)) < 1.0
    assert float(development.daly_interval_h(0.0, 1.0, S_PER_H)) == 0.0


def test_failures_of_llama_3() -> None:
    assert pytest.approx(3.09, abs=5e-3) == LLAMA_3_H
    hours = development.accelerator_hours_per_failure(419 / (54 * 24 * 16_384))
    assert hours == pytest.approx(50.7e3, abs=50)
    assert development.failure_count(54 * 24, LLAMA_3_H) == pytest.approx(419)


@pytest.mark.parametrize(
    ("write_s", "without", "with_ten_minutes"), [(30.0, 0.073, 0.127), (120.0, 0.147, 0.201), (300.0, 0.232, 0.286)]
)
def test_waste_at_the_scale_of_llama_3(write_s: float, without: float, with_ten_minutes: float) -> None:
    assert waste(write_s, LLAMA_3_H, 0.0) == pytest.approx(without, abs=6e-4)
    assert waste(write_s, LLAMA_3_H, 1 / 6) == pytest.approx(with_ten_minutes, abs=6e-4)


def test_intervals_at_the_scale_of_llama_3_and_of_one_server() -> None:
    assert 60 * goodput.checkpoint_interval_h(30.0, LLAMA_3_H, S_PER_H) == pytest.approx(13.6, abs=0.05)
    assert goodput.checkpoint_interval_h(60.0, 5_000.0, S_PER_H) == pytest.approx(13, abs=0.1)
    assert waste(60.0, 5_000.0, 0.0) == pytest.approx(0.003, abs=5e-4)


def test_a_share_of_all_time_is_less_than_a_ratio_to_what_counts() -> None:
    assert development.failure_waste_share(0.127) == pytest.approx(0.1127, abs=5e-5)


times = st.floats(0.01, 1e4)


def full(interval_h: float, write_s: float, restart_h: float, between_h: float) -> float:
    return float(development.daly_waste_share(interval_h, write_s, restart_h, between_h, S_PER_H))


@given(st.just(0.0) | times, st.floats(0.0, 3600.0), st.floats(0.0, 10.0), times)
def test_the_full_model_gives_a_share(interval_h: float, write_s: float, restart_h: float, between_h: float) -> None:
    assert -1e-12 <= full(interval_h, write_s, restart_h, between_h) <= 1


@given(st.floats(1.0, 60.0), st.floats(0.0, 0.1), st.floats(100.0, 1e5))
def test_the_first_order_is_the_full_model_where_failures_are_rare(
    write_s: float, restart_h: float, between_h: float
) -> None:
    first = waste(write_s, between_h, restart_h)
    interval = float(goodput.checkpoint_interval_h(write_s, between_h, S_PER_H))
    share = float(development.failure_waste_share(first))
    assert full(interval, write_s, restart_h, between_h) == pytest.approx(share, abs=first**2)


@given(st.floats(1.0, 600.0), st.floats(0.5, 1e3))
def test_dalys_interval_wastes_no_more_than_youngs(write_s: float, between_h: float) -> None:
    young = float(goodput.checkpoint_interval_h(write_s, between_h, S_PER_H))
    daly = float(development.daly_interval_h(write_s, between_h, S_PER_H))
    assert full(daly, write_s, 0.1, between_h) <= full(young, write_s, 0.1, between_h) + 1e-9


# --- search -------------------------------------------------------------------------------------------------------


def test_halving_takes_15_percent_of_27_trials() -> None:
    assert development.full_search_ratio(27.0, 1.0) == 27
    assert development.halving_search_ratio(27.0, 1.0, 3.0) == pytest.approx(4)
    assert pytest.approx(0.15, abs=2e-3) == 4 / 27
    assert development.halving_search_ratio(0.0, 0.0, 3.0) == 0


@pytest.mark.parametrize(("code", "ratio"), [*enumerate([0.0, 0.27, 0.27, 0.04, 0.07, 0.0027])])
def test_each_search_has_its_price(code: int, ratio: float) -> None:
    found = development.search_ratio(0.27, 0.04, 0.07, 0.01, code)
    assert found == pytest.approx(ratio)
    codes, wide = np.full((1, 3), code, dtype=np.intp), np.full((1, 3), 0.27)
    assert np.allclose(development.search_ratio(wide, 0.04, 0.07, 0.01, codes), ratio)


@given(st.floats(1.0, 1e4), st.floats(0.0, 1.0), st.floats(1.1, 10.0))
def test_halving_takes_no_less_than_its_winner(trials: float, share: float, rate: float) -> None:
    found = float(development.halving_search_ratio(trials, share, rate))
    assert share <= found * (1 + 1e-12)
    assert math.isfinite(found)


# --- the project --------------------------------------------------------------------------------------------------


@given(st.floats(0.0, 10.0), st.floats(0.0, 10.0), st.floats(0.0, 10.0))
def test_a_multiplier_gives_back_what_its_parts_are(failed: float, ablation: float, search: float) -> None:
    ratio = development.development_ratio__parts(failed, ablation, search)
    multiplier = development.development_multiplier_ratio(ratio)
    assert development.development_ratio__multiplier(multiplier) == pytest.approx(failed + ablation + search, abs=1e-12)
