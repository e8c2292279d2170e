"""Sensitivity: which leaf the spread of the result comes from, and how much of it rests on assumptions.

References
----------
.. [1] Jansen 1999, Analysis of variance designs for model output, Computer Physics Communications 117.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.facts import Figure
from thirdwatt.ledger.book import book
from thirdwatt.ledger.evaluate import chunks, needed
from thirdwatt.ledger.graph import program
from thirdwatt.ledger.leaves import columns, informed, redrawn
from thirdwatt.ledger.samples import Array, Leaf, Scores
from thirdwatt.scenario.parse import BOUNDARY_QUANTITY

if TYPE_CHECKING:
    from thirdwatt.ledger.ledger import Ledger

CHANCE = 6.63
"""99 % quantile of the chi-square distribution with one degree of freedom: samples times a squared correlation."""

SAME = 1e-12
"""Relative spread below which draws are one value."""


def spread_shares(result: Array, leaves: Mapping[str, Leaf], scores: Scores) -> tuple[dict[str, float], float]:
    """First-order share of the variance of a result by leaf, and what is left for interaction.

    The share is the squared correlation with the leaf's normal score plus that with the score's size, which sees the
    kink of a spread with two different halves; both less what chance gives. A correlation that chance alone gives one
    time in a hundred counts as none.

    Parameters
    ----------
    result
        Samples, shape (width,), column 0 the centre.
    """
    drawn = result[1:] / _size(result)
    uncertain = {name: leaf.streams[0] for name, leaf in leaves.items() if not np.array_equal(leaf.low, leaf.high)}
    if np.ptp(drawn) <= SAME or not uncertain:
        return dict.fromkeys(uncertain, 0.0), 0.0
    score = np.stack([scores.of(stream)[1:] for stream in uncertain.values()])
    first = np.zeros(len(score))
    centred = drawn - drawn.mean()
    for seen in (score, np.abs(score)):
        away = seen - seen.mean(axis=1, keepdims=True)
        squared = (away @ centred) ** 2 / ((away**2).sum(axis=1) * (centred @ centred))
        certain = squared * scores.samples > CHANCE
        first += np.where(certain, np.maximum(squared - (1 - squared) / (scores.samples - 2), 0), 0)
    shares = {name: float(share) for name, share in zip(uncertain, first, strict=True)}
    return shares, max(0.0, 1.0 - sum(shares.values()))


def assumed_share(result: Array, boundary: str, leaves: Mapping[str, Figure], scores: Scores) -> float:
    """Share of the variance of the energy that comes from assumed leaves, their interactions included [1]_.

    One variant draws all assumed leaves anew: the mean squared difference over twice the variance.
    """
    drawn = result[1:] / _size(result)
    if np.ptp(drawn) <= SAME:
        return 0.0
    anew = {name: redrawn(figure) if figure.kind == "assumed" else figure for name, figure in leaves.items()}
    target = BOUNDARY_QUANTITY[boundary]
    plan = program(book(), informed(leaves), (target,))
    chunk = next(chunks(plan, columns([anew], needed(plan)), scores, 1))
    other = np.broadcast_to(chunk.values[target][0], result.shape)[1:] / _size(result)
    return float(np.clip(np.mean((drawn - other) ** 2) / (2 * drawn.var()), 0, 1))


def swings(ledger: Ledger, names: Sequence[str], quantity: str) -> dict[str, tuple[float, float]]:
    """A quantity with one leaf at the low and at the high end of its range and everything else at its value.

    Parameters
    ----------
    names
        Leaves to move, each by itself.
    quantity
        What to look at, without an axis of its own.
    """
    moved = [(name, end) for name in names for end in ("low", "high")]
    variants = []
    for name, end in moved:
        figure = ledger.figures[name]
        at = getattr(figure, end)
        variants.append({**ledger.figures, name: replace(figure, value=at, low=at, high=at)})
    if not variants:
        return {}
    plan = program(book(), informed(ledger.figures), (quantity,))
    leaves = columns(variants, needed(plan))
    found = [chunk.values[quantity][:, 0] for chunk in chunks(plan, leaves, Scores(1, 0), len(variants))]
    values = np.broadcast_to(np.concatenate(found), len(variants))
    return {name: (float(values[2 * number]), float(values[2 * number + 1])) for number, name in enumerate(names)}


def _size(result: Array) -> float:
    """Largest draw, by which draws are divided so that their squares stay in range."""
    return float(np.abs(result).max()) or 1.0
