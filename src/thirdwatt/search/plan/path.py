"""A path: the changes of one combination in an order, what each brings, and how sure the whole is.

The order is that of least regret: next comes what surely saves most for a day of work, where it stands. What a change
brings in that order depends on what came before; beside it stands its share whatever the order (Shapley's value of the
logarithm of the factor), so that shares add up.

References
----------
.. [1] Shapley 1953, A value for n-person games, Contributions to the Theory of Games II.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations as subsets
from math import factorial, inf, log, sqrt

import numpy as np
from numpy.typing import NDArray

from thirdwatt.ledger import Ledger
from thirdwatt.ledger.change import Three
from thirdwatt.ledger.ledger import TOTALS, WITHIN, Total, total
from thirdwatt.ledger.samples import Array
from thirdwatt.search.levers.lever import Lever, Way
from thirdwatt.search.plan.bench import Bench, Combination
from thirdwatt.search.plan.combine import days
from thirdwatt.search.plan.goals import GOALS
from thirdwatt.search.plan.held import spread_of
from thirdwatt.search.plan.offered import Offered, incompatible, together

TIE = 0.9
"""Sure saving for a day, to the best's, from which two changes are as good first."""
SURE = 0.05
"""Quantile of the draws of a saving that counts as sure."""
NEAR = 0.03
"""Relative difference in the goal, of a path with another change in the place of one, up to which it is as good."""
SAME = 1e-6
"""Relative difference of the run in rates to what its owner states, up to which it is the same run."""
LEAST = 1e-6
"""Part of the goal that counts as nothing left: contracts may leave none of market-based carbon."""
STREAM = "plan/levers"
"""Random stream of what levers may be off by."""
EXACT = 12
"""Changes up to which every order is counted."""
ORDERS = 400
"""Orders that are drawn where there are more."""


@dataclass(frozen=True, slots=True)
class Change:
    """A lever and the way in which it is taken."""

    lever: Lever
    way: Way
    effort_d: Three


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path: a change, or several that make no sense apart.

    Attributes
    ----------
    combination
        Everything that is taken up to here.
    ledger
        Of the run after it.
    saving
        What it takes off the goal where it stands, of what the run today takes by its owner, with its interval;
        ``more`` is the same of the other goals.
    ratio
        The goal after it to that before it.
    share
        Its part of the logarithm of the whole factor whatever the order.
    tied
        Titles of changes of the path that are as good first in its place.
    instead
        Titles of levers outside the path that would bring it about as far for about as much work.
    closed
        Titles of levers on offer that it rules out.
    """

    changes: tuple[Change, ...]
    combination: Combination
    ledger: Ledger
    saving: Total
    more: Mapping[str, Total]
    ratio: float
    share: float
    tied: tuple[str, ...]
    instead: tuple[str, ...]
    closed: tuple[str, ...]

    @property
    def words(self) -> str:
        """What is done."""
        return " and ".join(each.way.words for each in self.changes)

    @property
    def effort_d(self) -> Three:
        """Days of work."""
        return _sum(each.effort_d for each in self.changes)

    @property
    def spread(self) -> float:
        """How far its ratio may be off, as a standard deviation of the logarithm: as its levers were from published
        ratios, and no more than all that it saves.
        """
        off = sqrt(sum(spread_of(each.lever.id) ** 2 for each in self.changes))
        return min(off, abs(log(max(self.ratio, LEAST))))


@dataclass(frozen=True)
class Path:
    """Changes in their order.

    Attributes
    ----------
    goal
        What it is held against.
    before, after
        Ledgers of the run today and after all of it.
    drawn_before, drawn_after
        The goal, draw by draw, as ledgers have it.
    saved
        What all of it takes off the goal, draw by draw, of what the run today takes by its owner.
    """

    goal: str
    steps: tuple[Step, ...]
    before: Ledger
    after: Ledger
    drawn_before: Array
    drawn_after: Array
    saved: Array

    @cached_property
    def factor(self) -> Total:
        """How many times less; a million times where nothing is left. Its interval holds what ledgers draw and how far
        levers were from published ratios.
        """
        return total(self.drawn)

    def probability(self, factor: float) -> float:
        """Share of draws in which it comes to a factor or more."""
        ratio = self.drawn
        drawn = ratio[1:] if len(ratio) > 1 else ratio
        return float(np.mean(drawn >= factor * (1 - 1e-12)))

    @cached_property
    def drawn(self) -> Array:
        """How many times less, draw by draw."""
        return self.drawn_to(len(self.steps), self.drawn_after)

    def drawn_to(self, number: int, after: Array) -> Array:
        """How many times less after some steps, draw by draw: what ledgers draw, and what levers may be off by on a
        stream of its own, nothing at the centre.
        """
        off = np.exp(self.spread(number) * self.before.scores.of(STREAM))
        return times_less(self.drawn_before, after) * off

    def spread(self, number: int | None = None) -> float:
        """How far some first steps together, or all, may be off: a standard deviation of the factor's logarithm."""
        return sqrt(sum(each.spread**2 for each in self.steps[:number]))

    @property
    def effort_d(self) -> Three:
        """Days of work of all of it."""
        return _sum(each.effort_d for each in self.steps)

    @cached_property
    def boundaries(self) -> dict[str, float]:
        """How many times less energy the run takes by what is counted: a chip's factor is less at the server."""
        found = {}
        for name, boundary in WITHIN.items():
            one, other = self.before.of(boundary.quantity), self.after.of(boundary.quantity)
            if one is not None and other is not None and other.value > 0:
                found[name] = one.value / other.value
        return found

    def chip_alone(self, factor: float) -> float | None:
        """How many times less energy the machines would take if the accelerators drew so many times less for as long in
        the same hosts, and nothing else changed.
        """
        chips, machines = self.before.of("accelerators_energy_kwh"), self.before.of("it_energy_kwh")
        if chips is None or machines is None or not machines.value > 0:
            return None
        return machines.value / (machines.value - chips.value * (1 - 1 / factor))

    def ratios(self) -> dict[str, Total | None]:
        """Each total after the path to that before, draw by draw; none of what is nothing in some draw."""
        found: dict[str, Total | None] = {}
        for name, quantity in TOTALS.items():
            one, other = self.before.samples(quantity), self.after.samples(quantity)
            none = one is None or other is None or not (one > 0).all()
            found[name] = None if none or one is None or other is None else total(other / one)
        return found


def times_less(before: Array, after: Array) -> Array:
    """How many times less something is, draw by draw; a million times where nothing is left."""
    return before / np.maximum(after, LEAST * before)


def _sum(efforts: object) -> Three:
    value = low = high = 0.0
    for each in efforts:  # type: ignore[attr-defined]
        value, low, high = value + each[0], low + each[1], high + each[2]
    return value, low, high


def path(bench: Bench, combination: Combination, goal: str, factor: float = inf) -> Path:
    """The changes of a combination in the order of least regret.

    Parameters
    ----------
    factor
        How many times less is asked for, where the path reaches it: what comes as near to it is as good.
    """
    walk = _Walk(bench, goal)
    nothing: Combination = tuple(0 for _ in combination)
    here, left = nothing, [number for number, way in enumerate(combination) if way]
    shares = shapley(bench, combination, goal)
    others = _instead(bench, combination, goal, factor)
    steps: list[Step] = []
    while left:
        taken, tied = walk.next(here, left, combination)
        there = _with(here, taken, combination)
        changes = tuple(_change(bench.levers[number], combination[number]) for number in taken)
        steps.append(
            Step(
                changes=changes,
                combination=there,
                ledger=walk.ledger(there),
                saving=total(walk.saved(here, there, goal)),
                more={
                    name: total(walk.saved(here, there, name))
                    for name in GOALS
                    if name != goal and all(walk.tells(each, name) for each in (nothing, here, there))
                },
                ratio=float(walk.drawn(there, goal)[0] / walk.drawn(here, goal)[0]),
                share=sum(shares[number] for number in taken),
                tied=tuple(bench.levers[number].lever.title for number in tied),
                instead=tuple(
                    bench.levers[number].lever.title
                    for number in dict.fromkeys(other for each in taken for other in others[each])
                ),
                closed=_closed(bench.levers, taken, combination),
            )
        )
        here, left = there, [number for number in left if number not in taken]
    return Path(goal, tuple(steps), walk.ledger(nothing), walk.ledger(here), walk.drawn(nothing, goal),
                walk.drawn(here, goal), walk.saved(nothing, here, goal))  # fmt: skip


def _change(lever: Offered, way: int) -> Change:
    return Change(lever.lever, lever.ways[way - 1], lever.effort_d(way - 1))


def _with(here: Combination, taken: Sequence[int], whole: Combination) -> Combination:
    return tuple(whole[number] if number in taken else way for number, way in enumerate(here))


def _closed(levers: Sequence[Offered], taken: Sequence[int], whole: Combination) -> tuple[str, ...]:
    """Levers on offer none of whose ways goes with those that are taken."""
    found = []
    for number, other in enumerate(levers):
        if whole[number]:
            continue
        if any(
            all(incompatible(levers[mine], whole[mine] - 1, other, way) for way in range(len(other.ways)))
            for mine in taken
        ):
            found.append(other.lever.title)
    return tuple(found)


def _instead(bench: Bench, combination: Combination, goal: str, factor: float) -> dict[int, list[int]]:
    """For each lever of a path those that would do as well in its place: about as far, or about as far as is asked for,
    for about as much work.
    """
    taken = [number for number, way in enumerate(combination) if way]
    rows = [combination, tuple(0 for _ in combination)]
    swaps: list[tuple[int, int]] = []
    for mine in taken:
        rest = tuple(0 if at == mine else way for at, way in enumerate(combination))
        for other, each in enumerate(bench.levers):
            if combination[other]:
                continue
            for way in range(len(each.ways)):
                swapped = tuple(way + 1 if at == other else kept for at, kept in enumerate(rest))
                if together([(bench.levers[at], kept - 1) for at, kept in enumerate(swapped) if kept]):
                    rows.append(swapped)
                    swaps.append((mine, other))
    many = np.array(rows, dtype=np.int8)
    values, work = bench.prices(many).goals[goal], days(bench.levers, many)
    asked = values[1] / factor
    good = (values <= max(values[0], asked) * (1 + NEAR)) & (work <= work[0] / TIE)
    found: dict[int, list[int]] = {mine: [] for mine in taken}
    for (mine, other), as_good in zip(swaps, good[2:], strict=True):
        if as_good and other not in found[mine]:
            found[mine].append(other)
    return found


class _Walk:
    """Ledgers on the way, each made once."""

    def __init__(self, bench: Bench, goal: str) -> None:
        self._bench = bench
        self._goal = goal
        self._ledgers: dict[Combination, Ledger] = {}

    def ledger(self, combination: Combination) -> Ledger:
        if combination not in self._ledgers:
            self._ledgers[combination] = self._bench.ledger(combination)
        return self._ledgers[combination]

    def tells(self, combination: Combination, goal: str) -> bool:
        return self._bench.counted.drawn(self.ledger(combination), goal) is not None

    def drawn(self, combination: Combination, goal: str) -> Array:
        found = self._bench.counted.drawn(self.ledger(combination), goal)
        assert found is not None  # noqa: S101 - a path has its goal
        return found

    def saved(self, here: Combination, there: Combination, goal: str) -> Array:
        """What changes take off a goal, draw by draw: the share of it that ledgers say, of what the run today takes by
        its owner, who may know it better than any model of it.
        """
        before: Array = self.drawn(here, goal) - self.drawn(there, goal)
        return before * self._stated(goal)

    def _stated(self, goal: str) -> Array | float:
        """A goal of the run as its owner states it to that of the run in rates, draw by draw; 1 if it is set aside."""
        own = self._bench.counted.drawn(self._bench.start.own, goal)
        restated = self.drawn(tuple(0 for _ in self._bench.levers), goal)
        if own is None or not abs(own[0] - restated[0]) <= SAME * abs(restated[0]):
            return 1.0
        return np.divide(own, restated, out=np.ones_like(own), where=restated > 0)

    def next(
        self, here: Combination, left: Sequence[int], whole: Combination
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """What comes next, and what would be as good: of single changes, or of as few as can be together."""
        for size in range(1, len(left) + 1):
            able = [taken for taken in subsets(left, size) if not self._bench.why_not(_with(here, taken, whole))]
            if able:
                worth = {taken: self._worth(here, taken, whole) for taken in able}
                best = max(able, key=lambda taken: worth[taken])
                tied = [taken for taken in able if taken != best and 0 < worth[best] * TIE <= worth[taken]]
                return best, tuple(number for taken in tied for number in taken)
        return tuple(left), ()

    def _worth(self, here: Combination, taken: Sequence[int], whole: Combination) -> float:
        """What some changes surely save for a day of work, where they stand."""
        there = _with(here, taken, whole)
        saved = self.saved(here, there, self._goal)
        sure = float(np.quantile(saved[1:], SURE)) if len(saved) > 1 else float(saved[0])
        spent = sum(self._bench.levers[number].effort_d(whole[number] - 1)[0] for number in taken)
        return sure / spent


# --- shares -------------------------------------------------------------------------------------------------------


def shapley(bench: Bench, combination: Combination, goal: str) -> dict[int, float]:
    """Part of the logarithm of the factor of each lever of a combination, whatever the order [1]_: they add up to 1.

    A set of changes of which some make no sense without others is worth what the best part of it that does is.
    """
    players = [number for number, way in enumerate(combination) if way]
    if not players:
        return {}
    worth = _worths(bench, combination, goal, players) if len(players) <= EXACT else None
    if worth is None:
        return _sampled(bench, combination, goal, players)
    n = len(players)
    shares = {}
    for at, number in enumerate(players):
        found = 0.0
        for mask in range(1 << n):
            if not mask >> at & 1:
                size = mask.bit_count()
                weight = factorial(size) * factorial(n - size - 1) / factorial(n)
                found += weight * (worth[mask | 1 << at] - worth[mask])
        shares[number] = found
    return _of_one(shares)


def _of_one(shares: dict[int, float]) -> dict[int, float]:
    whole = sum(shares.values())
    return {number: share / whole if whole else 0.0 for number, share in shares.items()}


def _worths(bench: Bench, combination: Combination, goal: str, players: Sequence[int]) -> list[float]:
    """Logarithm of the factor of every set of the players."""
    masks = range(1 << len(players))
    rows = np.zeros((len(masks), len(combination)), dtype=np.int8)
    for at, number in enumerate(players):
        rows[:, number] = [combination[number] if mask >> at & 1 else 0 for mask in masks]
    priced = bench.prices(rows)
    values = priced.goals[goal]
    worth: list[float] = []
    for mask in masks:
        if priced.able[mask]:
            worth.append(-log(max(values[mask] / values[0], LEAST)))
        else:
            worth.append(max(worth[mask & ~(1 << at)] for at in range(len(players)) if mask >> at & 1))
    return worth


def _sampled(bench: Bench, combination: Combination, goal: str, players: Sequence[int]) -> dict[int, float]:
    """The same from orders that are drawn: a change that makes no sense yet waits until it does."""
    drawing = np.random.Generator(np.random.PCG64(bench.start.ledger.scores.seed))
    orders = np.array([drawing.permutation(len(players)) for _ in range(ORDERS)])
    ways = np.array([combination[number] for number in players], dtype=np.int8)
    rows = np.arange(ORDERS)
    taken, waiting = (np.zeros((ORDERS, len(players)), dtype=bool) for _ in range(2))
    before = np.full(ORDERS, _worth_of(bench, taken[:1], ways, players, goal)[0])
    shares = np.zeros(len(players))
    for place in orders.T:
        added = taken.copy()
        added[rows, place] = True
        whole = _worth_of(bench, added | waiting, ways, players, goal)
        alone = _worth_of(bench, added, ways, players, goal)
        able, single = np.isfinite(whole), np.isfinite(alone)
        worth = np.where(able, whole, np.where(single, alone, before))
        taken = np.where(able[:, None], added | waiting, np.where(single[:, None], added, taken))
        waiting[rows, place] = ~able & ~single
        waiting &= ~able[:, None]
        np.add.at(shares, place, worth - before)
        before = worth
    return _of_one({number: float(share) for number, share in zip(players, shares, strict=True)})


def _worth_of(
    bench: Bench, taken: NDArray[np.bool_], ways: NDArray[np.int8], players: Sequence[int], goal: str
) -> Array:
    """Logarithm of one over the goal of sets of players; less than anything where a set makes no sense."""
    many = np.zeros((len(taken), len(bench.levers)), dtype=np.int8)
    many[:, players] = np.where(taken, ways, 0)
    priced = bench.prices(many)
    today = bench.prices(np.zeros_like(many[:1])).goals[goal]
    found: Array = np.where(priced.able, -np.log(np.maximum(priced.goals[goal] / today, LEAST)), -np.inf)
    return found
