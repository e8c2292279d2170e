"""Matrix products: how fast products go, and what a FLOP takes from the multiplier to the shared memory.

Operands travel from the shared memory to a unit, from its local memory to its registers or straight to its arrays, and
sums between registers and arrays. How many bytes a FLOP moves at each level follows from the tile that is held below
it, and this from the storage that holds it. Narrow products (of the training's precision) and wide ones (of 16 bit or
more, for attention and logits) stand along the axis ``format``.

Energies are in J per FLOP, on the die alone. All arguments broadcast to (V, S). Valid for large dense products whose
tiles are full.

References
----------
.. [1] NVIDIA, Parallel Thread Execution ISA, mma, wgmma and tcgen05 (shapes of matrix instructions).
.. [2] Goto and van de Geijn 2008, Anatomy of High-Performance Matrix Multiplication, ACM TOMS 34(3) (tiles by storage).
.. [3] Jouppi et al. 2021, Ten Lessons From Three Generations, ISCA (energies of operations and memories).
.. [4] Dally 2023, Hardware for Deep Learning, Hot Chips 35 (overhead of an instruction against its arithmetic).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.formulas.arrays import pick, stack
from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Code, Num


# --- rates --------------------------------------------------------------------------------------------------------


@quantity
def format_rate_ratio(narrow_rate_ratio: Num) -> Num:
    """Rate of narrow and wide products to that of 16 bit."""
    return stack(narrow_rate_ratio, np.minimum(narrow_rate_ratio, 1))


@quantity
def accelerator_peak_flop_per_s(
    compute_unit_count: Num, unit_mac_count: Num, narrow_rate_ratio: Num, clock_hz: Num, flop_per_mac: Num
) -> Num:
    """Dense peak in the training's precision: two FLOP for every multiply-add of every unit and clock."""
    return flop_per_mac * compute_unit_count * unit_mac_count * narrow_rate_ratio * clock_hz


@quantity
def wide_peak_flop_per_s(accelerator_peak_flop_per_s: Num, narrow_rate_ratio: Num) -> Num:
    """Dense peak of products that stay in 16 bit or more."""
    return accelerator_peak_flop_per_s / np.maximum(narrow_rate_ratio, 1)


# --- tiles --------------------------------------------------------------------------------------------------------


@quantity
def format_operand_byte(operand_byte: Num, activation_byte: Num) -> Num:
    """Bytes of an operand of narrow and of wide products."""
    return stack(operand_byte, np.maximum(operand_byte, activation_byte))


@quantity
def format_depth_count(tile_depth_count: Num, format_rate_ratio: Num) -> Num:
    """Products added up in one instruction: as many more as operands are narrower [1]_."""
    return tile_depth_count * format_rate_ratio


@quantity
def instruction_tile_width(tile_row_count: Num, tile_column_count: Num) -> Num:
    """Harmonic mean of the sides of the tile that one instruction works on [1]_: 2·m·n/(m + n)."""
    return 2 * tile_row_count * tile_column_count / (tile_row_count + tile_column_count)


@quantity
def sums_tile_width(
    register_byte: Num, accumulator_byte: Num, held_share: Num, wide_byte: Num, accumulators_code: Code
) -> Num:
    """Side of the square of sums that a unit keeps [2]_, in registers or beside its arrays."""
    storage = pick(accumulators_code, register_byte, accumulator_byte)
    side: Num = np.sqrt(storage * held_share / wide_byte)
    return side


@quantity
def format_unit_tile_width(
    sums_tile_width: Num,
    local_byte: Num,
    panel_share: Num,
    panel_depth_count: Num,
    format_operand_byte: Num,
    cluster_unit_count: Num,
) -> Num:
    """Side of the tile that a unit, with those it shares operands with, works on [2]_.

    As wide as the sums it keeps, if its local memory holds two panels of both operands.
    """
    panels = local_byte * panel_share / (2 * 2 * panel_depth_count * format_operand_byte)
    return np.minimum(sums_tile_width, panels) * np.sqrt(cluster_unit_count)


@quantity
def format_feeding_width(
    sums_tile_width: Num, scheduler_count: Num, instruction_tile_width: Num, operands_code: Code
) -> Num:
    """Side of the tile for which operands are read from local memory once.

    Where registers feed the arrays, the tile of one of two groups of threads on each scheduler; else an instruction's.
    """
    held = sums_tile_width / np.sqrt(2 * scheduler_count)
    width = pick(operands_code, held, instruction_tile_width)
    return stack(width, width)


# --- how full the arrays are --------------------------------------------------------------------------------------


@quantity
def wave_count(micro_batch_token_count: Num, hidden_width: Num, sums_tile_width: Num, compute_unit_count: Num) -> Num:
    """Times over that the tiles of a product as wide as the model fill all units."""
    tiles = micro_batch_token_count * hidden_width / sums_tile_width**2
    return tiles / compute_unit_count


@quantity
def matmul_share(kernel_share: Num, wave_count: Num) -> Num:
    """Large products over the peak that the board can feed: what kernels reach, less half a wave that runs empty."""
    return kernel_share * wave_count / (wave_count + 1 / 2)


@quantity
def wide_matmul_share(matmul_share: Num) -> Num:
    """The same of products that stay wide."""
    return 1 * matmul_share


# --- energy of a FLOP ---------------------------------------------------------------------------------------------


@quantity
def format_datapath_j_per_flop(
    datapath_j_per_flop: Num, wide_datapath_j_per_flop: Num, fused_energy_ratio: Num, switching_ratio: Num
) -> Num:
    """Multiplying and adding up [3]_, cheaper in an array than one by one."""
    return stack(datapath_j_per_flop, wide_datapath_j_per_flop) * fused_energy_ratio * switching_ratio


@quantity
def format_control_j_per_flop(
    instruction_j: Num,
    tile_row_count: Num,
    tile_column_count: Num,
    format_depth_count: Num,
    flop_per_mac: Num,
    switching_ratio: Num,
) -> Num:
    """Fetching, decoding and scheduling an instruction [4]_, over the FLOP it does."""
    flop = flop_per_mac * tile_row_count * tile_column_count * format_depth_count
    return instruction_j / flop * switching_ratio


@quantity
def format_register_j_per_flop(
    format_operand_byte: Num,
    instruction_tile_width: Num,
    format_depth_count: Num,
    wide_byte: Num,
    flop_per_mac: Num,
    register_j_per_byte: Num,
    array_energy_ratio: Num,
    operands_code: Code,
    accumulators_code: Code,
    switching_ratio: Num,
) -> Num:
    """Operands out of registers, if they come from there, and sums in and out of registers or of what stands by the
    array: b·(m + n)/(2·m·n) and 2·4/(2·k) byte for a FLOP [1]_.
    """
    operands = pick(operands_code, 2 * format_operand_byte / (flop_per_mac * instruction_tile_width), 0.0)
    sums = 2 * wide_byte / (flop_per_mac * format_depth_count) * pick(accumulators_code, 1.0, array_energy_ratio)
    return (operands + sums) * register_j_per_byte * switching_ratio


@quantity
def format_local_j_per_flop(
    format_operand_byte: Num,
    format_feeding_width: Num,
    flop_per_mac: Num,
    sram_j_per_byte: Num,
    wire_j_per_byte_mm: Num,
    wire_path_share: Num,
    compute_unit_mm2: Num,
    switching_ratio: Num,
) -> Num:
    """Operands out of local memory and across the unit: 2·b/(2·w) byte for a FLOP [2]_."""
    byte = 2 * format_operand_byte / (flop_per_mac * format_feeding_width)
    way = wire_j_per_byte_mm * wire_path_share * np.sqrt(compute_unit_mm2)
    return byte * (sram_j_per_byte + way) * switching_ratio


@quantity
def last_level_j_per_byte(
    sram_j_per_byte: Num,
    wire_j_per_byte_mm: Num,
    wire_path_share: Num,
    die_side_mm: Num,
    die_count: Num,
    crossing_j_per_byte: Num,
    switching_ratio: Num,
) -> Num:
    """A byte out of the shared memory and across the die, and from other dies as often as it lies there."""
    on_die = sram_j_per_byte + wire_j_per_byte_mm * wire_path_share * die_side_mm
    return on_die * switching_ratio + (die_count - 1) / die_count * crossing_j_per_byte


@quantity
def format_last_level_j_per_flop(
    format_operand_byte: Num, format_unit_tile_width: Num, flop_per_mac: Num, last_level_j_per_byte: Num
) -> Num:
    """Operands out of the shared memory: 2·b/(2·w) byte for a FLOP [2]_."""
    return 2 * format_operand_byte / (flop_per_mac * format_unit_tile_width) * last_level_j_per_byte


@quantity
def stored_tile_width(
    last_level_byte: Num, compute_unit_count: Num, local_byte: Num, held_share: Num, wide_byte: Num
) -> Num:
    """Side of the square of sums that is kept on the die below the arrays [2]_, in the shared memory or in the local
    ones together, whichever holds more.
    """
    storage = np.maximum(last_level_byte, compute_unit_count * local_byte)
    side: Num = np.sqrt(storage * held_share / wide_byte)
    return side


@quantity
def format_memory_byte_per_flop(
    format_operand_byte: Num,
    format_unit_tile_width: Num,
    compute_unit_count: Num,
    stored_tile_width: Num,
    flop_per_mac: Num,
) -> Num:
    """Operands out of the memory [2]_: all units work on one tile of tiles, or on as much as is kept below them."""
    width = np.maximum(format_unit_tile_width * np.sqrt(compute_unit_count), stored_tile_width)
    return 2 * format_operand_byte / (flop_per_mac * width)
