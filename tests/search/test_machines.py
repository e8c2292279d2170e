"""Other machines: what is stated of the present ones leaves, and what of them goes along is in proportion."""

from __future__ import annotations

from typing import Any

import pytest

from thirdwatt.facts import table
from thirdwatt.ledger import estimate, scenario_of
from thirdwatt.search.documents import state, stating
from thirdwatt.search.machines import moved, without_machine
from thirdwatt.search.today import start

TUNE: dict[str, Any] = {
    "workload": {"model": "llama-3.1-8b", "method": "sft", "tokens": 1e8},
    "cluster": {"instance": "aws:p5.48xlarge", "network": "roce-400g", "power_cap_w": 600, "clock": 0.9},
    "site": {"rent_usd_per_h": 3.0, "region": "us"},
    "known": {"accelerator_load_ratio": 0.7, "matmul_share": 0.6, "accelerator_peak_flop_per_s": 9e14, "goodput": 0.8},
}
HALF = {
    "workload": {"model": "llama-3.1-8b", "tokens": 1e11},
    "cluster": {"accelerator": "h100-sxm-80gb", "count": 64},
    "known": {"accelerator_power_w": 300.0},
}


def test_what_is_of_the_present_machine_is_taken_out() -> None:
    """Its parts, its figures whatever the precision they are of, its limits and its rent; and its number is said."""
    assert without_machine(estimate(TUNE, samples=1)) == {
        "cluster.instance": None,
        "cluster.network": None,
        "cluster.power_cap_w": None,
        "cluster.count": 8,
        "site.rent_usd_per_h": None,
        "known.accelerator_load_ratio": None,
        "known.matmul_share": None,
        "known.accelerator_peak_flop_per_s": None,
    }


def test_nothing_stated_is_nothing_taken_out() -> None:
    assert without_machine(estimate("pretrain-7b-256xa100", samples=1)) == {}


def test_a_blueprint_stays_where_it_is() -> None:
    """What it draws to its model makes up what is known of its draw, and goes nowhere with the run."""
    designed = stating(HALF, {"blueprint.based_on": "h100-sxm-80gb", "blueprint.process": "n3e"})
    begun = start(scenario_of(designed), samples=1, seed=0)
    assert begun.ledger.totals["energy_kwh"].value == pytest.approx(  # type: ignore[union-attr]
        begun.own.totals["energy_kwh"].value  # type: ignore[union-attr]
    )
    assert begun.document["known"]["design_power_ratio"]["value"] < 1
    assert not begun.of_machine
    gone = without_machine(begun.ledger)
    assert gone["blueprint"] is None
    assert gone["known.design_power_ratio"] is None
    other = stating(begun.document, {**gone, "cluster.accelerator": "l40s"})
    assert scenario_of(moved(begun, other)).blueprint is None


def test_the_draw_of_other_machines_is_in_proportion_to_their_own() -> None:
    begun = start(scenario_of(HALF), samples=1, seed=0)
    other = stating(begun.document, {"cluster.accelerator": "l40s"})
    found = moved(begun, other)
    assert not isinstance(found, str)
    usual = table("generations").rows["ada"].figures["accelerator_load_ratio"]
    ratio = begun.of_machine["accelerator_load_ratio"]
    assert ratio < 1
    stated = found["known"]["accelerator_load_ratio"]
    assert (stated["value"], stated["low"], stated["high"]) == pytest.approx(
        (usual.value * ratio, usual.low * ratio, usual.high * ratio)
    )
    assert other["known"]["accelerator_load_ratio"] == begun.document["known"]["accelerator_load_ratio"]
    assert moved(begun, found) == found


def test_todays_machines_stay_as_they_are() -> None:
    begun = start(scenario_of(HALF), samples=1, seed=0)
    here = stating(begun.document, {"site.pue": 1.2})
    assert moved(begun, here) is here


def test_machines_that_cannot_be_are_a_reason() -> None:
    begun = start(scenario_of(HALF, {"layout.precision": "bf16"}), samples=1, seed=0)
    assert "no bf16" in str(moved(begun, stating(begun.document, {"cluster.accelerator": "t4"})))


def test_a_field_is_stated_once() -> None:
    document: dict[str, Any] = {"site": {"pue": 1.3}, "known": {"pue": 1.4}, "range": {"pue": {"low": 1, "high": 2}}}
    state(document, "known.pue", 1.5)
    assert document == {"site": {}, "known": {"pue": 1.5}, "range": {}}
    state(document, "site.pue", {"value": 1.1})
    assert document == {"site": {"pue": {"value": 1.1}}, "known": {}, "range": {}}
    assert stating(document, {"site.pue": None}) == {"site": {}, "known": {}, "range": {}}
    assert document["site"] == {"pue": {"value": 1.1}}
