"""Finding: every layout of a space priced by the ledger, the best of each spread kept, and the front of all.

A *spread* is how the work is cut over accelerators: tensor, pipeline, context, expert and data degrees. Layouts of one
spread differ in micro-batch, recomputation, sharding and the like; the best of each stands for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thirdwatt.ledger import Ledger
from thirdwatt.ledger.ledger import WITHIN
from thirdwatt.ledger.samples import Array
from thirdwatt.ledger.sweep import prepared
from thirdwatt.quantity import BOUNDARIES
from thirdwatt.search.front import SAME, steps_of, undominated
from thirdwatt.search.layout.rules import FULL, HOST_FULL, TOO_HOT, TOO_LATE
from thirdwatt.search.layout.space import Columns, Numbers, Space

MEMORY = ("memory_used_ratio", "host_used_ratio")
STEP = "modelled_step_s"
PEAK = "peak_power_w"
TIME = "wall_time_h"
SPREAD = ("layout.pipeline", "layout.tensor", "layout.context", "layout.expert")
FRONT = ("time", "energy", "cost")

Progress = Callable[[int, int], None]
Choosing = Callable[[Space, int, str, Numbers, int, Mapping[str, Array]], "_Kept"]
"""What of a chunk is kept: from its space with number and goal, its layouts with what is late, and their figures."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a layout may take at most.

    Attributes
    ----------
    memory_share
        Share of the memory of an accelerator that may be filled, at the centre of the estimate.
    power_w
        Highest sustained draw of the facility.
    wall_time_h
        Time from start to end.
    """

    memory_share: float = 1.0
    power_w: float = np.inf
    wall_time_h: float = np.inf

    @property
    def bound_the_cluster(self) -> bool:
        """Whether they limit what a cluster may be, not only how it is used."""
        return self.power_w < np.inf or self.wall_time_h < np.inf


@dataclass(frozen=True, slots=True)
class Candidate:
    """A layout and what it costs at the centre.

    Attributes
    ----------
    settings
        The layout as a scenario states it.
    figures
        ``time`` (h, of the campaign, or s of a step where no campaign is described), ``energy`` (kWh at the scenario's
        boundary), ``cost`` (USD), ``carbon`` (kg), as far as they are known, and ``memory``, a share.
    space
        Number of the space that it lies in.
    """

    settings: Mapping[str, Any]
    figures: Mapping[str, float]
    space: int = 0


@dataclass(slots=True)
class Found:
    """What a search found.

    Attributes
    ----------
    searched
        Layouts that were looked at.
    feasible
        Those that break no rule, fit and keep within the limits.
    refused
        How many were left out, by why.
    spreads
        Best layout of each spread, the best first.
    front
        Layouts that no other beats in time, energy and cost at once, by time.
    better
        Layouts that are better than a given value.
    least_power_w, least_h
        Least draw and earliest end of all that fit.
    """

    searched: int = 0
    feasible: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    spreads: tuple[Candidate, ...] = ()
    front: tuple[Candidate, ...] = ()
    better: int = 0
    least_power_w: float = np.inf
    least_h: float = np.inf

    @property
    def best(self) -> Candidate | None:
        """The best of all; ``None`` if none is feasible."""
        return self.spreads[0] if self.spreads else None


def goals(ledger: Ledger) -> dict[str, str]:
    """Quantity of each goal that can be had for a scenario: of a campaign, or the step's time alone."""
    wanted = {
        "time": TIME,
        "energy": WITHIN[ledger.boundary].quantity,
        "cost": "cost_usd",
        "carbon": "boundary_carbon_kg",
    }
    found = {goal: quantity for goal, quantity in wanted.items() if quantity in ledger.values}
    return found if "time" in found else {"time": STEP}


def find(
    spaces: Sequence[Space],
    goal: str,
    quantities: Mapping[str, str],
    limits: Limits = Limits(),
    than: float = 0.0,
    progress: Progress | None = None,
    most_spreads: int | None = None,
) -> Found:
    """Price every layout of some spaces.

    Parameters
    ----------
    goal
        What is best: one of ``quantities``.
    quantities
        Quantity of each goal, as :func:`goals` gives them.
    than
        Count layouts that are better than this.
    most_spreads
        Spreads of which the best layout is told; all unless stated.

    Notes
    -----
    Of layouts that differ by rounding alone, the simpler one counts as the better.
    """
    found = Found()
    whole = sum(space.size * space.late_size for space in spaces)
    kept: list[_Kept] = []
    for at, space in enumerate(spaces):
        choosing = _least if most_spreads == 1 else _promising
        kept += _of_space(space, at, goal, quantities, limits, than, found, whole, progress, choosing)
    if not kept:
        return found
    priced = _joined(kept)
    order = np.lexsort((priced.late, priced.number, priced.space, priced.steps[goal]))
    priced = priced.at(order)
    _, first = np.unique(np.stack([priced.space, priced.spread]), axis=1, return_index=True)
    best = priced.at(np.sort(first)[:most_spreads])
    found.spreads = tuple(_candidate(spaces, best, place) for place in range(len(best.number)))
    if all(name in priced.steps for name in FRONT):
        rows = undominated(np.stack([priced.steps[name] for name in FRONT], axis=1))
        found.front = tuple(_candidate(spaces, priced, int(place)) for place in rows)
    return found


# --- one space ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Kept:
    """Layouts with their figures, by number."""

    space: Numbers
    number: Numbers
    late: Numbers
    spread: Numbers
    figures: Mapping[str, Array]
    steps: Mapping[str, NDArray[np.int64]]

    def at(self, rows: NDArray[Any]) -> _Kept:
        """Some of them."""
        return _Kept(
            self.space[rows],
            self.number[rows],
            self.late[rows],
            self.spread[rows],
            {name: values[rows] for name, values in self.figures.items()},
            {name: values[rows] for name, values in self.steps.items()},
        )


def _joined(many: Sequence[_Kept]) -> _Kept:
    return _Kept(
        np.concatenate([each.space for each in many]),
        np.concatenate([each.number for each in many]),
        np.concatenate([each.late for each in many]),
        np.concatenate([each.spread for each in many]),
        {name: np.concatenate([each.figures[name] for each in many]) for name in many[0].figures},
        {name: np.concatenate([each.steps[name] for each in many]) for name in many[0].steps},
    )


def _of_space(
    space: Space,
    at: int,
    goal: str,
    quantities: Mapping[str, str],
    limits: Limits,
    than: float,
    found: Found,
    whole: int,
    progress: Progress | None,
    choosing: Choosing,
) -> Iterator[_Kept]:
    """Layouts of one space that may be the best of their spread or on the front."""
    fitting = prepared(space.scenario, space.varying, MEMORY)
    targets = dict.fromkeys((*quantities.values(), PEAK, TIME))
    pricing = prepared(space.scenario, space.varying, tuple(targets))
    boundary = BOUNDARIES.index(space.scenario.boundary)
    for numbers, columns, broken in space.possible():
        seen = (len(numbers) + sum(broken.values())) * space.late_size
        found.searched += seen
        for reason, count in broken.items():
            _refuse(found, reason, count * space.late_size)
        if not len(numbers):
            if progress is not None:
                progress(found.searched, whole)
            continue
        used = fitting.of(_first_late(space, columns))
        numbers, columns, memory = _fitting(used, numbers, columns, found, space, limits.memory_share)
        for late in range(space.late_size):
            if not len(numbers):
                break
            over = columns | space.late_columns(np.full(len(numbers), late, dtype=np.int64))
            values = pricing.of(over)
            figures = {name: _plain(values[quantity], boundary) for name, quantity in quantities.items()}
            figures["memory"] = memory
            within = _within(values, limits, found)
            found.feasible += int(np.count_nonzero(within))
            if than > 0:
                found.better += int(np.count_nonzero(steps_of(figures[goal][within]) < steps_of(np.array([than]))[0]))
            yield choosing(space, at, goal, numbers[within], late, {k: v[within] for k, v in figures.items()})
        if progress is not None:
            progress(found.searched, whole)


def _plain(values: Array, boundary: int) -> Array:
    return values[boundary] if values.ndim > 1 else values


def _first_late(space: Space, columns: Columns) -> Columns:
    return columns | space.late_columns(np.zeros(len(columns["data_count"]), dtype=np.int64))


def _refuse(found: Found, reason: str, count: int) -> None:
    if count:
        found.refused[reason] = found.refused.get(reason, 0) + count


def _fitting(
    used: Mapping[str, Array], numbers: Numbers, columns: Columns, found: Found, space: Space, most: float
) -> tuple[Numbers, Columns, Array]:
    device, host = (used[name] for name in MEMORY)
    full = device > most * (1 + SAME)
    host_full = ~full & (host > 1 + SAME)
    _refuse(found, FULL, int(np.count_nonzero(full)) * space.late_size)
    _refuse(found, HOST_FULL, int(np.count_nonzero(host_full)) * space.late_size)
    fits = ~(full | host_full)
    return numbers[fits], {name: values[fits] for name, values in columns.items()}, device[fits]


def _within(values: Mapping[str, Array], limits: Limits, found: Found) -> NDArray[np.bool_]:
    if len(values[PEAK]):
        found.least_power_w = min(found.least_power_w, float(values[PEAK].min()))
        found.least_h = min(found.least_h, float(values[TIME].min()) if TIME in values else np.inf)
    hot = values[PEAK] > limits.power_w
    late = ~hot & (values[TIME] > limits.wall_time_h) if TIME in values else np.zeros_like(hot)
    _refuse(found, TOO_HOT, int(np.count_nonzero(hot)))
    _refuse(found, TOO_LATE, int(np.count_nonzero(late)))
    return ~(hot | late)


def _promising(space: Space, at: int, goal: str, numbers: Numbers, late: int, figures: Mapping[str, Array]) -> _Kept:
    """Of a chunk, the best of each spread and what is on its front."""
    steps = {name: steps_of(values) for name, values in figures.items() if name != "memory"}
    spread = np.zeros_like(numbers)
    places = space.places(numbers)
    for path in SPREAD:
        spread = spread * len(numbers_of(space, path)) + places[path]
    order = np.lexsort((numbers, steps[goal]))
    _, first = np.unique(spread[order], return_index=True)
    rows = [order[first]]
    if len(numbers) and all(name in steps for name in FRONT):
        rows.append(undominated(np.stack([steps[name] for name in FRONT], axis=1)))
    some = np.unique(np.concatenate(rows))
    whole = _Kept(np.full_like(numbers, at), numbers, np.full_like(numbers, late), spread, figures, steps)
    return whole.at(some)


def _least(_: Space, at: int, goal: str, numbers: Numbers, late: int, figures: Mapping[str, Array]) -> _Kept:
    """Of a chunk, the best of all."""
    steps = {name: steps_of(values) for name, values in figures.items() if name != "memory"}
    whole = _Kept(
        np.full_like(numbers, at), numbers, np.full_like(numbers, late), np.zeros_like(numbers), figures, steps
    )
    if not len(numbers):
        return whole
    best = np.flatnonzero(steps[goal] == steps[goal].min())
    return whole.at(best[[np.argmin(numbers[best])]])


def numbers_of(space: Space, path: str) -> tuple[Any, ...]:
    """Values of an axis of a space."""
    return next(axis.values for axis in space.axes if axis.path == path)


def _candidate(spaces: Sequence[Space], priced: _Kept, place: int) -> Candidate:
    space = spaces[int(priced.space[place])]
    settings = space.settings(int(priced.number[place]), int(priced.late[place]))
    figures = {name: float(values[place]) for name, values in priced.figures.items()}
    return Candidate(settings, figures, int(priced.space[place]))
