"""``check``: limits that are numbers, and no limit that goes unread."""

from __future__ import annotations

import jsonschema
import numpy as np
import pytest

import thirdwatt
from tests.cli.test_cli import document, run
from thirdwatt.report.budget import held


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *((option, "nan") for option in ("--max-kwh", "--max-usd", "--max-kg", "--confidence")),
        *(("--max-kwh", value) for value in ("-NaN", "inf", "1e999")),
    ],
)
def test_a_limit_is_a_finite_number(option: str, value: str) -> None:
    done = run("check", "gpt-4o", "--max-kwh", "1e9", f"{option}={value}")
    assert done.returncode == 2, done.stdout
    assert f"Invalid value for '{option}'" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_limit_may_be_nothing_and_not_less() -> None:
    assert run("check", "gpt-4o", "--max-kg", "0").returncode == 3
    assert run("check", "gpt-4o", "--max-kg", "-1").returncode == 2


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        (("--max-kwh", "1"), 3),
        (("--max-usd", "1e12"), 0),
        (("--max-kg", "0"), 3),
        (("--max-kwh", "4e7"), 0),
        (("--max-kwh", "4e7", "--confidence", ".9"), 3),
    ],
)
def test_a_budget_and_the_law_are_checked_together(limit: tuple[str, ...], code: int) -> None:
    alone = run("check", "gpt-4o", *limit), run("check", "gpt-4o", "--gpai")
    done = run("check", "gpt-4o", "--gpai", *limit)
    assert [each.returncode for each in (*alone, done)] == [code, 0, code]
    assert done.stdout == f"{alone[0].stdout}\n{alone[1].stdout}"


def test_both_stand_in_one_document() -> None:
    budget = document("check", "gpt-4o", "--max-kwh", "1", "--json", code=3)
    law = document("check", "gpt-4o", "--gpai", "--base", "llama-3.1-8b", "--json")
    both = document("check", "gpt-4o", "--max-kwh", "1", "--gpai", "--base", "llama-3.1-8b", "--json", code=3)
    jsonschema.validate(both, document("schema", "check"))
    jsonschema.validate(budget, document("schema", "check"))
    assert law["schema"] == "thirdwatt/gpai/1"
    assert both.pop("gpai") == {key: value for key, value in law.items() if key not in ("schema", "facts_digest")}
    assert both == budget


def test_a_confidence_without_a_limit_is_not_passed_over() -> None:
    done = run("check", "gpt-4o", "--gpai", "--confidence", ".9")
    assert done.returncode == 2
    assert "--confidence goes with --max-kwh" in done.stderr
    assert done.stdout == ""


def test_what_is_missing_for_a_comparison_is_named() -> None:
    done = run("check", "palm-540b", "--max-usd", "1", "--samples", "1")
    assert done.returncode == 4
    assert "no cost of palm-540b: no price of Google TPU v4 is known" in done.stderr
    assert "known.cost_usd" in done.stderr
    assert "unknown" not in done.stderr


def test_a_quantile_is_compared_and_draws_are_counted() -> None:
    ledger = thirdwatt.estimate("llama-3.1-8b", samples=200)
    drawn = ledger.samples("boundary_energy_kwh")
    assert drawn is not None
    limit = float(np.median(drawn[1:]))
    (value,) = held(ledger, {"energy_kwh": limit}).results
    (quantile,) = held(ledger, {"energy_kwh": limit}, 0.9).results
    assert value.compared == drawn[0]
    assert quantile.compared == np.quantile(drawn[1:], 0.9)
    assert quantile.over
    assert value.probability_over == quantile.probability_over == 0.5
    assert held(ledger, {"energy_kwh": value.compared}).over is False
