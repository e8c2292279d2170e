"""Silicon: what dies are built of agrees with what their boards are sold as; newer processes are no worse."""

from __future__ import annotations

import pytest

from thirdwatt.facts import table

PROCESSES = ("16ff", "12ffn", "8n-samsung", "n7", "n6", "n5", "n4", "n3e", "n3p", "n2")
OF_ONE_FOUNDRY = tuple(process for process in PROCESSES if process != "8n-samsung")

BOTH = (
    "logic_area_ratio",
    "switching_energy_ratio",
    "leakage_ratio",
    "supply_offset_v",
    "supply_slope_v_per_hz",
    "least_supply_v",
    "sram_area_ratio",
    "wafer_price_usd",
    "defect_count_per_mm2",
    "wafer_embodied_kg_per_mm2",
)

CHIPS = sorted(table("chips").rows)


def board(chip: str, field: str) -> float:
    """Figure of a die, or of the board it is sold on."""
    own = table("chips").rows[chip].figures
    return (own if field in own else table("accelerators").rows[chip].figures)[field].value


def test_every_process_says_the_same_things() -> None:
    assert tuple(table("processes").rows) == PROCESSES
    for row in table("processes"):
        assert {name.partition("@")[0] for name in row.figures} == set(BOTH), row.id
        assert {name.partition("@")[2] for name in row.figures} <= {"", "fitted"}, row.id
        assert row.text["status"] in ("shipping", "announced"), row.id


@pytest.mark.parametrize("field", ["logic_area_ratio", "sram_area_ratio", "switching_energy_ratio"])
@pytest.mark.parametrize("processes", [PROCESSES, OF_ONE_FOUNDRY], ids=["prior", "fitted"])
def test_a_newer_process_is_never_larger_or_hungrier(processes: tuple[str, ...], field: str) -> None:
    rows = [table("processes").rows[process].figures for process in processes]
    fitted = processes is OF_ONE_FOUNDRY  # boards do not say how another's processes stand to these
    figures = [row.get(f"{field}@fitted", row[field]) if fitted else row[field] for row in rows]
    claims = field == "switching_energy_ratio"  # of which products show that they may not come true
    for bound in ("value",) if fitted else ("low", "value") if claims else ("low", "value", "high"):
        values = [getattr(figure, bound) for figure in figures]
        older = [value for value, figure in zip(values, figures, strict=True) if figure.kind != "exact" or fitted]
        assert older == sorted(older, reverse=True), bound


@pytest.mark.parametrize("field", [field for field in BOTH if field.endswith("_ratio")])
def test_the_reference_process_is_one(field: str) -> None:
    figure = table("processes").rows["n7"].figures[field]
    assert (figure.low, figure.value, figure.high) == (1, 1, 1)


def test_every_memory_and_link_says_the_same_things() -> None:
    for name in ("memories", "links"):
        first, *others = table(name)
        for row in others:
            assert set(row.figures) == set(first.figures), f"{name} {row.id}"


@pytest.mark.parametrize("chip", CHIPS)
def test_a_die_is_of_a_board_and_of_known_parts(chip: str) -> None:
    row = table("chips").rows[chip]
    assert chip in table("accelerators").rows
    for field, target in {"process": "processes", "memory": "memories", "link": "links"}.items():
        assert row.text[field] in table(target).rows
    assert row.text["operands"] in ("registers", "local")
    assert row.text["accumulators"] in ("registers", "array")


@pytest.mark.parametrize("chip", CHIPS)
def test_units_and_clock_give_the_printed_peak(chip: str) -> None:
    peak = 2 * board(chip, "compute_unit_count") * board(chip, "unit_mac_count") * board(chip, "clock_hz")
    figures = table("accelerators").rows[chip].figures
    printed = [figures.get(f"accelerator_peak_flop_per_s@{precision}") for precision in ("bf16", "fp16")]
    assert peak == pytest.approx(max(figure.value for figure in printed if figure), rel=0.005)


@pytest.mark.parametrize("chip", CHIPS)
def test_stacks_of_its_kind_carry_the_printed_rate(chip: str) -> None:
    stack = table("memories").rows[table("chips").rows[chip].text["memory"]].figures["stack_byte_per_s"]
    count, printed = board(chip, "memory_stack_count"), board(chip, "accelerator_memory_byte_per_s")
    assert count * stack.low * 0.9 <= printed <= count * stack.high * 1.1


DENSEST = {
    "16ff": 28.9e6,
    "12ffn": 33.8e6,
    "8n-samsung": 61.2e6,
    "n7": 91.2e6,
    "n6": 107e6,
    "n5": 138.2e6,
    "n4": 147e6,
    "n3p": 220e6,
}
"""Transistors on a mm² of logic alone, by foundry and press; products stay below."""


@pytest.mark.parametrize("chip", CHIPS)
def test_no_die_holds_more_transistors_than_its_process_can(chip: str) -> None:
    row = table("chips").rows[chip]
    area, count = (row.figures.get(f"{name}@measured") for name in ("die_area_mm2", "transistor_count"))
    if area is not None and count is not None:
        assert count.value / area.low <= DENSEST[row.text["process"]]


def test_the_same_dies_have_the_same_area_on_every_board() -> None:
    areas = {
        (figures["die_area_mm2@measured"].value, figures["die_area_mm2@measured"].low)
        for chip in ("b200-sxm-180gb", "gb200", "b300", "gb300")
        for figures in (table("chips").rows[chip].figures,)
    }
    assert len(areas) == 1


def test_parts_of_tpu_v4_are_as_large_as_on_its_smaller_sister() -> None:
    """Of TPU v4i, below 400 mm² on N7: 128 MiB of common memory 28 %, four arrays 11 %."""
    own, gpus = table("chips").rows["tpu-v4"].figures, table("silicon").rows["chip"].figures
    assert own["last_level_mm2_per_byte"].value * 128 * 2**20 == pytest.approx(0.28 * 400, rel=0.01)
    assert own["mac_mm2"].value * 4 * 128**2 == pytest.approx(0.11 * 400, rel=0.01)
    assert own["last_level_mm2_per_byte"].value < gpus["last_level_mm2_per_byte"].value  # no tags, no slices


def test_matrix_instructions_of_one_vendor_never_got_shallower() -> None:
    """CDNA 4 brought instructions twice as deep as those of CDNA 3 at equal tiles."""
    chips = table("chips").rows

    def flop(chip: str) -> float:
        figures = chips[chip].figures
        return 2 * figures["tile_row_count"].value * figures["tile_column_count"].value * depth(chip)

    def depth(chip: str) -> float:
        return chips[chip].figures["tile_depth_count"].value

    assert depth("mi210") <= depth("mi300x") <= depth("mi355x")
    assert flop("mi300x") == 2 * 16**3
    assert flop("mi355x") == 2 * 32 * 32 * 16


@pytest.mark.parametrize("chip", CHIPS)
def test_a_die_is_within_the_reticle(chip: str) -> None:
    figures = table("chips").rows[chip].figures
    area = figures.get("die_area_mm2@measured")
    assert area is None or area.value <= 858 * figures["die_count"].value
