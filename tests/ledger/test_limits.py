"""Limits of what can be built."""

from __future__ import annotations

from typing import Any

import pytest

from thirdwatt.facts import table
from thirdwatt.ledger import estimate, estimate_table, scenario_of
from thirdwatt.ledger.limits import EDGE, HEAT, LEAST_SUPPLY, RETICLE, SUPPLY, broken

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


def codes(blueprint: dict[str, Any]) -> list[str]:
    ledger = estimate("llama-3.1-405b", {f"blueprint.{name}": each for name, each in blueprint.items()}, samples=1)
    return [each.text for each in ledger.warnings if each.code == "blueprint_limit"]


def test_estimate_warns_of_every_limit() -> None:
    (die, edge) = codes({"based_on": "h100-sxm-80gb", "units": 180, "stacks": 14})
    assert "cannot be built: a die is" in die
    assert "more edge" in edge
    assert codes({"based_on": "h100-sxm-80gb", "units": 100}) == []


def test_a_supply_that_is_stated_too_low_is_warned_of() -> None:
    (said,) = codes({"based_on": "h100-sxm-80gb", "known": {"supply_v": 0.5}})
    assert "memory cells keep their bits" in said


@pytest.mark.parametrize("chip", CHIPS)
def test_what_is_sold_can_be_built(chip: str) -> None:
    ledger = estimate("llama-3.1-8b", {"blueprint.based_on": chip, "layout.precision": _precision(chip)}, samples=1)
    assert "blueprint_limit" not in {each.code for each in ledger.warnings}


def _precision(chip: str) -> str:
    figures = table("chips").rows[chip].figures
    return "bf16" if "narrow_rate_ratio@bf16" in figures else "fp32"


def test_a_row_of_a_table_warns_too() -> None:
    large = scenario_of("llama-3.1-405b", {"blueprint.based_on": "h100-sxm-80gb", "blueprint.units": 180})
    (row,) = estimate_table([("large", large)], samples=1)
    assert "blueprint_limit" in row.codes
