"""Blueprints: every mistake in one at once and what would be right; what is published of a chip it is based on."""

from __future__ import annotations

from typing import Any

import pytest

import thirdwatt
from thirdwatt.ledger.book import book
from thirdwatt.scenario import InputError, Scenario
from thirdwatt.scenario.blueprint import shipping
from thirdwatt.scenario.blueprint_form import FOLLOWS
from thirdwatt.scenario.parse import parse
from thirdwatt.scenario.schema import paths

H100 = {"based_on": "h100-sxm-80gb"}
TDP, IDLE, OWN = "accelerator_tdp_w", "accelerator_idle_power_w", "design_power_ratio@fitted"
MEMORY, RATE = "accelerator_memory_byte", "accelerator_memory_byte_per_s"
LIMITS = [
    "cluster.power_cap_w: cannot be set of a blueprint, which has a clock of its own; set blueprint.clock_hz",
    "cluster.clock: cannot be set of a blueprint, which has a clock of its own; set blueprint.clock_hz",
]


OWN_DESIGN: dict[str, Any] = {
    "process": "n3e", "memory": "hbm4", "link": "nvlink-5", "operands": "local", "accumulators": "registers",
    "units": 100, "macs": 4096, "clock_hz": 1e9, "vector_lanes": 128, "tile_rows": 128, "tile_columns": 256,
    "tile_depth": 16, "schedulers": 4, "register_byte": 262_144, "local_byte": 262_144, "last_level_byte": 5e7,
    "stacks": 6, "link_byte_per_s": 9e11, "rates": {"bf16": 1},
}  # fmt: skip


def job(blueprint: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"workload": {"model": "llama-3.1-8b"}, "layout": {"precision": "bf16"}, "blueprint": blueprint, **more}


def made(blueprint: dict[str, Any], **more: Any) -> Scenario:
    return parse(job(blueprint, **more), book().names)


def wrong(blueprint: dict[str, Any], **more: Any) -> list[str]:
    with pytest.raises(InputError) as found:
        made(blueprint, **more)
    return [str(mistake) for mistake in found.value.mistakes]


def watt(set_: dict[str, Any], name: str = "accelerator_power_w") -> float:
    found = thirdwatt.estimate("llama-3.1-8b", {"layout.precision": "bf16", **set_}, samples=1).of(name)
    assert found is not None, name
    return found.value


# --- mistakes -----------------------------------------------------------------------------------------------------


def test_all_that_a_design_of_ones_own_lacks_is_listed() -> None:
    fix = "missing; state it, or another design with blueprint.based_on"
    fields = (
        "memory", "link", "operands", "accumulators", "units", "macs", "clock_hz", "vector_lanes", "tile_rows",
        "tile_columns", "tile_depth", "schedulers", "register_byte", "local_byte", "last_level_byte", "stacks",
        "link_byte_per_s",
    )  # fmt: skip
    rates = "blueprint.rates: missing; state the rate of each precision to that of 16 bit: {bf16 = 1}"
    assert wrong({"process": "n3e"}) == [*(f"blueprint.{field}: {fix}" for field in fields), rates]


def told(blueprint: dict[str, Any], **more: Any) -> dict[str, str]:
    return {each.code: each.text for each in made(blueprint, **more).warnings}


def test_whose_host_and_kernels_a_design_has_is_told() -> None:
    cluster = {"accelerator": "h100-sxm-80gb", "count": 8}
    found = told({"based_on": "tpu-v4", "name": "own"}, cluster=cluster)
    assert found["blueprint_like"].startswith("own is based on tpu-v4 and used like h100-sxm-80gb, with its host")
    assert "blueprint_like" not in told({"based_on": "tpu-v4"})
    assert "blueprint_like" not in told({"based_on": "H100"}, cluster=cluster)
    assert "blueprint_like" not in told(OWN_DESIGN, cluster=cluster)


def test_whose_rent_a_design_has_is_told() -> None:
    rented, changed = {"tenure": "rented"}, {"based_on": "h100-sxm-80gb", "clock_hz": 1e9}
    assert "its rent is that of h100-sxm-80gb" in told(changed, site=rented)["blueprint_rent"]
    assert "blueprint_rent" not in told(changed, site={"tenure": "own"})
    assert "blueprint_rent" not in told(changed, site={**rented, "rent_usd_per_h": 2})
    assert "blueprint_rent" not in told({"based_on": "h100-sxm-80gb"}, site=rented)


def test_what_is_wrong_is_not_missing_too() -> None:
    own = {field: said for field, said in OWN_DESIGN.items() if field not in ("units", "operands", "rates")}
    assert made(OWN_DESIGN).blueprint is not None
    assert sorted(wrong({**own, "units": "many", "operands": "x", "rates": {"int3": 1}})) == [
        "blueprint.operands: 'x': input should be 'registers' or 'local'",
        "blueprint.rates.int3: unknown key; allowed: fp32, tf32, fp16, bf16, fp8, fp4",
        "blueprint.units: 'many' is not a number, or a table with value, low, high, source",
    ]


def test_a_chip_on_sale_of_which_something_was_changed_is_not_called_by_its_name_alone() -> None:
    changed = made({"based_on": "h100-sxm-80gb", "clock_hz": 1e9})
    assert made({"based_on": "h100-sxm-80gb"}).chip == "NVIDIA H100 SXM5 80 GB"
    assert changed.chip == "NVIDIA H100 SXM5 80 GB (changed)"
    assert made({"based_on": "h100-sxm-80gb", "clock_hz": 1e9, "name": "slow"}).chip == "slow"


def test_a_design_knows_the_chip_it_is_based_on_whatever_it_is_used_like() -> None:
    used_like = made({"based_on": "H100", "clock_hz": 1e9}, cluster={"accelerator": "b200-sxm-180gb"}).blueprint
    assert used_like is not None
    assert (used_like.based_on, used_like.like) == ("h100-sxm-80gb", "b200-sxm-180gb")
    own = made(OWN_DESIGN, cluster={"accelerator": "b200-sxm-180gb"}).blueprint
    assert own is not None
    assert own.based_on == ""


def test_a_chip_to_begin_with_has_every_name_of_it() -> None:
    assert made({"based_on": "H100"}).blueprint == made({"based_on": "h100-sxm-80gb"}).blueprint
    (said,) = (each.text for each in made({"based_on": "H100"}).warnings if each.code == "alias")
    assert said.startswith("H100 is taken as h100-sxm-80gb")


@pytest.mark.parametrize(
    ("blueprint", "said"),
    [
        ({"based_on": "l40"}, ["blueprint.based_on: 'l40' is in no row of chips; did you mean l40s?"]),
        ({**H100, "process": "n3x"}, ["blueprint.process: 'n3x' is in no row of processes; did you mean n3e?"]),
        ({**H100, "memory": "hbm5"}, ["blueprint.memory: 'hbm5' is in no row of memories; did you mean hbm4?"]),
        ({**H100, "clock_hz": 1.83}, [
            "blueprint.clock_hz: 1.83 is a decade away from chips on sale, 9.4e+08 to 2.617e+09; check its unit: "
            "a GHz is 1e9"
        ]),
        ({**H100, "link_byte_per_s": 900}, [
            "blueprint.link_byte_per_s: 900 is a decade away from chips on sale, 4e+09 to 4e+12; check its unit: "
            "a GB/s is 1e9"
        ]),
        ({**H100, "unit": 3}, ["blueprint.unit: unknown key; did you mean units?"]),
        ({**H100, "operands": "hbm"}, ["blueprint.operands: 'hbm': input should be 'registers' or 'local'"]),
        ({**H100, "constants": "good"}, ["blueprint.constants: 'good': input should be 'fitted' or 'prior'"]),
        ({**H100, "macs": 0, "units": -1}, [
            "blueprint.units: -1 is below 0, the least compute_unit_count can be",
            "blueprint.macs: unit_mac_count must be more than 0",
        ]),
        ({**H100, "rates": {"bf16": 0}}, ["blueprint.rates.bf16: narrow_rate_ratio must be more than 0"]),
        ({**H100, "accumulators": "array"}, [
            "blueprint.accumulator_byte: is nothing, and sums are kept beside the arrays; state it, or "
            "blueprint.accumulators = registers"
        ]),
        ({**H100, "gated_share": 1.5}, ["blueprint.gated_share: 1.5 is above 1, the most gated_share can be"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_field(blueprint: dict[str, Any], said: list[str]) -> None:
    assert wrong(blueprint) == said


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("sram_j_per_bit", 1e-13, "no such quantity; did you mean sram_j_per_byte?"),
        ("wire_j_per_byte_mm", 1e-14, "1e-14 is a decade away from what is published, 3.6e-13 to 1.14e-12"),
        ("register_j_per_byte", 0.94, "0.94 is a decade away from what is published, 4.9e-13 to 1.8e-12"),
        ("memory_j_per_byte", 4e-9, "4e-09 is a decade away from what is published, 1.7e-11 to 8.4e-11"),
        ("switching_energy_ratio", 0.01, "0.01 is a decade away from what is published, 0.28 to 2.8"),
        ("datapath_j_per_flop", 3e-10, "3e-10 is a decade away from what is published, 7e-14 to 1.1e-12"),
        ("wire_j_per_byte_mm", {"value": 6e-13, "low": 7e-13, "high": 8e-13}, "6e-13 lies outside its own range"),
        ("flop_per_mac", 3, "is a definition and cannot be changed"),
    ],
)
def test_an_energy_that_is_a_decade_off_is_refused(name: str, value: Any, said: str) -> None:
    (mistake,) = wrong({**H100, "known": {name: value}})
    assert mistake.startswith(f"blueprint.known.{name}: {said}")


def test_what_is_within_a_decade_is_taken() -> None:
    scenario = made({**H100, "known": {"wire_j_per_byte_mm": 1e-12, "sram_j_per_byte": 1.5e-12}})
    assert scenario.blueprint is not None
    assert scenario.blueprint.figures["sram_j_per_byte"].value == 1.5e-12


def test_every_mistake_is_listed_at_once() -> None:
    blueprint = {**H100, "process": "n3x", "macs": 0, "known": {"wire_j_per_byte_mm": 1e-14}}
    said = wrong(blueprint, cluster={"power_cap_w": 400, "clock": 0.8}, site={"pue": 0.5})
    assert [each.partition(":")[0] for each in said] == [
        "blueprint.process", "blueprint.known.wire_j_per_byte_mm", "cluster.power_cap_w", "cluster.clock",
        "blueprint.macs", "site.pue",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("chip", "precision", "has"),
    [("v100-sxm-32gb", "bf16", "fp32, fp16"), ("a100-sxm-80gb", "fp8", "fp32, tf32, bf16, fp16")],
)
def test_a_precision_that_its_arrays_have_not(chip: str, precision: str, has: str) -> None:
    (said,) = wrong({"based_on": chip, "name": "mine"}, layout={"precision": precision})
    assert said == (
        f"layout.precision: mine has no {precision}; allowed: {has}; or state its rate to 16 bit in blueprint.rates"
    )


def test_a_precision_that_is_stated_it_has() -> None:
    scenario = made({"based_on": "a100-sxm-80gb", "rates": {"fp8": 2}}, layout={"precision": "fp8"})
    assert scenario.blueprint is not None
    assert set(scenario.blueprint.precisions) == {"fp32", "tf32", "bf16", "fp16", "fp8"}


def test_a_limit_on_its_clock_or_power_goes_against_a_design() -> None:
    assert wrong(H100, cluster={"power_cap_w": 400, "clock": 0.8}) == LIMITS


def test_that_a_chip_is_a_design_is_not_known_by_number() -> None:
    with pytest.raises(InputError, match=r"known.blueprint_factor: says that a chip is a design; state the design in"):
        thirdwatt.estimate("llama-3.1-8b", {"known.blueprint_factor": 1})


# --- what is published of the chip it is based on -----------------------------------------------------------------


def kept(blueprint: dict[str, Any], **more: Any) -> set[str]:
    scenario = made(blueprint, **more)
    assert scenario.blueprint is not None
    return set(FOLLOWS) & scenario.blueprint.figures.keys()


EVERYTHING = {TDP, IDLE, OWN, MEMORY, RATE}


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        ({}, EVERYTHING),
        ({"name": "mine", "clock_hz": 1.83e9, "process": "n4"}, EVERYTHING),  # nothing is changed
        ({"clock_hz": 1.2e9}, {MEMORY, RATE}),
        ({"process": "n3e"}, {MEMORY, RATE}),
        ({"gated_share": 0.2}, {MEMORY, RATE}),
        ({"accumulators": "array", "accumulator_byte": 262_144}, {MEMORY, RATE}),
        ({"memory": "hbm4"}, set()),
        ({"stacks": 6}, set()),
        ({"known": {"least_supply_v": 0.6}}, {MEMORY, RATE}),
        ({"known": {"stack_byte_per_s": 2e12}}, set()),
        ({"known": {"sram_j_per_byte": 1e-12}}, EVERYTHING),  # a belief about the same chip
    ],
)
def test_what_is_published_holds_until_something_is_changed(changes: dict[str, Any], left: set[str]) -> None:
    assert kept({**H100, **changes}) == left


def test_a_clock_that_is_known_is_a_change_too() -> None:
    assert kept(H100, known={"clock_hz": 1.2e9}) == {MEMORY, RATE}
    changes = {"blueprint.based_on": "h100-sxm-80gb"}
    known, stated = (watt({**changes, f"{path}.clock_hz": 1.2e9}) for path in ("known", "blueprint"))
    assert known == stated


def test_what_is_known_of_a_chip_goes_before_what_boards_say() -> None:
    base = {"blueprint.based_on": "h100-sxm-80gb"}
    one, other = (watt({**base, "blueprint.known.design_power_ratio": ratio}, "product_power_w") for ratio in (1, 2))
    assert other == pytest.approx(2 * one, rel=1e-12)


def test_a_chip_as_it_is_sold_keeps_its_board() -> None:
    base = {"blueprint.based_on": "h100-sxm-80gb"}
    assert watt(base, TDP) == 700
    assert watt(base, MEMORY) == shipping("h100-sxm-80gb").figures[MEMORY].value
    assert watt({**base, "blueprint.clock_hz": 1.2e9}, TDP) < 700


# --- what it is used with -----------------------------------------------------------------------------------------


def test_it_is_used_like_the_chip_it_is_based_on_or_like_another() -> None:
    assert made({**H100, "clock_hz": 1e9}).choices["accelerator"] == "h100-sxm-80gb"
    assert made(H100, cluster={"accelerator": "b200"}).choices["accelerator"] == "b200-sxm-180gb"


def test_a_design_of_ones_own_needs_no_chip_on_sale() -> None:
    from thirdwatt.search.blueprint.parts import full_section

    section = full_section("b200-sxm-180gb") | {"name": "own", "process": "n3e"}
    scenario = made(section, cluster={"count": 8})
    assert scenario.blueprint is not None
    assert scenario.chip == "own"
    assert not set(FOLLOWS) & scenario.blueprint.figures.keys()


def test_ranges_and_what_is_known_hold_of_a_chip_too() -> None:
    base = {"blueprint.based_on": "h100-sxm-80gb", "blueprint.clock_hz": 1.6e9, "layout.precision": "bf16"}
    narrow, wide = (
        thirdwatt.estimate("llama-3.1-8b", base | {"range.clock_hz": ends}, samples=200).of("supply_v")
        for ends in ([1.59e9, 1.61e9], [1.2e9, 2.0e9])
    )
    assert narrow is not None
    assert wide is not None
    assert narrow.value == wide.value
    assert wide.high - wide.low > narrow.high - narrow.low
    assert watt(base | {"known.blueprint_power_w": 321.0}) == pytest.approx(321, rel=0.2)
    assert watt(base | {"known.die_area_mm2": 500.0}, "die_area_mm2") == 500


def test_prior_and_fitted_constants_are_two_answers() -> None:
    base = {"blueprint.based_on": "h100-sxm-80gb", "blueprint.clock_hz": 1.2e9}
    prior, fitted = (watt({**base, "blueprint.constants": each}, "die_area_mm2") for each in ("prior", "fitted"))
    assert prior != fitted


def test_every_field_is_a_path() -> None:
    own = [path for path in paths() if path.startswith("blueprint.")]
    assert {"blueprint.clock_hz", "blueprint.process", "blueprint.based_on"} <= set(own)
    assert not {path for path in own if path.startswith(("blueprint.known", "blueprint.rates"))}
