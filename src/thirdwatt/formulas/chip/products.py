"""Products: how long one large product takes on a chip, from its tiles, its waves and its bytes.

For a product by itself, launched once and waited for; the step model times products by what training reaches of the
peak instead. Sums are kept in tiles of twice as many rows as columns, and all units work on a tile each until none is
left, so that a last wave with few tiles takes as long as a full one.

All arguments broadcast to (V, S). Valid for dense products whose depth is long against a panel; no unit is given part
of the depth of a tile, and no board slows down at its limit.

References
----------
.. [1] Zhang et al. 2024, LLMCompass, ISCA (products on A100, measured and by a search for tilings).
.. [2] Osama et al. 2023, Stream-K, PPoPP (quantisation of waves).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Num


@quantity
def product_tile_count(product_row_count: Num, product_column_count: Num, sums_tile_width: Num) -> Num:
    """Tiles of a product: sums of √2·w rows, no more than it has, by w/√2 columns."""
    across = np.ceil(product_column_count * np.sqrt(2) / sums_tile_width)
    tiles: Num = across * np.ceil(product_row_count / (sums_tile_width * np.sqrt(2)))
    return tiles


@quantity
def product_wave_count(product_tile_count: Num, compute_unit_count: Num) -> Num:
    """Times over that tiles fill all units, a part of a time as long as a whole one [2]_."""
    waves: Num = np.ceil(product_tile_count / compute_unit_count)
    return waves


@quantity
def product_arithmetic_s(
    product_wave_count: Num,
    product_row_count: Num,
    product_depth_count: Num,
    sums_tile_width: Num,
    flop_per_mac: Num,
    compute_unit_count: Num,
    accelerator_peak_flop_per_s: Num,
    kernel_share: Num,
) -> Num:
    """Time of its waves, each of one tile on every unit."""
    rows = np.minimum(sums_tile_width * np.sqrt(2), product_row_count)
    flop = flop_per_mac * rows * sums_tile_width / np.sqrt(2) * product_depth_count
    time: Num = product_wave_count * flop * compute_unit_count / (accelerator_peak_flop_per_s * kernel_share)
    return time


@quantity
def product_memory_s(
    product_row_count: Num,
    product_column_count: Num,
    product_depth_count: Num,
    operand_byte: Num,
    accelerator_memory_byte_per_s: Num,
    memory_share: Num,
) -> Num:
    """Time of its bytes: both operands in, the result out, once each."""
    operands = product_depth_count * (product_row_count + product_column_count)
    numbers = operands + product_row_count * product_column_count
    return numbers * operand_byte / (accelerator_memory_byte_per_s * memory_share)


@quantity
def product_s(product_launch_s: Num, product_arithmetic_s: Num, product_memory_s: Num) -> Num:
    """One product: its launch, and the longer of arithmetic and bytes [1]_."""
    return product_launch_s + np.maximum(product_arithmetic_s, product_memory_s)
