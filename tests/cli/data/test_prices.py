"""Prices of what a scan found: each is a difference of two ledgers, taken draw by draw, and says what it rests on."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thirdwatt
from tests.documents import keeps_to
from tests.report.scans import finding, scan, three
from thirdwatt.cli.data.prices import PRICED, priced, said
from thirdwatt.ledger.book import book
from thirdwatt.ledger.change import HELD, WORK
from thirdwatt.scenario import InputError

RUN: dict[str, Any] = {
    "workload": {"model": "llama-3.1-8b", "tokens": 1e12, "epochs": 3},
    "cluster": {"count": 64},
    "site": {"region": "fr", "tenure": "own"},
}
KNOWN = {**RUN, "known": {"accelerator_hours": 1e6}}


@cache
def whole() -> dict[str, Any]:
    return priced(scan(), RUN, batching="dynamic", samples=200)


def by_id(found: Mapping[str, Any]) -> dict[str, Any]:
    return {row["id"]: row for row in found["prices"]}


def centre(document: Mapping[str, Any], run: Any = RUN, batching: str = "", **changes: Any) -> dict[str, Any]:
    return by_id(priced({**document, **changes}, run, batching=batching, samples=1))


def of(changes: dict[str, float], quantity: str = "accelerator_hours") -> float:
    found = thirdwatt.estimate(RUN, {f"known.{name}": value for name, value in changes.items()}, samples=1)
    total = found.of(quantity)
    assert total is not None
    return total.value


def test_padding_is_the_run_with_it_less_the_run_packed() -> None:
    row = centre(scan(storage=None), batching="dynamic")["padding"]
    for name in PRICED:
        difference = of({"padding_share": 0.42}, name) - of({"padding_share": 0.0005}, name)
        assert row[name]["value"] == pytest.approx(difference, rel=1e-9), name
    assert row["padding_share"]["value"] == 0.42
    ways = {each["id"]: each["facility_energy_kwh"]["value"] for each in row["by_strategy"]}
    assert ways["dynamic"] == pytest.approx(row["facility_energy_kwh"]["value"])
    assert ways["packed"] == 0 < ways["bucketed"] < ways["dynamic"] < ways["context"]


def test_tokens_removed_are_tokens_not_trained_on() -> None:
    row = centre(scan())["exact_duplicates"]
    assert row["accelerator_hours"]["value"] == pytest.approx(0.1 * of({}))
    fewer = thirdwatt.estimate(RUN, {"workload.tokens": 0.9e12}, samples=1).of("accelerator_hours")
    assert fewer is not None
    assert row["accelerator_hours"]["value"] == pytest.approx(of({}) - fewer.value)
    assert row["energy_share"]["value"] == pytest.approx(0.1, rel=0.01)


def test_what_had_faded_is_what_repeats_are_short_of_new_tokens() -> None:
    row = centre(scan())["exact_duplicates"]
    unique, scale = 0.82, 15.387756

    def effective(trained: float) -> float:
        return unique * (1 + scale * (1 - math.exp(-(trained / unique - 1) / scale)))

    worth = (effective(3.0) - effective(2.7)) / 0.3
    assert row["faded"]["worth_share"]["value"] == pytest.approx(worth)
    assert 0.8 < worth < 0.9
    for name in PRICED:
        assert row["faded"][name]["value"] == pytest.approx((1 - worth) * row[name]["value"]), name


def test_a_first_repeat_is_worth_nearly_as_much_as_a_new_token() -> None:
    once = {**RUN, "workload": {**RUN["workload"], "epochs": 1}}
    only = scan(findings=[finding("exact_duplicates", 0.3)])
    worth = centre(only, once)["exact_duplicates"]["faded"]["worth_share"]["value"]
    assert 0.98 < worth < 1


def test_the_largest_comes_first_and_all_at_once_is_less_than_their_sum() -> None:
    energies = [row["facility_energy_kwh"]["value"] for row in whole()["prices"] if row["facility_energy_kwh"]]
    assert energies == sorted(energies, reverse=True)
    together = whole()["priced_at"]["together"]["facility_energy_kwh"]["value"]
    assert energies[0] < together < sum(energies)
    share = whole()["priced_at"]["together"]["energy_share"]["value"]
    assert share == pytest.approx(1 - 0.82 * 0.58 / 0.9995, rel=0.01)


def test_intervals_are_those_of_the_differences() -> None:
    rows = by_id(whole())
    exact, near, padding = (rows[name]["energy_share"] for name in ("exact_duplicates", "near_duplicates", "padding"))
    assert exact["high"] - exact["low"] < 0.002
    assert (near["low"], near["high"]) == (pytest.approx(0.06, abs=0.006), pytest.approx(0.11, abs=0.008))
    assert (padding["low"], padding["high"]) == (pytest.approx(0.40, abs=0.006), pytest.approx(0.44, abs=0.006))
    for row in (each for each in whole()["prices"] if each["facility_energy_kwh"]):
        for name in PRICED:
            assert row[name] is None or row[name]["low"] <= row[name]["value"] <= row[name]["high"], (row["id"], name)


def test_the_same_scan_has_the_same_prices() -> None:
    assert priced(scan(), RUN, batching="dynamic", samples=200) == whole()


def test_hours_that_are_known_are_in_proportion_to_what_is_processed() -> None:
    found = priced(scan(), KNOWN, batching="dynamic", samples=200)
    padding = by_id(found)["padding"]["accelerator_hours"]
    assert padding["value"] == pytest.approx(1e6 * (1 - 0.58 / 0.9995))
    assert (padding["low"], padding["high"]) == (pytest.approx(4.0e5, rel=0.02), pytest.approx(4.4e5, rel=0.02))
    assert by_id(found)["exact_duplicates"]["accelerator_hours"]["value"] == pytest.approx(1e5)
    assert any("accelerator_hours: known of this run" in note for note in found["priced_at"]["notes"])


@pytest.mark.parametrize("known", ["facility_energy_kwh", "training_flop", "wall_time_h", "carbon_kg"])
def test_whatever_is_known_of_the_run_its_price_follows(known: str) -> None:
    value = thirdwatt.estimate(RUN, samples=1).of(known)
    assert value is not None
    run = {**RUN, "known": {known: value.value}}
    priced_in = {"training_flop": "accelerator_hours", "wall_time_h": "accelerator_hours"}.get(known, known)
    row = centre(scan(), run)["exact_duplicates"]
    assert row[priced_in]["value"] == pytest.approx(centre(scan())["exact_duplicates"][priced_in]["value"], rel=0.01)


def test_all_that_is_held_is_in_the_book() -> None:
    assert {*HELD, *WORK, *PRICED} <= book().names


def test_known_energy_does_not_hide_what_a_part_takes() -> None:
    bare, hidden = centre(scan()), centre(scan(), {**RUN, "known": {"facility_energy_kwh": 1e6}})
    for name in ("storage_format", "tokenised_each_epoch"):
        assert hidden[name]["facility_energy_kwh"] == bare[name]["facility_energy_kwh"]
        assert bare[name]["facility_energy_kwh"]["value"] > 0


def test_making_tokens_again_is_time_of_cores() -> None:
    row = centre(scan())["tokenised_each_epoch"]
    hours = 2 * 2.8e-6 * 1e12 / 3600
    assert row["core_hours"]["value"] == pytest.approx(hours)
    energy = of({"tokenise_cpu_s_per_token": 2.8e-6, "tokenise_pass_count": 3}, "facility_energy_kwh") - of(
        {"tokenise_cpu_s_per_token": 2.8e-6}, "facility_energy_kwh"
    )
    assert row["facility_energy_kwh"]["value"] == pytest.approx(energy, rel=1e-6)
    assert row["small"]
    once = {**RUN, "workload": {**RUN["workload"], "epochs": 1}}
    row = centre(scan(), once)["tokenised_each_epoch"]
    assert row["facility_energy_kwh"] is None
    assert "one epoch" in row["why"]


def test_a_rent_by_the_hour_tells_no_money_for_cores_and_storage() -> None:
    rows = centre(scan(), {**RUN, "site": {"tenure": "rented"}}, batching="dynamic")
    for name in ("storage_format", "tokenised_each_epoch"):
        assert rows[name]["cost_usd"] is None
        assert "no money is known" in rows[name]["why"]
    assert rows["padding"]["cost_usd"]["value"] > 0
    assert centre(scan())["storage_format"]["cost_usd"]["value"] > 0


def test_storage_is_in_proportion_to_the_bytes() -> None:
    whole = centre(scan())["storage_format"]["facility_energy_kwh"]["value"]
    none = scan(storage={"trials": [], "present": {"bytes": 1000}, "best": {"bytes": 700}})
    assert centre(none)["storage_format"]["facility_energy_kwh"]["value"] == pytest.approx(whole / 2)
    nothing: tuple[Any, ...] = ({"present": {"bytes": 1000}, "best": {"bytes": 1000}}, {"trials": []}, None)
    for storage in nothing:
        row = centre(scan(storage=storage))["storage_format"]
        assert row["facility_energy_kwh"] is None
        assert row["why"]


def test_what_is_not_verified_or_not_known_has_no_price_and_says_why() -> None:
    rows = centre(scan())
    for name, why in (
        ("flagged_duplicates", "not verified"),
        ("small_files", "requests"),
        ("padding", "--batching pad|dynamic|bucketed|packed"),
    ):
        assert all(rows[name][each] is None for each in PRICED)
        assert why in rows[name]["why"]
    assert "empty_documents" not in rows
    assert [each["id"] for each in rows["padding"]["by_strategy"]] == ["context", "dynamic", "bucketed", "packed"]


def test_a_scan_that_knows_little_is_priced_by_what_it_knows() -> None:
    tried = scan(findings=[finding("storage_format", 0.0)])["storage"]
    assert centre(scan(storage={**tried, "present": None}))["storage_format"]["facility_energy_kwh"] is None
    bare = {"rows": 10, "bytes": 100, "tokens": None, "findings": [
        {"id": "exact_duplicates", "what": "", "rows": 1, "bytes": 10, "rows_share": 0.1, "bytes_share": 0.1,
         "verified": True}]}  # fmt: skip
    (row,) = priced(bare, RUN, samples=1)["prices"]
    assert row["accelerator_hours"]["value"] == pytest.approx(0.1 * of({}))
    assert "share of bytes" in row["why"]
    assert priced({"findings": []}, RUN, samples=1)["prices"] == []


def test_a_run_without_tokens_trains_on_what_was_scanned() -> None:
    tune = {"workload": {"model": "llama-3.1-8b", "method": "sft", "epochs": 2}, "cluster": {"count": 8}}
    found = priced(scan(), tune, samples=1)
    assert found["priced_at"]["tokens"]["value"] == 1e9
    assert "those of the scan" in " ".join(found["priced_at"]["notes"])
    hours = priced(scan(), {"known": {"accelerator_hours": 1e4}}, samples=1)
    assert hours["priced_at"]["tokens"] is None
    assert by_id(hours)["exact_duplicates"]["accelerator_hours"]["value"] == pytest.approx(1e3)
    assert by_id(hours)["exact_duplicates"]["faded"] is None
    assert by_id(hours)["tokenised_each_epoch"]["facility_energy_kwh"] is None


def test_a_stated_padding_counts_and_a_way_that_is_none_is_refused() -> None:
    stated = {**RUN, "known": {"padding_share": 0.3}}
    row = centre(scan(), stated, batching="context")["padding"]
    assert row["padding_share"]["value"] == 0.3
    assert row["accelerator_hours"]["value"] == pytest.approx(of({"padding_share": 0.3}) - of({"padding_share": 5e-4}))
    assert centre(scan(), batching="pad")["padding"]["padding_share"]["value"] == 0.61
    with pytest.raises(InputError, match="sorted"):
        priced(scan(), RUN, batching="sorted", samples=1)


@settings(max_examples=12, deadline=None)
@given(st.floats(0.001, 0.6), st.floats(0.001, 0.6))
def test_more_repeats_cost_more(one: float, other: float) -> None:
    less, more = sorted((one, other))
    prices = [centre(scan(findings=[finding("exact_duplicates", share)]))["exact_duplicates"] for share in (less, more)]
    energies = [row["facility_energy_kwh"]["value"] for row in prices]
    assert 0 < energies[0] <= energies[1] * (1 + 1e-12)
    assert all(0 < row["faded"]["worth_share"]["value"] <= 1 + 1e-9 for row in prices)


def test_prices_are_said_on_a_screen() -> None:
    text = said(whole())
    lines = text.splitlines()
    assert max(map(len, lines)) <= 100
    first = next(line for line in lines if line.startswith("waste"))
    assert lines[lines.index(first) + 1].startswith("padding")
    assert len(lines) < 30
    assert re.search(r"^no price: .*flagged duplicates", text, re.MULTILINE)
    assert "of it, value had faded" in text
    assert re.search(r"^padding .* MWh +[\d.]+ to [\d,.]+ MWh ", text, re.MULTILINE)
    assert "together" in text
    assert not any(word in text.lower() for word in ("same quality", "green", "eco-"))
    assert "no price" in said(priced(scan(), {"known": {"accelerator_hours": 1e4}}, samples=1))


def test_prices_are_data() -> None:
    document = {**scan(), **whole()}
    keeps_to(json.loads(json.dumps(document, allow_nan=False)), "scan")


def test_near_and_exact_repeats_share_one_unique_part() -> None:
    found = priced(scan(), RUN, samples=1)["priced_at"]
    assert found["effective_tokens"]["value"] == pytest.approx(
        0.82e12 * (1 + 15.387756 * (1 - math.exp(-(3 / 0.82 - 1) / 15.387756)))
    )
    wide = scan(findings=[{**finding("near_duplicates", 0.1), "tokens_share": three(0.1, 0.0, 0.999)}])
    assert priced(wide, RUN, samples=100)["prices"][0]["facility_energy_kwh"]["high"] > 0


def test_a_sample_stands_for_the_whole() -> None:
    tune = {"workload": {"model": "llama-3.1-8b", "method": "sft"}, "cluster": {"count": 8}}
    part = scan(sample={"share": 0.1}, estimated={"rows": three(1e7), "bytes": three(4e10, 3e10, 5e10)})
    at = priced(part, tune, samples=1)["priced_at"]
    assert at["tokens"]["value"] == pytest.approx(1e10)
    assert any("they are the least" in note for note in at["notes"])


def test_what_is_made_of_no_rows_and_what_is_no_waste_of_training_has_no_price() -> None:
    unmade = {"id": "few_shards", "what": "w", "verified": True, "rows": None, "bytes": None, "rows_share": None,
              "bytes_share": None, "tokens_share": None, "fix": None}  # fmt: skip
    rows = centre(scan(findings=[unmade, finding("overlap", 0.1)]))
    assert rows["few_shards"]["why"] == "no quantity of the ledger tells it"
    assert "costs no training" in rows["overlap"]["why"]
    assert "--batching" in rows["padding"]["why"]
