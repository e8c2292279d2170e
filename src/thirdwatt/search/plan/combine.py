"""Combinations of ways, those alone that can be taken together, by their days of work."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from thirdwatt.search.plan.bench import Combinations
from thirdwatt.search.plan.offered import Offered, incompatible

MOST = 4_000_000
"""Combinations that are looked at: all of them where there are no more, else those of least work."""


def days(levers: Sequence[Offered], combinations: Combinations) -> NDArray[np.float64]:
    """Days of work of combinations, shape (V,)."""
    found = np.zeros(len(combinations))
    for column, each in enumerate(levers):
        table = np.array([0.0, *(each.effort_d(number)[0] for number in range(len(each.ways)))])
        found += table[combinations[:, column]]
    return found


def count(levers: Sequence[Offered]) -> int:
    """Combinations there would be if all could be taken together."""
    found = 1
    for each in levers:
        found *= 1 + len(each.ways)
    return found


def combinations(levers: Sequence[Offered], most_days: float = np.inf, most: int = MOST) -> Combinations | None:
    """All combinations that can be taken together within some days of work; ``None`` if there are too many.

    Grown lever by lever, so that what two ways rule out is never crossed with the rest.
    """
    grown: Combinations = np.zeros((1, len(levers)), dtype=np.int8)
    spent = np.zeros(1)
    for column, each in enumerate(levers):
        parts, costs = [grown], [spent]
        for number in range(len(each.ways)):
            more = spent + each.effort_d(number)[0]
            free = more <= most_days * (1 + 1e-12)
            for before in range(column):
                for way in range(len(levers[before].ways)):
                    if incompatible(each, number, levers[before], way):
                        free &= grown[:, before] != way + 1
            taken = grown[free].copy()
            taken[:, column] = number + 1
            parts.append(taken)
            costs.append(more[free])
        if sum(map(len, parts)) > most:
            return None
        grown, spent = np.concatenate(parts), np.concatenate(costs)
    return grown[_needing(levers, grown)]


def _needing(levers: Sequence[Offered], many: Combinations) -> NDArray[np.bool_]:
    """Whether each lever that is taken has those that it needs; one that is not on offer is never there."""
    by_id = {each.lever.id: column for column, each in enumerate(levers)}
    good = np.ones(len(many), dtype=bool)
    for column, each in enumerate(levers):
        for needed in each.lever.needs:
            there = many[:, by_id[needed]] > 0 if needed in by_id else np.zeros(len(many), dtype=bool)
            good &= (many[:, column] == 0) | there
    return good


def within(levers: Sequence[Offered], most: int = MOST) -> tuple[Combinations, float]:
    """As many combinations as may be looked at, those of least work first, and the days up to which that is all.

    Returns
    -------
    combinations, days
        ``inf`` where these are all there are.
    """
    whole = combinations(levers, most=most)
    if whole is not None:
        return whole, np.inf
    low, high = 0.0, float(sum(max(each.effort_d(number)[0] for number in range(len(each.ways))) for each in levers))
    found = combinations(levers, low, most)
    assert found is not None  # noqa: S101 - nothing is always one combination
    for _ in range(30):
        middle = (low + high) / 2
        tried = combinations(levers, middle, most)
        if tried is None:
            high = middle
        else:
            low, found = middle, tried
        if high - low < 0.01 * high:
            break
    return found, low
