"""What can be rented and for how much; published breakdowns and footprints; a mass of CO2 in things people know."""

from __future__ import annotations

import re

import pytest

from thirdwatt.facts import table
from thirdwatt.facts.equivalents import editions
from thirdwatt.facts.prices import TERMS, offers, rent
from thirdwatt.facts.table import lines
from thirdwatt.quantity import COMPONENTS

ESSAY_KG = 7_546_000.0
"""The essay's mass of CO2."""

GOLDEN = {
    "gasoline cars driven for a year": 233,
    "electric cars driven for a year": 883,
    "miles driven by a gasoline car": 2_546_560,
    "gallons of gasoline burned": 112_524,
    "gallons of diesel burned": 98_232,
    "pounds of coal burned": 1_110_815,
    "tanker trucks of gasoline burned": 13.2,
    "homes' energy for a year": 134,
    "homes' electricity for a year": 208,
    "railcars of coal burned": 5.5,
    "barrels of oil burned": 2_315,
    "propane cylinders of a barbecue burned": 45_939,
}
"""1,000 t in the current edition, as the calculator prints it."""


def count(edition: str, name: str, kg: float) -> float:
    (factor,) = [each.kg for each in editions()[edition] if each.name == name]
    return kg / factor


def test_every_instance_has_a_chip_and_a_number_of_them() -> None:
    for row in table("instances"):
        assert row.text["accelerator"] in table("accelerators").rows, row.id
        assert row.text.get("network", "none") in table("networks").rows, row.id
        number = row.figures["accelerator_count"]
        assert number.value == int(number.value) >= 1
        assert not number.spread


def test_instances_are_found_by_the_name_their_vendor_gives_them() -> None:
    for name, row, number in (
        ("p5.48xlarge", "aws:p5.48xlarge", 8),
        ("Standard_ND96isr_H100_v5", "azure:nd96isr-h100-v5", 8),
        ("a3-highgpu-8g", "gcp:a3-highgpu-8g", 8),
        ("v5p-8", "gcp:v5p-8", 4),
        ("v5litepod-8", "gcp:v5e-8", 8),
        ("BM.GPU.H100.8", "oci:bm.gpu.h100.8", 8),
        ("gpu_8x_h100_sxm5", "lambda:gpu-8x-h100-sxm5", 8),
    ):
        found = table("instances").find(name)
        assert found is not None, name
        assert found.id == row
        assert found.figures["accelerator_count"].value == number


def test_every_offer_says_chip_vendor_term_and_month() -> None:
    for row in table("prices"):
        chip, vendor, term, month = row.id.split("/")
        assert chip in table("accelerators").rows, row.id
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", vendor), row.id
        assert term in TERMS, row.id
        assert term != "reserved", f"{row.id}: for how long?"
        assert re.fullmatch(r"20[12]\d-(0[1-9]|1[0-2])", month), row.id
        assert set(row.figures) == {"rent_usd_per_accelerator_h"}
        assert row.figures["rent_usd_per_accelerator_h"].value > 0


@pytest.mark.parametrize(
    "chip", ["t4", "l4", "l40s", "rtx-3090", "rtx-4090", "rtx-5090", "rtx-a6000", "a100-sxm-40gb", "a100-sxm-80gb"]
)
def test_several_vendors_rent_what_small_teams_use(chip: str) -> None:
    assert len(offers(chip, None, "on-demand")) > 1


@pytest.mark.parametrize("chip", ["a10g", "tpu-v4", "tpu-v5e", "tpu-v5p", "tpu-v6e", "trainium1", "trainium2"])
def test_what_one_vendor_alone_has_can_be_priced(chip: str) -> None:
    assert rent(chip, None, "on-demand") is not None


def test_waiting_and_committing_are_cheaper() -> None:
    for chip in ("h100-sxm-80gb", "a100-sxm-80gb", "tpu-v5e", "tpu-v6e", "t4"):
        on_demand = rent(chip, None, "on-demand")
        spot = rent(chip, None, "spot")
        assert on_demand is not None
        assert spot is not None
        assert spot.value < on_demand.value, chip
    for chip in ("tpu-v4", "tpu-v5e", "tpu-v6e"):
        one, three = rent(chip, "gcp", "reserved-1y"), rent(chip, "gcp", "reserved-3y")
        assert one is not None
        assert three is not None
        assert three.value < one.value, chip


def test_breakdowns_of_clusters_name_their_components() -> None:
    clusters: dict[str, set[str]] = {}
    for row in table("components"):
        cluster, _ = row.id.split("/")
        assert row.text["cluster"] == cluster
        assert row.text["component"] in COMPONENTS, row.id
        assert row.figures
        clusters.setdefault(cluster, set()).add(row.text["component"])
    assert sum(parts == set(COMPONENTS) for parts in clusters.values()) >= 5


@pytest.mark.parametrize(
    ("cluster", "pue"),
    [("a100-1024-colo", 1.5), ("h100-1024-neocloud", 1.25), ("h100-25k-hyperscale", 1.1), ("gb200-576-liquid", 1.12)],
)
def test_a_breakdown_adds_up_to_its_pue(cluster: str, pue: float) -> None:
    power = {
        row.text["component"]: row.figures["component_power_w_per_accelerator"].value
        for row in table("components")
        if row.text["cluster"] == cluster
    }
    plant = sum(power[name] for name in ("power_distribution", "cooling", "facility_other"))
    total = sum(power.values())
    assert total / (total - plant) == pytest.approx(pue, abs=0.005)


def test_footprints_agree_with_their_parts_and_show_where_sources_differ() -> None:
    board = table("embodied").rows["hgx-h100-board/nvidia-2025"].figures
    assert board["embodied_kg"].value / 8 == pytest.approx(board["embodied_kg_per_accelerator"].value)
    boavizta = table("embodied").rows["h100-80gb/boavizta-2025"].figures["embodied_kg"]
    assert boavizta.value / board["embodied_kg_per_accelerator"].value == pytest.approx(3.5, abs=0.05)
    whole, bare = (
        table("embodied").rows[row].figures["embodied_kg"].value
        for row in ("r740/dell-2019", "r740-without-ssd/dell-2019")
    )
    drives = table("embodied").rows["ssd/dell-2019"].figures["embodied_kg_per_tb"].value
    assert bare + 8 * 3.84 * drives == pytest.approx(whole, rel=0.02)


def test_thresholds_of_laws() -> None:
    act = table("standards").rows["eu-ai-act"].figures
    assert act["general_purpose_training_flop"].value == 1e23
    assert act["systemic_risk_training_flop"].value == 1e25
    assert act["modifier_compute_share"].value == pytest.approx(1 / 3)
    assert table("standards").rows["eu-2024-1364"].figures["reporting_threshold_kw"].value == 500


def test_1000_t_in_the_current_edition_are_what_the_calculator_prints() -> None:
    for name, printed in GOLDEN.items():
        digits = 1 if isinstance(printed, float) else 0
        assert round(count("epa-2024", name, 1e6), digits) == printed, name


@pytest.mark.parametrize(
    ("edition", "name", "said", "digits"),
    [
        ("epa-2021", "gasoline cars driven for a year", 1640, 0),
        ("epa-2019", "acres of US forest in one year", 8900, -2),
        ("epa-2019", "homes' energy for a year", 900, -2),
        ("epa-2021", "homes' energy for a year", 900, -2),
        ("epa-2021", "homes' electricity for a year", 1371, 0),
        ("epa-2022", "homes' electricity for a year", 1468, 0),
        ("epa-2024", "homes' electricity for a year", 1573, 0),
    ],
)
def test_the_essays_mass_by_edition(edition: str, name: str, said: int, digits: int) -> None:
    assert round(count(edition, name, ESSAY_KG), digits) == said


def test_editions_begin_with_what_is_printed_first() -> None:
    first = ["gasoline cars driven for a year", "acres of US forest in one year", "homes' electricity for a year"]
    for edition, things in editions().items():
        names = [each.name for each in things]
        assert len(names) == len(set(names)), edition
        assert all(each.kg > 0 for each in things)
        if edition.startswith("epa-") and edition != "epa-2009":
            assert names[:3] == first, edition


def test_every_factor_has_a_source() -> None:
    known = {line[0] for line in lines("sources")}
    assert {each.source for things in editions().values() for each in things} <= known
