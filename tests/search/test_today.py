"""The run today in rates: it takes what its owner says, and every change moves it."""

from __future__ import annotations

import json

import pytest

import thirdwatt
from thirdwatt.ledger import scenario_of
from thirdwatt.scenario import InputError
from thirdwatt.search.documents import stating
from thirdwatt.search.today import best_layout, start

TOTALS = ("accelerator_hours", "wall_time_h", "energy_kwh", "cost_usd", "carbon_kg", "accelerator_power_w")
KNOWN = (
    {"known": {"accelerator_hours": 2e6}},
    {"known": {"wall_time_h": 2000.0}},
    {"known": {"mfu": 0.2}},
    {"known": {"tokens_per_s_per_accelerator": 300.0}},
    {"known": {"accelerator_hours": 2e6, "accelerators_energy_kwh": 8e5}},
    {"known": {"accelerator_power_w": 333.0}},
    {"known": {"goodput": 0.7}},
)


def begun(source: object, samples: int = 1):  # type: ignore[no-untyped-def]
    return start(scenario_of(source), samples=samples, seed=0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "preset", ["startup-lora-8xh100", "pretrain-7b-256xa100", "gpt-3-175b", "llama-3.1-405b", "gpt-4o", "resnet-50"]
)
def test_the_run_today_takes_what_its_owner_says(preset: str) -> None:
    found = begun(preset)
    for name in TOTALS:
        one, other = found.own.totals[name], found.ledger.totals[name]
        assert one is not None
        assert other is not None
        assert other.value == pytest.approx(one.value, rel=1e-6), name


@pytest.mark.parametrize("known", KNOWN)
def test_whatever_is_known_of_it(known: dict[str, dict[str, float]]) -> None:
    document = {
        "workload": {"model": "llama-3.1-70b", "tokens": 1e12},
        "cluster": {"accelerator": "h100-sxm-80gb", "count": 1024},
        "site": {"region": "us"},
        **known,
    }
    found = begun(document)
    for name in ("accelerator_hours", "energy_kwh", "accelerator_power_w"):
        assert found.ledger.totals[name].value == pytest.approx(found.own.totals[name].value, rel=1e-6), name
    assert any(each.code == "turned_into_rates" for each in found.warnings)
    assert not found.document.get("known", {}).keys() & known["known"].keys()
    # a change moves what was known
    half = thirdwatt.estimate({**found.document, "workload": {"model": "llama-3.1-70b", "tokens": 5e11}}, samples=1)
    assert half.totals["accelerator_hours"].value < 0.6 * found.own.totals["accelerator_hours"].value  # type: ignore[union-attr]


def test_its_document_is_a_scenario_of_its_own() -> None:
    found = begun("startup-lora-8xh100", samples=100)
    again = thirdwatt.estimate(json.loads(json.dumps(found.document)), samples=100)
    assert again.totals == found.ledger.totals


def test_a_known_facility_energy_draws_through_all_machines() -> None:
    document = {
        "workload": {"model": "llama-3.1-8b", "tokens": 1e11},
        "cluster": {"accelerator": "h100-sxm-80gb", "count": 64},
        "known": {"facility_energy_kwh": 6_000.0},
    }
    found = begun(document)
    own = found.own
    assert found.ledger.of("it_energy_kwh").value == pytest.approx(own.of("it_energy_kwh").value, rel=1e-6)
    assert {"accelerator_load_ratio", "host_base_power_w", "host_fan_power_w"} == found.of_machine.keys()


def test_what_is_observed_and_calibrated_goes_into_it() -> None:
    document = {
        "workload": {"model": "llama-3.1-8b", "tokens": 1e11},
        "cluster": {"accelerator": "h100-sxm-80gb", "count": 64},
        "calibration": [
            {"step_time_s": step, "set": {"layout.micro_batch": size}} for size, step in ((1, 9.0), (2, 8.6), (4, 8.4))
        ],
    }
    found = begun(document)
    assert "calibration" not in found.document
    assert found.ledger.totals["energy_kwh"].value == pytest.approx(found.own.totals["energy_kwh"].value, rel=1e-6)


def test_a_layout_is_its_owners_or_the_best() -> None:
    assert begun("llama-3.1-405b").laid_out
    found = begun("pretrain-7b-256xa100")
    assert not found.laid_out
    best = best_layout(found.document, "x")
    assert best is not None
    assert {path.removeprefix("layout."): value for path, value in best.items() if path.startswith("layout.")} == {
        name: value for name, value in found.document["layout"].items() if f"layout.{name}" in best
    }


def test_auto_is_no_layout_of_its_owner() -> None:
    scenario = scenario_of("pretrain-7b-256xa100", {"layout": "auto"})
    found = start(scenario, samples=1, seed=0)
    assert not found.laid_out
    assert found.document["layout"]["data"] >= 1


def test_a_draw_that_no_machine_has_is_refused() -> None:
    document = {
        "workload": {"model": "llama-3.1-8b", "tokens": 1e11},
        "cluster": {"accelerator": "h100-sxm-80gb", "count": 64},
        "known": {"accelerators_energy_kwh": 1e9},
    }
    with pytest.raises(InputError, match="cannot be true of these machines"):
        begun(document)


def test_what_no_change_would_move_is_set_aside_and_told() -> None:
    document = {
        "workload": {"model": "llama-3.1-8b", "tokens": 1e11},
        "cluster": {"accelerator": "h100-sxm-80gb", "count": 64},
        "known": {"cost_usd": 12_345.0},
    }
    found = begun(document)
    assert [each.code for each in found.warnings] == ["set_aside"]
    assert "cost_usd" not in found.document.get("known", {})


RUN = {
    "workload": {"model": "llama-3.1-70b", "tokens": 1e12},
    "cluster": {"accelerator": "h100-sxm-80gb", "count": 1024},
    "site": {"region": "us"},
}


def test_replicas_follow_a_number_of_accelerators_that_is_a_range() -> None:
    found = begun("chinchilla-70b", samples=200)
    assert "data" not in found.document["layout"]
    own, restated = found.own.totals["accelerator_hours"], found.ledger.totals["accelerator_hours"]
    assert own is not None
    assert restated is not None
    assert restated.low > own.low / 1.5
    mfu = found.ledger.of("mfu")
    assert mfu is not None
    assert mfu.high < 0.7
    assert "layout.data" not in (best_layout(found.document, "range") or {})
    assert "data" in begun({**RUN, "cluster": RUN["cluster"]}).document["layout"]


@pytest.mark.parametrize(
    "layout", [{"zero_stage": 3}, {"recompute": "full"}, {"tensor": 8}, {"micro_batch": 2}, {"global_batch": 2048}]
)
def test_a_layout_that_is_stated_in_part_takes_what_its_owner_says(layout: dict[str, object]) -> None:
    found = begun({**RUN, "layout": layout})
    for name in TOTALS:
        one, other = found.own.totals[name], found.ledger.totals[name]
        assert one is not None
        assert other is not None
        assert other.value == pytest.approx(one.value, rel=1e-6), name
    assert {name: found.document["layout"][name] for name in layout} == layout
    assert found.laid_out == bool({"tensor", "micro_batch"} & layout.keys())


def test_how_far_a_layout_is_from_the_best() -> None:
    found = begun("llama-3.1-405b")
    (ratio,) = found.behind.values()
    best = thirdwatt.estimate(stating(found.document, best_layout(found.document, "best") or {}), samples=1)
    own, other = found.ledger.totals["energy_kwh"], best.totals["energy_kwh"]
    assert own is not None
    assert other is not None
    assert ratio == pytest.approx(own.value / other.value)
    assert ratio > 1.05
    assert begun("pretrain-7b-256xa100").behind == {}
