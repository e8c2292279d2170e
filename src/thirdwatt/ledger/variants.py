"""Many scenarios at once, and of each many variants: what a search over choices and numbers together is priced with.

A *scenario* fixes every choice among facts; a *variant* is one of the scenarios with some quantities at other values.
Scenarios of which the same is known are evaluated as one batch, at their centre.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thirdwatt.facts import Figure
from thirdwatt.ledger.book import book
from thirdwatt.ledger.evaluate import CHUNK_ELEMENTS, Values, needed, solve
from thirdwatt.ledger.graph import Program, program
from thirdwatt.ledger.leaves import columns, informed
from thirdwatt.ledger.samples import Array, Leaf
from thirdwatt.ledger.sweep import CENTRE

Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Numbers:
    """What varies beside the choice of a scenario, each of shape (V,).

    Attributes
    ----------
    stated
        Values by quantity; NaN where a variant leaves the scenario's own.
    scaled
        Ratios to that, by quantity.
    """

    stated: Mapping[str, Array]
    scaled: Mapping[str, Array]

    def of(self, name: str, own: NDArray[Any], part: slice) -> NDArray[Any]:
        """Values of a quantity for some variants, shape (v, 1), from the scenarios' own."""
        found = own
        if name in self.stated:
            given = self.stated[name][part, None]
            found = np.where(np.isnan(given), found, given)
        return found * self.scaled[name][part, None] if name in self.scaled else found


@dataclass(frozen=True, slots=True)
class _Batch:
    """Scenarios that one program evaluates, by their leaves."""

    program: Program
    leaves: Mapping[str, Leaf]


@dataclass(frozen=True, slots=True)
class Variants:
    """Scenarios made ready for many variants each.

    Attributes
    ----------
    batch, place
        Number of the batch of each scenario, and its row there.
    """

    targets: tuple[str, ...]
    batches: tuple[_Batch, ...]
    batch: Places
    place: Places

    def of(self, scenario: Places, numbers: Numbers) -> Values:
        """Central values of the targets, shape (..., V); NaN where a scenario cannot tell one.

        Parameters
        ----------
        scenario
            Number of the scenario of each variant, shape (V,).
        """
        found: Values = {}
        of_batch, places = self.batch[scenario], self.place[scenario]
        order = np.argsort(of_batch, kind="stable")
        ends = np.searchsorted(of_batch[order], np.arange(len(self.batches) + 1))
        for number, batch in enumerate(self.batches):
            mine = order[ends[number] : ends[number + 1]]
            if not len(mine):
                continue
            place = places[mine]
            own = Numbers(
                {name: values[mine] for name, values in numbers.stated.items()},
                {name: values[mine] for name, values in numbers.scaled.items()},
            )
            for start in range(0, len(mine), CHUNK_ELEMENTS):
                part = slice(start, min(start + CHUNK_ELEMENTS, len(mine)))
                values = _chunk(batch, place[part], own, part)
                for name in batch.program.plan.slots:
                    value = values[name]
                    if name not in found:
                        found[name] = np.full((*value.shape[:-2], len(scenario)), np.nan)
                    found[name][..., mine[part]] = value[..., 0]
        return found


def variants(leaves: Sequence[Mapping[str, Figure]], targets: Sequence[str]) -> Variants:
    """Make scenarios, by their leaves, ready for variants.

    Parameters
    ----------
    leaves
        Leaves of each scenario; those of which numbers vary must be among them.
    """
    wanted = tuple(dict.fromkeys(targets))
    programs: dict[object, Program] = {}
    alike: dict[Program, object] = {}
    members: dict[object, list[int]] = {}
    for number, each in enumerate(leaves):
        plan = program(book(), informed(each), wanted)
        if plan not in alike:
            alike[plan] = _doing(plan)
        members.setdefault(alike[plan], []).append(number)
        programs.setdefault(alike[plan], plan)
    batch, place = (np.zeros(len(leaves), dtype=np.intp) for _ in range(2))
    batches = []
    for at, (doing, own) in enumerate(members.items()):
        batch[own], place[own] = at, np.arange(len(own))
        read = columns([leaves[number] for number in own], needed(programs[doing]))
        batches.append(_Batch(programs[doing], {name: _same(leaf) for name, leaf in read.items()}))
    return Variants(wanted, tuple(batches), batch, place)


def _doing(program: Program) -> object:
    """What a program does: two that do the same evaluate the same scenarios, whatever else is known of these."""
    plans = (program.plan, *(each.plan for each in program.scalings))
    scalings = tuple((each.total, each.free, each.fixed) for each in program.scalings)
    steps = tuple(
        tuple((step.quantity, step.formula, step.arguments, step.frees) for step in each.steps) for each in plans
    )
    return scalings, steps, tuple(tuple(each.slots.items()) for each in plans)


def _same(leaf: Leaf) -> Leaf:
    """A leaf that is equal in all scenarios, once: only its centre is read."""
    if (leaf.value != leaf.value[0]).any():
        return leaf
    return replace(
        leaf, value=leaf.value[:1], low=leaf.low[:1], high=leaf.high[:1], streams=leaf.streams[:1], index=None
    )


def _chunk(batch: _Batch, place: Places, numbers: Numbers, part: slice) -> Values:
    whole = slice(0, len(place))

    def read(name: str) -> NDArray[Any]:
        leaf = batch.leaves[name]
        own = (leaf if leaf.index is None else replace(leaf, index=leaf.index[place])).at(whole, CENTRE)
        return numbers.of(name, own, part)

    values, _ = solve(batch.program, read)
    return values
