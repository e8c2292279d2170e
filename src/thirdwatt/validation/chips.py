"""Chips that are sold, as points that the model of blueprints is held against: dies, idle boards, boards at work."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from thirdwatt.facts import Figure, table
from thirdwatt.ledger.blueprints import FITTED, alone
from thirdwatt.ledger.book import book
from thirdwatt.ledger.evaluate import chunks, needed
from thirdwatt.ledger.graph import program
from thirdwatt.ledger.leaves import columns, informed
from thirdwatt.ledger.samples import Array, Scores
from thirdwatt.scenario.blueprint import MEASURED, Blueprint, shipping

AREA, IDLE, POWER = "die_area_mm2", "accelerator_idle_power_w", "blueprint_power_w"
"""Quantities that are compared."""

FIT_ON = ("v100-sxm-32gb", "a100-sxm-80gb", "h100-sxm-80gb", "tpu-v4")
"""Chips whose dies and boards constants are fitted to; all others are left out."""

HIGHEST_HZ = 1.9e9
"""Clock of fitted chips at most; the supply above it is the line carried on."""


@dataclass(frozen=True, slots=True)
class Point:
    """Something measured of a chip.

    Attributes
    ----------
    quantity
        What was measured: :data:`AREA`, :data:`IDLE` or :data:`POWER`.
    fitted
        Whether constants are fitted to it.
    measured
        Its figure, with how well it is known.
    state
        What the board was doing, by quantity.
    """

    id: str
    chip: str
    label: str
    quantity: str
    precision: str
    fitted: bool
    measured: Figure
    state: Mapping[str, Figure]

    @property
    def assumed(self) -> bool:
        """Whether what was measured is a guess in part: the watts of a board at work, the area of a die."""
        return self.measured.kind == "assumed" or (self.quantity == AREA and self.measured.kind != "published")

    @property
    def outside(self) -> bool:
        """Whether the board's clock is beyond what the line of supplies was drawn for."""
        return "clock_hz" in self.state and self.state["clock_hz"].value > HIGHEST_HZ

    @property
    def blueprint(self) -> Blueprint:
        """The chip's blueprint, without what is compared, or was fitted to it."""
        whole = shipping(self.chip)
        aside = (self.quantity, "design_power_ratio@fitted")
        figures = {name: each for name, each in whole.figures.items() if name not in aside}
        return Blueprint(whole.name, whole.like, whole.choices, figures)

    def leaves(self, silicon: str = FITTED) -> dict[str, Figure]:
        """What the model computes the quantity from."""
        found = alone(self.blueprint, self.precision, silicon)
        if self.quantity != AREA and (area := _area(self.chip)) is not None:
            found[AREA] = area
        return {**found, **self.state}


def drawn(leaves: Sequence[Mapping[str, Figure]], target: str, samples: int, seed: int = 0) -> Array:
    """A quantity at each of some sets of leaves with its draws, shape (n, 1 + samples); column 0 is the centre.

    Constants are drawn by their streams, so that all sets share them.
    """
    scores = Scores(samples, seed)
    found = np.empty((len(leaves), scores.width))
    for number, own in enumerate(leaves):
        plan = program(book(), informed(own), (target,))
        for chunk in chunks(plan, columns([own], needed(plan)), scores, 1):
            found[number] = chunk.values[target][0]
    return found


@cache
def points() -> tuple[Point, ...]:
    """Every point: dies first, then idle boards, then boards at work."""
    return (*_dies(), *_idle(), *_boards())


def _area(chip: str) -> Figure | None:
    return table("chips").rows[chip].figures.get(AREA + MEASURED)


def _first(chip: str) -> str:
    """Precision in which a chip's die and idle board are computed: neither depends on it."""
    return "bf16" if "bf16" in shipping(chip).precisions else shipping(chip).precisions[0]


def die(chip: str, area_mm2: float) -> tuple[float, str, str]:
    """By what dies are told apart: area, process and maker, as two makers may fill the same reticle."""
    return area_mm2, table("chips").rows[chip].text["process"], table("accelerators").rows[chip].text["vendor"]


def _dies() -> tuple[Point, ...]:
    found: list[Point] = []
    seen: set[tuple[float, str, str]] = set()
    for row in table("chips"):
        area = _area(row.id)
        if area is None:
            continue
        own = die(row.id, area.value)
        if own in seen:
            continue  # on another board
        seen.add(own)
        found.append(Point(row.id, row.id, "die", AREA, _first(row.id), row.id in FIT_ON, area, {}))
    return tuple(found)


def _idle() -> tuple[Point, ...]:
    found: list[Point] = []
    for row in table("chips"):
        watts = table("accelerators").rows[row.id].figures.get(IDLE)
        if watts is not None and watts.kind != "assumed":
            found.append(Point(row.id, row.id, "idle", IDLE, _first(row.id), row.id in FIT_ON, watts, {}))
    return tuple(found)


def _boards() -> tuple[Point, ...]:
    text = resources.files("thirdwatt.validation").joinpath("chip_points.csv").read_text(encoding="utf-8")
    return tuple(_board(line) for line in csv.DictReader(text.splitlines()))


def _board(line: Mapping[str, str]) -> Point:
    source = line["source"]

    def stated(name: str, value: str) -> Figure:
        number = float(value)
        return Figure(number, number, number, "stated", source, f"given/{name}")

    state = {
        "narrow_work_flop_per_s": stated("narrow_work_flop_per_s", line["flop_per_s"]),
        "wide_work_flop_per_s": stated("wide_work_flop_per_s", "0"),
        "clock_hz": stated("clock_hz", line["clock_hz"]),
        "work_activity_share": stated("work_activity_share", line["busy_share"]),
        "work_memory_byte_per_s": stated("work_memory_byte_per_s", line["memory_byte_per_s"]),
        "work_link_byte_per_s": stated("work_link_byte_per_s", line["link_byte_per_s"]),
    }
    measured = Figure(
        value=float(line["power_w"]),
        low=float(line["low_w"]),
        high=float(line["high_w"]),
        kind=line["kind"],
        source=source,
        stream=f"validation/{line['id']}",
        note=line["note"],
    )
    fitted = line["fitted"] == "yes"
    return Point(line["id"], line["chip"], line["label"], POWER, line["precision"], fitted, measured, state)
