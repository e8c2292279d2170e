"""How far ratios of levers have been from what was published of them: said beside every plan.

The figures stand in ``held.csv``, which ``make validation`` writes.
"""

from __future__ import annotations

import csv
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

PREDICTED, ARITHMETIC = "predicted", "arithmetic"
"""Kinds of rows of which nothing is in the tables, and of those that follow by definition and say nothing."""


@dataclass(frozen=True, slots=True)
class Row:
    """One published ratio that the ledger was held against.

    Attributes
    ----------
    levers
        Ids of those that were taken together.
    error
        Relative error of the ledger's ratio.
    covered
        Whether the published one lies within its 90 % interval.
    """

    levers: tuple[str, ...]
    kind: str
    error: float
    covered: bool


@dataclass(frozen=True, slots=True)
class Held:
    """Several of them: how many, how far off in the median, the worst, and the share within the interval.

    ``spread`` is the root mean square of the logarithms of predicted over published: bias counts as error.
    """

    n: int
    median: float
    worst: float
    covered: float
    spread: float


ENOUGH = 5
"""Published ratios from which on a lever's own errors say more than those of all."""


@cache
def rows() -> tuple[Row, ...]:
    """Every ratio that says something of the ledger."""
    text = resources.files("thirdwatt.search.plan").joinpath("held.csv").read_text(encoding="utf-8")
    found = (
        Row(tuple(row["lever"].split("+")), row["kind"], float(row["error"]), row["covered"] == "1")
        for row in csv.DictReader(text.splitlines())
    )
    return tuple(each for each in found if each.kind != ARITHMETIC)


def of_lever(lever: str) -> Held | None:
    """How far off a lever was wherever it was held, alone or with others; ``None`` where nothing is published of it."""
    return _held([each for each in rows() if lever in each.levers])


def of_all() -> Held | None:
    """How far off levers were on ratios of which nothing is in the tables."""
    return _held([each for each in rows() if each.kind == PREDICTED])


def spread_of(lever: str) -> float:
    """How far a ratio of a lever may be off, as a standard deviation of its logarithm: by its own published ratios
    where there are :data:`ENOUGH`, else by all that tested the ledger.
    """
    own, whole = of_lever(lever), of_all()
    if own is not None and own.n >= ENOUGH:
        return own.spread
    return 0.0 if whole is None else whole.spread


def _held(found: Sequence[Row]) -> Held | None:
    if not found:
        return None
    errors = [each.error for each in found]
    return Held(
        len(found),
        statistics.median(map(abs, errors)),
        max(errors, key=abs),
        statistics.mean(each.covered for each in found),
        math.sqrt(statistics.mean(math.log1p(each) ** 2 for each in errors)),
    )
