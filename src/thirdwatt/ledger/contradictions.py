"""Contradictions: what is known twice over and does not agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thirdwatt.facts import Figure
from thirdwatt.ledger.book import Book
from thirdwatt.ledger.evaluate import run
from thirdwatt.ledger.graph import Program, choose, plan
from thirdwatt.ledger.leaves import column, informed
from thirdwatt.ledger.samples import Scores
from thirdwatt.quantity import unit
from thirdwatt.scenario import Warn

TOLERANCE = 0.01


def contradictions(
    book: Book, given: Mapping[str, Figure], leaves: Mapping[str, Figure], program: Program
) -> Iterator[Warn]:
    """Compare each known quantity with what the rest of what is known implies for it.

    A quantity is implied when, without it, the book would still derive it from informed quantities, or when no formula
    of the program reads it. Differences up to 1 % pass.
    """
    read = {name for step in program.plan.steps if step.formula for name in step.formula.arguments}
    read |= {scaling.total for scaling in program.scalings} | set(program.plan.slots)
    for name, figure in given.items():
        if name not in leaves:
            continue
        rest = {other: known for other, known in leaves.items() if other != name}
        way = choose(book, informed(rest)).get(name)
        derived = way is not None and (way.given or (way.parts and all(part in given for part in way.arguments)))
        if name in read and not derived:
            continue
        implied = _implied(book, rest, name)
        if implied is None:
            if name not in read:
                yield Warn("unread", f"{name} is stated, but nothing in this scenario depends on it")
        elif abs(implied - figure.value) > TOLERANCE * abs(figure.value):
            symbol = unit(name).replace("1", "")
            yield Warn(
                "contradiction",
                f"{name} is stated as {figure.value:.4g} {symbol}".rstrip()
                + f", but the rest of what is known implies {implied:.4g}",
            )
        elif name not in read:
            yield Warn("unread", f"{name} is stated, agrees with the rest, and is not needed")


def _implied(book: Book, leaves: Mapping[str, Figure], name: str) -> float | None:
    if name not in book.formulas:
        return None
    wanted = plan(book, informed(leaves), (name,))
    if wanted.missing:
        return None
    centre = Scores(1, 0)

    def reading(leaf: str) -> NDArray[Any]:
        return column(leaf, [leaves[leaf]]).at(slice(0, 1), centre)

    value = np.asarray(run(wanted, reading)[name])
    return float(value[0, 0]) if value.shape == (1, 1) and np.isfinite(value).all() else None
