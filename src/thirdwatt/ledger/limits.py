"""Limits of what can be built: which of them a blueprint passes, by how much, and what would bring it within."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from thirdwatt.amounts import percent, plain
from thirdwatt.facts import Figure
from thirdwatt.ledger.blueprints import alone
from thirdwatt.ledger.book import book
from thirdwatt.ledger.evaluate import chunks, needed
from thirdwatt.ledger.graph import program
from thirdwatt.ledger.leaves import columns, informed
from thirdwatt.ledger.ledger import QUANTILES
from thirdwatt.ledger.samples import Array, Scores
from thirdwatt.scenario import InputError, Mistake, Scenario, Warn
from thirdwatt.scenario.blueprint import Blueprint, shipping

RETICLE, EDGE, HEAT = "reticle_used_ratio", "edge_used_ratio", "heat_used_ratio"
SUPPLY, LEAST_SUPPLY = "supply_v", "least_supply_v"
LIMITED = (RETICLE, EDGE, HEAT, SUPPLY, LEAST_SUPPLY)
"""Quantities that limits are held against."""

SECTION = "blueprint"
LOWEST, HIGHEST = QUANTILES
ROUNDING = 1e-9
"""What a limit may be passed by."""

DRAWS = Scores(400, 0)
"""Draws that a limit is held against: whether something can be built does not hang on a ledger's own draws."""

PASSED: Mapping[str, tuple[str, str]] = {
    RETICLE: ("a die is {} larger than can be exposed", "take fewer units, less memory on it, or one die more"),
    EDGE: ("memory takes {} more edge than two sides of its dies have", "take fewer stacks, or larger or more dies"),
    HEAT: ("the board draws {} more than cooling takes from its dies", "lower the clock, or spread it over more area"),
}  # fmt: skip
"""What passing a limit means, and what mends it."""


def passed(values: Mapping[str, float]) -> Iterator[tuple[str, str, str]]:
    """Limits that a design passes, from its quantities of :data:`LIMITED`: which, by how much, and what mends it."""
    for name, (said, fix) in PASSED.items():
        used = values.get(name, 0.0)
        if used > 1 + ROUNDING:
            yield name, f"{said.format(percent(used - 1))} ({name} {plain(used)})", fix
    supply, least = values.get(SUPPLY, float("inf")), values.get(LEAST_SUPPLY, 0.0)
    if supply < least:
        said = f"its supply of {plain(supply)} V is {percent(1 - supply / least)} below the {plain(least)} V"
        yield SUPPLY, f"{said} at which memory cells keep their bits", "state a higher one"


def broken(values: Mapping[str, float]) -> list[str]:
    """Limits that a design passes, each as a line."""
    return [f"{said}: {fix}" for _, said, fix in passed(values)]


def demand_buildable(scenario: Scenario, leaves: Mapping[str, Figure]) -> None:
    """Refuse a blueprint that passes a limit even where the model errs in its favour.

    Raises
    ------
    InputError
        With every limit that 95 % of draws pass, unless the chip on sale that it is based on takes as much by the same
        constants, as V100 does of a reticle by those from before any fit: that one is built.
    """
    if scenario.blueprint is None or scenario.blueprint.sold:
        return
    found = _limited(leaves)
    surely = {name for name, *_ in passed({name: _favoured(name, draws) for name, draws in found.items()})}
    if surely:
        built, taken = _of_base(scenario.blueprint, scenario.choices["precision"]), _centre(found)
        surely -= {name for name in PASSED if taken.get(name, 0.0) <= built.get(name, 0.0) * (1 + ROUNDING)}
    if surely:
        raise InputError(
            Mistake(
                SECTION,
                f"{scenario.blueprint.name} cannot be built: {said}, by more than the model may be off",
                fix,
            )
            for name, said, fix in passed(_centre(found))
            if name in surely
        )


def unbuildable(scenario: Scenario, leaves: Mapping[str, Figure]) -> Iterator[Warn]:
    """A warning for every limit that a scenario's blueprint passes.

    A chip on sale is built, whatever a model of limits says; and one that is based on it may pass a limit by no more
    than the model is off, so it is told what it takes all the same.
    """
    if scenario.blueprint is None or scenario.blueprint.sold:
        return
    for each in broken(_centre(_limited(leaves))):
        yield Warn("blueprint_limit", f"{scenario.blueprint.name} can hardly be built: {each}")


def _limited(leaves: Mapping[str, Figure]) -> dict[str, Array]:
    """Quantities of :data:`LIMITED`, the centre and draws of each, (S,); what cannot be told is left out."""
    plan = program(book(), informed(leaves), LIMITED)
    (chunk,) = chunks(plan, columns([leaves], needed(plan)), DRAWS, 1)
    return {name: np.broadcast_to(chunk.values[name], (1, DRAWS.width))[0] for name in plan.plan.slots}


def _of_base(design: Blueprint, precision: str) -> dict[str, float]:
    """What the chip on sale that a design is based on takes of the same limits, by the constants of the design."""
    if not design.based_on:
        return {}
    sold = replace(shipping(design.based_on), constants=design.constants)
    leaves = alone(sold, precision if precision in sold.precisions else sold.precisions[0])
    return _centre(_limited(leaves))


def _centre(draws: Mapping[str, Array]) -> dict[str, float]:
    return {name: float(each[0]) for name, each in draws.items()}


def _favoured(name: str, draws: Array) -> float:
    """The end of the 90 % interval at which a design is easier to build."""
    return float(np.quantile(draws[1:], HIGHEST if name == SUPPLY else LOWEST))
