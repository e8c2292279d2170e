"""Where a factor comes from: a product over groups of changes, in order and whatever the order.

References
----------
.. [1] Shapley 1953, A value for n-person games, Contributions to the Theory of Games II.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import factorial
from typing import Any

import numpy as np

from thirdwatt.ledger import scenario_of
from thirdwatt.ledger.blueprints import FITTED
from thirdwatt.ledger.leaves import figures
from thirdwatt.ledger.samples import Array
from thirdwatt.ledger.variants import Numbers, variants
from thirdwatt.scenario import Scenario
from thirdwatt.scenario.blueprint import shipping
from thirdwatt.scenario.blueprint_form import FIELDS, FOLLOWS
from thirdwatt.scenario.parse import BOUNDARY_QUANTITY
from thirdwatt.search.blueprint.mix import Document
from thirdwatt.search.blueprint.price import drawn_as, on
from thirdwatt.search.blueprint.question import Question
from thirdwatt.search.blueprint.space import NUMBERS

FITTED_RATIO = "design_power_ratio"

GROUPS = ("board", "node", "voltage", "architecture", "precision", "memory", "utilisation", "layout")
"""Parts that a factor is told apart into, in the order in which they are put in."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one group of changes brings: a factor in order, one in any order, and both with the other constants."""

    group: str
    in_order: float
    any_order: float
    prior_in_order: float
    prior_any_order: float


def parts(
    before: Sequence[Document], after: Sequence[Document], weights: Array, question: Question
) -> tuple[Part, ...]:
    """The factor as a product over groups of changes, in order and whatever the order (Shapley's value of its log)."""
    found = {}
    for constants in ("fitted", "prior"):
        logs = _logs(before, after, weights, question, constants)
        found[constants] = [
            (logs[tuple(i <= number for i in range(len(GROUPS)))] - logs[tuple(i < number for i in range(len(GROUPS)))],
             _shapley(logs, number))
            for number in range(len(GROUPS))
        ]  # fmt: skip
    return tuple(
        Part(group, *(float(np.exp(each)) for each in (*fitted, *prior)))
        for group, fitted, prior in zip(GROUPS, found["fitted"], found["prior"], strict=True)
    )


def _shapley(logs: Mapping[tuple[bool, ...], float], player: int) -> float:
    count = len(GROUPS)
    share = 0.0
    for coalition in logs:
        if coalition[player]:
            continue
        size = sum(coalition)
        joined = tuple(each or place == player for place, each in enumerate(coalition))
        share += factorial(size) * factorial(count - size - 1) / factorial(count) * (logs[joined] - logs[coalition])
    return share


def _logs(
    before: Sequence[Document], after: Sequence[Document], weights: Array, question: Question, constants: str
) -> dict[tuple[bool, ...], float]:
    """Logarithm of the factor for every set of groups taken from the best design, the rest from the baseline."""
    target = BOUNDARY_QUANTITY[question.boundary]
    base, board = full_section(question.baseline), published(question.baseline)
    if constants != FITTED:
        board.pop(FITTED_RATIO, None)  # it is to what the fitted constants make of the chip
    sets = list(product((False, True), repeat=len(GROUPS)))
    energy = np.empty((len(before), len(sets)))
    drawn = [
        scenario_of(on(after[0], _section(taken, base, board, after[0], constants), _precision(taken, before, after)))
        for taken in sets
    ]
    for row, pair in enumerate(zip(before, after, strict=True)):
        leaves = []
        whole: dict[tuple[bool, str], Scenario] = {}
        for taken, design in zip(sets, drawn, strict=True):
            anew, precision = taken[GROUPS.index("layout")], _precision(taken, before, after)
            if (anew, precision) not in whole:
                whole[anew, precision] = scenario_of(on(pair[anew], after[0]["blueprint"], precision))
            leaves.append(figures(drawn_as(whole[anew, precision], design)))
        found = variants(leaves, (target,)).of(np.arange(len(sets)), Numbers({}, {}))
        energy[row] = found[target]
    share = weights / weights.sum()
    logs = share @ np.log(energy)
    return {taken: float(logs[0] - each) for taken, each in zip(sets, logs, strict=True)}


def _precision(taken: Sequence[bool], before: Sequence[Document], after: Sequence[Document]) -> str:
    found: str = (after if taken[GROUPS.index("precision")] else before)[0]["layout"]["precision"]
    return found


def _section(
    taken: Sequence[bool], base: Mapping[str, Any], board: Mapping[str, Any], best: Document, constants: str
) -> dict[str, Any]:
    """The blueprint that has some groups of fields from the best design, and the rest from the baseline."""
    other, groups = best["blueprint"], _group_of()
    on_best = {group for group, each in zip(GROUPS, taken, strict=True) if each}
    section = {
        field: other.get(field) if groups.get(field, "architecture") in on_best else base.get(field)
        for field in {**base, **other}
    }
    section = {field: value for field, value in section.items() if value is not None}
    section |= {"constants": constants, "rates": {**base["rates"], **other["rates"]}}
    if "board" not in on_best:
        section["known"] = {**board, **(section.get("known") or {})}
    return section


def full_section(chip: str) -> dict[str, Any]:
    """The blueprint of a chip on sale, every field said, so that each can be changed by itself."""
    blueprint = shipping(chip)
    section: dict[str, Any] = {"name": blueprint.name, **blueprint.choices}
    for field, quantity in FIELDS.items():
        if quantity in blueprint.figures:
            section[field] = blueprint.figures[quantity].value
    section["rates"] = {each: blueprint.figures[f"narrow_rate_ratio@{each}"].value for each in blueprint.precisions}
    return section


def published(chip: str) -> dict[str, Any]:
    """What is published of a chip on sale that would else follow from its blueprint."""
    figures = shipping(chip).figures
    return {
        name.partition("@")[0]: {
            "value": each.value,
            "low": each.low,
            "high": each.high,
            "kind": each.kind,
            "source": each.source,
        }
        for name in FOLLOWS
        if (each := figures.get(name)) is not None
    }


def _group_of() -> dict[str, str]:
    groups = {axis.field: axis.group for axis in NUMBERS}
    return groups | {
        "process": "node", "memory": "memory", "link": "memory", "operands": "architecture", "known": "voltage",
        "accumulators": "architecture", "dies": "voltage", "link_byte_per_s": "memory", "spare_stack_ratio": "memory",
    }  # fmt: skip
