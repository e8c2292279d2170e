"""What continuing saves and how often to retrain, beside published factors and beside a search.

``retraining.csv`` is a table of set-ups: the columns that are quantities are given, one is asked for, and what was
published stands beside it. All of it is arithmetic on tokens. *Predicted* rows follow from how data came and what each
training was allowed; *arithmetic* ones take the tokens of the continuation as they were. That continuing was as good as
training from scratch is a finding of those papers: nothing here says so of another model.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources

import numpy as np

from thirdwatt.ledger.ask import ask
from thirdwatt.ledger.samples import Array

OWN = ("case", "kind", "quantity", "expected", "low", "high", "source", "note")
"""Columns that are no quantity."""

POLICIES = 1_000
DECADES = 6.0
_SEARCH = 100


@dataclass(frozen=True, slots=True)
class Factor:
    """A published ratio beside what the book gives for its set-up; ``low`` and ``high`` are how it was rounded."""

    case: str
    kind: str
    quantity: str
    predicted: float
    published: float
    low: float
    high: float
    source: str
    note: str

    @property
    def error(self) -> float:
        """Relative error: predicted over published, less one."""
        return self.predicted / self.published - 1

    @property
    def inside(self) -> bool:
        """Whether it is the published figure up to its rounding."""
        return self.low <= self.predicted <= self.high


@dataclass(frozen=True, slots=True)
class Searched:
    """Policies of one shape beside a search that knows no formula: how many, and the most that ours cost more."""

    shape: str
    n: int
    worst: float


def factors() -> Iterator[Factor]:
    """Every published ratio with what the book gives for it."""
    text = resources.files("thirdwatt.validation").joinpath("retraining.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(io.StringIO(text)):
        given = {name: float(cell) for name, cell in row.items() if name not in OWN and cell}
        published, low, high = (float(row[name]) for name in ("expected", "low", "high"))
        yield Factor(
            case=row["case"],
            kind=row["kind"],
            quantity=row["quantity"],
            predicted=float(ask(given, [row["quantity"]])[row["quantity"]]),
            published=published,
            low=low,
            high=high,
            source=row["source"],
            note=row["note"],
        )


def searched(count: int = POLICIES, seed: int = 0) -> Iterator[Searched]:
    """Best intervals of random policies, parameters even in their logarithms, beside golden sections of their costs.

    How much more each costs than what the search finds, and how far the cost it is said to have is from that.
    """
    random = np.random.default_rng(seed)
    for number, shape in enumerate(("linear", "power", "saturating")):
        own = count // 3 + (number < count % 3)
        names = ("retrain_cost_usd", "drift_cost_usd_per_h", "drift_time_h")
        given = dict(zip(names, 10 ** random.uniform(-DECADES / 2, DECADES / 2, (3, own)), strict=True))
        if shape != "saturating":
            given["drift_exponent_ratio"] = random.uniform(0.2, 3.0, own) if shape == "power" else np.ones(own)
        found = ask(given, ("best_retrain_count_per_h", "best_policy_usd_per_h"))
        rate, least = found["best_retrain_count_per_h"], found["best_policy_usd_per_h"]

        def cost(interval: Array, given: dict[str, Array] = given) -> Array:
            return ask({**given, "retrain_interval_h": interval}, ["policy_usd_per_h"])["policy_usd_per_h"]

        never = given["drift_cost_usd_per_h"] if shape == "saturating" else np.full(own, math.inf)
        ours = np.where(rate > 0, cost(1 / np.where(rate > 0, rate, 1)), never)
        middle = np.where(rate > 0, 1 / np.where(rate > 0, rate, 1), given["drift_time_h"])
        best = np.minimum(_golden(cost, middle / 1e4, middle * 1e4), never)
        yield Searched(shape, own, float(max(np.max(ours / best - 1), np.max(np.abs(least / best - 1)))))


def _golden(cost: Callable[[Array], Array], low: Array, high: Array) -> Array:
    """Least values of functions with one valley each, by golden sections of the logarithm."""
    golden = (math.sqrt(5) - 1) / 2
    left, right = np.log(low), np.log(high)
    for _ in range(_SEARCH):
        one, other = right - golden * (right - left), left + golden * (right - left)
        lower = cost(np.exp(one)) <= cost(np.exp(other))
        left, right = np.where(lower, left, one), np.where(lower, other, right)
    return cost(np.exp((left + right) / 2))
