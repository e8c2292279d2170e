"""Power of a blueprint: where every joule goes, at its peak and in training.

What switches with the FLOP (arithmetic, control, registers, local memory, shared memory and wires), what switches with
the clock whether or not anything is computed, what leaks, and what moves bytes off the die. At the limit of its board a
chip holds less than its peak.

Powers are in W for one accelerator with its memory, before host and facility. All arguments broadcast to (V, S). The
constants are fitted to the boards of four chips: absolute figures of other chips are within a factor told by
``chip_power_ratio`` and ``design_power_ratio``, ratios between designs are better.

References
----------
.. [1] Choi et al. 2013, A Roofline Model of Energy, IPDPS (energy by operation, by byte, and by time).
.. [2] Kandiah et al. 2021, AccelWattch, MICRO (active and idle parts of a GPU's power).
.. [3] Xue and Huang 2025, ReGate, arXiv:2508.02536 (chips for training without power management: what is not used
   draws on, links and memory controllers among it).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.formulas.arrays import along, over
from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Num


# --- with the FLOP ------------------------------------------------------------------------------------------------


@quantity
def datapath_power_w(format_work_flop_per_s: Num, format_datapath_j_per_flop: Num) -> Num:
    """Multipliers and adders."""
    return over(format_work_flop_per_s * format_datapath_j_per_flop)


@quantity
def control_power_w(format_work_flop_per_s: Num, format_control_j_per_flop: Num) -> Num:
    """Instructions."""
    return over(format_work_flop_per_s * format_control_j_per_flop)


@quantity
def register_power_w(format_work_flop_per_s: Num, format_register_j_per_flop: Num) -> Num:
    """Operands and sums in and out of registers."""
    return over(format_work_flop_per_s * format_register_j_per_flop)


@quantity
def local_power_w(format_work_flop_per_s: Num, format_local_j_per_flop: Num) -> Num:
    """Operands out of local memory."""
    return over(format_work_flop_per_s * format_local_j_per_flop)


@quantity
def last_level_power_w(
    format_work_flop_per_s: Num,
    format_last_level_j_per_flop: Num,
    work_memory_byte_per_s: Num,
    last_level_j_per_byte: Num,
) -> Num:
    """Operands out of the shared memory and across the die, and what passes it on the way from the memory."""
    products = over(format_work_flop_per_s * format_last_level_j_per_flop)
    return products + work_memory_byte_per_s * last_level_j_per_byte


# --- with the clock and with time ---------------------------------------------------------------------------------


@quantity
def clocked_mm2(
    compute_unit_count: Num,
    sequencer_mm2: Num,
    array_mm2: Num,
    register_mm2: Num,
    local_mm2: Num,
    last_level_mm2: Num,
    crossbar_mm2: Num,
    interface_mm2: Num,
    quiet_area_ratio: Num,
    logic_area_ratio: Num,
    sram_area_ratio: Num,
) -> Num:
    """Area that switches with the clock, as it would be on the reference node, so that a design has the same on every
    one: what runs instructions, and a little of everything else. Units that are spare do not.
    """
    running = compute_unit_count * (sequencer_mm2 / logic_area_ratio + register_mm2 / sram_area_ratio)
    logic = (compute_unit_count * array_mm2 + crossbar_mm2) / logic_area_ratio
    memory = (compute_unit_count * local_mm2 + last_level_mm2) / sram_area_ratio
    return running + quiet_area_ratio * (logic + memory + interface_mm2)


@quantity
def full_clock_power_w(
    clocked_mm2: Num, clock_j_per_mm2: Num, clock_hz: Num, switching_ratio: Num, gated_share: Num
) -> Num:
    """Clocks, and logic that works beside the arrays, at full activity: less by what is gated."""
    return clocked_mm2 * clock_j_per_mm2 * clock_hz * switching_ratio * (1 - gated_share)


@quantity
def clock_power_w(full_clock_power_w: Num, work_activity_share: Num) -> Num:
    """The same while it works [2]_."""
    return full_clock_power_w * work_activity_share


@quantity
def awake_link_power_w(awake_share: Num, accelerator_link_byte_per_s: Num, link_j_per_byte: Num) -> Num:
    """Links that are kept up whether or not bytes pass [3]_: transceivers draw by their rate and not by their load."""
    return awake_share * accelerator_link_byte_per_s * link_j_per_byte


@quantity
def awake_power_w(awake_share: Num, full_clock_power_w: Num, wait_activity_share: Num, awake_link_power_w: Num) -> Num:
    """What an idle chip draws beside leakage that does not slow its clock for it: as much as one that waits [3]_."""
    return awake_share * full_clock_power_w * wait_activity_share + awake_link_power_w


@quantity(given=("accelerator_idle_power_w",))
def leakage_power_w__idle(
    accelerator_idle_power_w: Num,
    standing_power_w: Num,
    awake_power_w: Num,
    hot_leakage_ratio: Num,
    supply_v: Num,
    idle_supply_v: Num,
    leaking_share: Num,
) -> Num:
    """What leaks in work, from what an idle board draws, cool and at the supply that it idles at."""
    idle = np.maximum(accelerator_idle_power_w - standing_power_w - awake_power_w, 0)
    return idle * hot_leakage_ratio * supply_v / idle_supply_v * leaking_share


@quantity
def leakage_power_w(die_area_mm2: Num, leakage_w_per_mm2: Num, leaking_share: Num) -> Num:
    """What leaks, less by what is switched off."""
    return die_area_mm2 * leakage_w_per_mm2 * leaking_share


@quantity
def standing_power_w(memory_stack_count: Num, stack_idle_w: Num, board_idle_w: Num) -> Num:
    """Memory kept refreshed, and what a board draws in any case."""
    return memory_stack_count * stack_idle_w + board_idle_w


@quantity
def accelerator_idle_power_w(
    die_area_mm2: Num,
    idle_leakage_w_per_mm2: Num,
    leaking_share: Num,
    memory_stack_count: Num,
    stack_idle_w: Num,
    board_idle_w: Num,
    awake_power_w: Num,
) -> Num:
    """Draw of an accelerator with nothing running."""
    leaking = die_area_mm2 * idle_leakage_w_per_mm2 * leaking_share
    return leaking + memory_stack_count * stack_idle_w + board_idle_w + awake_power_w


# --- with the byte ------------------------------------------------------------------------------------------------


@quantity
def memory_power_w(work_memory_byte_per_s: Num, memory_j_per_byte: Num) -> Num:
    """Bytes through the memory, its controllers and their wires."""
    return work_memory_byte_per_s * memory_j_per_byte


@quantity
def link_power_w(work_link_byte_per_s: Num, link_j_per_byte: Num, awake_link_power_w: Num) -> Num:
    """Bytes through the links, which draw no less than what keeps them up."""
    return np.maximum(work_link_byte_per_s * link_j_per_byte, awake_link_power_w)


# --- a board ------------------------------------------------------------------------------------------------------


@quantity
def blueprint_power_w(
    datapath_power_w: Num,
    control_power_w: Num,
    register_power_w: Num,
    local_power_w: Num,
    last_level_power_w: Num,
    clock_power_w: Num,
    leakage_power_w: Num,
    standing_power_w: Num,
    memory_power_w: Num,
    link_power_w: Num,
    chip_power_ratio: Num,
    design_power_ratio: Num,
) -> Num:
    """Draw of an accelerator in full work [1]_, by what chips are found to differ from their model: all of
    them alike, and each by itself.
    """
    arithmetic = datapath_power_w + control_power_w + register_power_w + local_power_w + last_level_power_w
    standing = clock_power_w + leakage_power_w + standing_power_w
    return (arithmetic + standing + memory_power_w + link_power_w) * chip_power_ratio * design_power_ratio


@quantity
def product_power_w(
    accelerator_peak_flop_per_s: Num,
    kernel_share: Num,
    format_datapath_j_per_flop: Num,
    format_control_j_per_flop: Num,
    format_register_j_per_flop: Num,
    format_local_j_per_flop: Num,
    format_last_level_j_per_flop: Num,
    format_memory_byte_per_flop: Num,
    memory_j_per_byte: Num,
    last_level_j_per_byte: Num,
    full_clock_power_w: Num,
    leakage_power_w: Num,
    standing_power_w: Num,
    awake_link_power_w: Num,
    chip_power_ratio: Num,
    design_power_ratio: Num,
) -> Num:
    """Draw in large narrow products at full clock, whatever the board can feed."""
    on_die = (
        format_datapath_j_per_flop
        + format_control_j_per_flop
        + format_register_j_per_flop
        + format_local_j_per_flop
        + format_last_level_j_per_flop
        + format_memory_byte_per_flop * (memory_j_per_byte + last_level_j_per_byte)
    )
    narrow, _ = along(on_die)
    arithmetic = accelerator_peak_flop_per_s * kernel_share * narrow
    standing = full_clock_power_w + leakage_power_w + standing_power_w + awake_link_power_w
    return (arithmetic + standing) * chip_power_ratio * design_power_ratio


@quantity
def accelerator_tdp_w(product_power_w: Num) -> Num:
    """Limit of a board that holds its peak in large products."""
    return 1 * product_power_w


@quantity
def sustained_flop_per_j(accelerator_peak_flop_per_s: Num, product_power_w: Num) -> Num:
    """FLOP per joule in large products at the clock that the peak is printed at."""
    return accelerator_peak_flop_per_s / product_power_w


# --- phases -------------------------------------------------------------------------------------------------------


@quantity
def waiting_power_w(
    full_clock_power_w: Num,
    wait_activity_share: Num,
    leakage_power_w: Num,
    standing_power_w: Num,
    awake_link_power_w: Num,
    chip_power_ratio: Num,
    design_power_ratio: Num,
) -> Num:
    """Draw of an accelerator that waits with its clocks up."""
    standing = leakage_power_w + standing_power_w + awake_link_power_w
    return (full_clock_power_w * wait_activity_share + standing) * chip_power_ratio * design_power_ratio


@quantity
def slack_power_ratio(waiting_power_w: Num, blueprint_power_w: Num) -> Num:
    """Draw while waiting within a computing step, to full work."""
    return np.minimum(waiting_power_w / blueprint_power_w, 1)


@quantity
def bubble_power_ratio(waiting_power_w: Num, blueprint_power_w: Num) -> Num:
    """Draw while a pipeline fills and drains, to full work."""
    return np.minimum(waiting_power_w / blueprint_power_w, 1)


@quantity
def communication_power_ratio(
    waiting_power_w: Num,
    link_byte_per_s: Num,
    link_j_per_byte: Num,
    memory_j_per_byte: Num,
    last_level_j_per_byte: Num,
    awake_link_power_w: Num,
    chip_power_ratio: Num,
    design_power_ratio: Num,
    blueprint_power_w: Num,
) -> Num:
    """Draw while traffic holds up the arithmetic, to full work: links busy, each byte through memory and die once."""
    links = np.maximum(link_byte_per_s * link_j_per_byte - awake_link_power_w, 0)
    on_board = link_byte_per_s * (memory_j_per_byte + last_level_j_per_byte)
    moving = (links + on_board) * chip_power_ratio * design_power_ratio
    return np.minimum((waiting_power_w + moving) / blueprint_power_w, 1)
