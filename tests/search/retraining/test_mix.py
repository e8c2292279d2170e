"""Updates mixed with full retrains: how many, at what mean, and what they leave missing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thirdwatt.ledger import Ledger, estimate
from thirdwatt.scenario import InputError
from thirdwatt.search.retraining.answer import Answer, Wanted, answered
from thirdwatt.search.retraining.mix import Mixed, Mixing
from thirdwatt.search.retraining.news import of_text
from thirdwatt.search.retraining.policy import Drift, Value, mean_cost, updates_within

RUN: dict[str, Any] = {"workload": {"parameters": 7e9, "tokens": 1e12}, "cluster": {"count": 64}}


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return estimate(RUN, samples=50)


def of(ledger: Ledger, mixing: Mixing, **more: Any) -> tuple[Answer, Mixed]:
    found = answered(ledger, Wanted(of_text("5%", 1e12), mixing=mixing, **more))
    assert found.mix is not None
    return found, found.mix


def test_the_mean_is_of_one_full_retrain_and_its_updates(ledger: Ledger) -> None:
    found, mix = of(ledger, Mixing(updates=4))
    for name in ("energy_kwh", "cost_usd", "carbon_kg"):
        full, update, mean = found.option("full").totals[name], found.option("continue").totals[name], mix.totals[name]
        assert full is not None
        assert update is not None
        assert mean is not None
        assert mean.value == pytest.approx((full.value + 4 * update.value) / 5)
        assert mean.low < mean.value < mean.high
    assert mix.of_full is not None
    assert 0.2 < mix.of_full.value < 0.3
    assert mix.policy is None


def test_a_budget_says_how_many(ledger: Ledger) -> None:
    """0.05 nats are five gaps of the 0.01 assumed; 0.3 points are three that were measured, rounding or not."""
    assert of(ledger, Mixing(tolerated=0.05))[1].updates == 5
    _, mix = of(ledger, Mixing(tolerated=0.3, gap=0.1))
    assert (mix.updates, mix.unit, mix.within) == (3, "points", True)
    assert mix.missing == pytest.approx((0.3,) * 3)


@pytest.mark.parametrize(("tolerated", "within"), [(None, None), (0.03, True), (0.029, False)])
def test_updates_that_are_stated_are_held_against_the_budget(
    ledger: Ledger, tolerated: float | None, within: bool | None
) -> None:
    _, mix = of(ledger, Mixing(updates=3, tolerated=tolerated))
    assert mix.updates == 3
    assert mix.within is within
    assert mix.missing == pytest.approx((0.03, 0.0, 0.09))


def test_how_often_is_of_the_mean(ledger: Ledger) -> None:
    found, mix = of(ledger, Mixing(updates=2), drift=Drift(0.5, 30.0), value=Value(200.0))
    assert mix.policy is not None
    cost = mix.totals["cost_usd"]
    assert cost is not None
    assert mix.policy.retrain_cost == cost.value
    assert found.policies["continue"].cost.total < mix.policy.cost.total < found.policies["full"].cost.total
    assert any(said.startswith("With 2 updates between two full retrains: every") for said in found.advice.because)


@pytest.mark.parametrize(
    ("stated", "where"),
    [
        ({"gap": 0.1}, ["--gap"]),
        ({"updates": 0}, ["--updates"]),
        ({"tolerated": 0.0}, ["--tolerated"]),
        ({"tolerated": 1.0, "gap": 0.0}, ["--gap"]),
        ({"tolerated": 1e300}, ["--tolerated"]),
        ({"updates": 10**9, "tolerated": -1.0, "gap": -1.0}, ["--updates", "--tolerated", "--gap"]),
    ],
)
def test_every_mistake_is_told(stated: dict[str, Any], where: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        Mixing(**stated)
    assert [mistake.path for mistake in caught.value.mistakes] == where


def test_no_update_within_the_budget_is_a_mistake(ledger: Ledger) -> None:
    with pytest.raises(InputError, match=r"less than the 0\.01 that one update leaves"):
        of(ledger, Mixing(tolerated=0.005))


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3), st.integers(1, 1000))
def test_more_updates_cost_less_where_one_is_cheaper(full: float, update: float, updates: int) -> None:
    means = [float(mean_cost(np.array([full]), np.array([update]), each)[0]) for each in (updates, updates + 1)]
    assert min(full, update) * (1 - 1e-9) <= means[0] <= max(full, update) * (1 + 1e-9)
    assert (means[1] <= means[0] * (1 + 1e-9)) if update <= full else (means[1] >= means[0] * (1 - 1e-9))


@given(st.integers(0, 10_000), st.floats(1e-6, 1e6))
def test_as_many_updates_as_stay_within(count: int, gap: float) -> None:
    assert updates_within(count * gap, gap) == count
    assert updates_within((count + 0.5) * gap, gap) == count
