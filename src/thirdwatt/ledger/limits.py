"""Limits of what can be built: which of them a blueprint passes, by how much, and what would bring it within."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from thirdwatt.amounts import percent, plain
from thirdwatt.facts import Figure
from thirdwatt.ledger.book import book
from thirdwatt.ledger.evaluate import chunks, needed
from thirdwatt.ledger.graph import program
from thirdwatt.ledger.leaves import columns, informed
from thirdwatt.ledger.samples import Scores
from thirdwatt.scenario import Scenario, Warn
from thirdwatt.scenario.blueprint import Blueprint

RETICLE, EDGE, HEAT = "reticle_used_ratio", "edge_used_ratio", "heat_used_ratio"
SUPPLY, LEAST_SUPPLY = "supply_v", "least_supply_v"
LIMITED = (RETICLE, EDGE, HEAT, SUPPLY, LEAST_SUPPLY)
"""Quantities that limits are held against."""

FIXES: Mapping[str, tuple[str, str]] = {
    RETICLE: ("a die is {} larger than can be exposed", "take fewer units, less memory on it, or one die more"),
    EDGE: ("memory takes {} more edge than two sides of its dies have", "take fewer stacks, or larger or more dies"),
    HEAT: ("the board draws {} more than cooling takes from its dies", "lower the clock, or spread it over more area"),
}  # fmt: skip
"""What passing a limit means, and what mends it."""


def broken(values: Mapping[str, float]) -> list[str]:
    """Limits that a design passes, from its quantities of :data:`LIMITED`: which, by how much, what to change."""
    found = []
    for name, (said, fix) in FIXES.items():
        used = values.get(name, 0.0)
        if used > 1:
            found.append(f"{said.format(percent(used - 1))} ({name} {plain(used)}): {fix}")
    supply, least = values.get(SUPPLY, float("inf")), values.get(LEAST_SUPPLY, 0.0)
    if supply < least:
        said = f"its supply of {plain(supply)} V is {percent(1 - supply / least)} below the {plain(least)} V"
        found.append(f"{said} at which memory cells keep their bits: state a higher one")
    return found


def sold(blueprint: Blueprint) -> bool:
    """Whether a blueprint is a chip on sale with nothing changed, which is built whatever a model of limits says."""
    board = blueprint.figures.get("accelerator_tdp_w")
    return board is not None and board.stream.startswith("accelerators/") and SUPPLY not in blueprint.figures


def limited(leaves: Mapping[str, Figure]) -> dict[str, float]:
    """Quantities of :data:`LIMITED` at the centre, from leaves of a blueprint; what cannot be told is left out."""
    plan = program(book(), informed(leaves), LIMITED)
    (chunk,) = chunks(plan, columns([leaves], needed(plan)), Scores(1, 0), 1)
    return {name: float(chunk.values[name].item()) for name in plan.plan.slots}


def unbuildable(scenario: Scenario, leaves: Mapping[str, Figure]) -> Iterator[Warn]:
    """A warning for every limit that a scenario's blueprint passes."""
    if scenario.blueprint is None or sold(scenario.blueprint):
        return
    for each in broken(limited(leaves)):
        yield Warn("blueprint_limit", f"{scenario.blueprint.name} cannot be built: {each}")
