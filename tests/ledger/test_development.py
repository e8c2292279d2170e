"""The project beside its final run: the totals stay, products are of draws, failures follow the number of machines."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thirdwatt
from thirdwatt.facts import table
from thirdwatt.ledger import Ledger
from thirdwatt.ledger.development import Development, development, published
from thirdwatt.ledger.ledger import ACCOUNTED, Account, total
from thirdwatt.ledger.pricing import OF_DEVELOPMENT
from thirdwatt.report import markdown, sheets, text
from thirdwatt.report.html import page
from thirdwatt.report.schemas import schema

PARTS = {
    "failed_runs": {"value": 0.2, "low": 0.1, "high": 0.5},
    "ablations": 0.4,
    "search": "grid",
    "trials": 30,
    "trial_share": 0.01,
}


def made(
    stated: Mapping[str, Any] | None = None, samples: int = 50, changes: Mapping[str, Any] | None = None
) -> Ledger:
    document: dict[str, Any] = {"workload": {"model": "llama-3.1-8b"}, "cluster": {"count": 512}}
    document["development"] = dict(stated or {})
    return thirdwatt.estimate(document, changes, samples=samples, also=OF_DEVELOPMENT)


@cache
def parted() -> Ledger:
    return made(PARTS)


def project(ledger: Ledger) -> Development:
    found = development(ledger)
    assert found is not None
    return found


# --- the totals stay ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("preset", ["gpt-4o", "startup-lora-8xh100", "palm-540b", "laptop-cpu"])
def test_totals_are_those_of_the_final_run(preset: str) -> None:
    with_it, without = (
        thirdwatt.estimate(preset, samples=50, also=OF_DEVELOPMENT if each else ()).to_dict() for each in (True, False)
    )
    assert "development" not in without
    assert with_it.pop("development")
    for name in without.keys() - {"inputs", "choices"}:
        assert with_it[name] == without[name], name
    assert all(row in with_it["inputs"] for row in without["inputs"])


def test_a_ledger_that_was_not_asked_tells_nothing() -> None:
    ledger = thirdwatt.estimate("gpt-4o", samples=2)
    assert development(ledger) is None
    assert "Development:" not in text.estimate(ledger)


def test_what_is_stated_and_not_counted_is_said_once() -> None:
    changes = {f"development.{name}": value for name, value in PARTS.items()}
    silent = thirdwatt.estimate("gpt-4o", changes, samples=2)
    assert [each.code for each in silent.warnings].count("development_not_counted") == 1
    assert "unread" not in {each.code for each in silent.warnings}
    told = thirdwatt.estimate("gpt-4o", changes, samples=2, also=OF_DEVELOPMENT)
    assert not {"development_not_counted", "unread"} & {each.code for each in told.warnings}


# --- products of draws --------------------------------------------------------------------------------------------


def test_each_draw_of_an_account_is_multiplied_by_its_own_draw() -> None:
    ledger = parted()
    ratio = ledger.samples("development_ratio")
    assert ratio is not None
    assert np.ptp(ratio) > 0
    for name, both in project(ledger).accounts.items():
        run = ledger.samples(ACCOUNTED[name].quantity)
        assert run is not None
        assert both is not None
        assert both.development == total(run * ratio)
        assert both.project == total(run + run * ratio)
        assert both.project.value == pytest.approx(both.development.value + run[0], rel=1e-12)


def test_parts_make_up_the_ratio() -> None:
    found = project(parted())
    assert [part.name for part in found.parts] == ["failed_runs", "ablations", "search"]
    assert [part.ratio.value for part in found.parts] == pytest.approx([0.2, 0.4, 0.3])
    assert found.ratio.value == pytest.approx(0.9)
    assert found.multiplier.value == pytest.approx(1.9)
    assert [part.kind for part in found.parts] == ["stated", "stated", "modelled"]
    assert "30 trials of 1.0 % of the final run each" in found.parts[2].how


@pytest.mark.parametrize(
    ("stated", "ratio"),
    [
        ({"multiplier": 2.7}, 1.7),
        ({"ablations": 0.3}, 0.3),
        ({"search": "mutransfer"}, 0.07),
        ({"search": "halving", "trials": 27, "trial_share": 0.1}, 0.4),
        ({"search": "random", "trials": 27, "trial_share": 0.1}, 2.7),
        ({"search": "ladder", "trials": 100, "trial_share": 0.1}, 0.1),
        ({"search": "none"}, 0.0),
        ({}, 2.3),
    ],
)
def test_what_is_stated_replaces_the_spread(stated: dict[str, Any], ratio: float) -> None:
    found = project(made(stated, samples=2))
    assert found.ratio.value == pytest.approx(ratio)
    assert sum(part.ratio.value for part in found.parts) == pytest.approx(ratio)
    assert all(part.source and part.how for part in found.parts)


def test_a_ratio_may_be_known_by_its_name() -> None:
    found = project(made(samples=2, changes={"known.development_ratio": 0.5}))
    assert (found.ratio.value, found.parts[0].kind) == (0.5, "stated")
    assert project(made(samples=2, changes={"known.search_ratio": 0.5})).parts[2].ratio.value == 0.5


def test_a_known_multiplier_goes_before_parts_and_these_are_said_to_be_unread() -> None:
    ledger = made({"ablations": 0.3}, samples=2, changes={"known.development_multiplier_ratio": 2.5})
    assert project(ledger).ratio.value == 1.5
    assert any(each.code == "unread" and each.text.startswith("ablation_ratio") for each in ledger.warnings)


def test_nothing_stated_is_as_wide_as_what_was_published() -> None:
    found = project(made(samples=1000))
    assert found.multiplier.value == pytest.approx(3.3)
    assert found.multiplier.low == pytest.approx(1.32, abs=0.03)
    assert found.multiplier.high == pytest.approx(10.6, abs=0.3)
    draws = made(samples=1000).samples("development_multiplier_ratio")
    assert draws is not None
    assert np.quantile(draws[1:], (0.1, 0.9)) == pytest.approx([1.5, 8], rel=0.03)
    assert {each.id for each in found.published} == set(table("developments").rows)


def test_published_multipliers_are_told_with_what_they_count() -> None:
    assert [each.multiplier for each in published()] == sorted(each.multiplier for each in published())
    assert {each.counts for each in published()} == {"energy", "cost", "money", "accelerator hours"}


@settings(max_examples=25, deadline=None)
@given(st.floats(0.0, 20.0), st.floats(0.0, 20.0))
def test_more_ablations_never_take_less(one: float, other: float) -> None:
    less, more = (project(made({"ablations": each}, samples=1)) for each in sorted((one, other)))
    for name, both in less.accounts.items():
        wide = more.accounts[name]
        assert both is not None
        assert wide is not None
        assert both.project.value <= wide.project.value


# --- failures -----------------------------------------------------------------------------------------------------


def test_failures_follow_the_number_of_machines() -> None:
    rows = project(parted()).failures
    assert [row.accelerators for row in rows] == [8, 64, 512, 1_024, 4_096, 16_384, 65_536, 131_072]
    assert [row.time_between_failures_h * row.accelerators for row in rows] == pytest.approx([50_000] * len(rows))
    assert [row.waste_share for row in rows] == sorted(row.waste_share for row in rows)
    for row in rows:
        assert row.waste_share == pytest.approx(row.checkpoint_share + row.lost_share)
        assert row.waste_share == pytest.approx(row.waste_ratio / (1 + row.waste_ratio))
        assert row.daly_interval_h < row.young_interval_h


def test_the_scenarios_own_size_has_a_row_that_says_what_its_ledger_does() -> None:
    ledger = made(samples=1, changes={"cluster.count": 96})
    (own,) = (row for row in project(ledger).failures if row.accelerators == 96)
    assert len(project(ledger).failures) == 9
    lost, written = ledger.of("lost_to_failure_ratio"), ledger.of("checkpoint_ratio")
    assert lost is not None
    assert written is not None
    assert own.waste_ratio == pytest.approx(lost.value + written.value)


def test_a_stated_time_between_failures_is_carried_to_other_sizes_by_its_rate() -> None:
    rows = project(made(samples=1, changes={"known.time_between_failures_h": 10.0})).failures
    by_size = {row.accelerators: row.time_between_failures_h for row in rows}
    assert by_size[512] == pytest.approx(10)
    assert by_size[1024] == pytest.approx(5)


def test_failures_that_are_to_be_expected() -> None:
    ledger = thirdwatt.estimate(
        {"cluster": {"count": 16_384}, "known": {"wall_time_h": 54 * 24, "accelerator_hours": 54 * 24 * 16_384}},
        samples=1,
        also=OF_DEVELOPMENT,
    )
    found = project(ledger).expected_failures
    assert found is not None
    assert found.value == pytest.approx(425, abs=1)


# --- how it is told -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stated", [{}, PARTS, {"multiplier": 2.0}])
def test_the_document_is_as_its_schema_says(stated: dict[str, Any]) -> None:
    document = made(stated).to_dict()
    jsonschema.validate(document, schema("estimate"))
    block = document["development"]
    assert [row["phase"] for row in block["phases"]] == ["development"]
    assert "development" not in {row["phase"] for row in document["phases"]}
    energy = document["boundaries"]["facility"]["energy_kwh"]["value"]
    assert block["phases"][0]["energy_kwh"] == pytest.approx(energy * block["ratio"]["value"])


def test_without_a_campaign_the_ratio_stays() -> None:
    shape = {"layers": 4, "hidden": 256, "heads": 4, "vocab": 99, "ffn": 512, "seq_len": 64}
    rates = thirdwatt.estimate({"workload": {"transformer": shape}}, samples=2, also=OF_DEVELOPMENT)
    found = project(rates)
    assert found.accounts["energy_kwh"] is None
    assert found.multiplier.value == pytest.approx(3.3)
    jsonschema.validate(rates.to_dict(), schema("estimate"))
    for said in (text.estimate(rates), markdown.estimate(rates), sheets.estimate(rates), page(rates)):
        assert said


def test_one_more_account_is_in_the_project_too(monkeypatch: pytest.MonkeyPatch) -> None:
    extra = Account("carbon_marginal_kg", "boundary_carbon_marginal_kg", "carbon, at the margin", "margin")
    monkeypatch.setitem(ACCOUNTED, extra.name, extra)
    monkeypatch.setattr("thirdwatt.report.html.charts", lambda *_: [])
    ledger = made(PARTS, samples=5)
    assert extra.name in ledger.to_dict()["development"]["accounts"]
    assert f"\nproject,{extra.name}," in sheets.estimate(ledger)
    for said in (text.estimate(ledger, 120), markdown.estimate(ledger), page(ledger)):
        assert said.count(extra.title) >= 1
        assert "whole project" in said


def test_a_sheet_adds_up() -> None:
    rows = list(csv.DictReader(io.StringIO(sheets.estimate(parted()))))
    value = {(row["section"], row["name"]): row["value"] for row in rows}
    for name in ("energy_kwh", "cost_usd"):
        parts = float(value["total", name]) + float(value["development", name])
        assert float(value["project", name]) == pytest.approx(parts, rel=1e-12)
    assert float(value["failures at 16384", "young_interval_h"]) > 0
