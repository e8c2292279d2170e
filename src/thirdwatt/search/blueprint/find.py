"""Finding: designs spread over the whole space, then ever closer to the best and to the front of all.

A design costs a few microseconds, so the space is looked at, not guessed at: first what can be built, then what of it
takes how much on the mix. Rounds move what was best, less far each time, and end when a few of them gain nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thirdwatt.ledger.samples import Array
from thirdwatt.search.blueprint.price import COST, Limits, Mixed, Pricer, gain, used, within
from thirdwatt.search.blueprint.space import Designs
from thirdwatt.search.front import steps_of, undominated

Progress = Callable[[int, int], None]

FIRST, KEPT = 60_000, 12_000
"""Designs drawn at first, and the most of those that can be built that are put on the mix."""
ROUND, PARENTS = 3_000, 96
"""Designs of a round, and those that it starts from."""
ROUNDS, REACH, CLOSER = 24, 0.25, 0.8
"""Most rounds; how far the first goes, as a share of an axis; and each next to the one before."""
STILL, GAINED = 3, 1e-4
"""Rounds without a gain after which the search ends, and the least that is one."""
FEWEST = 10
"""Rounds before which it does not end: the first go so far that from a good start they gain nothing."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Designs that can be built, fit the mix and are fast enough, with what they take.

    Attributes
    ----------
    factor
        How many times less energy than the baseline, shape (V,).
    time_ratio
        Accelerator hours to the baseline's, the weighted geometric mean, shape (V,).
    cost_usd
        What making one costs, shape (V,).
    """

    designs: Designs
    factor: Array
    time_ratio: Array
    cost_usd: Array

    def front(self) -> NDArray[np.intp]:
        """Designs that nothing beats in energy, time and cost at once, the least energy first."""
        costs = np.stack([steps_of(1 / self.factor), steps_of(self.time_ratio), steps_of(self.cost_usd)], axis=1)
        return undominated(costs)


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the designs that were looked at."""

    looked: int = 0
    buildable: int = 0
    priced: int = 0
    fitting: int = 0

    def __add__(self, other: Counts) -> Counts:
        """Of two sweeps."""
        return Counts(
            self.looked + other.looked,
            self.buildable + other.buildable,
            self.priced + other.priced,
            self.fitting + other.fitting,
        )


def find(
    pricer: Pricer,
    base: Mixed,
    weights: Array,
    limits: Limits,
    *,
    slowest: float,
    seed: int,
    start: Designs | None = None,
    progress: Progress | None = None,
) -> tuple[Pool, Counts]:
    """The pool of designs that a search ends with; it is empty where nothing can be built.

    Parameters
    ----------
    base
        What the baseline takes on the mix, V = 1.
    slowest
        Accelerator hours that a design may take, to the baseline's.
    start
        Designs to begin with beside those that are spread over the space.
    """
    random = np.random.default_rng(seed)
    space = pricer.space
    looked = buildable = priced = 0

    def pooled(designs: Designs, most: int) -> Pool:
        nonlocal looked, buildable, priced
        looked += len(designs)
        able = designs[space.buildable(designs)]
        built = pricer.built(able) if len(able) else {}
        good = within(built, limits) if built else np.zeros(0, dtype=bool)
        able, cost = able[good][:most], (built[COST][good][:most] if built else np.empty(0))
        buildable += int(good.sum())
        priced += len(able)
        if not len(able):
            return Pool(able, np.empty(0), np.empty(0), np.empty(0))
        mixed = pricer.mixed(able)
        factor = gain(base.energy_kwh, mixed.energy_kwh, weights)
        time = 1 / gain(base.hours, mixed.hours, weights)
        fast = mixed.fits & (time <= slowest) & np.isfinite(factor)
        return Pool(able[fast], factor[fast], time[fast], cost[fast])

    drawn = space.drawn(FIRST, random)
    pool = pooled(drawn if start is None else np.concatenate([start, drawn]), KEPT)
    if not buildable:
        pool = pooled(_nearer(pricer, drawn, limits, random), KEPT)
    still = 0
    for number in range(ROUNDS):
        if progress is not None:
            progress(number, ROUNDS)
        if not len(pool.designs) or (still >= STILL and number >= FEWEST):
            break
        best = pool.factor.max()
        children = np.unique(space.near(_parents(pool), ROUND, REACH * CLOSER**number, random), axis=0)
        pool = _joined(pool, pooled(children, ROUND))
        still = 0 if pool.factor.max() > best * (1 + GAINED) else still + 1
    if progress is not None:
        progress(ROUNDS, ROUNDS)
    return pool, Counts(looked, buildable, priced, len(pool.designs))


def _nearer(pricer: Pricer, designs: Designs, limits: Limits, random: np.random.Generator) -> Designs:
    """Designs that pass limits by ever less, until some can be built: within narrow ones few of all can."""
    space = pricer.space
    left = np.empty(0)
    for number in range(ROUNDS):
        designs = designs[space.buildable(designs)]
        left = used(pricer.built(designs), limits) if len(designs) else left
        best = np.argsort(left, kind="stable")[:PARENTS]
        if not len(best) or left[best[0]] <= 1:
            break
        near = space.near(designs[best], ROUND, REACH * CLOSER**number, random)
        designs = np.unique(np.concatenate([designs[best], near]), axis=0)
    return designs


def _parents(pool: Pool) -> Designs:
    """The best designs, and as many of the front."""
    best = np.argsort(-pool.factor, kind="stable")[: PARENTS // 2]
    front = pool.front()
    apart = front[:: max(len(front) // (PARENTS // 2), 1)][: PARENTS // 2]
    parents: Designs = pool.designs[np.concatenate([best, apart])]
    return parents


def both(one: Pool, other: Pool) -> Pool:
    """Two pools as one; a design that is in both is in it twice, as it does in either."""
    return Pool(
        *(
            np.concatenate([getattr(one, name), getattr(other, name)])
            for name in ("designs", "factor", "time_ratio", "cost_usd")
        )
    )


def _joined(one: Pool, other: Pool) -> Pool:
    whole = both(one, other)
    _, first = np.unique(whole.designs, axis=0, return_index=True)
    return Pool(whole.designs[first], whole.factor[first], whole.time_ratio[first], whole.cost_usd[first])
