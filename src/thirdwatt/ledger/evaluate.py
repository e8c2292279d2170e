"""Evaluation: a program applied to leaves, chunk by chunk, over variants and samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from thirdwatt.ledger.graph import Plan, Program
from thirdwatt.ledger.samples import Array, Leaf, Scores

CHUNK_ELEMENTS = 16_384
"""Variants times samples that are evaluated together: what a core's cache holds of a few quantities."""

Values: TypeAlias = dict[str, Array]
Read: TypeAlias = Callable[[str], NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Values of some variants: of the targets, and the factor by which each known total scaled its parts.

    Arrays broadcast to (..., v, width), where v is the number of variants in ``variants``.
    """

    variants: slice
    values: Values
    factors: Values


def run(plan: Plan, read: Read) -> Values:
    """Evaluate a plan, dropping what has no reader left; returns its targets."""
    kept = _evaluate(plan, read, drop=True)
    return {target: kept[slot] for target, slot in plan.slots.items()}


def trace(plan: Plan, read: Read) -> Values:
    """Evaluate a plan and return every quantity it passes through."""
    kept = _evaluate(plan, read, drop=False)
    return {step.quantity: kept[number] for number, step in enumerate(plan.steps)}


def _evaluate(plan: Plan, read: Read, *, drop: bool) -> list[Any]:
    kept: list[Any] = [None] * len(plan.steps)
    with np.errstate(all="ignore"):
        for number, step in enumerate(plan.steps):
            formula = step.formula
            if formula is None:
                kept[number] = read(step.quantity)
            else:
                kept[number] = formula.function(*[kept[slot] for slot in step.arguments])
            if drop:
                for slot in step.frees:
                    kept[slot] = None
    return kept


def solve(program: Program, read: Read, evaluate: Callable[[Plan, Read], Values] = run) -> tuple[Values, Values]:
    """Evaluate a program: scale the parts of known totals, then everything with those parts as cuts.

    Returns
    -------
    values, factors
        Values of the plan, and of each known total the factor on its free parts.
    """
    cuts: Values = {}
    factors: Values = {}

    def reading(name: str) -> NDArray[Any]:
        return cuts[name] if name in cuts else read(name)

    for scaling in program.scalings:
        parts = run(scaling.plan, reading)
        fixed = sum((parts[part] for part in scaling.fixed), np.zeros((1, 1)))
        with np.errstate(all="ignore"):
            factor = (read(scaling.total) - fixed) / sum(parts[part] for part in scaling.free)
            cuts |= {part: parts[part] * factor for part in scaling.free}
        factors[scaling.total] = factor
    return evaluate(program.plan, reading), factors


def chunks(program: Program, leaves: Mapping[str, Leaf], scores: Scores, variants: int) -> Iterator[Chunk]:
    """Evaluate all variants, a chunk at a time; a chunk holds all samples of its variants."""
    size = max(1, CHUNK_ELEMENTS // scores.width)
    shared = {name: leaf.at(slice(0, 1), scores) for name, leaf in leaves.items() if len(leaf.value) == 1}
    for start in range(0, variants, size):
        part = slice(start, min(start + size, variants))

        def read(name: str, part: slice = part) -> NDArray[Any]:
            return shared[name] if name in shared else leaves[name].at(part, scores)

        values, factors = solve(program, read)
        yield Chunk(part, values, factors)


def needed(program: Program) -> tuple[str, ...]:
    """Leaves that a program reads, known totals included."""
    cut = {part for scaling in program.scalings for part in scaling.free}
    names: dict[str, None] = {}
    for scaling in program.scalings:
        names |= dict.fromkeys((*scaling.plan.leaves, scaling.total))
    names |= dict.fromkeys(program.plan.leaves)
    return tuple(name for name in names if name not in cut)
