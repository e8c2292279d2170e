"""Every row that a scenario may name gives an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

import thirdwatt
from thirdwatt.facts import table
from thirdwatt.ledger import estimate_table
from thirdwatt.ledger.book import book
from thirdwatt.scenario import InputError, Scenario
from thirdwatt.scenario.parse import parse
from thirdwatt.scenario.read import presets

RUN: Mapping[str, Any] = {"workload": {"flop": 1e22}, "cluster": {"count": 8}}

EXPLAINED = {
    "old_price": "no newer rent of the chip is known; the warning says what to state",
    "stand_in": "the basis that was asked for is published for a larger grid only",
    "later_price": "old runs are priced at the rents there are",
    "unknown_stack": "software is named as it was published, with or without measurements of it",
    "stated_intensity": "a run's own intensity stands beside the region that its prices and water come from",
    "mapping_conflict": "published maps put the region on different grids",
}
"""Warnings that a preset may give, and why."""


def scenario(section: str, field: str, row: str) -> Scenario | str:
    document = {name: dict(fields) for name, fields in RUN.items()}
    document.setdefault(section, {})[field] = row
    try:
        return parse(document, book().names, name=row)
    except InputError as error:
        return str(error)


@pytest.mark.parametrize(
    ("section", "field", "name"),
    [
        ("site", "region", "grids"),
        ("site", "facility", "facilities"),
        ("cluster", "accelerator", "accelerators"),
        ("cluster", "instance", "instances"),
        ("cluster", "network", "networks"),
        ("cluster", "host", "hosts"),
        ("storage", "media", "media"),
    ],
)
def test_every_row_estimates(section: str, field: str, name: str) -> None:
    rows = [(row, scenario(section, field, row)) for row in table(name).rows]
    for result in estimate_table(rows, samples=1):
        assert result.error is None, f"{result.id}: {result.error}"
        assert result.totals is not None
        for total in ("energy_kwh", "carbon_kg", "water_l", "wall_time_h"):
            found = result.totals[total]
            assert found is not None, f"{result.id} {total}"
            assert found.value > 0 or (total == "water_l" and found.value == 0), f"{result.id} {total}"


@pytest.mark.parametrize("name", presets())
def test_a_preset_gives_no_warning_that_is_not_explained(name: str) -> None:
    ledger = thirdwatt.estimate(name, samples=1)
    assert {warning.code for warning in ledger.warnings} <= EXPLAINED.keys()


def test_every_model_has_a_preset_of_its_own_name() -> None:
    named = {thirdwatt.estimate(name, samples=1).scenario.choices.get("model") for name in presets()}
    assert table("models").rows.keys() <= named
    assert table("models").rows.keys() - set(presets()) == {"nanogpt-char"}
