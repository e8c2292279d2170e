"""Designs and layouts in turn: a sweep with some layouts, the layouts of its best design anew, and a sweep with those.

What is best for the layouts of another chip is not best for its own; each turn starts from what the one before found,
and turns end when one gains nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thirdwatt.ledger import scenario_of
from thirdwatt.ledger.leaves import figures
from thirdwatt.ledger.samples import Array
from thirdwatt.ledger.variants import Numbers, variants
from thirdwatt.scenario.parse import BOUNDARY_QUANTITY
from thirdwatt.search.blueprint.find import GAINED, Counts, Pool, both, find
from thirdwatt.search.blueprint.mix import Document, laid_out
from thirdwatt.search.blueprint.price import HOURS, MEMORY, Mixed, Pricer, gain, on
from thirdwatt.search.blueprint.question import Question
from thirdwatt.search.blueprint.space import Designs, Space

TURNS = 4
"""Most turns of a sweep and layouts."""

TRIED, SIZES = 4, ("units", "macs", "stacks")
"""Designs of a sweep whose layouts are searched anew; they differ in one of these, which layouts follow."""

ROUNDING = 1e-9
"""What a limit may be passed by: the rounding of a mean."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What workloads take in several ways each, at the centre: shape (W, V)."""

    energy_kwh: Array
    hours: Array
    fits: NDArray[np.bool_]


def taken(rows: Sequence[Sequence[Document]], boundary: str) -> Taken:
    """What workloads take as they are, a row of equal length for each."""
    target = BOUNDARY_QUANTITY[boundary]
    found = []
    for row in rows:
        unknown = np.full(len(row), np.nan)
        ready = variants([figures(scenario_of(each)) for each in row], (target, HOURS, MEMORY))
        values = ready.of(np.arange(len(row)), Numbers({}, {}))
        found.append([values.get(name, unknown) for name in (target, HOURS, MEMORY)])
    energy, hours, memory = (np.stack(column) for column in zip(*found, strict=True))
    return Taken(energy, hours, memory <= 1)


def one_each(documents: Sequence[Document], boundary: str) -> Mixed:
    """What a mix takes as it is: V = 1."""
    found = taken([[each] for each in documents], boundary)
    return Mixed(found.energy_kwh, found.hours, np.logical_and.reduce(found.fits))


@dataclass(frozen=True, slots=True)
class Settled:
    """A design with layouts of its own.

    Attributes
    ----------
    design
        Places along the axes of its space.
    factor, time_ratio
        Energy that it takes less and accelerator hours, to the baseline's.
    documents
        The workloads on it.
    points
        It, and designs of all sweeps, each as it does with the layouts that it was put on the mix with.
    """

    design: NDArray[np.intp]
    factor: float
    time_ratio: float
    documents: list[Document]
    points: Pool


def settled(
    space: Space,
    layouts: Sequence[Document],
    base: Mixed,
    weights: Array,
    question: Question,
    *,
    turns: int = TURNS,
    tried: int = TRIED,
    start: Designs | None = None,
    say: Callable[[str], object] = str,
) -> tuple[Settled | None, Counts]:
    """The design with the least energy, and the layouts that it takes the least with.

    Parameters
    ----------
    layouts
        The workloads as the first sweep lays them out.
    base
        What the baseline takes on the mix, V = 1.
    turns, tried
        Most turns, and designs of each whose layouts are searched anew.
    start
        Designs to begin with beside those that are spread over the space.
    """
    counts, best = Counts(), None
    anew: dict[bytes, list[Document]] = {}
    pools: list[Pool] = []
    for _ in range(turns):
        say("designs")
        pricer = Pricer(space, layouts, question.boundary)
        pool, looked = find(
            pricer, base, weights, question.limits, slowest=question.slowest, seed=question.seed, start=start
        )
        counts += looked
        if not len(pool.designs):
            break
        pools.append(pool)
        say("layouts of the best")
        found = max(
            (
                _of_its_own(pricer, pool, place, layouts, base, weights, question, anew)
                for place in survivors(space, pool, tried)
            ),
            key=lambda each: each.factor,
        )
        before = 0.0 if best is None else best.factor
        best = found if best is None or found.factor >= before else best
        if found.factor <= before * (1 + GAINED):
            break
        layouts, start = best.documents, best.design[None]
    return best and replace(best, points=reduce(both, pools, best.points)), counts


def _of_its_own(
    pricer: Pricer,
    pool: Pool,
    place: int,
    layouts: Sequence[Document],
    base: Mixed,
    weights: Array,
    question: Question,
    anew: dict[bytes, list[Document]],
) -> Settled:
    """A design with layouts chosen anew where they take less and no more hours than allowed; new ones are kept."""
    design = pool.designs[place]
    own = [on(document, *pricer.space.blueprint(design)) for document in layouts]
    key = design.tobytes()
    if key not in anew:
        anew[key] = laid_out([_opened(document) for document in own])
    pairs = list(zip(own, anew[key], strict=True))
    ways = taken(pairs, question.boundary)
    chosen = least(ways, base, weights, question.slowest)
    rows = np.arange(len(chosen))
    factor = gain(base.energy_kwh, ways.energy_kwh[rows, chosen][:, None], weights)
    time = 1 / gain(base.hours, ways.hours[rows, chosen][:, None], weights)
    return Settled(
        design=design,
        factor=float(factor[0]),
        time_ratio=float(time[0]),
        documents=[pair[way] for pair, way in zip(pairs, chosen, strict=True)],
        points=Pool(design[None], factor, time, pool.cost_usd[[place]]),
    )


def survivors(space: Space, pool: Pool, most: int) -> list[int]:
    """The best designs of a pool of different sizes, the best first."""
    order = np.argsort(-pool.factor, kind="stable")
    sizes = pool.designs[order][:, [space.place(field) for field in SIZES]]
    _, first = np.unique(sizes, axis=0, return_index=True)
    return [int(place) for place in order[np.sort(first)[:most]]]


def _opened(document: Document) -> dict[str, Any]:
    return {**document, "layout": {"precision": document["layout"]["precision"]}}


def least(ways: Taken, base: Mixed, weights: Array, slowest: float) -> tuple[int, ...]:
    """Which way each workload takes: the least energy of all that fit and together take no more hours than allowed.

    The first way of each is the one that is known to be allowed, and is taken where nothing else is.
    """
    count, width = ways.energy_kwh.shape
    all_ways = np.array(list(product(range(width), repeat=count)), dtype=np.intp)
    rows = np.arange(count)
    able = ways.fits[rows, all_ways].all(axis=1)
    hours, energy = ways.hours[rows, all_ways].T, ways.energy_kwh[rows, all_ways].T
    able &= 1 / gain(base.hours, hours, weights) <= slowest * (1 + ROUNDING)
    factor = np.where(able, gain(base.energy_kwh, energy, weights), -np.inf)
    factor[0] = gain(base.energy_kwh, energy[:, :1], weights)[0] if not able.any() else factor[0]
    return tuple(int(each) for each in all_ways[np.nanargmax(factor)])
