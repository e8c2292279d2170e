"""Drift and value as people write them, and the interval that they make best."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thirdwatt.ledger.ask import ask
from thirdwatt.scenario import InputError, InsufficientError
from thirdwatt.search.retraining.policy import (
    FLAT,
    FLATTEST,
    LEAST,
    LONGEST_D,
    MOST,
    SHORTEST_D,
    STEEPEST,
    Drift,
    Value,
    best,
    best_per_day,
    curve,
    days_of,
    drift_of,
    mixed_cost,
    value_of,
)

amounts = st.floats(-2.0, 3.0).map(lambda power: 10.0**power)
drifts = st.builds(Drift, amounts, amounts, st.none() | st.just(1.0) | st.floats(0.2, 3.0))


# --- as people write them -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "drift"),
    [
        ("0.5/30d", Drift(0.5, 30)),
        (" 0.5 / 30 d ", Drift(0.5, 30)),
        ("0.5/30d^0.7", Drift(0.5, 30, 0.7)),
        ("8~90d", Drift(8, 90, None)),
        (".5/w", Drift(0.5, 7)),
        ("1e-1/12h", Drift(0.1, 0.5)),
        ("3/Y^2", Drift(3, 365, 2)),
    ],
)
def test_drifts_as_they_are_written(text: str, drift: Drift) -> None:
    assert drift_of(text) == drift


@given(st.floats(0.01, 99).map(lambda x: round(x, 3)), st.integers(1, 999), st.sampled_from([None, 1.0, 0.7]))
def test_drifts_are_read_as_they_are_shown(points: float, days: int, exponent: float | None) -> None:
    drift = Drift(points, float(days), exponent)
    assert drift_of(str(drift)) == drift


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("200/d", Value(200)),
        ("200 USD/d", Value(200)),
        ("50 kWh/d", Value(50, "kWh")),
        ("70 kg/w", Value(10, "kg")),
        ("24 usd / 2 d", Value(12)),
    ],
)
def test_values_as_they_are_written(text: str, value: Value) -> None:
    assert value_of(text) == value


@pytest.mark.parametrize(("text", "days"), [("30d", 30), ("2w", 14), ("12 h", 0.5), ("45", 45), ("1y", 365)])
def test_times_as_they_are_written(text: str, days: float) -> None:
    assert days_of(text) == days


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("half a point", ["is no drift"]),
        ("-1/0q^11", ["-1 points", "a time of 0 q", "'q' is no unit of time", "the exponent is 11"]),
        ("8~90d^2", ["what saturates has no exponent"]),
        ("0.5/30d^0", ["the exponent is 0"]),
        ("1e300/1e-300d", ["1e300 points", "a time of 1e-300 d"]),
        ("1e-300/1e300y", ["1e-300 points", "a time of 1e+300 y"]),
    ],
)
def test_every_mistake_in_a_drift_is_told(text: str, wrong: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        drift_of(text)
    assert len(caught.value.mistakes) == len(wrong)
    for mistake, words in zip(caught.value.mistakes, wrong, strict=True):
        assert words in str(mistake)
        assert mistake.path == "drift"
        assert mistake.fix


@pytest.mark.parametrize(("text", "count"), [("much", 1), ("-2 eur/0x", 4), ("3 USD", 1), ("1/month", 1)])
def test_every_mistake_in_a_value_is_told(text: str, count: int) -> None:
    with pytest.raises(InputError) as caught:
        value_of(text)
    assert len(caught.value.mistakes) == count


@pytest.mark.parametrize("text", ["soon", "0d", "3 months", "-1d", ""])
def test_no_time_is_told(text: str) -> None:
    with pytest.raises(InputError):
        days_of(text)


# --- what is lost -------------------------------------------------------------------------------------------------


@given(drifts, st.floats(0.01, 5.0))
def test_age_is_what_lost_comes_from(drift: Drift, times: float) -> None:
    days = times * drift.days
    assert float(drift.age(drift.lost(days))) == pytest.approx(days, rel=1e-9)


def test_what_is_lost() -> None:
    assert drift_of("0.5/30d").lost(60.0) == pytest.approx(1.0)
    assert drift_of("0.5/30d^0.5").lost(120.0) == pytest.approx(1.0)
    assert drift_of("8~90d").lost(90.0) == pytest.approx(8 * (1 - math.exp(-1)))


def test_shapes_have_names() -> None:
    assert [drift_of(text).shape for text in ("1/d", "1/d^2", "1~d")] == ["linear", "power", "saturating"]


# --- the best interval --------------------------------------------------------------------------------------------


def test_a_retraining_of_6000_usd() -> None:
    """sqrt(2·6000·30/(0.5·200)) = 60 days, at 100 USD a day for retraining and as much for staleness."""
    found = best(6_000.0, drift_of("0.5/30d"), value_of("200/d"), every_d=30.0)
    assert found.every_d == pytest.approx(60)
    assert found.cost.retraining == found.cost.staleness == pytest.approx(100)
    assert found.never is None
    assert found.stated is not None
    assert found.stated.over_best == pytest.approx(0.25)
    assert found.near == pytest.approx((43.8, 82.2), abs=0.1)
    assert found.unit == "USD"


def test_what_does_not_pay_is_never_done() -> None:
    found = best(1_440.0, drift_of("8~90d"), value_of("2 kWh/d"))
    assert (found.every_d, found.cost.total, found.never, found.unit) == (None, 16, 16, "kWh")
    assert found.near[1] is None
    assert best(1_439.0, drift_of("8~90d"), value_of("2 kWh/d")).every_d is not None


@pytest.mark.parametrize(("drift", "value"), [("0/30d", "2/d"), ("0~30d", "2/d"), ("1/30d", "0/d"), ("1~30d", "0/d")])
def test_where_nothing_is_lost_nothing_is_done(drift: str, value: str) -> None:
    found = best(100.0, drift_of(drift), value_of(value), every_d=10.0)
    assert (found.every_d, found.cost.total, found.never if drift[1] == "~" else 0.0) == (None, 0, 0)
    assert found.stated is not None
    assert found.stated.cost.total == 10
    assert found.event.every_d is None


@given(amounts, drifts, amounts)
def test_no_interval_of_the_curve_is_cheaper(cost: float, drift: Drift, per_day: float) -> None:
    found = best(cost, drift, Value(per_day))
    total = found.curve.retraining + found.curve.staleness
    assert np.all(total >= found.cost.total * (1 - 1e-9))
    assert np.all(np.diff(found.curve.retraining) < 0)
    assert np.all(np.diff(found.curve.staleness) > -1e-12 * found.curve.staleness[-1])


@given(amounts, drifts, amounts)
def test_intervals_that_are_near_cost_about_as_much(cost: float, drift: Drift, per_day: float) -> None:
    found = best(cost, drift, Value(per_day))
    ends = [end for end in found.near if end is not None]
    tried = curve(cost, drift, Value(per_day), ends)
    assert np.all(tried.retraining + tried.staleness <= found.cost.total * (1 + FLAT) * (1 + 1e-6))
    if found.every_d is not None:
        assert ends[0] <= found.every_d * (1 + 1e-9)


def test_what_can_be_written_has_finite_costs() -> None:
    """At the ends of what is taken for a number that somebody means."""
    ends = [f"{points:g}/{days:g}d^{exponent:g}" for points in (LEAST, MOST) for days in (SHORTEST_D, LONGEST_D)
            for exponent in (FLATTEST, 1.0, STEEPEST)]  # fmt: skip
    ends += [f"{points:g}~{days:g}d" for points in (LEAST, MOST) for days in (SHORTEST_D, LONGEST_D)]
    for drift in map(drift_of, ends):
        for worth in (LEAST, MOST):
            for cost in (1e-9, 1e15):
                for every in (SHORTEST_D, LONGEST_D):
                    policy = best(cost, drift, Value(worth), every_d=every)
                    assert policy.stated is not None
                    told = (policy.cost.total, policy.event.total, policy.stated.cost.total, *policy.curve.staleness)
                    assert np.isfinite(told).all(), drift


@given(amounts, drifts, amounts)
def test_many_costs_at_once(cost: float, drift: Drift, per_day: float) -> None:
    rates = best_per_day([cost, 2 * cost], drift, Value(per_day))
    alone = best(cost, drift, Value(per_day)).every_d
    assert rates[0] == pytest.approx(0.0 if alone is None else 1 / alone)
    assert rates[1] <= rates[0]


def test_what_is_known_leaves_nothing_open() -> None:
    found = best(6_000.0, drift_of("0.5/30d"), value_of("200/d"))
    assert found.open.every_d == pytest.approx((60, 60))
    assert found.open.total == pytest.approx((200, 200))


def test_the_interval_is_as_open_as_the_square_root_of_the_price() -> None:
    costs = 6_000.0 * np.geomspace(0.25, 4.0, 1001)
    found = best(6_000.0, drift_of("0.5/30d"), value_of("200/d"), costs=costs)
    ends = np.quantile(costs, (0.05, 0.95))
    assert found.open.every_d == pytest.approx(60 * np.sqrt(ends / 6_000), rel=1e-3)
    assert found.open.total == pytest.approx(200 * np.sqrt(ends / 6_000), rel=1e-3)


def test_some_prices_say_never() -> None:
    """From 1,440 on no retraining pays."""
    said = (drift_of("8~90d"), value_of("2 kWh/d"))
    low, high = best(1_000.0, *said, costs=np.linspace(500.0, 2_000.0, 101)).open.every_d
    assert low is not None
    assert high is None
    assert best(2_000.0, *said, costs=np.linspace(1_900.0, 2_100.0, 11)).open.every_d == (None, None)


def test_draws_of_the_drift_open_it_further() -> None:
    drift, value = drift_of("0.5/30d"), value_of("200/d")
    costs, wide = np.full(50, 6_000.0), tuple(Drift(points, 30.0) for points in np.geomspace(0.25, 1.0, 101))
    low, high = best(6_000.0, drift, value, costs=costs, drifts=wide).open.every_d
    assert low is not None
    assert high is not None
    assert 60 / 2**0.5 < low < 50 < 70 < high < 60 * 2**0.5


@given(amounts, drifts, amounts, st.integers(1, 40), st.integers(1, 10))
def test_what_is_open_lies_between_the_ends_of_the_draws(
    cost: float, drift: Drift, per_day: float, costs: int, drifts: int
) -> None:
    draws, several = cost * np.geomspace(0.5, 2.0, costs), (drift,) * drifts
    low, high = best(cost, drift, Value(per_day), costs=draws, drifts=several).open.every_d
    rates = best_per_day(draws, drift, Value(per_day))
    assert rates.min() * (1 - 1e-9) <= (0.0 if high is None else 1 / high)
    assert (0.0 if low is None else 1 / low) <= rates.max() * (1 + 1e-9)


def test_watching_is_paid_for_and_needless_where_drift_is_steady() -> None:
    found = best(6_000.0, drift_of("0.5/30d"), value_of("200/d"), monitor_per_day=7.0)
    assert found.event.total == pytest.approx(found.cost.total + 7)
    assert found.event.every_d == pytest.approx(60)


def test_every_mistake_in_a_question_is_told() -> None:
    with pytest.raises(InputError) as caught:
        best(0.0, Drift(1, 1), Value(1), every_d=math.nan, monitor_per_day=-1.0)
    assert [mistake.path for mistake in caught.value.mistakes] == ["cost", "every", "monitor"]


def test_a_mix_of_updates_and_one_refresh() -> None:
    assert mixed_cost(100.0, 10.0, tolerance=0.4, gap=0.1) == (4, 28)
    with pytest.raises(InputError) as caught:
        mixed_cost(0.0, -1.0, tolerance=-1.0, gap=0.0)
    assert [mistake.path for mistake in caught.value.mistakes] == ["full", "update", "tolerance", "gap"]


def test_what_is_lacking_is_named() -> None:
    with pytest.raises(InsufficientError, match=r"never_retrain_cost_usd cannot be computed without drift_time_h"):
        ask({"drift_cost_usd_per_h": 1.0}, ["never_retrain_cost_usd"])
