"""Many variants of one scenario: each a number for every quantity that varies, the rest as the scenario has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thirdwatt.facts import Figure
from thirdwatt.ledger.book import book
from thirdwatt.ledger.evaluate import CHUNK_ELEMENTS, Read, Values, needed, solve
from thirdwatt.ledger.graph import Program, program
from thirdwatt.ledger.leaves import column, figures, informed
from thirdwatt.ledger.ledger import TOTALS
from thirdwatt.ledger.pricing import Sourced, scenario_of
from thirdwatt.ledger.samples import Array, Scores
from thirdwatt.scenario import InputError, Mistake, Scenario
from thirdwatt.scenario.mistakes import nearest
from thirdwatt.scenario.parse import range_mistakes, unfit

CENTRE = Scores(1, 0)
"""Scores of no draws: the centre alone."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """A scenario made ready for many variants.

    Attributes
    ----------
    varying
        Quantities, and codes of options, of which every variant has its own number.
    shared
        Central values of the leaves that all variants share, shape (1, 1).
    """

    program: Program
    varying: frozenset[str]
    shared: Mapping[str, NDArray[np.generic]]

    def of(self, over: Mapping[str, NDArray[np.generic]]) -> Values:
        """Central values of the targets for some variants.

        Parameters
        ----------
        over
            Values of everything that varies, each of shape (V,); codes as whole numbers.

        Returns
        -------
        dict
            Shape (..., V) by target; a target that cannot be computed is left out.
        """
        count = len(next(iter(over.values())))
        reached = tuple(name for name in self.program.plan.slots)
        found: Values = {}
        for start in range(0, max(count, 1), CHUNK_ELEMENTS):
            part = slice(start, min(start + CHUNK_ELEMENTS, count))
            values, _ = solve(self.program, self._reading(over, part))
            for name in reached:
                value = values[name]
                if name not in found:
                    found[name] = np.empty((*value.shape[:-2], count))
                found[name][..., part] = value[..., 0]
        return found

    def once(self) -> Values:
        """Central values of the targets where nothing varies, shape (...) by target."""
        values, _ = solve(self.program, lambda name: self.shared[name])
        return {name: values[name][..., 0, 0] for name in self.program.plan.slots}

    def _reading(self, over: Mapping[str, NDArray[np.generic]], part: slice) -> Read:
        def read(name: str) -> NDArray[np.generic]:
            return over[name][part, None] if name in self.varying else self.shared[name]

        return read


def prepared(scenario: Scenario, varying: Iterable[str], targets: Sequence[str]) -> Sweep:
    """Make a scenario ready for variants in which some quantities or codes of options vary; they count as stated."""
    names = frozenset(varying)
    leaves = figures(scenario) | {name: Figure(1, 1, 1, "stated", "sweep", f"given/{name}") for name in names}
    plan = program(book(), informed(leaves), tuple(targets))
    shared = {name: column(name, [leaves[name]]).at(slice(0, 1), CENTRE) for name in needed(plan) if name not in names}
    return Sweep(plan, names, shared)


def sweep(
    scenario: Sourced,
    over: Mapping[str, Sequence[float] | Array],
    targets: Sequence[str] = tuple(dict.fromkeys(TOTALS.values())),
) -> dict[str, Array]:
    """Central values of targets for many variants of one scenario.

    Parameters
    ----------
    over
        Quantities that vary and their values, each of length V; they count as stated.
    targets
        Quantities asked for; what they do not need is not computed.

    Returns
    -------
    dict
        Shape (..., V) by target; a target that cannot be computed is left out.

    Raises
    ------
    InputError
        With every mistake in the scenario, or every one in ``over`` and ``targets``: values are held to what a
        scenario may state.
    """
    wanted = scenario_of(scenario)
    swept = _swept(over, targets, wanted.given)
    return prepared(wanted, swept, targets).of(swept)


def _swept(
    over: Mapping[str, Sequence[float] | Array], targets: Sequence[str], given: Mapping[str, Figure]
) -> dict[str, Array]:
    """Values of each quantity that varies, all of one length; refused with every mistake in them."""
    names = book().names
    mistakes = [
        Mistake(f"targets.{name}", "no such quantity", nearest(name, names)) for name in targets if name not in names
    ]
    if not over:
        mistakes.append(Mistake("over", "names no quantity", "name one with its values: {'pue': [1.1, 1.2]}"))
    swept: dict[str, Array] = {}
    for name, many in over.items():
        unusable = list(unfit(f"over.{name}", name, names))
        mistakes += unusable
        values = _row(many)
        if values is None:
            mistakes.append(Mistake(f"over.{name}", "is no list of numbers", "give one number for each variant"))
            continue
        swept[name] = values
        mistakes += () if unusable else _impossible(name, values)
    lengths = {name: len(values) for name, values in swept.items()}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name} {length}" for name, length in lengths.items())
        mistakes.append(Mistake("over", f"numbers of values differ: {said}", "give each one for each variant"))
    elif not mistakes:
        mistakes += _overcooled(swept, given)
    if mistakes:
        raise InputError(mistakes, "sweep")
    return swept


def _row(many: Sequence[float] | Array) -> Array | None:
    try:
        values = np.asarray(many, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    return values if values.ndim == 1 and len(values) else None


def _impossible(name: str, values: Array) -> Iterable[Mistake]:
    span = _spanning(name, values)
    if np.isfinite([span.low, span.high]).all():
        return range_mistakes(name, span, f"over.{name}")
    first = int(np.argmin(np.isfinite(values)))
    return [Mistake(f"over.{name}", f"{values[first]:g} is no finite number", f"mend value number {first + 1}")]


def _overcooled(swept: dict[str, Array], given: Mapping[str, Figure]) -> Iterable[Mistake]:
    """Cooling beyond the whole overhead, as a scenario may not state it either: the plant would draw less than 0."""
    known = {name: np.atleast_1d(figure.value) for name, figure in given.items()} | swept
    if not {"pue", "cooling_share"} & swept.keys() or "cooling_share" not in known:
        return
    share = known["cooling_share"]
    if share.max() >= 1:
        yield Mistake("over.cooling_share", "cooling cannot be the whole facility", "give shares below 1")
    elif "pue" in known:
        share, pue = np.broadcast_arrays(share, known["pue"])
        beyond = share * pue > pue - 1
        if beyond.any():
            first = int(np.argmax(beyond))
            yield Mistake(
                "over.cooling_share" if "cooling_share" in swept else "over.pue",
                f"cooling of {share[first]:.0%} of the facility contradicts a PUE of {pue[first]:g} "
                f"(value number {first + 1})",
                f"at that share the PUE is at least {1 / (1 - share[first]):.2f}",
            )


def _spanning(name: str, values: Array) -> Figure:
    low, high = float(values.min()), float(values.max())
    return Figure(low, low, high, "stated", "sweep", f"given/{name}")
