"""Spaces: every combination of what may vary, by its number, so that a chunk of them is made without a loop.

The axis that stands first changes slowest. Of two layouts the one with the smaller number is the simpler.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thirdwatt.scenario import Scenario
from thirdwatt.search.layout.axes import OPEN, Axis
from thirdwatt.search.layout.job import Job
from thirdwatt.search.layout.rules import RULES

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
    """

    scenario: Scenario
    job: Job
    axes: tuple[Axis, ...]
    late: tuple[Axis, ...] = ()

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
        for name, value in (("accelerator_count", self.job.counts[0]), ("zero_code", self.job.zero_stage)):
            found.setdefault(name, np.full(len(numbers), value))
        inside = found["tensor_count"] * found["pipeline_count"] * found["context_count"]
        found["data_count"] = found["accelerator_count"] / inside
        return found

    def late_columns(self, numbers: Numbers) -> Columns:
        """The same of the late axes."""
        return _columns(self.late, numbers)

    def places(self, path: str, numbers: Numbers) -> Numbers:
        """Place of each layout's value among the values of an axis."""
        return _places(self.axes, numbers)[path]

    def settings(self, number: int, late: int = 0) -> dict[str, Any]:
        """A layout as a scenario states it."""
        found: dict[str, Any] = {}
        for axes, own in ((self.axes, number), (self.late, late)):
            places = _places(axes, np.array([own]))
            found |= {axis.path: axis.values[int(places[axis.path][0])] for axis in axes}
        found["layout.data"] = int(self.columns(np.array([number]))["data_count"][0])
        return {path: value for path, value in found.items() if value is not OPEN}

    def possible(self) -> Iterator[tuple[Numbers, Columns, Mapping[str, int]]]:
        """Layouts that break no rule, a chunk at a time, and how many break which."""
        for start in range(0, self.size, CHUNK):
            numbers = np.arange(start, min(start + CHUNK, self.size), dtype=np.int64)
            columns = self.columns(numbers)
            broken: dict[str, int] = {}
            for rule in RULES:
                kept = rule.holds(columns, self.job)
                lost = len(numbers) - int(np.count_nonzero(kept))
                if lost:
                    broken[rule.broken] = lost
                    numbers = numbers[kept]
                    columns = {name: values[kept] for name, values in columns.items()}
            yield numbers, columns, broken


def _places(axes: tuple[Axis, ...], numbers: Numbers) -> dict[str, Numbers]:
    found: dict[str, Numbers] = {}
    for axis in reversed(axes):
        numbers, found[axis.path] = np.divmod(numbers, len(axis.values))
    return found


def _columns(axes: tuple[Axis, ...], numbers: Numbers) -> Columns:
    places = _places(axes, numbers)
    return {name: values[places[axis.path]] for axis in axes for name, values in axis.columns.items()}
