"""Operating points and products that a model of chips is held against: each is possible, and says where it is from."""

from __future__ import annotations

import csv
from importlib import resources

import pytest

from thirdwatt.facts import table
from thirdwatt.facts.table import sources
from thirdwatt.validation.chips import AREA, die, points


def rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(resources.files("thirdwatt.validation").joinpath(name).read_text("utf-8").splitlines()))


POINTS = rows("chip_points.csv")

NINE = {
    "v100-gemm",
    "a100-gemm-checked",
    "a100-gpt",
    "a100-stream",
    "h100-gemm-random",
    "h100-llama-3",
    "tpu-v4-mean",
    "tpu-v4-max",
    "tpu-v4-min",
}


def test_nine_points_are_fitted_and_the_others_are_not() -> None:
    assert {point["id"] for point in POINTS if point["fitted"] == "yes"} == NINE
    assert {point["fitted"] for point in POINTS} == {"yes", "no"}
    assert len({point["id"] for point in POINTS}) == len(POINTS)


@pytest.mark.parametrize("point", POINTS, ids=[point["id"] for point in POINTS])
def test_a_point_is_possible_and_sourced(point: dict[str, str]) -> None:
    chip, board = table("chips").rows[point["chip"]].figures, table("accelerators").rows[point["chip"]].figures
    units = chip.get("compute_unit_count") or board["compute_unit_count"]
    rate = chip[f"narrow_rate_ratio@{point['precision']}"].value
    ceiling = 2 * units.value * chip["unit_mac_count"].value * float(point["clock_hz"]) * rate
    assert float(point["flop_per_s"]) <= ceiling
    assert float(point["memory_byte_per_s"]) <= board["accelerator_memory_byte_per_s"].value
    assert float(point["link_byte_per_s"]) <= board["accelerator_link_byte_per_s"].value
    assert float(point["low_w"]) < float(point["power_w"]) <= float(point["high_w"])
    assert float(point["power_w"]) <= board["accelerator_tdp_w"].value
    assert 0 < float(point["busy_share"]) <= 1
    assert point["kind"] in ("published", "modelled", "assumed")
    assert point["source"] in sources()
    assert point["note"]


@pytest.mark.parametrize("product", rows("chip_products.csv"), ids=lambda row: row["id"])
def test_a_product_takes_no_less_than_its_peak_and_bytes_allow(product: dict[str, str]) -> None:
    board = table("accelerators").rows[product["chip"]].figures
    m, n, k = (int(product[each]) for each in "mnk")
    by_rate = 2 * m * n * k / board[f"accelerator_peak_flop_per_s@{product['precision']}"].value
    by_bytes = 2 * (m * k + k * n + m * n) / board["accelerator_memory_byte_per_s"].value
    assert max(by_rate, by_bytes) < float(product["latency_s"])
    assert product["source"] in sources()


def test_boards_of_one_maker_with_one_die_count_once_and_dies_of_two_makers_never_as_one() -> None:
    """Lists give Gaudi 2 the area of A100, on the same process: that must not hide it."""
    dies = [each.chip for each in points() if each.quantity == AREA]
    assert "a100-sxm-40gb" not in dies
    assert "rtx-3090" not in dies  # A40's
    assert die("a100-sxm-40gb", 826) == die("a100-sxm-80gb", 826) != die("gaudi2", 826)
