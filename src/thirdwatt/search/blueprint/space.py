"""The space: axes of a design, each with the values it may take, and designs as rows of places along them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thirdwatt.ledger.samples import Array
from thirdwatt.scenario.blueprint_form import FIELDS

Designs = NDArray[np.intp]
"""Shape (V, A): the place of each design's value along each axis."""

KIB, MIB = 1024, 1024 * 1024


@dataclass(frozen=True, slots=True)
class Axis:
    """One thing that a design decides.

    Attributes
    ----------
    field
        Its field in ``[blueprint]``, or ``precision``.
    values
        What it may be: numbers in rising order, or words.
    group
        What it belongs to where a factor is told apart: node, voltage, architecture, precision, memory, utilisation.
    """

    field: str
    values: tuple[Any, ...]
    group: str

    @property
    def quantity(self) -> str | None:
        """The quantity it states; ``None`` for a choice."""
        return FIELDS.get(self.field)


def _steps(low: float, high: float, count: int) -> tuple[float, ...]:
    """Numbers in equal ratios, to three digits."""
    return tuple(dict.fromkeys(float(f"{each:.3g}") for each in np.geomspace(low, high, count)))


NUMBERS: tuple[Axis, ...] = (
    Axis("clock_hz", _steps(0.5e9, 2.1e9, 40), "voltage"),
    Axis("units", tuple(float(each) for each in (*range(32, 128, 8), *range(128, 385, 16))), "voltage"),
    Axis("macs", (1024.0, 2048.0, 4096.0, 8192.0), "architecture"),
    Axis("vector_lanes", (32.0, 64.0, 128.0, 256.0), "architecture"),
    Axis("tile_rows", (64.0, 128.0), "architecture"),
    Axis("tile_columns", (64.0, 128.0, 256.0), "architecture"),
    Axis("tile_depth", (16.0, 32.0), "architecture"),
    Axis("cluster", (1.0, 2.0, 4.0), "architecture"),
    Axis("register_byte", tuple(each * KIB * 1.0 for each in (64, 128, 192, 256, 384, 512)), "architecture"),
    Axis("local_byte", tuple(each * KIB * 1.0 for each in (128, 192, 256, 384, 512)), "architecture"),
    Axis("accumulator_byte", tuple(each * KIB * 1.0 for each in (64, 128, 256, 512, 1024)), "architecture"),
    Axis("last_level_byte", tuple(each * MIB * 1.0 for each in (48, 64, 96, 128, 192, 256)), "memory"),
    Axis("stacks", (4.0, 5.0, 6.0, 8.0, 10.0, 12.0), "memory"),
    Axis("gated_share", (0.0, 0.1, 0.2, 0.3, 0.4, 0.5), "utilisation"),
    Axis("leaking_share", (0.7, 0.8, 0.9, 1.0), "utilisation"),
)
"""Axes that are numbers; what nobody has built is outside: arrays wider than 128 by 256, gates that close on more than
half."""

LANES_PER_MAC = 1 / 32
"""Vector lanes for each 16-bit multiply-add below which no chip on sale is: H100 has 1/16, B200 and TPU v4 1/32. No
formula tells how fast vectors go, so no design has fewer."""


@dataclass(frozen=True, slots=True)
class Style:
    """How what is not an array is run.

    Attributes
    ----------
    lanes
        Vector lanes that one scheduler runs.
    register_byte
        Least registers for each lane.
    like
        Chips on sale that are built so.
    """

    lanes: float
    register_byte: float
    like: str


STYLES: Mapping[str, Style] = {
    "threads": Style(32, 2 * KIB, "GPUs of every maker"),
    "vectors": Style(1024, 128, "TPU v3 and v4"),
}
"""Styles that are on sale: warps of threads, which today's kernels need, or wide vectors under one program."""


@dataclass(frozen=True, slots=True)
class Space:
    """Axes, and what all designs share.

    Attributes
    ----------
    fixed
        Fields of ``[blueprint]`` that are the same in all designs.
    style
        How they run what is not an array.
    """

    axes: tuple[Axis, ...]
    fixed: Mapping[str, Any]
    style: Style

    @property
    def numbers(self) -> tuple[int, ...]:
        """Places of axes that are numbers."""
        return tuple(place for place, axis in enumerate(self.axes) if axis.quantity is not None)

    @property
    def choices(self) -> tuple[int, ...]:
        """Places of axes that are choices."""
        return tuple(place for place, axis in enumerate(self.axes) if axis.quantity is None)

    @property
    def sizes(self) -> NDArray[np.intp]:
        """How many values each axis has."""
        return np.array([len(axis.values) for axis in self.axes], dtype=np.intp)

    def place(self, field: str) -> int:
        """Which axis a field is."""
        return next(place for place, axis in enumerate(self.axes) if axis.field == field)

    def holds(self, other: Space) -> bool:
        """Whether it has every design of another, at the same places."""
        longer = zip(self.axes, other.axes, strict=True)
        alike = (self.fixed, self.style) == (other.fixed, other.style)
        return alike and all(own.values[: len(each.values)] == each.values for own, each in longer)

    def values(self, designs: Designs, field: str) -> Array:
        """Numbers of an axis, shape (V,)."""
        place = self.place(field)
        return np.array(self.axes[place].values, dtype=np.float64)[designs[:, place]]

    def schedulers(self, designs: Designs) -> Array:
        """Schedulers of a unit, shape (V,)."""
        return np.maximum(self.values(designs, "vector_lanes") / self.style.lanes, 1)

    def buildable(self, designs: Designs) -> NDArray[np.bool_]:
        """Designs whose vector lanes keep up with their arrays and have registers to work with, shape (V,)."""
        lanes = self.values(designs, "vector_lanes")
        able: NDArray[np.bool_] = lanes >= LANES_PER_MAC * self.values(designs, "macs")
        return able & (self.values(designs, "register_byte") >= self.style.register_byte * lanes)

    def drawn(self, count: int, random: np.random.Generator) -> Designs:
        """Designs spread over the whole space: each axis by itself evenly."""
        columns = [random.permutation(np.arange(count) * size // count) for size in self.sizes]
        return np.stack(columns, axis=1).astype(np.intp)

    def near(self, parents: Designs, count: int, reach: float, random: np.random.Generator) -> Designs:
        """Designs near others: axes from either of two of them, some moved by up to a share of their length."""
        one, other = parents[random.integers(len(parents), size=(2, count))]
        children = np.where(random.random(one.shape) < 1 / 2, one, other)
        moves = np.rint(random.normal(0, np.maximum(reach * self.sizes, 0.6), children.shape)).astype(np.intp)
        moved = random.random(children.shape) < 2 / len(self.axes)
        near: Designs = np.clip(children + np.where(moved, moves, 0), 0, self.sizes - 1)
        return near

    def blueprint(self, design: Sequence[int] | NDArray[np.intp]) -> tuple[dict[str, Any], str]:
        """The section ``[blueprint]`` of a design, and the precision it trains in."""
        said = {axis.field: axis.values[int(place)] for axis, place in zip(self.axes, design, strict=True)}
        precision = said.pop("precision")
        if said["accumulators"] == "registers":
            said["accumulator_byte"] = 0.0
        said["schedulers"] = max(said["vector_lanes"] / self.style.lanes, 1.0)
        return {**self.fixed, **said}, precision
