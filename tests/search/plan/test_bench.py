"""The bench: what is priced by the million is what estimate says of the same scenario."""

from __future__ import annotations

import numpy as np
import pytest

from tests.search.plan import made
from thirdwatt.facts.prices import rent
from thirdwatt.ledger import estimate, scenario_of
from thirdwatt.search.plan.bench import Bench, Combinations
from thirdwatt.search.plan.combine import combinations
from thirdwatt.search.plan.goals import GOALS


@pytest.fixture(scope="module")
def everything() -> tuple[Bench, Combinations]:
    bench = made.bench(made.ALL)
    many = combinations(bench.levers)
    assert many is not None
    return bench, many


def test_prices_are_those_of_estimate(everything: tuple[Bench, Combinations]) -> None:
    bench, many = everything
    some = many[np.random.default_rng(0).choice(len(many), 40, replace=False)]
    priced = bench.prices(some)
    assert priced.able.any()
    assert not priced.able.all()
    for row, combination in enumerate(some):
        document = bench.document(tuple(map(int, combination)))
        if isinstance(document, str):
            assert not priced.able[row]
            continue
        if priced.able[row]:
            ledger = estimate(scenario_of(document), samples=1)
            for goal, quantity in GOALS.items():
                found = ledger.of(quantity)
                assert found is not None
                assert priced.goals[goal][row] == pytest.approx(found.value, rel=1e-9), (goal, combination)


def test_nothing_is_the_run_today(everything: tuple[Bench, Combinations]) -> None:
    bench, many = everything
    priced = bench.prices(np.zeros_like(many[:1]))
    energy = bench.start.ledger.totals["energy_kwh"]
    assert energy is not None
    assert priced.goals["energy"][0] == pytest.approx(energy.value, rel=1e-12)


def test_ratios_multiply_and_what_is_set_stands() -> None:
    bench = made.bench([made.LESS, made.FEWER, made.STALL])
    document = bench.document((1, 1, 1))
    assert not isinstance(document, str)
    assert document["workload"]["tokens"]["value"] == pytest.approx(1e12 * 0.5 * 0.7)
    assert document["known"]["data_stall_ratio"] == 0.001
    assert "data_stall_ratio" not in bench.start.document.get("known", {})


def test_a_layout_of_another_machine_is_chosen_anew_and_todays_stays_today() -> None:
    bench = made.bench([made.CHIP, made.FP8, made.COUNT])
    today = bench.start.document["layout"]
    assert "no fp8" in str(bench.document((0, 1, 0)))
    other = bench.document((2, 1, 1))
    assert not isinstance(other, str)
    product = 1
    for name in ("tensor", "pipeline", "context", "data"):
        product *= other["layout"][name]
    assert product == 32
    assert other["layout"]["global_batch"] == today["global_batch"]["value"]


def test_what_cannot_be_says_why() -> None:
    bench = made.bench([made.FP8, made.CHIP])
    assert "no fp8" in bench.why_not((1, 0))
    assert bench.why_not((1, 1)) == ""
    assert bench.why_not((0, 0)) == ""


def test_the_draw_of_the_run_goes_with_it_to_other_machines() -> None:
    source = {**made.BASE, "known": {"accelerator_power_w": 200.0}}
    bench = made.bench([made.CHIP], source)
    ratio = bench.start.of_machine["accelerator_load_ratio"]
    document = bench.document((1,))
    assert not isinstance(document, str)
    bare = {name: section for name, section in document.items() if name != "known"}
    own = estimate(scenario_of(bare), samples=1).figures["accelerator_load_ratio"].value
    assert document["known"]["accelerator_load_ratio"]["value"] == pytest.approx(own * ratio)


def test_a_ratio_to_what_is_computed_is_refused() -> None:
    with pytest.raises(ValueError, match="computed here"):
        made.bench([made.lever("wrong", made.scales("less", 0.5, "accelerator_hours"))])


def test_memory_that_is_exceeded_rules_out() -> None:
    big = {
        **made.BASE,
        "workload": {"model": "llama-3.1-8b", "tokens": 1e12, "transformer": {"seq_len": 65_536}},
    }
    bench = made.bench([made.RECOMPUTE], big)
    assert not bench.prices(np.array([[1]], dtype=np.int8)).able[0]
    assert "memory" in bench.why_not((1,))


def test_fewer_machines_can_be_whatever_is_known_of_todays() -> None:
    source = {**made.BASE, "known": {"accelerator_power_w": 200.0}}
    bench = made.bench([made.COUNT], source)
    assert bench.start.of_machine
    assert bench.why_not((1,)) == ""


def test_a_limit_on_the_draw_is_not_hidden_by_todays_clock() -> None:
    bench = made.bench([made.lever("cap", made.sets("cap", {"cluster.power_cap_w": 250.0}))])
    priced = bench.prices(np.array([[0], [1]], dtype=np.int8))
    assert priced.able.all()
    assert priced.goals["time"][1] > priced.goals["time"][0] * 1.01


def test_what_asks_for_a_new_layout_does_not_gain_what_a_better_one_does() -> None:
    bench = made.bench((made.CHIP, made.LAYOUT))
    (ratio,) = bench.start.behind.values()
    assert ratio > 1.05
    rows = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.int8)
    today, better, chip, both = bench.prices(rows).goals["energy"]
    assert today / better == pytest.approx(ratio, rel=1e-6)
    assert chip / both == pytest.approx(ratio, rel=0.02)  # storage does not take longer
    without, laid_out = (bench.document(tuple(row)) for row in ((1, 0), (1, 1)))
    assert isinstance(without, dict)
    assert isinstance(laid_out, dict)
    assert without["layout"] == laid_out["layout"]


def test_scenarios_are_made_ready_once_for_all_parts() -> None:
    bench = made.bench((made.CHIP, made.CLOCK, made.LESS))
    rows = np.array(
        [[chip, clock, less] for chip in range(3) for clock in range(3) for less in range(3)], dtype=np.int8
    )
    apart = [made.bench((made.CHIP, made.CLOCK, made.LESS)).prices(row[None]).goals["energy"][0] for row in rows]
    bench.make_ready(rows)
    _, ready = bench._made_ready
    assert [bench.prices(row[None]).goals["energy"][0] for row in rows] == apart
    assert bench._made_ready[1] is ready


def test_what_nobody_rents_out_is_no_cheaper_for_it() -> None:
    chip = made.lever("chip", made.sets("gb200", {"cluster.accelerator": "gb200", "cluster.network": None}))
    spot = made.lever("spot", made.sets("spot", {"site.term": "spot"}))
    bench = made.bench((chip, spot))  # it is rented, as nobody says otherwise
    assert rent("gb200", None, "on-demand") is not None
    assert rent("gb200", None, "spot") is None
    able = bench.prices(np.array([[0, 1], [1, 0], [1, 1]], dtype=np.int8)).able
    assert able.tolist() == [True, True, False]
    assert bench.why_not((1, 1)) == "nobody is known to rent gb200 on spot terms"
