"""What the boards of a few chips tell of the constants behind their power, and what one more measurement would.

A product's watts are a sum over arithmetic, operands and clocks, each times what the node and its supply make of it.
One board at one clock gives one number. Here the lines of supplies and the size of tiles may move as well, and what
is left of every prior says how much the points told; correlations say which constants only appear together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from thirdwatt.facts import Figure
from thirdwatt.ledger.blueprints import PRIOR
from thirdwatt.ledger.calibration import Batch, Constant, Fitted, calibrate
from thirdwatt.ledger.samples import Array
from thirdwatt.validation.chip_fit import CELLS, Cell, fitted, noise
from thirdwatt.validation.chips import AREA, IDLE, POWER, Point, points

NODE = "processes/n4/switching_energy_ratio"
"""The constant that everything else of H100 hides in."""

FREED = (
    Cell("processes", "12ffn", "supply_slope_v_per_hz"),
    Cell("processes", "n7", "supply_slope_v_per_hz"),
    Cell("processes", "n4", "supply_slope_v_per_hz"),
    Cell("processes", "n4", "supply_offset_v"),
    Cell("silicon", "chip", "held_share"),
)
"""What a fit holds that boards do not tell either: supplies by clock, and tiles, which set the traffic of operands."""

LOCKED_HZ = (0.75e9, 1.0e9, 1.25e9, 1.5e9, 1.75e9)
LOCKED_NOISE = 0.02
"""A board at locked clocks below its cap, and how well its meter and its rate are known."""
LOCKED_BOARD, LOCKED_PRECISIONS = "h100-gemm-random", ("bf16", "fp8")


@dataclass(frozen=True, slots=True)
class Told:
    """What points tell of a constant.

    Attributes
    ----------
    prior, left, measured
        Standard deviations of its logarithm: before any point, after those there are, and with the measurement as well.
    together
        How what is left of it goes together with the node's energy.
    """

    name: str
    prior: float
    left: float
    measured: float
    together: float


@cache
def told() -> tuple[Told, ...]:
    """What is left of every constant of power, those that the fit holds among them."""
    own = [each for each in points() if each.fitted and each.quantity == POWER]
    cells = (*CELLS[POWER], *FREED)
    constants = [cell.constant for cell in cells]
    found, logs = fitted()
    held = {stream: log for stream, log in logs.items() if stream in _streams(found, (AREA, IDLE))}
    before = _fit(own, [each.leaves(PRIOR) for each in own], noise(own), constants, held)
    more = locked()
    leaves = [each.leaves(PRIOR) for each in (*own, *more)]
    spreads = np.concatenate([noise(own), np.full(len(more), LOCKED_NOISE)])
    moved = {
        stream: float(np.log(before.values[each.name] / each.prior)) for each in constants for stream in each.streams
    }
    watts = Batch(leaves[len(own) :], POWER).predict({**held, **moved})
    after = _fit([*own, *_at(more, watts)], leaves, spreads, constants, held)
    return tuple(
        Told(
            each.name,
            each.sigma,
            before.sigmas[each.name],
            after.sigmas[each.name],
            before.correlation(NODE, each.name),
        )
        for each in constants
    )


def _streams(found: Mapping[str, Fitted], quantities: Sequence[str]) -> set[str]:
    cells = [cell for quantity in quantities for cell in CELLS[quantity] if cell.name in found[quantity].values]
    return {stream for cell in cells for stream in cell.constant.streams}


def _fit(
    own: Sequence[Point],
    leaves: Sequence[Mapping[str, Figure]],
    spreads: Array,
    constants: Sequence[Constant],
    held: Mapping[str, float],
) -> Fitted:
    measured = np.array([each.measured.value for each in own])
    return calibrate(Batch(leaves, POWER), measured, constants, spreads, held)


def locked() -> list[Point]:
    """Products on one board at locked clocks, in two precisions: what nobody has published."""
    base = next(each for each in points() if each.id == LOCKED_BOARD)
    peak = base.state["narrow_work_flop_per_s"].value / base.state["clock_hz"].value
    made = []
    for precision in LOCKED_PRECISIONS:
        wider = base.blueprint.figures[f"narrow_rate_ratio@{precision}"].value
        for clock in LOCKED_HZ:
            rate = peak * clock * wider
            state = {
                **base.state,
                "clock_hz": _exactly(base.state["clock_hz"], clock),
                "narrow_work_flop_per_s": _exactly(base.state["narrow_work_flop_per_s"], rate),
            }
            made.append(replace(base, id=f"locked-{precision}-{clock:g}", precision=precision, state=state))
    return made


def _at(made: Sequence[Point], watts: Array) -> list[Point]:
    return [
        replace(each, measured=_exactly(each.measured, float(value))) for each, value in zip(made, watts, strict=True)
    ]


def _exactly(figure: Figure, value: float) -> Figure:
    return replace(figure, value=value, low=value, high=value)
