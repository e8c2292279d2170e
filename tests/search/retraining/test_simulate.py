"""Policies replayed: bills by hand, hindsight beside every possible choice, and what is chosen out of sample."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.search.retraining.histories import made
from thirdwatt.scenario import InputError, InsufficientError
from thirdwatt.search.retraining.history import shown
from thirdwatt.search.retraining.policy import Drift, Value, best
from thirdwatt.search.retraining.simulate import Costs, World, hindsight, joined, replay, replayed, rules, world_of

LINEAR = Drift(1.0, 10)


def world(
    days: int,
    costs: Costs,
    *,
    drift: Drift = LINEAR,
    per_day: float = 1.0,
    passed: np.ndarray[tuple[int], np.dtype[np.float64]] | None = None,
    tokens: float = 0.0,
) -> World:
    """Days of a steady drift, or of one by its clock, on each of which so many tokens come."""
    clock = np.concatenate([[0.0], np.cumsum(np.ones(days) if passed is None else passed)])
    arrived = tokens * np.arange(days + 1.0)
    return World(drift, per_day, clock, arrived, np.arange(days + 1) % 5 == 0, np.zeros(days), costs)


def brute(lived: World, most_updates: int) -> float:
    """Least cost over every way to spend every day: nothing, training from scratch, an update."""
    choices = (0, 1, 2) if lived.costs.updates else (0, 1)
    least = math.inf
    for chosen in itertools.product(choices, repeat=lived.days - 1):
        last, since, total = 0, 0, 0.0
        for day in range(lived.days):
            what = chosen[day - 1] if day else 0
            if what == 1:
                total += float(lived.costs.full_at(lived.arrived[day]))
                last, since = day, 0
            elif what == 2:
                total += float(lived.costs.update_at(np.array(lived.arrived[day] - lived.arrived[last])))
                last, since = day, since + 1
            if since > most_updates:
                total = math.inf
                break
            passed = (lived.clock[day] + lived.clock[day + 1]) / 2 - lived.clock[last]
            total += lived.per_day * (float(lived.drift.lost(passed)) + lived.costs.gap * since)
        least = min(least, total)
    return least


# --- bills --------------------------------------------------------------------------------------------------------


def test_bills_by_hand() -> None:
    """Half a tenth of a point on the first day, three halves on the second; 20 days are two of ten."""
    lived = world(20, Costs(3.0, monitor=0.5))
    found = replayed(lived, joined([rules(), rules(period=10.0), rules(with_data=True), rules(threshold=100.0)]))
    assert found.staleness == pytest.approx([20.0, 10.0, 5.0, 20.0])
    assert found.retrainings.tolist() == [0, 1, 3, 0]
    assert found.retraining.tolist() == [0, 3, 9, 0]
    assert found.monitoring.tolist() == [0, 0, 0, 10]


def test_who_watches_acts_the_morning_after() -> None:
    """0.35 points are lost by the noon of the fourth day; so the fifth begins with a new model."""
    lived = world(9, Costs(3.0))
    found = replayed(lived, joined([rules(threshold=0.3), rules(added=0.8)]))
    assert found.retrainings.tolist() == [2, 2]
    assert found.staleness == pytest.approx([0.8 + 0.8 + 0.05] * 2)


def test_updates_leave_a_gap_until_a_full_one() -> None:
    lived = world(12, Costs(5.0, update=1.0, gap=0.1), tokens=2.0)
    found = replayed(lived, rules(period=3.0, updates=2))
    assert (found.retrainings[0], found.updates[0], found.retraining[0]) == (3, 2, 7)
    assert found.staleness[0] == pytest.approx(4 * 0.45 + 3 * 0.1 + 3 * 0.2)


def test_data_that_come_make_it_dearer() -> None:
    costs = Costs(10.0, tokens=100.0, replay=0.2)
    lived = world(8, costs, tokens=4.0)
    found = replayed(lived, joined([rules(period=5.0), rules(period=5.0, updates=1)]))
    assert found.retraining == pytest.approx([12.0, 10 / 100 * 20 / 0.8])


# --- hindsight ----------------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.floats(0.0, 5.0), min_size=2, max_size=7),
    st.floats(0.05, 5.0),
    st.none() | st.floats(0.0, 2.0),
    st.sampled_from([LINEAR, Drift(1.0, 4, 0.5), Drift(2.0, 3, None)]),
    st.integers(0, 3),
)
def test_hindsight_is_the_best_of_all_ways(
    passed: list[float], full: float, update: float | None, drift: Drift, most: int
) -> None:
    lived = world(len(passed), Costs(full, update=update, gap=0.07), drift=drift, passed=np.array(passed))
    found = hindsight(lived, most)
    assert found.total == pytest.approx(brute(lived, most))
    assert found.retraining == pytest.approx(full * len(found.full) + (update or 0.0) * len(found.updates))


@settings(max_examples=10, deadline=None)
@given(st.lists(st.floats(0.0, 5.0), min_size=4, max_size=6), st.floats(0.0, 8.0))
def test_hindsight_pays_for_tokens(passed: list[float], tokens: float) -> None:
    costs = Costs(1.0, tokens=10.0, replay=0.5, gap=0.01)
    lived = world(len(passed), costs, passed=np.array(passed), tokens=tokens)
    assert hindsight(lived, 3).total == pytest.approx(brute(lived, 3))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0.0, 3.0), min_size=30, max_size=60), st.floats(0.1, 10.0), st.integers(1, 40))
def test_no_policy_beats_hindsight(passed: list[float], full: float, period: int) -> None:
    lived = world(len(passed), Costs(full, update=full / 4, gap=0.02), passed=np.array(passed))
    some = joined(
        [
            rules(),
            rules(period=float(period)),
            rules(with_data=True),
            rules(threshold=0.1 * period),
            rules(added=full),
            rules(period=float(period), updates=3),
        ]
    )
    assert np.all(replayed(lived, some).total >= hindsight(lived).total * (1 - 1e-9))


def test_a_steady_drift_makes_hindsight_periodic() -> None:
    """K = 45 and 0.1 points a day: every sqrt(2·45/0.1) = 30 days."""
    lived = world(300, Costs(45.0))
    assert hindsight(lived).full == tuple(range(30, 300, 30))
    periods = np.arange(1.0, 100.0)
    assert periods[np.argmin(replayed(lived, rules(period=periods)).total)] == 30
    assert best(45.0, LINEAR, Value(1.0)).every_d == pytest.approx(30)


# --- chosen on one half, told on the other ------------------------------------------------------------------------


def test_a_steady_history_needs_no_watching() -> None:
    found = replay(shown(made(Drift(0.6, 30), rows=104, every=91, noise=0.1)), Value(10.0), Costs(60.0), every_d=90.0)
    told = {each.name: each for each in found.policies}
    assert sum(found.days) == 103 * 7
    assert told["periodic"].second.total < 1.04 * found.best.second.total
    truth = best(60.0, Drift(0.6, 30), Value(10.0)).every_d
    assert truth is not None
    chosen = float(told["periodic"].says.split()[1])
    assert chosen == pytest.approx(truth, rel=0.2)
    assert told["stated"].second.total > told["periodic"].second.total
    assert told["never"].second.retrainings == 0
    assert sum(each.wins for each in found.policies) == pytest.approx(1)
    assert all(each.second.regret is not None and each.second.regret >= 0 for each in found.policies)


def test_bursts_are_what_watching_is_for() -> None:
    drift = Drift(0.02, 30)
    history = made(drift, rows=156, every=5_000, noise=0.02, bursts=(90, 260, 370, 640, 700, 980), height=2.0)
    found = replay(shown(history), Value(10.0), Costs(300.0, monitor=0.1))
    told = {each.name: each for each in found.policies}
    assert told["cost_of_one"].second.total < told["periodic"].second.total
    assert found.best.name in ("threshold", "added", "cost_of_one")


def test_watching_is_paid_for() -> None:
    seen = shown(made(Drift(0.6, 30), rows=60, every=91, noise=0.1))
    free, dear = (replay(seen, Value(10.0), Costs(60.0, monitor=cost), redrawn=0) for cost in (0.0, 5.0))
    pay = {each.name: each.second.monitoring for each in dear.policies}
    assert {name for name, cost in pay.items() if cost > 0} == {"threshold", "added", "cost_of_one"}
    assert pay["added"] == pytest.approx(5 * dear.days[1])
    assert all(each.second.monitoring == 0 for each in free.policies)


def test_updates_are_mixed_with_full_ones_where_there_are_any() -> None:
    seen = shown(made(Drift(0.6, 30), rows=60, every=91, noise=0.1))
    found = replay(seen, Value(10.0), Costs(400.0, update=20.0, gap=0.05), redrawn=2)
    assert found.best.name == "updates"
    assert found.best.second.updates > 0
    assert "updates" not in {each.name for each in replay(seen, Value(10.0), Costs(400.0), redrawn=0).policies}


def test_a_stated_interval_is_of_the_mix_that_is_stated() -> None:
    seen = shown(made(Drift(0.6, 30), rows=60, every=91, noise=0.1))
    stated = {}
    for updates in (0, 3):
        found = replay(seen, Value(10.0), Costs(400.0, update=20.0), every_d=14.0, updates=updates, redrawn=0)
        stated[updates] = next(each for each in found.policies if each.name == "stated")
    assert stated[0].second.updates == 0
    assert stated[0].says == "every 14 days, as stated"
    assert 2 * stated[3].second.retrainings / 3 < stated[3].second.updates < stated[3].second.retrainings
    assert stated[3].says == "every 14 days, as stated, 3 updates then 1 full"
    alone = replay(seen, Value(10.0), Costs(400.0), every_d=14.0, updates=3, redrawn=0)
    assert next(each.says for each in alone.policies if each.name == "stated") == "every 14 days, as stated"


def test_a_worthless_point_is_never_trained_for() -> None:
    seen = shown(made(Drift(0.6, 30), rows=20, every=91, noise=0.1))
    found = replay(seen, Value(0.0), Costs(60.0), redrawn=3)
    assert found.best.second.total == 0
    assert found.best.second.retrainings == 0


def test_a_short_history_cannot_be_halved() -> None:
    with pytest.raises(InsufficientError, match="spans 18 days"):
        replay(shown(made(LINEAR, rows=10, every=90, noise=0.1, step=2)), Value(1.0), Costs(1.0))


def test_the_same_history_gives_the_same_answer() -> None:
    seen = shown(made(Drift(0.6, 30), rows=40, every=91, noise=0.1))
    one, other = (replay(seen, Value(10.0), Costs(60.0), redrawn=3) for _ in range(2))
    assert one.policies == other.policies


def test_every_mistake_in_costs_is_told() -> None:
    with pytest.raises(InputError) as caught:
        Costs(0.0, update=-1.0, replay=1.0, gap=-0.1, monitor=math.inf)
    paths = [mistake.path for mistake in caught.value.mistakes]
    assert paths == ["cost", "update", "replay", "replay", "gap", "monitor"]


def test_a_world_is_a_history() -> None:
    seen = shown(made(Drift(0.6, 30), rows=40, every=91, noise=0.1))
    lived = world_of(seen, Value(2.0), Costs(1.0))
    assert lived.days == seen.history.days == len(lived.noise)
    halves = lived.between(0, 100), lived.between(100, lived.days)
    assert [each.days for each in halves] == [100, lived.days - 100]
    assert len(halves[1].noise) == halves[1].days
