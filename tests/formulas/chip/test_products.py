"""Products: tiles, waves and bytes of one product by hand; never faster than the peak or the memory allows."""

from __future__ import annotations

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thirdwatt.formulas.chip import products

SIDE = 128 * sqrt(2)
"""Tiles of 256 by 128."""


@pytest.mark.parametrize(
    ("rows", "columns", "tiles"), [(256, 128, 1), (4096, 12_288, 16 * 96), (257, 129, 4), (64, 12_288, 96)]
)
def test_tiles_of_a_product(rows: int, columns: int, tiles: int) -> None:
    assert products.product_tile_count(rows, columns, SIDE * (1 + 1e-12)) == tiles


@pytest.mark.parametrize(("tiles", "waves"), [(1, 1), (108, 1), (109, 2), (16 * 96, 15)])
def test_a_part_of_a_wave_takes_as_long_as_a_whole_one(tiles: int, waves: int) -> None:
    """A100 has 108 units."""
    assert products.product_wave_count(tiles, 108) == waves


def test_bytes_go_once() -> None:
    """4096 x 12288 x 12288 in bf16 at 2.039 TB/s: 0.25 ms."""
    byte = 2 * (4096 * 12_288 * 2 + 12_288**2)
    assert products.product_memory_s(4096, 12_288, 12_288, 2.0, 2.039e12, 1.0) == pytest.approx(byte / 2.039e12)


@pytest.mark.parametrize(("arithmetic", "memory", "whole"), [(2.0, 1.0, 2.5), (1.0, 3.0, 3.5)])
def test_the_longer_counts_after_the_launch(arithmetic: float, memory: float, whole: float) -> None:
    assert products.product_s(0.5, arithmetic, memory) == whole


@given(st.integers(1, 20_000), st.integers(1, 20_000), st.integers(64, 20_000), st.integers(1, 200))
def test_no_product_is_faster_than_the_peak(rows: int, columns: int, depth: int, units: int) -> None:
    tiles = products.product_tile_count(rows, columns, SIDE)
    waves = products.product_wave_count(tiles, units)
    time = products.product_arithmetic_s(waves, rows, depth, SIDE, 2, units, 1e15, 0.92)
    assert time >= 2 * rows * columns * depth / 1e15


@given(st.integers(1, 20_000), st.integers(1, 20_000), st.integers(1, 4))
def test_more_rows_never_take_less(rows: int, columns: int, more: int) -> None:
    def time(count: int) -> float:
        waves = products.product_wave_count(products.product_tile_count(count, columns, SIDE), 108)
        return float(products.product_arithmetic_s(waves, count, 4096, SIDE, 2, 108, 312e12, 0.92))

    assert time(rows) <= time(rows * more) * (1 + 1e-12)
