"""The graph: which way each quantity is computed, and in which order, for what is known.

``choose`` decides between alternatives before anything is evaluated and whatever is asked for, so no answer depends on
who asked first. ``plan`` orders the chosen formulas so that each value is dropped after its last reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import MappingProxyType

from thirdwatt.ledger.book import Book, BookError, Formula

BLUEPRINT = "blueprint_factor"
"""Leaf of a run on a design; without it a chip's own figures are asked for, and not what a design is made of."""


@dataclass(frozen=True, slots=True)
class Step:
    """Read a leaf or apply a formula; then the values in ``frees`` have no reader left."""

    quantity: str
    formula: Formula | None
    arguments: tuple[int, ...]
    frees: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Plan:
    """An order of evaluation for some targets.

    ``slots`` says where each target ends up; ``missing`` which leaves an unreachable target would need.
    """

    steps: tuple[Step, ...]
    slots: Mapping[str, int]
    missing: Mapping[str, tuple[str, ...]]

    @property
    def leaves(self) -> tuple[str, ...]:
        """Leaves that are read."""
        return tuple(step.quantity for step in self.steps if step.formula is None)

    @cached_property
    def chosen(self) -> Mapping[str, Formula]:
        """Formula by which each computed quantity is computed."""
        return {step.quantity: step.formula for step in self.steps if step.formula is not None}


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """A known total: its free parts, as ``plan`` gives them without it, are scaled to make it up."""

    total: str
    free: tuple[str, ...]
    fixed: tuple[str, ...]
    plan: Plan


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """Scalings in order, narrowest total first, then the plan in which their parts are cuts."""

    scalings: tuple[Scaling, ...]
    plan: Plan


def choose(book: Book, leaves: Mapping[str, bool]) -> dict[str, Formula | None]:
    """Way to get each quantity: a formula, or ``None`` for a leaf.

    Parameters
    ----------
    leaves
        Leaves at hand, and whether each is informed (of any kind but *assumed*).

    Notes
    -----
    Informed leaves come first; then alternatives whose triggers were informed in an earlier round, in declared order
    within a round; then assumed leaves; then defaults.
    """
    informed = {name for name, sure in leaves.items() if sure}
    chosen: dict[str, Formula | None] = dict.fromkeys(informed)
    invertible = {quantity: ways for quantity, ways in book.formulas.items() if len(ways) > 1}
    while True:
        found: dict[str, Formula | None] = {}
        for quantity, ways in invertible.items():
            if quantity not in informed:
                for way in ways:
                    if way.given and informed.issuperset(way.given):
                        found[quantity] = way
                        break
        if not found:
            break
        chosen |= found
        informed |= found.keys()
    for name in leaves:
        chosen.setdefault(name, None)
    for quantity, ways in book.formulas.items():
        chosen.setdefault(quantity, ways[-1])
    return chosen


def plan(book: Book, leaves: Mapping[str, bool], targets: Iterable[str]) -> Plan:
    """Order the evaluation of targets.

    Raises
    ------
    BookError
        If a quantity would depend on itself; the message names the ring.
    """
    chosen = choose(book, leaves)
    slots: dict[str, int] = {}
    missing: dict[str, tuple[str, ...]] = {}
    order: list[tuple[str, Formula | None, tuple[int, ...]]] = []
    path: list[str] = []

    def visit(name: str) -> None:
        if name in slots or name in missing:
            return
        if name in path:
            raise BookError(f"a ring: {' <- '.join((*path[path.index(name) :], name))}")
        if name not in chosen:
            missing[name] = (name,)
            return
        formula = chosen[name]
        arguments = formula.arguments if formula else ()
        path.append(name)
        for argument in arguments:
            visit(argument)
        path.pop()
        lacking = dict.fromkeys(leaf for argument in arguments for leaf in missing.get(argument, ()))
        if lacking:
            alone = formula is not None and formula.of_a_blueprint and BLUEPRINT not in leaves
            missing[name] = (name,) if alone else tuple(lacking)
            return
        slots[name] = len(order)
        order.append((name, formula, tuple(slots[argument] for argument in arguments)))

    targets = tuple(targets)
    for target in targets:
        visit(target)

    # A formula visited for a target that turned out unreachable must not be evaluated for nothing.
    wanted: set[int] = set()
    stack = [slots[target] for target in targets if target in slots]
    while stack:
        slot = stack.pop()
        if slot not in wanted:
            wanted.add(slot)
            stack += order[slot][2]
    renumbered = {slot: number for number, slot in enumerate(sorted(wanted))}
    kept = {renumbered[slots[target]] for target in targets if target in slots}
    last: dict[int, int] = {}
    for slot, number in renumbered.items():
        for argument in order[slot][2]:
            last[renumbered[argument]] = number
    frees: dict[int, list[int]] = {}
    for argument, reader in last.items():
        if argument not in kept:
            frees.setdefault(reader, []).append(argument)
    steps = tuple(
        Step(
            quantity=order[slot][0],
            formula=order[slot][1],
            arguments=tuple(renumbered[argument] for argument in order[slot][2]),
            frees=tuple(frees.get(number, ())),
        )
        for slot, number in renumbered.items()
    )
    return Plan(
        steps=steps,
        slots=MappingProxyType({target: renumbered[slots[target]] for target in targets if target in slots}),
        missing=MappingProxyType({target: missing[target] for target in targets if target in missing}),
    )


def program(book: Book, leaves: Mapping[str, bool], targets: Iterable[str]) -> Program:
    """Plan targets, turning every known total into cuts at its lowest parts.

    A total whose parts cannot be computed stays a plain cut, its parts unknown; a total whose parts are all known is
    computed from them.
    """
    return _program(book, frozenset(leaves.items()), tuple(targets))


@lru_cache(maxsize=256)
def _program(book: Book, leaves: frozenset[tuple[str, bool]], targets: tuple[str, ...]) -> Program:
    at_hand = dict(leaves)
    known = [total for total in book.totals if total in at_hand]
    known.sort(key=lambda total: len(book.lowest_parts(total)))
    pending = {total: at_hand.pop(total) for total in known}
    scalings = []
    for total in known:
        parts = book.lowest_parts(total)
        fixed = tuple(part for part in parts if part in at_hand)
        free = tuple(part for part in parts if part not in at_hand)
        if not free:
            continue
        without = plan(book, at_hand, parts)
        if not without.missing:
            scalings.append(Scaling(total, free, fixed, without))
            at_hand |= dict.fromkeys(free, True)
        at_hand[total] = pending[total]
    return Program(tuple(scalings), plan(book, at_hand, targets))
