"""A path: its order, what each change brings, how sure it is."""

from __future__ import annotations

from itertools import permutations
from math import log

import numpy as np
import pytest

from tests.search.plan import made
from thirdwatt.ledger import estimate, scenario_of
from thirdwatt.search.plan import path as of_path
from thirdwatt.search.plan.bench import Bench
from thirdwatt.search.plan.path import path, shapley

CHOSEN = (made.CHIP, made.FP8, made.CLOCK, made.LESS, made.STALL)
WHOLE = (2, 1, 2, 1, 1)


@pytest.fixture(scope="module")
def walked() -> tuple[Bench, of_path.Path]:
    bench = made.bench(CHOSEN, samples=200)
    return bench, path(bench, WHOLE, "energy")


def test_every_step_is_what_estimate_says_of_its_scenario(walked: tuple[Bench, of_path.Path]) -> None:
    bench, found = walked
    before = found.before
    stated = bench.start.own.samples("boundary_energy_kwh") / before.samples("boundary_energy_kwh")  # type: ignore[operator]
    for step in found.steps:
        document = bench.document(step.combination)
        assert not isinstance(document, str)
        again = estimate(scenario_of(document), samples=200)
        assert again.totals == step.ledger.totals
        saved = before.samples("boundary_energy_kwh") - step.ledger.samples("boundary_energy_kwh")  # type: ignore[operator]
        assert step.saving.value == pytest.approx(saved[0])
        assert step.saving.low == pytest.approx(np.quantile((saved * stated)[1:], 0.05))
        before = step.ledger
    assert before.totals == found.after.totals


def test_ratios_multiply_to_the_factor_and_shares_add_up(walked: tuple[Bench, of_path.Path]) -> None:
    _, found = walked
    assert np.prod([step.ratio for step in found.steps]) == pytest.approx(1 / found.factor.value)
    assert sum(step.share for step in found.steps) == pytest.approx(1)
    assert found.effort_d[0] == pytest.approx(sum(each.effort_d[0] for each in found.steps))


def test_what_makes_no_sense_alone_comes_after_what_it_needs(walked: tuple[Bench, of_path.Path]) -> None:
    _, found = walked
    order = [change.lever.id for step in found.steps for change in step.changes]
    assert order.index("chip") < order.index("fp8")


def test_the_order_is_that_of_least_regret(walked: tuple[Bench, of_path.Path]) -> None:
    bench, found = walked
    here = (0,) * len(WHOLE)
    left = set(range(len(WHOLE)))
    for step in found.steps:
        worth = {}
        for number in left:
            there = tuple(WHOLE[at] if at == number else way for at, way in enumerate(here))
            if bench.why_not(there):
                continue
            saved = bench.ledger(here).samples("boundary_energy_kwh") - bench.ledger(there).samples(  # type: ignore[operator]
                "boundary_energy_kwh"
            )
            worth[number] = float(np.quantile(saved[1:], 0.05)) / bench.levers[number].effort_d(WHOLE[number] - 1)[0]
        best = max(worth, key=lambda number: worth[number])
        assert [change.lever.id for change in step.changes] == [bench.levers[best].lever.id]
        as_good = {bench.levers[n].lever.title for n in worth if n != best and worth[n] >= 0.9 * worth[best] > 0}
        assert set(step.tied) == as_good
        left.remove(best)
        here = step.combination


def test_what_would_do_as_well_in_a_place_is_told() -> None:
    twin = made.lever("twin", made.scales("as much", 0.701), days=2.4)
    far = made.lever("far", made.scales("too little", 0.9), days=2.4)
    slow = made.lever("slow", made.scales("too long", 0.7), days=30.0)
    bench = made.bench((made.FEWER, twin, far, slow, made.STALL))
    found = path(bench, (1, 0, 0, 0, 1), "energy")
    instead = {step.changes[0].lever.id: step.instead for step in found.steps}
    assert instead == {"fewer": ("twin",), "stall": ()}
    bench = made.bench((made.FEWER, far, slow))
    assert path(bench, (1, 0, 0), "energy").steps[0].instead == ()


def test_probability_is_a_share_of_draws(walked: tuple[Bench, of_path.Path]) -> None:
    _, found = walked
    ratio = found.drawn[1:]
    middle = float(np.median(ratio))
    assert found.probability(middle) == pytest.approx(0.5, abs=0.01)
    assert found.probability(ratio.min() * 0.999) == 1
    assert found.probability(ratio.max() * 1.001) == 0


def test_how_far_levers_were_off_widens_the_factor_and_moves_no_centre(
    walked: tuple[Bench, of_path.Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, found = walked
    assert found.factor.value == found.drawn_before[0] / found.drawn_after[0]
    plain = found.drawn_before[1:] / found.drawn_after[1:]
    assert np.std(np.log(found.drawn[1:])) > np.std(np.log(plain)) > 0
    assert np.std(np.log(found.drawn[1:] / plain)) == pytest.approx(found.spread(), rel=0.02)
    # by no more than a step saves, whatever its lever was off by
    monkeypatch.setattr(of_path, "spread_of", lambda _: 5.0)
    for step in found.steps:
        assert step.spread == pytest.approx(abs(log(step.ratio)))
    assert found.spread(1) == found.steps[0].spread
    assert found.spread() == pytest.approx(sum(step.spread**2 for step in found.steps) ** 0.5)


def test_what_saves_at_the_chip_saves_less_at_the_server(walked: tuple[Bench, of_path.Path]) -> None:
    bench, _ = walked
    found = path(bench, (0, 0, 1, 0, 0), "energy")
    assert found.boundaries["accelerators"] > found.boundaries["it"] > 1


def test_shares_are_the_mean_over_all_orders() -> None:
    bench = made.bench((made.LESS, made.CLOCK, made.SITE, made.STALL))
    whole = (1, 2, 1, 1)

    def worth(taken: set[int]) -> float:
        row = [way if at in taken else 0 for at, way in enumerate(whole)]
        return -log(float(bench.prices(np.array([row], dtype=np.int8)).goals["energy"][0]))

    expected = dict.fromkeys(range(4), 0.0)
    for order in permutations(range(4)):
        taken: set[int] = set()
        for number in order:
            expected[number] += (worth(taken | {number}) - worth(taken)) / 24
            taken.add(number)
    whole_worth = sum(expected.values())
    found = shapley(bench, whole, "energy")
    for number, share in expected.items():
        assert found[number] == pytest.approx(share / whole_worth, rel=1e-9)


def test_many_changes_are_shared_by_drawn_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = made.bench(CHOSEN)
    exact = shapley(bench, WHOLE, "energy")
    monkeypatch.setattr(of_path, "EXACT", 2)
    drawn = shapley(bench, WHOLE, "energy")
    assert sum(drawn.values()) == pytest.approx(1)
    for number, share in exact.items():
        assert drawn[number] == pytest.approx(share, abs=0.05)


def test_what_is_nothing_in_some_draw_has_no_ratio() -> None:
    bench = made.bench((made.CLOCK,), "gemma-2b", samples=20)
    found = path(bench, (1,), "energy").ratios()
    swing = bench.start.ledger.samples("power_swing_w")
    assert swing is not None
    assert swing.min() <= 0 < swing[0]
    assert found["power_swing_w"] is None
    assert found["energy_kwh"] is not None


def test_nothing_to_do_is_a_path() -> None:
    bench = made.bench((made.CLOCK,))
    found = path(bench, (0,), "energy")
    assert found.steps == ()
    assert found.factor.value == 1


def test_no_more_is_saved_than_the_run_takes_by_its_owner() -> None:
    hours = {"known": {"accelerator_hours": 2e5, "accelerator_power_w": 350.0}}
    bench = made.bench((made.CHIP, made.LESS), {**made.BASE, **hours}, samples=200)
    found = path(bench, (2, 1), "energy")
    own = bench.start.own.samples("boundary_energy_kwh")
    assert own is not None
    assert (found.saved < own).all()
    assert (found.saved > 0).all()
    # the run in rates is less sure of itself than who metered it, and would save more than that
    assert (found.drawn_before - found.drawn_after).max() > own.max()
    assert sum(step.saving.value for step in found.steps) == pytest.approx(found.saved[0])


def test_what_was_set_aside_is_saved_of_the_run_in_rates() -> None:
    bench = made.bench((made.LESS,), {**made.BASE, "known": {"cost_usd": 1e9}}, samples=20)
    found = path(bench, (1,), "cost")
    assert found.saved == pytest.approx(found.drawn_before - found.drawn_after)
