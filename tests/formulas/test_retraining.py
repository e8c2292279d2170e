"""When to train again: published sums, and every best interval beside a search that knows no formula."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thirdwatt.formulas import retraining as book

positive = st.floats(-6.0, 6.0).map(lambda power: 10.0**power)
exponents = st.floats(0.2, 3.0)


def cost_of(every: float, cost: float, drift: float, time: float, exponent: float | None) -> float:
    """What an interval costs, by the book."""
    stale = (
        book.stale_usd_per_h(drift, time, every)
        if exponent is None
        else book.stale_usd_per_h__power(drift, time, exponent, every)
    )
    return float(book.policy_usd_per_h(book.retraining_usd_per_h(cost, every), stale))


def least(of: Callable[[float], float], low: float, high: float) -> float:
    """Golden section over the logarithm of an interval: the least value of a function with one valley."""
    golden = (math.sqrt(5) - 1) / 2
    left, right = math.log(low), math.log(high)
    for _ in range(120):
        one, other = right - golden * (right - left), left + golden * (right - left)
        left, right = (left, other) if of(math.exp(one)) <= of(math.exp(other)) else (one, right)
    return of(math.exp((left + right) / 2))


def rate_of(cost: float, drift: float, time: float, exponent: float | None) -> float:
    if exponent is None:
        return float(book.best_retrain_count_per_h(cost, book.never_retrain_cost_usd(drift, time), time))
    return float(book.best_retrain_count_per_h__power(cost, drift, time, exponent))


def best_of(cost: float, drift: float, time: float, exponent: float | None) -> float:
    if exponent is None:
        return float(book.best_policy_usd_per_h(drift, time, rate_of(cost, drift, time, None)))
    return float(book.best_policy_usd_per_h__power(cost, drift, time, exponent))


@pytest.mark.parametrize(("every", "count"), [(8760.0, 1.0), (730.0, 12.0), (24.0, 365.0)])
def test_trainings_in_a_year(every: float, count: float) -> None:
    assert book.retrain_count_per_year(8760.0, every) == pytest.approx(count)


@given(positive)
def test_a_year_of_retrainings_costs_what_its_hours_do(every: float) -> None:
    """K a training, n a year, over 8760 hours is K/T."""
    yearly = 3.0 * book.retrain_count_per_year(8760.0, every)
    assert yearly == pytest.approx(8760.0 * book.retraining_usd_per_h(3.0, every))


# --- the best interval --------------------------------------------------------------------------------------------


def test_the_square_root() -> None:
    """K = 50, v·r = 4 an hour and hour: T = sqrt(2·50/4) = 5, at sqrt(2·50·4) = 20 an hour."""
    assert 1 / rate_of(50.0, 4.0, 1.0, 1.0) == pytest.approx(5)
    assert best_of(50.0, 4.0, 1.0, 1.0) == pytest.approx(20)


@pytest.mark.parametrize("off", [2.0, 0.5])
def test_twice_off_costs_a_quarter(off: float) -> None:
    assert cost_of(5.0 * off, 50.0, 4.0, 1.0, 1.0) / best_of(50.0, 4.0, 1.0, 1.0) == pytest.approx(1.25)


def test_a_saturating_drift() -> None:
    """K = 1, v·S = 0.5 and k = 0.1 give 8.24."""
    assert 1 / rate_of(1.0, 0.5, 10.0, None) == pytest.approx(8.24, abs=5e-3)


@pytest.mark.parametrize("cost", [5.0, 5.1, 1e9])
def test_what_saves_nothing_is_never_done(cost: float) -> None:
    """vS/k = 0.5·10 = 5 is all that a retraining can save."""
    assert book.never_retrain_cost_usd(0.5, 10.0) == 5
    assert rate_of(cost, 0.5, 10.0, None) == 0
    assert best_of(cost, 0.5, 10.0, None) == 0.5
    assert rate_of(5.0 * (1 - 1e-12), 0.5, 10.0, None) > 0


@pytest.mark.parametrize("exponent", [None, 1.0, 0.5])
def test_where_nothing_is_lost_nothing_is_retrained(exponent: float | None) -> None:
    assert rate_of(1.0, 0.0, 10.0, exponent) == best_of(1.0, 0.0, 10.0, exponent) == 0


def test_a_thousand_policies_beside_a_search() -> None:
    """All shapes, parameters over six decades: at most 0.1 % from the best in what it costs, be it flat or not."""
    random = np.random.default_rng(5)
    worst = 0.0
    for number in range(1_000):
        cost, drift, time = 10.0 ** random.uniform(-3, 3, 3)
        exponent = (None, 1.0, float(random.uniform(0.2, 3.0)))[number % 3]
        rate, total = rate_of(cost, drift, time, exponent), best_of(cost, drift, time, exponent)
        middle = 1 / rate if rate else time
        searched = least(
            partial(cost_of, cost=cost, drift=drift, time=time, exponent=exponent), middle / 1e4, middle * 1e4
        )
        searched = min(searched, drift) if exponent is None else searched
        reached = cost_of(1 / rate, cost, drift, time, exponent) if rate else drift
        worst = max(worst, abs(total / searched - 1), reached / searched - 1)
    assert worst < 1e-3


@given(positive, positive, positive, st.none() | exponents)
def test_staleness_of_the_moment_is_what_the_best_policy_costs(
    cost: float, drift: float, time: float, exponent: float | None
) -> None:
    rate, total = rate_of(cost, drift, time, exponent), best_of(cost, drift, time, exponent)
    assert math.isfinite(rate)
    assert math.isfinite(total)
    if rate > 0:
        moment = (
            book.drift_usd_per_h(drift, time, 1 / rate)
            if exponent is None
            else book.drift_usd_per_h__power(drift, time, exponent, 1 / rate)
        )
        assert total == pytest.approx(float(moment), rel=1e-6)


@given(positive, positive, positive, st.none() | exponents, st.floats(0.01, 100.0))
def test_no_interval_is_cheaper_than_the_best(
    cost: float, drift: float, time: float, exponent: float | None, off: float
) -> None:
    every = off / (rate_of(cost, drift, time, exponent) or 1 / time)
    assert cost_of(every, cost, drift, time, exponent) >= best_of(cost, drift, time, exponent) * (1 - 1e-9)


@given(positive, positive, positive, st.none() | exponents)
def test_dearer_retrainings_are_rarer(cost: float, drift: float, time: float, exponent: float | None) -> None:
    assert rate_of(cost * 1.1, drift, time, exponent) <= rate_of(cost, drift, time, exponent)


def test_arrays_and_floats_alike() -> None:
    costs, drifts = np.array([[1.0], [3.0]]), np.array([[0.2, 0.5, 8.0]])
    found = book.best_retrain_count_per_h(costs, book.never_retrain_cost_usd(drifts, 10.0), 10.0)
    alone = [[rate_of(float(cost), float(drift), 10.0, None) for drift in drifts[0]] for cost in costs[:, 0]]
    assert np.array_equal(found, alone)


# --- on an event --------------------------------------------------------------------------------------------------


def event_of(cost: float, drift: float, time: float, exponent: float | None) -> float:
    if exponent is None:
        return float(book.event_retrain_count_per_h(cost, drift, time))
    return float(book.event_retrain_count_per_h__power(cost, drift, time, exponent))


@given(positive, positive, positive, st.none() | exponents)
def test_an_event_comes_when_staleness_has_cost_a_retraining(
    cost: float, drift: float, time: float, exponent: float | None
) -> None:
    every = 1 / event_of(cost, drift, time, exponent)
    stale = cost_of(every, cost, drift, time, exponent) - cost / every
    if stale > 1e-6 * cost / every:
        assert stale * every == pytest.approx(cost, rel=1e-4)


def test_a_steady_linear_drift_needs_no_watching() -> None:
    assert event_of(50.0, 4.0, 1.0, 1.0) == pytest.approx(rate_of(50.0, 4.0, 1.0, 1.0))
    assert book.event_policy_usd_per_h(50.0, event_of(50.0, 4.0, 1.0, 1.0), 3.0) == pytest.approx(23)


@given(positive, positive, positive, st.none() | exponents)
def test_an_event_costs_no_less_than_the_best_and_at_most_twice(
    cost: float, drift: float, time: float, exponent: float | None
) -> None:
    event = float(book.event_policy_usd_per_h(cost, event_of(cost, drift, time, exponent), 0.0))
    best = best_of(cost, drift, time, exponent)
    assert best * (1 - 1e-6) <= event <= 2 * best * (1 + 1e-6)


# --- updates and data that grow -----------------------------------------------------------------------------------


def test_a_mix_costs_its_mean() -> None:
    assert book.retrain_cost_usd(100.0, 10.0, 4.0) == 28
    assert book.retrain_cost_usd(100.0, 10.0, 0.0) == 100


@pytest.mark.parametrize(
    ("tolerance", "gap", "updates"), [(0.3, 0.1, 3), (0.29, 0.1, 2), (0.05, 0.1, 0), (0.0, 0.1, 0), (1.0, 0.01, 100)]
)
def test_updates_within_a_tolerance(tolerance: float, gap: float, updates: int) -> None:
    assert book.update_count(tolerance, gap) == updates


@pytest.mark.parametrize(
    ("replay", "factors"), [(0.05, (101, 25, 16, 10)), (0.25, (80, 20, 12, 8))], ids=["5 %", "25 %"]
)
def test_a_year_of_months_from_scratch_and_continued(replay: float, factors: tuple[int, ...]) -> None:
    """Data grow by 1, 5, 10 and 25 % of what there was a month."""
    for growth, factor in zip((0.01, 0.05, 0.1, 0.25), factors, strict=True):
        scratch = book.scratch_token_count(1.0, growth, 12.0)
        continued = book.continued_token_count(growth, 12.0, replay)
        assert 1 / float(book.continued_to_scratch_ratio(continued, scratch)) == pytest.approx(factor, abs=0.5)


@given(st.floats(0.0, 1e12), st.floats(0.0, 1e12), st.integers(1, 60))
def test_sums_are_those_of_one_after_the_other(first: float, new: float, count: int) -> None:
    one_by_one = sum(first + new * each for each in range(1, count + 1))
    assert float(book.scratch_token_count(first, new, float(count))) == pytest.approx(one_by_one, rel=1e-9)


def test_going_on_costs_half_of_both_and_the_replay() -> None:
    assert book.union_cost_ratio(3e11, 3e11, 0.05) == pytest.approx(0.53, abs=5e-3)
    assert book.union_cost_ratio(3e11, 3e11, 0.0) == 0.5
