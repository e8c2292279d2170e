"""How far estimates of this sort have been from what was published: said beside every answer.

The figures stand in ``validated.csv``, which ``make validation`` writes from the published runs.
"""

from __future__ import annotations

import csv
import math
import statistics
from dataclasses import dataclass
from functools import cache
from importlib import resources

from thirdwatt.ledger.ledger import Ledger

REACH = 2.0
"""Factor beyond the largest and smallest validated run from which on an estimate is an extrapolation."""

LEAST = 3
"""Runs below which a family says little."""


@dataclass(frozen=True, slots=True)
class Tested:
    """One published run that an estimate was held against."""

    run: str
    question: str
    generation: str
    active_parameter_count: float
    accelerator_count: float
    error: float


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest validated run, and how far estimates of its family are off in the median.

    ``question`` says what was tested: *time* where hours are estimated, *energy* where they are stated.
    """

    question: str
    nearest: str | None
    n: int
    error: float | None
    extrapolated: bool


@cache
def tested() -> tuple[Tested, ...]:
    """Every run that was tested."""
    text = resources.files("thirdwatt.ledger").joinpath("validated.csv").read_text(encoding="utf-8")
    return tuple(
        Tested(
            row["run"], row["question"], row["generation"], float(row["active_parameter_count"] or "nan"),
            float(row["accelerator_count"] or "nan"), float(row["error"]),
        )
        for row in csv.DictReader(text.splitlines())
    )  # fmt: skip


def nearest(ledger: Ledger) -> Nearest:
    """The nearest validated run of a ledger's generation of accelerators, by the sizes of model and cluster."""
    ways = [ledger.program.plan.chosen.get(name) for name in ("accelerator_hours", "mfu")]
    question = "time" if all(way is not None and not way.alternative for way in ways) else "energy"
    choices = ledger.scenario.choices
    family = [each for each in tested() if each.question == question and each.generation == choices["generation"]]
    if not family:
        return Nearest(question, None, 0, None, True)
    size = _centre(ledger, "active_parameter_count")
    count = _centre(ledger, "accelerator_count")

    def distance(each: Tested) -> float:
        return _apart(size, each.active_parameter_count) + _apart(count, each.accelerator_count)

    outside = (
        len(family) < LEAST
        or choices["method"] != "pretrain"
        or not ledger.scenario.on_sale
        or _outside(size, [each.active_parameter_count for each in family])
        or _outside(count, [each.accelerator_count for each in family])
    )
    closest = min(family, key=distance)
    return Nearest(question, closest.run, len(family), statistics.median(abs(each.error) for each in family), outside)


def _centre(ledger: Ledger, quantity: str) -> float:
    found = ledger.of(quantity)
    return math.nan if found is None else found.value


def _apart(one: float, two: float) -> float:
    """Distance of two sizes in decades; two where one is not known."""
    return abs(math.log10(one / two)) if one > 0 and two > 0 else 2.0


def _outside(value: float, seen: list[float]) -> bool:
    known = [each for each in seen if each > 0]
    return not known or not min(known) / REACH <= value <= max(known) * REACH
