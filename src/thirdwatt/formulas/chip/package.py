"""Package: memory, cost, footprint, and the limits of what can be built.

Dies are cut from round wafers; a defect spoils a die unless it falls into a unit that can be spared. Limits are ratios
of what a design takes to what there is: above 1 it cannot be built.

All arguments broadcast to (V, S). Valid for dies up to a reticle on wafers of 300 mm.

References
----------
.. [1] Stapper 1983, Modeling of integrated circuit defect sensitivities, IBM J. (negative binomial yield).
.. [2] de Vries 2005, Investigation of gross die per wafer formulas, IEEE TSM 18(1).
.. [3] Bowling et al. 2009, A logistic approximation to the cumulative normal distribution, JIEM 2(1).
.. [4] Wilson and Hilferty 1931, The distribution of chi-square, PNAS 17(12).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Num

LOGISTIC = 1.5976, 0.07056
"""Linear and cubic coefficient at which a logistic curve is nearest to the normal distribution, by 0.00014 [3]_."""
CUBE_ROOT = 9
"""Cube roots of chi-square over its mean vary by the square root of 2/(9·degrees of freedom) [4]_."""


# --- memory -------------------------------------------------------------------------------------------------------


@quantity
def accelerator_memory_byte(memory_stack_count: Num, stack_byte: Num) -> Num:
    """Memory of an accelerator."""
    return memory_stack_count * stack_byte


@quantity
def accelerator_memory_byte_per_s(memory_stack_count: Num, stack_byte_per_s: Num) -> Num:
    """Bandwidth of its memory."""
    return memory_stack_count * stack_byte_per_s


# --- cost ---------------------------------------------------------------------------------------------------------


@quantity
def die_yield_share(
    die_area_mm2: Num,
    die_count: Num,
    built_unit_count: Num,
    compute_unit_count: Num,
    compute_unit_mm2: Num,
    chip_area_ratio: Num,
    defect_count_per_mm2: Num,
    defect_cluster_ratio: Num,
) -> Num:
    """Share of dies that work [1]_: no defect outside units, and no more bad units than are spare.

    Bad units are as many as a Poisson distribution has, which is a chi-square distribution of twice as many degrees of
    freedom as spares and one more [4]_; no more dies than its mean have any. Defects cluster within units and within
    what is outside.
    """
    unit = compute_unit_mm2 * chip_area_ratio
    outside = np.maximum(die_area_mm2 - built_unit_count * unit, 0) / die_count
    fatal = (1 + outside * defect_count_per_mm2 / defect_cluster_ratio) ** -defect_cluster_ratio
    bad = 1 - (1 + unit * defect_count_per_mm2 / defect_cluster_ratio) ** -defect_cluster_ratio
    mean = np.maximum(bad * built_unit_count / die_count, np.finfo(float).tiny)
    spare = (built_unit_count - compute_unit_count) / die_count
    spread = 1 / (CUBE_ROOT * (spare + 1))
    normal = (1 - spread - np.cbrt(mean / (spare + 1))) / np.sqrt(spread)
    linear, cubic = LOGISTIC
    enough = np.maximum(1 / (1 + np.exp(-linear * normal - cubic * normal * normal * normal)), 1 - mean)
    share: Num = fatal * enough
    return share


@quantity
def wafer_die_count(die_area_mm2: Num, die_count: Num, wafer_mm: Num) -> Num:
    """Dies of a round wafer [2]_: π·(d/2)²/A - π·d/√(2·A)."""
    area = die_area_mm2 / die_count
    return np.maximum(np.pi * (wafer_mm / 2) ** 2 / area - np.pi * wafer_mm / np.sqrt(2 * area), 1)


@quantity
def accelerator_cost_usd(
    wafer_price_usd: Num,
    wafer_die_count: Num,
    die_yield_share: Num,
    die_count: Num,
    memory_stack_count: Num,
    stack_price_usd: Num,
    assembly_usd: Num,
) -> Num:
    """Cost of making an accelerator: dies that work, memory, package and test."""
    dies = die_count * wafer_price_usd / (wafer_die_count * die_yield_share)
    return dies + memory_stack_count * stack_price_usd + assembly_usd


@quantity
def accelerator_price_usd(accelerator_cost_usd: Num, price_to_cost_ratio: Num) -> Num:
    """Price of an accelerator, from what it costs to make."""
    return accelerator_cost_usd * price_to_cost_ratio


@quantity
def accelerator_embodied_kg(
    die_count: Num,
    wafer_die_count: Num,
    wafer_mm: Num,
    die_yield_share: Num,
    wafer_embodied_kg_per_mm2: Num,
    memory_stack_count: Num,
    stack_embodied_kg: Num,
    assembly_embodied_kg: Num,
) -> Num:
    """Carbon of making an accelerator: its share of wafers, those of dies that failed and of the edge that holds none
    among them, memory, board and package.
    """
    wafer = np.pi * (wafer_mm / 2) ** 2 * wafer_embodied_kg_per_mm2
    dies = die_count * wafer / (wafer_die_count * die_yield_share)
    return dies + memory_stack_count * stack_embodied_kg + assembly_embodied_kg


# --- limits -------------------------------------------------------------------------------------------------------


@quantity
def reticle_used_ratio(die_area_mm2: Num, die_count: Num, reticle_mm2: Num) -> Num:
    """A die to the largest that can be exposed."""
    return die_area_mm2 / (die_count * reticle_mm2)


@quantity
def edge_used_ratio(memory_stack_count: Num, stack_edge_mm: Num, die_side_mm: Num, die_count: Num) -> Num:
    """Edge that memory takes to two sides of each die."""
    return memory_stack_count * stack_edge_mm / (2 * die_count * die_side_mm)


@quantity
def heat_used_ratio(accelerator_tdp_w: Num, die_area_mm2: Num, heat_limit_w_per_mm2: Num) -> Num:
    """Power of the board over its dies to what its cooling takes away."""
    return accelerator_tdp_w / (die_area_mm2 * heat_limit_w_per_mm2)
