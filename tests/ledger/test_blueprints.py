"""Leaves of blueprints: what a design brings along, in which set of constants, and nothing of what it was based on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import thirdwatt
from thirdwatt.facts import table
from thirdwatt.ledger.blueprints import DERIVED, FITTED, OF_CHIPS, OWN, PRIOR, alone, designed, leaves
from thirdwatt.ledger.book import book
from thirdwatt.ledger.leaves import figures
from thirdwatt.ledger.variants import Numbers, variants
from thirdwatt.scenario.blueprint import CHOSEN, Blueprint, shipping

CHIPS = sorted(table("chips").rows)
B200 = shipping("b200-sxm-180gb")


def based(**set_: object) -> thirdwatt.Ledger:
    base = {"blueprint.based_on": "b200-sxm-180gb", "cluster.accelerator": "b200", "layout.precision": "bf16"}
    return thirdwatt.estimate(
        "llama-3.1-8b", base | {name.replace("__", "."): each for name, each in set_.items()}, samples=100
    )


@pytest.mark.parametrize("chip", CHIPS)
def test_every_chip_on_sale_is_a_whole_blueprint(chip: str) -> None:
    """Alone and in every precision it tells its area, cost and limits, and draws something when idle and at work."""
    blueprint = shipping(chip)
    asked = (*OF_CHIPS, "product_power_w", "accelerator_idle_power_w", "accelerator_peak_flop_per_s")
    for silicon in (FITTED, PRIOR):
        for precision in blueprint.precisions:
            found = variants([alone(blueprint, precision, silicon)], asked).of(
                np.zeros(1, dtype=np.intp), Numbers({}, {})
            )
            for name in asked:
                assert np.isfinite(found[name]).all(), (name, precision)
                assert (found[name] > 0).all(), (name, precision)


@pytest.mark.parametrize("silicon", [FITTED, PRIOR])
def test_constants_are_of_the_set_that_is_asked_for(silicon: str) -> None:
    found = leaves(B200, "bf16", silicon)
    rows = {name: table(name).rows[row].figures for name, row in (("silicon", "chip"), ("processes", "n4"))}
    for rowed in rows.values():
        for name, figure in rowed.items():
            quantity, _, condition = name.partition("@")
            if condition == "fitted":
                wanted = figure if silicon == FITTED else rowed[quantity]
                assert found[quantity].value == wanted.value, quantity


def test_a_constant_without_a_fit_is_the_same_in_both() -> None:
    fitted, prior = (leaves(B200, "bf16", silicon) for silicon in (FITTED, PRIOR))
    assert fitted["wire_path_share"] == prior["wire_path_share"]
    assert fitted["clock_j_per_mm2"] != prior["clock_j_per_mm2"]


@pytest.mark.parametrize(
    ("precision", "narrow", "wide"),
    [
        ("fp32", "fp32", "fp32"),
        ("tf32", "tf32", "tf32"),
        ("bf16", "bf16", "bf16"),
        ("fp8", "fp8", "bf16"),
        ("fp4", "fp4", "bf16"),
    ],
)
def test_what_stays_wide_is_of_16_bit_or_more(precision: str, narrow: str, wide: str) -> None:
    silicon = table("silicon").rows["chip"].figures
    found = leaves(B200, precision)
    assert found["datapath_j_per_flop"] == silicon[f"datapath_j_per_flop@{narrow}"]
    assert found["wide_datapath_j_per_flop"].value == silicon[f"datapath_j_per_flop@{wide}"].value


def test_an_energy_of_wide_products_that_is_known_is_taken() -> None:
    known = replace(leaves(B200, "fp8")["wide_datapath_j_per_flop"], value=1e-13)
    own = replace(B200, figures={**B200.figures, "wide_datapath_j_per_flop": known})
    assert leaves(own, "fp8")["wide_datapath_j_per_flop"].value == 1e-13


def test_a_precision_that_its_arrays_have_not() -> None:
    with pytest.raises(KeyError, match="fp8"):
        leaves(shipping("v100-sxm-32gb"), "fp8")


def test_arrays_that_have_nothing_but_fp8_do_the_rest_as_bf16() -> None:
    figures_ = {name: each for name, each in B200.figures.items() if name.partition("@")[2] in ("", "fp8")}
    found = leaves(replace(B200, figures=figures_), "fp8")
    assert found["wide_datapath_j_per_flop"] == table("silicon").rows["chip"].figures["datapath_j_per_flop@bf16"]


def test_what_differs_by_design_is_drawn_by_each_for_itself() -> None:
    one, other = (
        leaves(replace(B200, name=name, figures=dict(B200.figures)), "bf16", PRIOR) for name in ("one", "other")
    )
    for name in one:
        assert (one[name].stream == other[name].stream) == (name not in OWN), name


def test_choices_are_codes() -> None:
    choices = {**B200.choices, "operands": "registers", "accumulators": "array"}
    found = leaves(replace(B200, choices=choices), "bf16")
    assert (found["operands_code"].value, found["accumulators_code"].value) == (0, 1)


@pytest.mark.parametrize(
    ("field", "row", "name"),
    [
        ("process", "n2", "switching_energy_ratio"),
        ("memory", "hbm4", "memory_j_per_byte"),
        ("link", "ucie-advanced", "link_j_per_byte"),
    ],
)
def test_rows_bring_their_figures_along(field: str, row: str, name: str) -> None:
    found = leaves(replace(B200, choices={**B200.choices, field: row}), "bf16", PRIOR)
    assert found[name].value == table(CHOSEN[field]).rows[row].figures[name].value


# --- in a scenario ------------------------------------------------------------------------------------------------


def test_nothing_that_tables_say_of_the_chip_it_is_like_is_left() -> None:
    """Changed, it keeps of B200 neither its peaks nor its board, price or carbon."""
    scenario = based(blueprint__memory="hbm4", blueprint__process="n3e").scenario
    found = figures(scenario)
    of_the_chip = {name.partition("@")[0] for name in table("accelerators").rows["b200-sxm-180gb"].figures}
    assert not DERIVED & found.keys() & of_the_chip


def test_what_it_is_used_with_is_that_of_the_chip_it_is_like() -> None:
    scenario = thirdwatt.estimate(
        "llama-3.1-8b", {"cluster.accelerator": "b200", "layout.precision": "bf16"}, samples=1
    ).scenario
    plain, own = figures(scenario), figures(based(blueprint__process="n3e").scenario)
    kept = {name for name in plain if name not in DERIVED and not name.endswith("peak_flop_per_s")}
    differ = {name for name in kept if own.get(name) is None or own[name].value != plain[name].value}
    assert differ <= {"accelerator_link_byte_per_s", "blueprint_factor"}


def test_leaves_of_no_blueprint_are_untouched() -> None:
    scenario = thirdwatt.estimate("llama-3.1-8b", samples=1).scenario
    assert "blueprint_factor" not in figures(scenario)
    assert designed({}, B200, "bf16").keys() == leaves(B200, "bf16").keys()


def test_a_blueprint_as_it_is_sold_is_that_chip() -> None:
    """Peaks, bandwidth, capacity and limit of the board are those of the table; a rented hour costs the same."""
    own = based()
    sold = thirdwatt.estimate("llama-3.1-8b", {"cluster.accelerator": "b200", "layout.precision": "bf16"}, samples=100)
    for name in ("accelerator_peak_flop_per_s", "accelerator_memory_byte", "accelerator_tdp_w"):
        assert own.values[name][..., 0] == pytest.approx(sold.values[name][..., 0], rel=0.005), name


@pytest.mark.parametrize("chip", ["a100-sxm-80gb", "h100-sxm-80gb", "b200-sxm-180gb"])
def test_a_chip_by_its_design_takes_what_it_takes_by_its_table_within_their_intervals(chip: str) -> None:
    base = {"layout.precision": "bf16", "cluster.accelerator": chip}
    by_design, by_table = (
        thirdwatt.estimate("llama-3.1-8b", base | each, samples=300).of("accelerators_energy_kwh")
        for each in ({"blueprint.based_on": chip}, {})
    )
    assert by_design is not None
    assert by_table is not None
    assert by_design.low < by_table.value < by_design.high
    assert by_design.value == pytest.approx(by_table.value, rel=0.35)


def test_every_derived_quantity_is_of_the_book() -> None:
    assert book().formulas.keys() >= DERIVED
    assert DERIVED.isdisjoint(table("silicon").rows["chip"].figures.keys() - DERIVED)


def test_a_design_beyond_a_limit_is_priced_with_a_warning() -> None:
    ledger = based(blueprint__units=280)
    assert [each.code for each in ledger.warnings if each.code == "blueprint_limit"]
    assert not [each.code for each in based().warnings if each.code == "blueprint_limit"]


def test_the_name_is_no_part_of_the_answer() -> None:
    plain, named = (based(blueprint__units=100, blueprint__name=name) for name in ("one", "other"))
    for name, values in plain.values.items():
        assert np.array_equal(values[..., 0], named.values[name][..., 0]), name
    assert isinstance(named.scenario.blueprint, Blueprint)
