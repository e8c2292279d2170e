"""What follows: by size alone, by cost and staleness, on a history."""

from __future__ import annotations

from typing import Any

import pytest

from tests.search.retraining.histories import made
from thirdwatt.ledger import Ledger, estimate
from thirdwatt.search.retraining.answer import ASSUMED, Answer, Wanted, answered
from thirdwatt.search.retraining.history import shown
from thirdwatt.search.retraining.news import News, of_text
from thirdwatt.search.retraining.policy import Drift, Value

RUN: dict[str, Any] = {"workload": {"parameters": 7e9, "tokens": 1e12}, "cluster": {"count": 64}}


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return estimate(RUN, samples=20)


def of(ledger: Ledger, said: str, **more: Any) -> Answer:
    return answered(ledger, Wanted(of_text(said, 1e12), **more))


@pytest.mark.parametrize(("said", "option"), [("0.1%", "skip"), ("30%", "continue"), ("62%", "warm-start"),
                                              ("100%", "continue"), ("2500%", "full")])  # fmt: skip
def test_advice_changes_with_what_is_new(ledger: Ledger, said: str, option: str) -> None:
    assert of(ledger, said).advice.option == option


def test_reasons_are_those_of_the_numbers(ledger: Ledger) -> None:
    few = of(ledger, "0.1%")
    assert few.advice.because[0].startswith("Not for its size")
    assert max(each.gain for each in few.predicted) < 0.01
    many = of(ledger, "50%")
    assert "more than the 0.01" in many.advice.because[0]
    assert min(each.gain for each in many.predicted) > 0.01


def test_nothing_new_is_nothing_to_do(ledger: Ledger) -> None:
    news = News((0.0, 0.0, 0.1), (0.9, 0.9, 1.0), "test", "measured")
    found = answered(ledger, Wanted(news))
    assert found.advice.option == "skip"
    assert found.advice.because == ("Nothing is new: there is nothing to train on again.",)


def test_less_than_there_was_is_no_gain(ledger: Ledger) -> None:
    found = answered(ledger, Wanted(News((0.1,) * 3, (0.5,) * 3, "test", "measured")))
    assert found.advice.option == "skip"
    assert "more was removed than came" in found.advice.because[0]
    assert "-" not in found.advice.because[0]


def test_what_was_shown_for_pretraining_is_said_to_be_of_that() -> None:
    tuned = {"workload": {"model": "llama-3.1-8b", "tokens": 1e8, "method": "sft"}, "cluster": {"count": 8}}
    assert answered(estimate(tuned, samples=1), Wanted(ASSUMED)).advice.because[-1].endswith("this is fine-tuning.")
    assert not any("fine-tuning" in said for said in answered(estimate(RUN, samples=1), Wanted(ASSUMED)).advice.because)


def test_an_interval_is_compared_in_words(ledger: Ledger) -> None:
    drift, value = Drift(0.5, 30.0), Value(200.0)
    every = of(ledger, "5%", drift=drift, value=value).advice.every_d
    assert every is not None
    same, twice, dear = (of(ledger, "5%", drift=drift, value=value, every_d=each).advice.because[1]
                         for each in (every, 2 * every, 100 * every))  # fmt: skip
    assert same.endswith("costs about the same.")
    assert twice.endswith("25 % more.")
    assert dear.endswith("50 times as much.")


def test_an_interval_shorter_than_a_retraining_is_said_to_be() -> None:
    slow = estimate({"workload": {"parameters": 7e9, "tokens": 1e12}, "cluster": {"count": 8}}, samples=1)
    lasts = of(slow, "5%").option("continue").totals["wall_time_h"]
    assert lasts is not None
    said = {}
    for worth in (1.0, 1e6):
        advice = of(slow, "5%", drift=Drift(0.5, 30.0), value=Value(worth)).advice
        assert advice.every_d is not None
        said[advice.every_d < lasts.value / 24] = advice.because
    assert "needs more of them" in said[True][1]
    assert not any("needs more of them" in each for each in said[False])


def test_a_cost_that_is_not_known_leaves_how_often_open() -> None:
    unpriced = estimate("t5-11b", samples=1)
    asked = {"drift": Drift(0.5, 30.0), "value": Value(200.0)}
    assert of(unpriced, "5%", **asked).advice.because[-1].endswith("what a retraining takes in USD.")
    assert "How often" not in of(unpriced, "5%").advice.because[-1]


def test_laws_that_differ_are_said_to(ledger: Ledger) -> None:
    between = of(ledger, "30%")
    assert "laws differ" in between.advice.because[0]
    gains = [each.gain for each in between.predicted]
    assert min(gains) < 0.01 < max(gains)


def test_where_no_law_tells_it_is_for_freshness() -> None:
    found = answered(estimate("deepseek-v3", samples=1), Wanted(ASSUMED))
    assert found.advice.because[0].startswith("If it has to be fresh: Continue")
    assert "experts" in found.advice.because[1]


def test_the_best_interval_is_of_the_cheapest_way(ledger: Ledger) -> None:
    found = of(ledger, "5%", drift=Drift(0.5, 30.0), value=Value(200.0), every_d=10.0)
    assert set(found.policies) == {"continue", "warm-start", "full"}
    assert found.advice.option == "continue"
    policy = found.policies["continue"]
    assert found.advice.every_d == policy.every_d
    cost = found.option("continue").totals["cost_usd"]
    assert cost is not None
    assert policy.retrain_cost == cost.value
    assert policy.every_d == pytest.approx((2 * cost.value / (200 * 0.5 / 30)) ** 0.5)
    assert "Every 10 days" in found.advice.because[1]


def test_energy_and_carbon_may_be_what_a_point_is_worth(ledger: Ledger) -> None:
    for unit, total in (("kWh", "energy_kwh"), ("kg", "carbon_kg")):
        found = of(ledger, "5%", drift=Drift(0.5, 30.0), value=Value(50.0, unit))
        cost = found.option("full").totals[total]
        assert cost is not None
        assert found.policies["full"].retrain_cost == cost.value


def test_never_where_it_cannot_pay(ledger: Ledger) -> None:
    found = of(ledger, "5%", drift=Drift(1.0, 30.0, None), value=Value(1e-3))
    assert found.advice.option == "skip"
    assert found.advice.every_d is None
    assert found.advice.because[0].startswith("Never train again")


def test_a_history_gives_the_drift_and_is_replayed(ledger: Ledger) -> None:
    history = shown(made(Drift(0.6, 30.0), rows=40, every=90, noise=0.1))
    found = of(ledger, "5%", history=history, value=Value(500.0))
    assert found.wanted.drift == history.drift
    assert found.policies
    assert found.replay is not None
    assert {each.name for each in found.replay.policies} >= {"never", "periodic", "updates"}
    without = of(ledger, "5%", history=history)
    assert without.replay is None
    assert without.policies == {}


def test_the_interval_is_that_of_its_price(ledger: Ledger) -> None:
    """With a linear drift it goes with the square root of what a retraining costs, draw by draw."""
    found = of(ledger, "5%", drift=Drift(0.5, 30.0), value=Value(200.0))
    for name, policy in found.policies.items():
        cost = found.option(name).totals["cost_usd"]
        assert cost is not None
        ends = [(2 * each / (200 * 0.5 / 30)) ** 0.5 for each in (cost.low, cost.high)]
        assert policy.open.every_d == pytest.approx(ends, rel=0.02)
        assert ends[0] < ends[1]


def test_a_history_leaves_the_interval_more_open(ledger: Ledger) -> None:
    history = shown(made(Drift(0.6, 30.0), rows=8, every=90, noise=0.3))
    steady, seen = (
        of(ledger, "5%", value=Value(500.0), **said).policies["full"].open.every_d
        for said in ({"drift": history.drift}, {"history": history})
    )
    wide = [(low or 1e9, high or 1e9) for low, high in (steady, seen)]
    assert wide[1][1] / wide[1][0] > 1.2 * wide[0][1] / wide[0][0]


def test_a_full_retrain_is_not_compared_with_itself(ledger: Ledger) -> None:
    said = of(ledger, "2500%").advice.because[0]
    assert "100 %" not in said
    assert "no update takes less" in said
    unseen = answered(estimate("deepseek-v3", samples=1), Wanted(of_text("2500%", None))).advice.because[0]
    assert unseen.startswith("If it has to be fresh: Retrain from scratch on everything, since")


def test_an_update_that_takes_nearly_all_is_held_against_all(ledger: Ledger) -> None:
    """A revision of which hardly a line stayed."""
    swapped = answered(ledger, Wanted(News((0.95,) * 3, (1.0,) * 3, "test", "measured")))
    near = swapped.option("continue").of_full
    assert near is not None
    assert 0.9 < near.value < 1.01
    grown = answered(ledger, Wanted(News((0.94,) * 3, (1.0,) * 3, "test", "measured")))
    assert any("and leaves nothing missing" in said for said in grown.advice.because)
    assert not any("leaves nothing missing" in said for said in of(ledger, "5%").advice.because)
