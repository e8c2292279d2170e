"""Process: what a node makes of a transistor's energy, voltage and leakage.

Energies are stated for one reference node (N7) at the supply that goes with a reference clock; a node has a ratio to
that at equal speed. The supply follows the clock on a line, no lower than what its memory cells hold; energy goes with
the square of the supply.

All arguments broadcast to (V, S). Valid for FinFET and nanosheet nodes from 16 to 2 nm and clocks of 0.5 to 2.2 GHz:
the line is an approximation of the alpha-power law there. No temperature loop.

References
----------
.. [1] Sakurai and Newton 1990, Alpha-power law MOSFET model, IEEE JSSC 25(2).
.. [2] Horowitz 2014, Computing's energy problem, ISSCC (energy with the square of the supply).
.. [3] Jouppi et al. 2021, Ten Lessons From Three Generations, ISCA (operations at 45 and 7 nm).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Num


@quantity
def supply_v(clock_hz: Num, supply_offset_v: Num, supply_slope_v_per_hz: Num, least_supply_v: Num) -> Num:
    """Supply that a clock needs [1]_, on a line; memory cells hold nothing below the least."""
    return np.maximum(supply_offset_v + supply_slope_v_per_hz * clock_hz, least_supply_v)


@quantity
def reference_supply_v(reference_clock_hz: Num, supply_offset_v: Num, supply_slope_v_per_hz: Num) -> Num:
    """Supply at which the node's ratios hold."""
    return supply_offset_v + supply_slope_v_per_hz * reference_clock_hz


@quantity
def switching_ratio(switching_energy_ratio: Num, supply_v: Num, reference_supply_v: Num) -> Num:
    """Energy of an operation to that on the reference node at the reference clock [2]_: s·(V/V₀)²."""
    return switching_energy_ratio * (supply_v / reference_supply_v) ** 2


@quantity
def leakage_w_per_mm2(
    cool_leakage_w_per_mm2: Num, leakage_ratio: Num, hot_leakage_ratio: Num, supply_v: Num, reference_supply_v: Num
) -> Num:
    """Leakage of a working die, in proportion to its supply, and more where it is hot."""
    return cool_leakage_w_per_mm2 * leakage_ratio * hot_leakage_ratio * supply_v / reference_supply_v


@quantity
def idle_supply_v(supply_v: Num, least_supply_v: Num, awake_share: Num) -> Num:
    """Supply of an idle die: the least, unless it idles awake, with its clock as high as in work."""
    return least_supply_v + awake_share * (supply_v - least_supply_v)


@quantity
def idle_leakage_w_per_mm2(
    cool_leakage_w_per_mm2: Num, leakage_ratio: Num, idle_supply_v: Num, reference_supply_v: Num
) -> Num:
    """Leakage of an idle die, cool and at the supply that it idles at."""
    return cool_leakage_w_per_mm2 * leakage_ratio * idle_supply_v / reference_supply_v
