"""The constants of silicon, fitted to dies, idle boards and boards at work of a few chips.

``make fit-chips`` writes them beside their priors, so that every answer can be had with both. Areas come first, then
what an idle board draws, then boards at work; each fit holds what those before it found. Nodes that no fitted chip is
of follow the nearest one that is, by the ratio of their priors. A newer node is never let take more energy than an
older one of its foundry: boards alone would have N4 take no less than N7, which says that their voltages are not
known, and not that transistors got worse.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from thirdwatt.facts import Figure, table
from thirdwatt.facts.table import content
from thirdwatt.ledger.blueprints import FITTED, PRIOR
from thirdwatt.ledger.calibration import Batch, Constant, Fitted, calibrate
from thirdwatt.ledger.samples import SCORE_AT_95, Array
from thirdwatt.scenario.blueprint import MEASURED
from thirdwatt.validation.chips import AREA, IDLE, POWER, Point, die, points

TABLES = Path("src/thirdwatt/facts/tables")
"""Where the tables stand in the project; a fit is written from its root."""

SOURCE = "chip-points"
"""What a fitted figure names as its source."""

CLOSEST = {AREA: 0.02, IDLE: 0.1, POWER: 0.05}
"""Standard deviation of the logarithm of a point about the best model there could be."""

TOLD = 0.9
"""Share of a prior's uncertainty below which points have told a constant more than was known before."""


NEARLY = 0.99
"""Most of an older node's energy that a newer one takes: their supplies rise with the clock a little differently."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A constant that points may move, and cells that follow it.

    Attributes
    ----------
    like
        Rows that move with it, by the same ratio.
    below
        Row whose figure none of them may pass.
    """

    table: str
    row: str
    field: str
    like: tuple[str, ...] = ()
    below: str | None = None

    @property
    def name(self) -> str:
        """What it is called when printed."""
        return f"{self.table}/{self.row}/{self.field}"

    @property
    def constant(self) -> Constant:
        """The constant, from its prior: its spread is that of the table."""
        figure = table(self.table).rows[self.row].figures[self.field]
        sigma = float(np.log(figure.high / figure.low)) / (2 * SCORE_AT_95)
        streams = tuple(f"{self.table}/{row}/{self.field}" for row in (self.row, *self.like))
        return Constant(self.name, streams, figure.value, sigma, figure.value, self._ceiling)

    @property
    def _ceiling(self) -> float:
        if self.below is None:
            return 1.0 if self.field.endswith("_share") else np.inf
        values = {row.id: row.figures[self.field].value for row in table(self.table)}
        return NEARLY * values[self.below] * values[self.row] / max(values[row] for row in (self.row, *self.like))


def _silicon(*fields: str) -> tuple[Cell, ...]:
    return tuple(Cell("silicon", "chip", field) for field in fields)


def _process(field: str, row: str, *like: str, below: str | None = None) -> Cell:
    return Cell("processes", row, field, like, below)


CELLS: Mapping[str, tuple[Cell, ...]] = {
    AREA: (
        *_silicon(
            "scheduler_mm2", "vector_lane_mm2", "double_lane_mm2", "mac_mm2", "register_mm2_per_byte",
            "local_mm2_per_byte", "last_level_mm2_per_byte", "crossbar_unit_mm2", "other_die_mm2",
        ),
        _process("logic_area_ratio", "12ffn", "16ff"),
        _process("sram_area_ratio", "12ffn", "16ff"),
        _process("logic_area_ratio", "n4", "n5", "n3e", "n3p", "n2"),
        Cell("chips", "tpu-v4", "local_mm2_per_byte", like=("tpu-v3",)),
    ),
    IDLE: _silicon("cool_leakage_w_per_mm2", "board_idle_w"),
    POWER: (
        *_silicon(
            "fused_energy_ratio", "instruction_j", "register_j_per_byte", "array_energy_ratio", "sram_j_per_byte",
            "wire_j_per_byte_mm", "clock_j_per_mm2", "quiet_area_ratio", "hot_leakage_ratio",
        ),
        _process("switching_energy_ratio", "12ffn", "16ff"),
        _process("switching_energy_ratio", "n4", "n5", "n3e", "n3p", "n2", below="n6"),
    ),
}  # fmt: skip
"""What may move, by what it is fitted to, in the order of the fits."""


COMMON, OWN = "chip_power_ratio", "design_power_ratio"
"""How far all chips are from what constants make of their draw, and each from all."""
OWN_AREA = "chip_area_ratio"
"""How far the dies of each are."""
SPREADS = (COMMON, OWN, OWN_AREA)
"""Ratios about 1 whose spread comes from chips left out of the fit."""
OWN_RATIO = f"{OWN}@{FITTED}"
"""What a chip that was measured at work draws to its model, among its own figures."""

STEP = 1e-3
"""Change of a logarithm for its slope."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What points make of a figure.

    Attributes
    ----------
    ratio
        Fitted to prior.
    sigma
        Standard deviation of the logarithm that is left.
    told
        Whether points moved or narrowed it, or a node that it follows.
    """

    ratio: float
    sigma: float
    told: bool

    def of(self, prior: Figure) -> Figure:
        """The fitted figure; one of which points told nothing keeps the prior's ends."""
        value = prior.value * self.ratio
        if not self.told:
            ends = prior.low * self.ratio, prior.high * self.ratio
            kind = prior.kind if self.ratio == 1 or prior.kind == "assumed" else "modelled"  # published was another
            return replace(prior, value=value, low=ends[0], high=ends[1], kind=kind)
        low, high = (value * float(np.exp(side * SCORE_AT_95 * self.sigma)) for side in (-1, 1))
        return replace(prior, value=value, low=low, high=high, kind="modelled", source=SOURCE)


def noise(chosen: Sequence[Point]) -> Array:
    """How closely each point is to be met: as well as it is known, no closer than a model can be."""
    return np.hypot(_known(chosen), [CLOSEST[each.quantity] for each in chosen])


def _known(chosen: Sequence[Point]) -> Array:
    """Standard deviation of the logarithm of what was measured."""
    return np.array([np.log(each.measured.high / each.measured.low) / (2 * SCORE_AT_95) for each in chosen])


def predicted(chosen: Sequence[Point], logs: Mapping[str, float], silicon: str = PRIOR) -> Array:
    """What the model makes of points of one quantity, with constants moved by logarithms on their streams."""
    if not chosen:
        return np.empty(0)
    return Batch([each.leaves(silicon) for each in chosen], chosen[0].quantity).predict(logs)


def fitted(chosen: Iterable[Point] | None = None) -> tuple[dict[str, Fitted], dict[str, float]]:
    """The fits to points, those marked for it if none are given; and the logarithms by which they move the priors."""
    wanted = [each for each in points() if each.fitted] if chosen is None else list(chosen)
    logs: dict[str, float] = {}
    found: dict[str, Fitted] = {}
    for quantity, cells in CELLS.items():
        own = [each for each in wanted if each.quantity == quantity]
        constants = [cell.constant for cell in cells]
        batch = Batch([each.leaves(PRIOR) for each in own], quantity)
        measured = np.array([each.measured.value for each in own])
        found[quantity] = calibrate(batch, measured, constants, noise(own), logs)
        for constant in constants:
            logs |= dict.fromkeys(
                constant.streams, float(np.log(found[quantity].values[constant.name] / constant.prior))
            )
    return found, logs


@dataclass(frozen=True, slots=True)
class Ratio:
    """Draw of a chip on sale to its model's, by its points at work; guessed where the watts of all of them are."""

    value: float
    low: float
    high: float
    points: int
    guessed: bool


MOST = 2.0
"""Furthest that a chip's own ratio may be from its model: beyond it something is misunderstood."""


def same_die(one: str, other: str) -> bool:
    """Whether two chips are the same silicon on two boards."""

    def built(chip: str) -> tuple[object, ...]:
        figures = table("chips").rows[chip].figures
        area = figures.get(AREA + MEASURED)
        lanes = figures["double_lane_count"].value if "double_lane_count" in figures else 0
        return (die(chip, area.value), figures["unit_mac_count"].value, lanes) if area is not None else (chip,)

    return built(one) == built(other)


def own_ratios(logs: Mapping[str, float]) -> dict[str, Ratio]:
    """What each chip that was measured at work draws to its model: the mean over its points by how well they are known.

    Boards with the same die have the same ratio, from the points of all of them: silicon does not change with the
    board. A design that nobody has measured has a ratio of 1, and the spread of these.
    """
    work = [each for each in points() if each.quantity == POWER]
    away = np.log([each.measured.value for each in work]) - np.log(predicted(work, logs))
    spread = noise(work)
    found = {}
    for chip in dict.fromkeys(each.chip for each in work):
        own = np.array([same_die(each.chip, chip) for each in work])
        guessed = all(each.measured.kind == "assumed" for each, belongs in zip(work, own, strict=True) if belongs)
        weight, errors = 1 / spread[own] ** 2, away[own]
        mean = float((weight * errors).sum() / weight.sum())
        scatter = float((weight * (errors - mean) ** 2).sum() / weight.sum()) / len(errors)
        sigma = float(np.sqrt(1 / weight.sum() + scatter))
        mean = float(np.clip(mean, -np.log(MOST), np.log(MOST)))
        ends = (mean - SCORE_AT_95 * sigma, mean, mean + SCORE_AT_95 * sigma)
        low, value, high = (float(np.exp(each)) for each in ends)
        found[chip] = Ratio(value, low, high, len(errors), guessed)
    return found


def moved(found: Mapping[str, Fitted]) -> dict[str, Moved]:
    """What fits make of every figure, by its stream."""
    by_stream: dict[str, Moved] = {}
    for quantity, cells in CELLS.items():
        for cell in cells:
            constant = cell.constant
            ratio, left = found[quantity].values[cell.name] / constant.prior, found[quantity].sigmas[cell.name]
            told = left < TOLD * constant.sigma
            own, *like = constant.streams
            by_stream[own] = Moved(ratio, left, told)
            for stream, row in zip(like, cell.like, strict=True):
                by_stream[stream] = Moved(ratio, replace(cell, row=row, like=()).constant.sigma, told)
    return by_stream


# --- chips left out -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Apart:
    """A chip by constants that are fitted without it.

    Attributes
    ----------
    errors
        Logarithms of predicted over measured, by point.
    sigmas
        Standard deviations of the logarithm of what is predicted that its constants' own spreads make, by point, on
        the side that the error lies on.
    known
        Standard deviations of the logarithms of what was measured, by point.
    leaves
        What each point is computed from.
    """

    chip: str
    quantity: str
    points: tuple[Point, ...]
    errors: Array
    sigmas: Array
    known: Array
    leaves: tuple[Mapping[str, Figure], ...]

    @property
    def unexplained(self) -> float:
        """Square of the mean error, less what constants and measurements explain of it; below 0 if they explain more.

        Constants move the points of a chip together, and measurements each by itself.
        """
        explained = np.mean(self.sigmas**2) + np.mean(self.known**2) / len(self.known)
        return float(self.errors.mean() ** 2 - explained)


@cache
def left_out() -> tuple[Apart, ...]:
    """Every fitted chip by constants that are fitted to the others, by quantity."""
    every = [each for each in points() if each.fitted]
    apart = []
    for chip in dict.fromkeys(each.chip for each in every):
        found, _ = fitted([each for each in every if each.chip != chip])
        changes = moved(found)
        for quantity in CELLS:
            own = tuple(each for each in every if each.chip == chip and each.quantity == quantity)
            apart.append(_apart(chip, quantity, own, changes))
    return tuple(apart)


@cache
def other_dies() -> tuple[Apart, ...]:
    """Every die that no constant is fitted to."""
    changes = moved(fitted()[0])
    own = [each for each in points() if each.quantity == AREA and not each.fitted]
    return tuple(_apart(each.chip, AREA, (each,), changes) for each in own)


@cache
def every_apart() -> tuple[Apart, ...]:
    """What the spreads of ratios about 1 come from: all chips by constants that are not fitted to them, of which
    boards at work of others than the four are kept apart, to be held against.
    """
    return (*left_out(), *other_dies())


def _apart(chip: str, quantity: str, own: tuple[Point, ...], changes: Mapping[str, Moved]) -> Apart:
    leaves = tuple(_changed(each.leaves(PRIOR), changes) for each in own)
    errors, sigmas = _errors(own, leaves, quantity)
    return Apart(chip, quantity, own, errors, sigmas, _known(own), leaves)


def _changed(leaves: Mapping[str, Figure], changes: Mapping[str, Moved]) -> dict[str, Figure]:
    return {name: changes[each.stream].of(each) if each.stream in changes else each for name, each in leaves.items()}


def _errors(own: Sequence[Point], leaves: Sequence[Mapping[str, Figure]], quantity: str) -> tuple[Array, Array]:
    """Errors of points, and what the spreads of constants make of them, to the first order.

    Many a constant is surer on one side: a node may well take more than its foundry claims, and hardly less. What
    could explain an error is the side that would lessen it.
    """
    batch = Batch(leaves, quantity)
    middle = np.log(batch.predict({}))
    errors = middle - np.log([each.measured.value for each in own])
    spreads = {each.stream: _sides(each) for some in leaves for name, each in some.items() if name not in SPREADS}
    squares = np.zeros(len(own))
    for stream, (below, above) in spreads.items():
        if below > 0 or above > 0:
            slopes = (np.log(batch.predict({stream: STEP})) - middle) / STEP
            squares += (np.where(errors * slopes > 0, below, above) * slopes) ** 2
    return errors, np.sqrt(squares)


def _sides(figure: Figure) -> tuple[float, float]:
    """Standard deviations of the logarithm of a figure below and above its value; of one that may be 0 none."""
    if figure.low <= 0:
        return 0.0, 0.0
    ends = np.log([figure.value / figure.low, figure.high / figure.value]) / SCORE_AT_95
    return float(ends[0]), float(ends[1])


def spreads(apart: Sequence[Apart]) -> dict[str, float]:
    """Standard deviations of the logarithms of the ratios of :data:`SPREADS`.

    The mean square of the errors of chips left out, one error a chip, less that of what their constants and how well
    they were measured explain, is what there is beyond. Of that of boards at work, what the mean of so few chips cannot
    show is taken to be common to all.
    """
    excess = {}
    for quantity in (AREA, POWER):
        own = [each for each in apart if each.quantity == quantity]
        beyond = np.mean([each.unexplained for each in own])
        excess[quantity] = max(float(beyond), CLOSEST[quantity] ** 2), len(own)
    whole, chips = excess[POWER]
    return {
        COMMON: float(np.sqrt(whole / chips)),
        OWN: float(np.sqrt(whole - whole / chips)),
        OWN_AREA: float(np.sqrt(excess[AREA][0])),
    }


def area_ratio_without(chip: str) -> Figure:
    """The ratio of dies to their model's, from all dies but one: what an interval for that one may know."""
    sigma = spreads([each for each in every_apart() if each.chip != chip or each.quantity != AREA])[OWN_AREA]
    low, high = _ends(sigma)
    return replace(table("silicon").rows["chip"].figures[OWN_AREA], low=low, high=high)


# --- the command --------------------------------------------------------------------------------------------------


def main(arguments: Sequence[str]) -> int:
    """Print the fit, and write it if asked to."""
    found, logs = fitted()
    out = sys.stdout
    for quantity, cells in CELLS.items():
        out.write(f"\n{quantity}\n{'':52}{'prior':>10}{'fitted':>10}{'sigma':>8}{'left':>7}\n")
        for cell in cells:
            prior, fit = cell.constant, found[quantity]
            steps = np.log(fit.values[cell.name] / prior.prior) / prior.sigma
            out.write(f"{cell.name:52}{prior.prior:10.3g}{fit.values[cell.name]:10.3g}{steps:+8.2f}")
            out.write(f"{fit.sigmas[cell.name]:6.0%}\n")
    for quantity in CELLS:
        own = [each for each in points() if each.quantity == quantity]
        for each, value in zip(own, predicted(own, logs), strict=True):
            mark = "" if each.fitted else "left out"
            out.write(f"{quantity:26}{each.id:20}{each.measured.value:8.0f}{value:8.0f}")
            out.write(f"{value / each.measured.value - 1:+7.1%}  {mark}\n")
    apart = every_apart()
    for chip in left_out():
        errors = " ".join(f"{np.expm1(error):+.0%}" for error in chip.errors)
        name = f"{chip.chip}/{chip.quantity}"
        out.write(f"without it: {name:44} {errors:24} constants alone: {chip.sigmas.mean():.0%}\n")
    for name, sigma in spreads(apart).items():
        low, high = _ends(sigma)
        out.write(f"{name:26}{low:.2f} to {high:.2f}\n")
    if "--write" in arguments:
        written = dict(tables(found, spreads(apart)))
        written["chips"] = _chips(own_ratios(logs), written["chips"])
        for name, text in written.items():
            (TABLES / f"{name}.csv").write_text(text, encoding="utf-8", newline="")
    return 0


def tables(found: Mapping[str, Fitted], beyond: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    """Each fact table with a line for every fitted figure behind that of its prior, and the ratios about 1."""
    mark = f"@{FITTED}"
    changes = moved(found)
    for name in sorted({stream.partition("/")[0] for stream in changes}):
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        for line in csv.reader(io.StringIO(content(name).decode())):
            if line[1].endswith(mark) and line[1] != OWN_RATIO:
                continue
            if name == "silicon" and line[1] in beyond:
                line[2:7] = ["1", *(f"{end:.3g}" for end in _ends(beyond[line[1]])), "modelled", SOURCE]
            writer.writerow(line)
            if (change := changes.get(f"{name}/{line[0]}/{line[1]}")) is not None:
                fit = change.of(table(name).rows[line[0]].figures[line[1]])
                numbers = (f"{each:.4g}" for each in (fit.value, fit.low, fit.high))
                writer.writerow([line[0], f"{line[1]}{mark}", *numbers, fit.kind, fit.source, *line[7:]])
        yield name, text.getvalue()


def _chips(ratios: Mapping[str, Ratio], stands: str) -> str:
    """The table of chips, as it stands, with what each draws to its model."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    lines = [line for line in csv.reader(io.StringIO(stands)) if line[1] != OWN_RATIO]
    for line, after in zip(lines, [*lines[1:], None], strict=True):
        writer.writerow(line)
        ratio = ratios.get(line[0])
        if ratio is not None and (after is None or after[0] != line[0]):
            many = f"{ratio.points} point{'s' if ratio.points > 1 else ''} at work of boards with its die"
            kind = "assumed" if ratio.guessed else "modelled"
            confidence = "low" if ratio.guessed or ratio.points == 1 else "medium"
            many += ", watts or load guessed in part" if ratio.guessed else ""
            numbers = [f"{each:.4g}" for each in (ratio.value, ratio.low, ratio.high)]
            writer.writerow([line[0], OWN_RATIO, *numbers, kind, SOURCE, "2026-11", confidence, many])
    return text.getvalue()


def _ends(sigma: float) -> tuple[float, float]:
    """Ends of the 90 % interval of a ratio about 1."""
    return float(np.exp(-SCORE_AT_95 * sigma)), float(np.exp(SCORE_AT_95 * sigma))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
