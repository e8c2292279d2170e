"""Limits of what can be built."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thirdwatt.facts import table
from thirdwatt.ledger import Ledger, estimate, estimate_table, scenario_of
from thirdwatt.ledger.limits import EDGE, HEAT, LEAST_SUPPLY, RETICLE, SUPPLY, broken
from thirdwatt.scenario import InputError
from thirdwatt.scenario.blueprint import shipping

CHIPS = sorted(table("chips").rows)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({RETICLE: 1.06}, "a die is 6.0 % larger than can be exposed (reticle_used_ratio 1.06): take fewer units"),
        ({EDGE: 1.5}, "memory takes 50 % more edge than two sides of its dies have (edge_used_ratio 1.5): take fewer"),
        ({HEAT: 2.0}, "the board draws 100 % more than cooling takes from its dies (heat_used_ratio 2): lower the"),
        ({SUPPLY: 0.52, LEAST_SUPPLY: 0.65}, "its supply of 0.52 V is 20 % below the 0.65 V at which memory cells"),
    ],
)
def test_a_limit_that_is_passed_says_by_how_much_and_what_mends_it(values: dict[str, float], said: str) -> None:
    (found,) = broken(values)
    assert found.startswith(said)


def test_what_is_at_its_limits_can_be_built() -> None:
    assert broken({RETICLE: 1.0, EDGE: 1.0, HEAT: 1.0, SUPPLY: 0.65, LEAST_SUPPLY: 0.65}) == []
    assert broken({}) == []


def priced(blueprint: dict[str, Any], **more: Any) -> Ledger:
    return estimate("llama-3.1-405b", {f"blueprint.{name}": each for name, each in blueprint.items()}, **more)


def codes(blueprint: dict[str, Any]) -> list[str]:
    return [each.text for each in priced(blueprint, samples=1).warnings if each.code == "blueprint_limit"]


def refused(blueprint: dict[str, Any]) -> list[str]:
    with pytest.raises(InputError) as caught:
        priced(blueprint, samples=1)
    return [str(each) for each in caught.value.mistakes]


def test_what_passes_a_limit_by_less_than_the_model_may_be_off_is_warned_of() -> None:
    (die,) = codes({"based_on": "h100-sxm-80gb", "units": 160})
    assert "can hardly be built: a die is" in die
    assert codes({"based_on": "h100-sxm-80gb", "units": 100}) == []


def test_every_limit_that_is_passed_for_certain_is_refused() -> None:
    die, edge = refused({"based_on": "h100-sxm-80gb", "units": 300, "stacks": 20})
    assert die.startswith("blueprint: NVIDIA H100 SXM5 80 GB (changed) cannot be built: a die is")
    assert "larger than can be exposed" in die
    assert "take fewer units" in die
    assert "more edge" in edge


def test_what_takes_no_more_than_the_chip_on_sale_it_is_based_on_is_warned_of() -> None:
    """By constants from before any fit V100's own die passes a reticle by more than they are thought to be off."""
    slower = {"based_on": "v100", "constants": "prior", "clock_hz": 1.4e9, "rates": {"bf16": 1}}
    (die,) = codes(slower)
    assert "can hardly be built: a die is 28 % larger than can be exposed" in die
    (larger,) = refused({**slower, "units": 88})
    assert "cannot be built: a die is" in larger


@pytest.mark.parametrize("constants", ["fitted", "prior"])
@pytest.mark.parametrize("chip", CHIPS)
def test_a_chip_on_sale_with_a_lower_clock_is_never_refused(chip: str, constants: str) -> None:
    clock = 0.97 * table("chips").rows[chip].figures["clock_hz"].value
    design = {"based_on": chip, "constants": constants, "clock_hz": clock}
    of = {f"blueprint.{name}": each for name, each in design.items()}
    assert (
        estimate("llama-3.1-8b", {**of, "layout.precision": _precision(chip)}, samples=1).scenario.blueprint is not None
    )


def test_it_does_not_hang_on_the_draws_of_a_ledger() -> None:
    """The same design is refused whatever the seed, and drawn or not."""
    design = {"based_on": "h100-sxm-80gb", "units": 300}
    for samples, seed in ((1, 0), (1000, 0), (1000, 7)):
        with pytest.raises(InputError, match="cannot be built"):
            priced(design, samples=samples, seed=seed)


@given(units=st.integers(60, 400))
@settings(max_examples=20, deadline=None)
def test_more_units_are_never_easier_to_build(units: int) -> None:
    def ease(count: int) -> int:
        try:
            return len(codes({"based_on": "h100-sxm-80gb", "units": count}))
        except InputError:
            return 2

    assert ease(units) <= ease(units + 20)


def test_a_supply_that_is_stated_too_low_is_refused() -> None:
    (said,) = refused({"based_on": "h100-sxm-80gb", "known": {"supply_v": 0.5}})
    assert "memory cells keep their bits" in said


@pytest.mark.parametrize("known", [{"die_area_mm2": 900}, {"accelerator_tdp_w": 9000}, {"supply_v": 0.5}])
def test_a_chip_on_sale_is_one_no_more_where_its_limits_are_known_to_be_others(known: dict[str, float]) -> None:
    assert any("cannot be built" in each for each in refused({"based_on": "h100-sxm-80gb", "known": known}))
    assert codes({"based_on": "h100-sxm-80gb", "known": {"accelerator_idle_power_w": 80}}) == []


@pytest.mark.parametrize("chip", CHIPS)
def test_what_is_sold_can_be_built(chip: str) -> None:
    assert shipping(chip).sold
    ledger = estimate("llama-3.1-8b", {"blueprint.based_on": chip, "layout.precision": _precision(chip)}, samples=1)
    assert "blueprint_limit" not in {each.code for each in ledger.warnings}


def _precision(chip: str) -> str:
    figures = table("chips").rows[chip].figures
    return "bf16" if "narrow_rate_ratio@bf16" in figures else "fp32"


def test_a_row_of_a_table_warns_or_is_refused_too() -> None:
    rows = [
        (str(units), scenario_of("llama-3.1-405b", {"blueprint.based_on": "h100-sxm-80gb", "blueprint.units": units}))
        for units in (100, 160, 300)
    ]
    small, large, beyond = estimate_table(rows, samples=1)
    assert "blueprint_limit" not in small.codes
    assert "blueprint_limit" in large.codes
    assert beyond.totals is None
    assert beyond.error is not None
    assert "cannot be built: a die is" in beyond.error
