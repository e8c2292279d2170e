"""Clocks: what a limit on an accelerator's power, or on its clock, does to its speed and its draw.

The part of the draw that switching takes goes with the cube of the clock (voltage falls with it), the rest stays.
Arithmetic slows with the clock; memory and links do not. A limit above what full work draws changes nothing.

All arguments broadcast to (V, S). The law follows measured caps of four generations of GPU down to 0.45 of the full
draw, where they turn worse than it; below that, and on other chips, it is an extrapolation.

References
----------
.. [1] You et al. 2023, Zeus, NSDI (energy and time of six jobs on V100, P100, A40 and RTX 6000 under caps).
.. [2] McDonald et al. 2022, Great Power, Great Responsibility, arXiv:2205.09646 (caps in a centre).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Num


@quantity(given=("blueprint_factor",))
def work_power_w__blueprint(blueprint_power_w: Num, accelerator_tdp_w: Num) -> Num:
    """Draw of a blueprint in full work, which does not pass its board's limit."""
    return np.minimum(blueprint_power_w, accelerator_tdp_w)


@quantity
def work_power_w(accelerator_tdp_w: Num, accelerator_load_ratio: Num) -> Num:
    """Draw of one accelerator in full work without a limit: the share of its design power that training draws."""
    return accelerator_tdp_w * accelerator_load_ratio


@quantity
def power_cap_w(accelerator_tdp_w: Num, work_power_w: Num) -> Num:
    """Limit on one accelerator's draw where none is stated: none that full work would meet."""
    return np.maximum(accelerator_tdp_w, work_power_w)


@quantity(given=("blueprint_factor",))
def clock_ratio__blueprint(blueprint_factor: Num) -> Num:
    """A blueprint runs at its own clock."""
    return 1 * blueprint_factor


@quantity
def clock_ratio(power_cap_w: Num, work_power_w: Num, static_power_ratio: Num, least_clock_ratio: Num) -> Num:
    """Clock under a limit to the clock without [1]_: the cube root of what switching may still draw."""
    left = (power_cap_w / work_power_w - static_power_ratio) / (1 - static_power_ratio)
    clock: Num = np.maximum(np.cbrt(np.clip(left, 0, 1)), least_clock_ratio)
    return clock


@quantity
def capped_power_w(work_power_w: Num, clock_ratio: Num, static_power_ratio: Num) -> Num:
    """Draw of one accelerator in full work at its clock: a constant part, and one with the cube of the clock."""
    cube = clock_ratio * clock_ratio * clock_ratio
    return work_power_w * (static_power_ratio + (1 - static_power_ratio) * cube)
