"""Contradictions: what is known twice over and does not agree, in a scenario or with what was published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thirdwatt.amounts import plain
from thirdwatt.facts import Figure, Row, table
from thirdwatt.ledger.book import Book
from thirdwatt.ledger.evaluate import run
from thirdwatt.ledger.graph import Plan, Program, choose, plan
from thirdwatt.ledger.leaves import column, informed
from thirdwatt.ledger.ledger import Total
from thirdwatt.ledger.samples import Scores
from thirdwatt.quantity import unit
from thirdwatt.scenario import Scenario, Warn

TOLERANCE = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """One known quantity: whether a formula of the program reads it, and how the rest of what is known implies it."""

    name: str
    read: bool
    implied: Plan | None


def contradictions(
    book: Book, given: Mapping[str, Figure], leaves: Mapping[str, Figure], program: Program
) -> Iterator[Warn]:
    """Compare each known quantity with what the rest of what is known implies for it.

    A quantity is implied when, without it, the book would still derive it from informed quantities, or when no formula
    of the program reads it. Differences up to 1 % pass.
    """
    names = tuple(name for name in given if name in leaves)
    for check in _checks(book, frozenset(informed(leaves).items()), names, program):
        name, figure = check.name, given[check.name]
        implied = None if check.implied is None else _implied(check.implied, leaves, name)
        if implied is None:
            if not check.read:
                yield Warn("unread", f"{name} is stated, but nothing in this scenario depends on it")
        elif abs(implied - figure.value) > TOLERANCE * abs(figure.value):
            symbol = unit(name).replace("1", "")
            yield Warn(
                "contradiction",
                f"{name} is stated as {figure.value:.4g} {symbol}".rstrip()
                + f", but the rest of what is known implies {implied:.4g}",
            )
        elif not check.read:
            yield Warn("unread", f"{name} is stated, agrees with the rest, and is not needed")


@lru_cache(maxsize=256)
def _checks(
    book: Book, leaves: frozenset[tuple[str, bool]], given: tuple[str, ...], program: Program
) -> tuple[Check, ...]:
    """What there is to check: the same for all rows of a table for which the same is known."""
    read = {name for step in program.plan.steps if step.formula for name in step.formula.arguments}
    read |= {scaling.total for scaling in program.scalings} | set(program.plan.slots)
    found = []
    for name in given:
        rest = {other: sure for other, sure in leaves if other != name}
        way = choose(book, rest).get(name)
        derived = way is not None and (way.given or (way.parts and all(part in given for part in way.arguments)))
        if name in read and not derived:
            continue
        wanted = plan(book, rest, (name,)) if name in book.formulas else None
        found.append(Check(name, name in read, None if wanted is None or wanted.missing else wanted))
    return tuple(found)


def _implied(wanted: Plan, leaves: Mapping[str, Figure], name: str) -> float | None:
    centre = Scores(1, 0)

    def reading(leaf: str) -> NDArray[Any]:
        return column(leaf, [leaves[leaf]]).at(slice(0, 1), centre)

    value = np.asarray(run(wanted, reading)[name])
    return float(value[0, 0]) if value.shape == (1, 1) and np.isfinite(value).all() else None


# --- beside what was published ------------------------------------------------------------------------------------

SAME_WORK = frozenset(("model", "method", "adapter"))
"""What a scenario may state of its workload and still be the published run of its model."""


def outside_published(scenario: Scenario, hours: Total | None) -> Iterator[Warn]:
    """Say which published hours of this model on this accelerator lie outside an estimate's interval."""
    if hours is None or hours.low == hours.high or not scenario.on_sale or not _as_published(scenario):
        return
    for row in _published().get((scenario.choices["model"], scenario.choices["accelerator"]), ()):
        published = row.figures["accelerator_hours"].value
        if not hours.low <= published <= hours.high:
            holds = "its hours hold other work too" if row.text.get("hours") == "more" else ""
            about = "; ".join(filter(None, (f"run {row.id}", holds, row.text.get("unscored"))))
            yield Warn(
                "outside_published",
                f"published hours {plain(published)} lie outside this interval, {plain(hours.low)} to "
                f"{plain(hours.high)} accelerator hours ({about})",
            )


def _as_published(scenario: Scenario) -> bool:
    """Whether the work is that of the published model, whole and unchanged."""
    workload = scenario.document.get("workload")
    choices = scenario.choices
    whole = choices.get("method") == "pretrain" and choices.get("adapter") == "none"
    return "model" in choices and whole and isinstance(workload, Mapping) and workload.keys() <= SAME_WORK


@cache
def _published() -> Mapping[tuple[str, str], tuple[Row, ...]]:
    """Runs with hours, by model and accelerator; no guesses of third parties, no run twice."""
    found: dict[tuple[str, str], tuple[Row, ...]] = {}
    for row in table("runs"):
        told = {"model", "accelerator"} <= row.text.keys() and "accelerator_hours" in row.figures
        if told and not row.text.keys() & {"estimate", "twin"}:
            key = row.text["model"], row.text["accelerator"]
            found[key] = (*found.get(key, ()), row)
    return found
