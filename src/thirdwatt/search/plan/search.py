"""The search: the combination of least work that reaches the factor, the others that do, the front, how far it goes.

Work adds up and nothing else does, so a search in the order of work is exact: all combinations up to some days are
looked at, and a shorter path than the one found does not exist. Where there are too many to look at all of them, those
of least work are, and the days up to which that is all are told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from thirdwatt.ledger.samples import Array
from thirdwatt.search.front import undominated
from thirdwatt.search.plan.bench import Bench, Combination, Combinations
from thirdwatt.search.plan.combine import MOST, count, days, within

PART = 262_144
"""Combinations that are priced between two words on progress."""
FRONT = ("energy", "cost", "time")
FRONT_STEP = 0.01
"""Relative difference below which two points of the front are one."""
CLOSE = 1 + 1e-9
"""What a limit may be passed by: rounding."""
SHORTEST = 20_000
"""Shortest combinations that reach the factor, of which runners-up are chosen."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a path may take at most, to what the run takes today.

    Attributes
    ----------
    cost, time
        Ratios to today's.
    """

    cost: float = np.inf
    time: float = np.inf

    def hold(self, ratios: Mapping[str, Array]) -> NDArray[np.bool_]:
        """Whether each of many combinations keeps within them; what is not known is no limit: it is told that it is
        not.
        """
        held: NDArray[np.bool_] = ~(ratios["cost"] > self.cost * CLOSE) & ~(ratios["time"] > self.time * CLOSE)
        return held


@dataclass(frozen=True, slots=True)
class Point:
    """A combination and what it takes, to today's."""

    combination: Combination
    days: float
    ratios: Mapping[str, float]


@dataclass(slots=True)
class Found:
    """What a search found.

    Attributes
    ----------
    there
        Combinations there would be if all could be taken together.
    looked
        Combinations that were priced.
    complete_to_days
        Days of work up to which that is every one there is; ``inf`` where it is all of them.
    able
        Those that can be: a machine that has what they need, a layout that fits.
    within
        Those of them within the limits.
    reaching
        Those of them that reach the factor.
    shortest
        Those by their work, the best of equals first.
    most
        The one that saves most, within the limits and without them.
    front
        Those that nothing beats in energy, cost and time at once.
    """

    there: int = 0
    looked: int = 0
    complete_to_days: float = np.inf
    able: int = 0
    within: int = 0
    reaching: int = 0
    shortest: list[Point] = field(default_factory=list)
    most: Point | None = None
    most_unlimited: Point | None = None
    front: list[Point] = field(default_factory=list)


def find(
    bench: Bench,
    goal: str,
    factor: float,
    limits: Limits = Limits(),
    most: int = MOST,
    progress: Callable[[int, int], None] | None = None,
) -> Found:
    """Price combinations and keep what a plan needs of them.

    Parameters
    ----------
    factor
        How many times less of the goal than today.
    most
        Combinations that may be looked at.
    progress
        Called with the combinations priced and their whole number.
    """
    many, complete = within(bench.levers, most)
    work = days(bench.levers, many)
    order = np.argsort(work, kind="stable")
    many, work = many[order], work[order]
    bench.make_ready(many)
    found = Found(there=count(bench.levers), looked=len(many), complete_to_days=complete)
    today = {name: float(values[0]) for name, values in _today(bench).items()}
    kept: list[tuple[Combinations, Array, dict[str, Array]]] = []
    for start in range(0, len(many), PART):
        part = slice(start, start + PART)
        _part(bench, many[part], work[part], today, goal, factor, limits, found, kept)
        if progress is not None:
            progress(min(start + PART, len(many)), len(many))
    if kept:
        found.front = _front(kept)
    return found


def _today(bench: Bench) -> Mapping[str, Array]:
    return bench.prices(np.zeros((1, len(bench.levers)), dtype=np.int8)).goals


def _part(
    bench: Bench,
    many: Combinations,
    work: Array,
    today: Mapping[str, float],
    goal: str,
    factor: float,
    limits: Limits,
    found: Found,
    kept: list[tuple[Combinations, Array, dict[str, Array]]],
) -> None:
    """Price some combinations, in the order of their work."""
    priced = bench.prices(many)
    rows = np.flatnonzero(priced.able & np.isfinite(priced.goals[goal]))
    ratios = {name: _to(values[rows], today[name]) for name, values in priced.goals.items()}
    found.able += len(rows)
    found.most_unlimited = _lesser(found.most_unlimited, many[rows], work[rows], ratios, goal)
    good = limits.hold(ratios)
    rows, ratios = rows[good], {name: values[good] for name, values in ratios.items()}
    many, work = many[rows], work[rows]
    found.within += len(rows)
    found.most = _lesser(found.most, many, work, ratios, goal)
    reach = np.flatnonzero(ratios[goal] <= (1 + 1e-12) / factor)
    reach = reach[np.lexsort((ratios[goal][reach], work[reach]))]
    found.reaching += len(reach)
    for number in reach[: max(SHORTEST - len(found.shortest), 0)]:
        found.shortest.append(_point(many, work, ratios, int(number)))
    if len(rows):
        some = _undominated(ratios)
        kept.append((many[some], work[some], {name: values[some] for name, values in ratios.items()}))


def _to(values: Array, today: float) -> Array:
    return values / today if today else np.full_like(values, np.nan)


def _point(many: Combinations, work: Array, ratios: Mapping[str, Array], number: int) -> Point:
    return Point(
        tuple(map(int, many[number])),
        float(work[number]),
        {name: float(values[number]) for name, values in ratios.items()},
    )


def _lesser(
    best: Point | None, many: Combinations, work: Array, ratios: Mapping[str, Array], goal: str
) -> Point | None:
    if not len(many):
        return best
    number = int(np.argmin(ratios[goal]))
    if best is not None and best.ratios[goal] <= ratios[goal][number]:
        return best
    return _point(many, work, ratios, number)


def _steps(values: Array) -> NDArray[np.int64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        found: NDArray[np.int64] = np.nan_to_num(np.rint(np.log(values) / FRONT_STEP)).astype(np.int64)
    return found


def _undominated(ratios: Mapping[str, Array]) -> NDArray[np.intp]:
    points = np.stack([_steps(ratios[name]) for name in FRONT], axis=1)
    # of equal points the first stays, which is that of least work
    _, first = np.unique(points, axis=0, return_index=True)
    first = np.sort(first)
    return first[undominated(points[first])]


def _front(kept: list[tuple[Combinations, Array, dict[str, Array]]]) -> list[Point]:
    many = np.concatenate([each[0] for each in kept])
    work = np.concatenate([each[1] for each in kept])
    ratios = {name: np.concatenate([each[2][name] for each in kept]) for name in kept[0][2]}
    some = _undominated(ratios)
    points = [_point(many, work, ratios, int(number)) for number in some]
    return sorted(points, key=lambda point: point.ratios["energy"])
