"""Spaces: every combination of what may vary, by its number, so that a chunk of them is made without a loop.

The axis that stands first changes slowest. Of two layouts the one with the smaller number is the simpler.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thirdwatt.scenario import Scenario
from thirdwatt.search.layout.axes import OPEN, Axis
from thirdwatt.search.layout.job import Job
from thirdwatt.search.layout.rules import RULES

FIRST = (
    "cluster.count", "layout.pipeline", "layout.tensor", "layout.context", "layout.virtual_stages", "layout.expert",
    "layout.micro_batch", "layout.zero_stage", "layout.offload",
)  # fmt: skip
"""Axes in the order in which they are crossed: those that rule out most come first."""

CHUNK = 65_536
"""Combinations that are made and held against the rules together."""

Numbers = NDArray[np.int64]
Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Space:
    """Layouts of one scenario.

    Attributes
    ----------
    scenario
        What all of them share.
    axes
        What varies and decides whether a layout is possible.
    late
        What varies and does not.
    pinned
        What every layout states beside: the batch, and whatever else the search had to fix.
    """

    scenario: Scenario
    job: Job
    axes: tuple[Axis, ...]
    late: tuple[Axis, ...] = ()
    pinned: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What is the same in all of it and opened."""
        return " ".join(
            str(axis.values[0]) for axis in self.axes if not axis.columns and not axis.path.startswith("layout")
        )

    @property
    def size(self) -> int:
        """Combinations of the axes, late ones apart."""
        return prod(len(axis.values) for axis in self.axes)

    @property
    def late_size(self) -> int:
        """Combinations of the late axes."""
        return prod(len(axis.values) for axis in self.late)

    @property
    def varying(self) -> tuple[str, ...]:
        """Quantities and codes that vary."""
        own = (name for axis in (*self.axes, *self.late) for name in axis.columns)
        return tuple(dict.fromkeys((*own, "data_count")))

    def columns(self, numbers: Numbers) -> Columns:
        """Values of what varies for some layouts by their numbers; replicas are what the other degrees leave."""
        found = _columns(self.axes, numbers)
        found.setdefault("accelerator_count", np.full(len(numbers), float(self.job.counts[0])))
        inside = found["tensor_count"] * found["pipeline_count"] * found["context_count"]
        found["data_count"] = found["accelerator_count"] / inside
        return found

    def late_columns(self, numbers: Numbers) -> Columns:
        """The same of the late axes."""
        return _columns(self.late, numbers)

    def places(self, numbers: Numbers) -> dict[str, Numbers]:
        """Place of each layout's value among the values of every axis, by path."""
        return _places(self.axes, numbers)

    def settings(self, number: int, late: int = 0) -> dict[str, Any]:
        """A layout as a scenario states it."""
        found: dict[str, Any] = {}
        for axes, own in ((self.axes, number), (self.late, late)):
            places = _places(axes, np.array([own]))
            found |= {axis.path: axis.values[int(places[axis.path][0])] for axis in axes}
        found["layout.data"] = int(self.columns(np.array([number]))["data_count"][0])
        return {**self.pinned, **{path: value for path, value in found.items() if value is not OPEN}}

    def possible(self) -> Iterator[tuple[Numbers, Columns, dict[str, int]]]:
        """Layouts that break no rule, a chunk at a time, and how many break which.

        Axes are crossed one after the other and rules asked as soon as they can be, so that what a few degrees rule out
        is never crossed with the rest; it counts as all the layouts that it would have been.
        """
        by_path = {axis.path: axis for axis in self.axes}
        order = [by_path[path] for path in FIRST if path in by_path]
        order += [axis for axis in self.axes if axis not in order]
        strides: dict[str, int] = {}
        size = 1
        for axis in reversed(self.axes):
            strides[axis.path] = size
            size *= len(axis.values)
        start: Columns = {
            "accelerator_count": np.array([float(self.job.counts[0])]),
            "zero_code": np.array([self.job.zero_stage]),
            "offload_code": np.array([self.job.offload_code]),
        }
        yield from self._grown(np.zeros(1, dtype=np.int64), start, order, strides, self.size, frozenset())

    def _grown(
        self,
        numbers: Numbers,
        columns: Columns,
        order: list[Axis],
        strides: Mapping[str, int],
        size: int,
        asked: frozenset[str],
    ) -> Iterator[tuple[Numbers, Columns, dict[str, int]]]:
        """Cross what is left of the axes with some layouts, each of which stands for ``size`` of them."""
        if not order:
            yield numbers, self.columns(numbers), {}
            return
        axis, *later = order
        size //= len(axis.values)
        step = max(CHUNK // len(axis.values), 1)
        known = self._known(columns, later) | set(axis.columns)
        ready = [rule for rule in RULES if rule.broken not in asked and known.issuperset(rule.needs)]
        for at in range(0, len(numbers), step):
            part = slice(at, at + step)
            places = np.arange(len(axis.values), dtype=np.int64)
            grown = (numbers[part, None] + places * strides[axis.path]).ravel()
            repeated = {name: np.repeat(values[part], len(places)) for name, values in columns.items()}
            wide = repeated | {name: np.tile(values, len(numbers[part])) for name, values in axis.columns.items()}
            broken: dict[str, int] = {}
            for rule in ready:
                kept = rule.holds(_with_data(wide), self.job)
                lost = len(grown) - int(np.count_nonzero(kept))
                if lost:
                    broken[rule.broken] = lost * size
                    grown = grown[kept]
                    wide = {name: values[kept] for name, values in wide.items()}
            if broken:
                yield grown[:0], self.columns(grown[:0]), broken
            done = asked | {rule.broken for rule in ready}
            yield from self._grown(grown, wide, later, strides, size, done)

    @staticmethod
    def _known(columns: Columns, later: list[Axis]) -> set[str]:
        """Columns that no later axis changes."""
        return set(columns) - {name for axis in later for name in axis.columns}


def _with_data(columns: Columns) -> Columns:
    """Columns with the replicas that degrees leave, once they are there."""
    if not {"tensor_count", "pipeline_count", "context_count"} <= columns.keys():
        return columns
    inside = columns["tensor_count"] * columns["pipeline_count"] * columns["context_count"]
    return columns | {"data_count": columns["accelerator_count"] / inside}


def _places(axes: tuple[Axis, ...], numbers: Numbers) -> dict[str, Numbers]:
    found: dict[str, Numbers] = {}
    for axis in reversed(axes):
        numbers, found[axis.path] = np.divmod(numbers, len(axis.values))
    return found


def _columns(axes: tuple[Axis, ...], numbers: Numbers) -> Columns:
    places = _places(axes, numbers)
    return {name: values[places[axis.path]] for axis in axes for name, values in axis.columns.items()}
