"""What is said of the data in the ledger: each enters once, and nothing changes where nothing is said."""

from __future__ import annotations

from typing import Any

import pytest

import thirdwatt
from thirdwatt.ledger import Ledger
from thirdwatt.ledger.pricing import OF_DATA
from thirdwatt.quantity import Observation
from thirdwatt.scenario.mistakes import InputError

RUN: dict[str, Any] = {
    "workload": {"model": "llama-3.1-8b", "tokens": 1e12, "epochs": 2},
    "cluster": {"count": 64},
    "site": {"region": "fr"},
}
WORK = ("training_flop", "workload_flop", "processed_token_count", "accelerator_hours", "wall_time_h")


def estimated(**known: float) -> Ledger:
    return thirdwatt.estimate(RUN, {f"known.{name}": value for name, value in known.items()}, samples=1)


def value(ledger: Ledger, quantity: str) -> float:
    found = ledger.of(quantity)
    assert found is not None, quantity
    return found.value


def test_padding_enters_work_and_time_once() -> None:
    packed, padded = estimated(), estimated(padding_share=0.6)
    for name in WORK:
        assert value(padded, name) / value(packed, name) == pytest.approx(2.5, rel=1e-12), name
    for name in ("mfu", "tokens_per_s_per_accelerator", "trained_token_count", "step_time_s", "accelerator_power_w"):
        assert value(padded, name) == pytest.approx(value(packed, name), rel=1e-12), name
    assert value(padded, "accelerators_energy_kwh") == pytest.approx(2.5 * value(packed, "accelerators_energy_kwh"))


def test_padding_is_among_hours_and_work_that_are_known() -> None:
    hours = estimated(accelerator_hours=1e5), estimated(accelerator_hours=1e5, padding_share=0.5)
    assert value(hours[1], "mfu") / value(hours[0], "mfu") == pytest.approx(2)
    known = {"workload.flop": 1e23}
    flop = [thirdwatt.estimate(RUN, {**known, **more}, samples=1) for more in ({}, {"known.padding_share": 0.5})]
    assert value(flop[1], "accelerator_hours") == value(flop[0], "accelerator_hours")
    given = {"tokens_per_s_per_accelerator": 1e4, "accelerator_hours": 1e5}
    assert value(estimated(**given, padding_share=0.5), "goodput") / value(estimated(**given), "goodput") == (
        pytest.approx(2)
    )


def test_all_cannot_be_padding() -> None:
    with pytest.raises(InputError, match=r"above 0\.999"):
        estimated(padding_share=1.0)
    wide = {"known.padding_share": {"value": 0.7, "low": 0.5, "high": 0.95}}
    assert thirdwatt.estimate(RUN, wide, samples=200).totals["energy_kwh"] is not None


def test_what_is_left_out_is_not_trained_on() -> None:
    whole, kept = estimated(), estimated(kept_token_share=0.75)
    for name in (*WORK, "trained_token_count"):
        assert value(kept, name) / value(whole, name) == pytest.approx(0.75, rel=1e-12), name
    assert value(kept, "dataset_byte") == value(whole, "dataset_byte")


def test_repeats_cost_what_they_cost_and_teach_less() -> None:
    once, twice = estimated(unique_token_share=1.0), estimated(unique_token_share=0.5)
    assert value(once, "repetition_ratio") == 1
    assert value(twice, "repetition_ratio") == 3
    assert value(once, "effective_token_count") / 2e12 == pytest.approx(0.984, abs=5e-4)
    assert value(twice, "effective_token_count") / 2e12 == pytest.approx(0.931, abs=5e-4)
    assert value(twice, "facility_energy_kwh") == value(once, "facility_energy_kwh")


def test_making_tokens_is_energy_of_the_hosts() -> None:
    without, made = estimated(), estimated(tokenise_cpu_s_per_token=3e-6)
    each_pass = estimated(tokenise_cpu_s_per_token=3e-6, tokenise_pass_count=2)
    kwh = 3e-6 * 1e12 / 3600 * 3 / 1000
    assert value(made, "cpu_servers_energy_kwh") - value(without, "cpu_servers_energy_kwh") == pytest.approx(kwh)
    assert value(each_pass, "tokenise_energy_kwh") == pytest.approx(2 * kwh)
    assert value(made, "facility_energy_kwh") - value(without, "facility_energy_kwh") == (
        pytest.approx(kwh * value(made, "pue"), rel=1e-6)
    )


def test_without_tokens_nothing_can_be_said_of_them() -> None:
    hours = {"known.accelerator_hours": 1e5, "known.tokenise_cpu_s_per_token": 1e-6, "known.unique_token_share": 0.5}
    ledger = thirdwatt.estimate({}, hours, samples=1)
    assert ledger.of("effective_token_count") is None
    assert {each.code for each in ledger.warnings} >= {"unread"}


def test_nothing_is_asked_where_nothing_is_said() -> None:
    assert not set(OF_DATA) & estimated().values.keys()
    assert set(OF_DATA) <= estimated(unique_token_share=0.9, tokenise_cpu_s_per_token=1e-6).values.keys()
    assert estimated(padding_share=0.0).to_dict()["totals"] == estimated().to_dict()["totals"]


def test_what_a_scan_saw_is_taken_with_its_interval() -> None:
    seen = Observation("padding_share", 0.4, 0.35, 0.45, "1", "measured", "scan 1")
    ledger = thirdwatt.estimate(RUN, observed=[seen], samples=500)
    processed = ledger.of("processed_token_count")
    assert processed is not None
    ends = [processed.low, processed.value, processed.high]
    assert ends == pytest.approx([2e12 / 0.65, 2e12 / 0.6, 2e12 / 0.55], rel=0.01)
    assert {each.quantity: each.figure.source for each in ledger.inputs}["padding_share"] == "scan 1"
