"""Leaves of a blueprint: its axes, and what its process, memory, links and the constants of silicon bring along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from thirdwatt.facts import Figure, table
from thirdwatt.facts.table import under
from thirdwatt.formulas.chip import area, matrix, package, power, process, traffic
from thirdwatt.ledger.book import read_book
from thirdwatt.scenario.blueprint import CHOSEN, OPTIONS, Blueprint

FITTED, PRIOR = "fitted", "prior"
"""Sets of constants: as boards and dies have them, and as they were before."""

STAND_IN = ("typical_mfu_share",)
"""Constants that stand in where the family of the chip it is like has none in the precision."""

OF_CHIPS = ("die_area_mm2", "accelerator_cost_usd", "reticle_used_ratio", "edge_used_ratio", "heat_used_ratio")
"""What a design by itself is asked for: its size, its cost, and how near it comes to what can be built."""

OWN = ("design_power_ratio", "chip_area_ratio")
"""Constants that are drawn for every design by itself."""

DERIVED = frozenset(read_book((process, area, matrix, package, power, traffic)).formulas)
"""Quantities that follow from a blueprint, whatever a table says of the chip it is like."""


def designed(
    found: Mapping[str, Figure], blueprint: Blueprint, precision: str, silicon: str | None = None
) -> dict[str, Figure]:
    """Leaves of a run on a blueprint, from those of the same run on the chip it is like."""
    kept = {name: each for name, each in found.items() if name not in DERIVED}
    own = leaves(blueprint, precision, silicon)
    return own | kept | {name: figure for name, figure in own.items() if name not in STAND_IN}


def alone(blueprint: Blueprint, precision: str, silicon: str | None = None) -> dict[str, Figure]:
    """Leaves of a blueprint that nothing is trained on: what of it follows from itself."""
    constants = table("constants").rows
    found = under([constants["exact"].figures, constants["default"].figures], (precision,))
    return designed(found, blueprint, precision, silicon)


def leaves(blueprint: Blueprint, precision: str, silicon: str | None = None) -> dict[str, Figure]:
    """Leaves of a blueprint by itself, in a precision.

    Raises
    ------
    KeyError
        If its arrays do not have the precision.
    """
    if precision not in blueprint.precisions:
        raise KeyError(precision)
    constants = table("silicon").rows["chip"].figures
    conditions = (precision, silicon or blueprint.constants, blueprint.choices["cooling"])
    rows = [constants, *(table(name).rows[blueprint.choices[each]].figures for each, name in CHOSEN.items())]
    rows.append(blueprint.figures)
    found = under(rows, conditions)
    narrow = precision in ("fp8", "fp4")
    wide = next((each for each in ("bf16", "fp16") if each in blueprint.precisions), "bf16") if narrow else precision
    found.setdefault("wide_datapath_j_per_flop", constants[f"datapath_j_per_flop@{wide}"])
    for name in OWN:
        found[name] = replace(found[name], stream=f"{found[name].stream}/{blueprint.name}")
    found["blueprint_factor"] = Figure(1, 1, 1, "exact", "blueprint", "option/blueprint")
    for option, words in OPTIONS.items():
        number = words.index(blueprint.choices[option])
        name = f"{option}_code"
        found[name] = Figure(number, number, number, "exact", f"option {words[number]}", f"option/{name}")
    return found
