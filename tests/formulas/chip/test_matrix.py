"""Matrix products: printed peaks, bytes of a FLOP at every level, and what wider tiles and narrower formats do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formulas.chip.designs import J_PER_FLOP, PRECISIONS, Design, designs, made, options, some
from thirdwatt.facts import table
from thirdwatt.formulas.chip import matrix
from thirdwatt.ledger import estimate
from thirdwatt.ledger.blueprints import alone
from thirdwatt.ledger.variants import Numbers, variants
from thirdwatt.scenario.blueprint import shipping
from thirdwatt.validation.chips import drawn

REGISTERS, LOCAL, ARRAY = 0, 1, 1
"""Codes of where operands come from and of where sums are kept."""


# --- rates --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chip", "precision", "peak"),
    [
        ("v100-sxm-32gb", "fp16", 125e12),
        ("a100-sxm-80gb", "bf16", 312e12),
        ("h100-sxm-80gb", "bf16", 989e12),
        ("h100-sxm-80gb", "fp8", 1979e12),
        ("b200-sxm-180gb", "bf16", 2250e12),
        ("b200-sxm-180gb", "fp8", 4500e12),
        ("b200-sxm-180gb", "fp4", 9000e12),
        ("mi300x", "bf16", 1307e12),
        ("tpu-v4", "bf16", 275e12),
    ],
)
def test_units_times_clocks_are_the_printed_peak(chip: str, precision: str, peak: float) -> None:
    (found,) = variants([alone(shipping(chip), precision)], ("accelerator_peak_flop_per_s",)).of(
        np.zeros(1, dtype=np.intp), Numbers({}, {})
    )["accelerator_peak_flop_per_s"]
    assert found == pytest.approx(peak, rel=0.005)


@pytest.mark.parametrize(("ratio", "wide"), [(0.0625, 0.0625), (1, 1), (2, 1), (4, 1)])
def test_what_stays_wide_runs_at_16_bit_or_as_slowly_as_the_rest(ratio: float, wide: float) -> None:
    assert matrix.format_rate_ratio(ratio) == pytest.approx([ratio, wide])
    assert matrix.wide_peak_flop_per_s(ratio * 1e15, ratio) == pytest.approx(wide * 1e15)


# --- bytes of a FLOP ----------------------------------------------------------------------------------------------


def registers(rows: int, columns: int, depth: int, operands: int, accumulators: int) -> float:
    """Bytes of a bf16 FLOP in and out of registers: a joule for each."""
    width = matrix.instruction_tile_width(rows, columns)
    found = matrix.format_register_j_per_flop(2.0, width, depth, 4.0, 2, 1.0, 0.0, operands, accumulators, 1.0)
    return float(found)


@pytest.mark.parametrize(
    ("chip", "tile", "operands", "accumulators", "byte"),
    [
        ("V100, m8n8k4", (8, 8, 4), REGISTERS, REGISTERS, 1.25),
        ("A100, m16n8k16", (16, 8, 16), REGISTERS, REGISTERS, 0.4375),
        ("H100, m64n256k16", (64, 256, 16), LOCAL, REGISTERS, 0.25),
        ("B200, m128n256k16", (128, 256, 16), LOCAL, ARRAY, 0.0),
    ],
)
def test_bytes_of_a_flop_through_registers(
    chip: str, tile: tuple[int, int, int], operands: int, accumulators: int, byte: float
) -> None:
    """Shapes of NVIDIA's PTX: b·(m + n)/(2·m·n) of operands, 8/(2·k) of sums in and out."""
    assert registers(*tile, operands, accumulators) == pytest.approx(byte), chip


def test_bytes_of_a_flop_out_of_local_memory() -> None:
    """H100 reads both operands of m64n256k16 for each instruction: 0.0195 byte for a FLOP."""
    width = matrix.instruction_tile_width(64, 256)
    feeding = matrix.format_feeding_width(128.0, 4, width, LOCAL)
    found = matrix.format_local_j_per_flop(2.0, feeding, 2, 1.0, 0.0, 0.4, 4.0, 1.0)
    assert found == pytest.approx([0.01953, 0.01953], rel=1e-3)


def test_registers_are_filled_for_one_of_two_groups_of_threads() -> None:
    assert matrix.format_feeding_width(128.0, 4, 10.0, REGISTERS) == pytest.approx([128 / np.sqrt(8)] * 2)


def test_a_tile_of_128_by_256_fills_half_of_the_tensor_memory_of_a_unit() -> None:
    """B200 has 256 KiB beside the arrays; sums are of four byte."""
    side = matrix.sums_tile_width(0.0, 262_144, 0.5, 4, 1)
    assert side == pytest.approx(np.sqrt(128 * 256))


def test_a_tile_is_no_wider_than_its_panels() -> None:
    wide = matrix.format_unit_tile_width(10_000.0, 262_144, 0.75, 64, 2.0, 1)
    assert wide == pytest.approx(262_144 * 0.75 / (2 * 2 * 64 * 2))
    assert matrix.format_unit_tile_width(100.0, 262_144, 0.75, 64, 2.0, 4) == pytest.approx(200)


def test_a_byte_on_two_dies_crosses_half_of_the_time() -> None:
    alone_, pair = (matrix.last_level_j_per_byte(1.0, 0.0, 0.4, 20.0, dies, 10.0, 1.0) for dies in (1, 2))
    assert (alone_, pair) == (1.0, 6.0)


# --- how full the arrays are --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("waves", "share"), [(0.5, 0.5), (2, 0.8), (1e9, 1.0)])
def test_half_a_wave_runs_empty(waves: float, share: float) -> None:
    assert matrix.matmul_share(1.0, waves) == pytest.approx(share)


@given(st.integers(1, 10**6), st.integers(64, 32_768), st.floats(64, 512), st.integers(1, 1_000))
def test_more_units_are_never_fuller(tokens: int, hidden: int, side: float, units: int) -> None:
    few, many = (
        matrix.matmul_share(0.92, matrix.wave_count(tokens, hidden, side, count)) for count in (units, 2 * units)
    )
    assert many <= few <= 0.92


# --- bytes out of the memory ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("chip", sorted(table("chips").rows))
def test_large_products_of_a_sold_chip_never_ask_more_of_its_memory_than_it_gives(chip: str) -> None:
    """They run at their peak: also where two units share 128 MiB, or hold 16 MiB each."""
    blueprint = shipping(chip)
    precision = "bf16" if "bf16" in blueprint.precisions else blueprint.precisions[0]
    leaves = alone(blueprint, precision)
    peak, moved = (
        drawn([leaves], name, 1)[0, 0] for name in ("accelerator_peak_flop_per_s", "format_memory_byte_per_flop")
    )
    asked = peak * leaves["kernel_share"].value * moved
    assert 0.02 < asked / leaves["accelerator_memory_byte_per_s"].value < 0.6


def test_sums_are_kept_where_most_fit() -> None:
    assert matrix.stored_tile_width(2.0**27, 2, 2.0**24, 1.0, 4.0) == 2.0**12.5
    assert matrix.stored_tile_width(0.0, 2, 2.0**25, 1.0, 4.0) == 2.0**12
    near, far = (matrix.format_memory_byte_per_flop(2.0, 128.0, 4, stored, 2) for stored in (100.0, 1024.0))
    assert (near, far) == (2 / 256, 2 / 1024)


# --- properties ---------------------------------------------------------------------------------------------------


@some
@given(designs, options, st.sampled_from(["tile_row_count", "tile_column_count", "tile_depth_count"]))
def test_a_wider_instruction_never_moves_more(design: Design, chosen: tuple[str, str], side: str) -> None:
    narrow, wide = (made({**design, side: design[side] * ratio}, options=chosen) for ratio in (1, 2))
    for name in J_PER_FLOP:
        assert (wide[name] <= narrow[name] * (1 + 1e-12)).all(), name


@given(st.floats(8, 512), st.floats(1, 4), st.sampled_from([1.0, 2.0, 4.0]), st.integers(1, 4))
def test_a_wider_tile_never_moves_more(width: float, ratio: float, byte: float, shared: int) -> None:
    def moved(side: float) -> list[float]:
        held = matrix.format_unit_tile_width(side, 2**18, 0.75, 64, byte, shared)
        return [
            float(matrix.format_local_j_per_flop(byte, side, 2, 1.0, 0.0, 0.4, 4.0, 1.0)),
            float(matrix.format_last_level_j_per_flop(byte, held, 2, 1.0)),
            float(matrix.format_memory_byte_per_flop(byte, held, 100, 500.0, 2)),
        ]

    assert all(wide <= narrow for narrow, wide in zip(moved(width), moved(width * ratio), strict=True))


@some
@given(designs, options)
def test_narrower_formats_never_take_more_for_a_flop(design: Design, chosen: tuple[str, str]) -> None:
    found = made(design, precisions=PRECISIONS, options=chosen)
    for name in J_PER_FLOP:
        values = found[name][:, 0]
        assert (np.diff(values, axis=1) <= values[:, :-1] * 1e-12).all(), name
    board = found["product_power_w"][:, 0] / found["accelerator_peak_flop_per_s"][:, 0]
    assert (np.diff(board, axis=1) < 0).all()


@some
@given(designs)
def test_sums_beside_the_arrays_never_take_more_than_in_registers(design: Design) -> None:
    there, here = (
        made(design, options=("local", kept))["format_register_j_per_flop"] for kept in ("array", "registers")
    )
    assert (there <= here).all()


def test_a_ledger_tells_the_peak_of_a_blueprint() -> None:
    set_ = {"blueprint.based_on": "h100-sxm-80gb", "blueprint.units": 66, "layout.precision": "bf16"}
    found = estimate("llama-3.1-8b", set_, samples=1).of("accelerator_peak_flop_per_s")
    assert found is not None
    assert found.value == pytest.approx(989e12 / 2, rel=0.005)
