"""Which way a quantity is computed does not depend on who asks first."""

from __future__ import annotations

import itertools
import random

import pytest

from thirdwatt.ledger.book import book
from thirdwatt.ledger.graph import choose, plan, program
from thirdwatt.ledger.leaves import figures, informed
from thirdwatt.ledger.pricing import scenario_of

INVERTIBLE = (
    "training_flop",
    "accelerator_hours",
    "wall_time_h",
    "mfu",
    "goodput",
    "accelerator_count",
    "tokens_per_s_per_accelerator",
    "accelerator_power_w",
    "accelerators_energy_kwh",
    "accelerators_facility_energy_kwh",
    "pue",
    "cooling_share",
)


@pytest.mark.parametrize("subsets_of_a_size", [8, pytest.param(60, marks=pytest.mark.slow)])
def test_no_subset_of_what_is_known_makes_a_ring_or_an_order(subsets_of_a_size: int) -> None:
    shuffle = random.Random(0)
    base = informed(figures(scenario_of("llama-3.1-8b")))
    for name in (*INVERTIBLE, "token_count"):
        base.pop(name, None)
    targets = [name for name in book().formulas if len(book().formulas[name]) > 1] + list(INVERTIBLE)
    for tokens in ({}, {"token_count": True}, {"token_count": False}):
        for size in range(len(INVERTIBLE) + 1):
            subsets = list(itertools.combinations(INVERTIBLE, size))
            for known in shuffle.sample(subsets, min(subsets_of_a_size, len(subsets))):
                leaves = base | tokens | dict.fromkeys(known, True)
                shuffle.shuffle(targets)
                first = plan(book(), leaves, targets).chosen
                shuffle.shuffle(targets)
                shuffled = dict(shuffle.sample(list(leaves.items()), len(leaves)))
                assert first == plan(book(), shuffled, targets).chosen


def test_informed_leaf_then_alternative_then_assumption_then_default() -> None:
    def way(leaves: dict[str, bool]) -> str | None:
        formula = choose(book(), leaves)["mfu"]
        return None if formula is None else formula.alternative

    assert way({"mfu": True, "tokens_per_s_per_accelerator": True}) is None
    assert way({"mfu": False, "tokens_per_s_per_accelerator": True}) == "throughput"
    assert way({"mfu": False}) is None
    assert way({}) == ""


def test_missing_leaves_are_named() -> None:
    assert plan(book(), {"pue": True}, ["accelerators_facility_energy_kwh", "pue"]).missing.keys() == {
        "accelerators_facility_energy_kwh"
    }


def test_values_are_dropped_after_their_last_reader() -> None:
    leaves = informed(figures(scenario_of("gpt-4o")))
    steps = plan(book(), leaves, ["facility_energy_kwh"]).steps
    freed = [slot for step in steps for slot in step.frees]
    assert sorted(freed) == list(range(len(steps) - 1))


def test_a_known_total_becomes_cuts_at_its_lowest_parts() -> None:
    leaves = informed(figures(scenario_of("gpt-4o", {"known.facility_energy_kwh": 1e7, "known.it_energy_kwh": 8e6})))
    scalings = program(book(), leaves, ["facility_energy_kwh"]).scalings
    assert [scaling.total for scaling in scalings] == ["it_energy_kwh", "facility_energy_kwh"]
    assert set(scalings[1].free) == {
        "cooling_energy_kwh",
        "power_distribution_energy_kwh",
        "facility_other_energy_kwh",
    }


def test_a_chip_that_is_no_design_lacks_its_own_figures() -> None:
    """Not what a design of it would be made of."""
    missing = plan(book(), {}, ["accelerator_price_usd", "accelerator_tdp_w"]).missing
    assert missing == {"accelerator_price_usd": ("accelerator_price_usd",), "accelerator_tdp_w": ("accelerator_tdp_w",)}
    designed = plan(book(), {"blueprint_factor": True}, ["accelerator_price_usd"]).missing
    assert "wafer_price_usd" in designed["accelerator_price_usd"]
