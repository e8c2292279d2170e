"""The project beside its final run as a terminal shows it."""

from __future__ import annotations

from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

import thirdwatt
from thirdwatt.ledger.development import development
from thirdwatt.ledger.pricing import OF_DEVELOPMENT
from thirdwatt.report.charts import whole_project
from thirdwatt.report.development import sheets, text

RUN: dict[str, Any] = {
    "workload": {"model": "llama-3.1-8b"},
    "cluster": {"count": 512},
    "known": {"accelerator_hours": 1e6},
}
STATED: dict[str, dict[str, Any]] = {
    "nothing": {},
    "multiplier": {"multiplier": 2.7},
    "parts": {
        "failed_runs": {"value": 0.15, "low": 0.05, "high": 0.4},
        "ablations": 0.4,
        "search": "halving",
        "trials": 27,
        "trial_share": 0.03,
    },
}


def made(stated: str) -> Any:
    return thirdwatt.estimate({**RUN, "development": STATED[stated]}, samples=200, also=OF_DEVELOPMENT)


@pytest.mark.parametrize("stated", STATED)
def test_a_screen(stated: str, snapshot: SnapshotAssertion) -> None:
    ledger = made(stated)
    found = development(ledger)
    assert found is not None
    assert "\n".join(text(ledger, found, 100)) == snapshot


@pytest.mark.parametrize("stated", STATED)
def test_tables_are_whole(stated: str) -> None:
    ledger = made(stated)
    found = development(ledger)
    assert found is not None
    for sheet in sheets(ledger, found):
        assert sheet.rows
        assert all(len(row) == len(sheet.head) for row in sheet.rows), sheet.title


def test_the_chart_shows_every_part_beside_the_final_run() -> None:
    chart = whole_project(made("parts"))
    assert chart is not None
    assert [row[0] for row in chart.rows] == ["final run", "failed runs", "ablations", "search"]
    assert whole_project(thirdwatt.estimate("gpt-4o", samples=2)) is None
