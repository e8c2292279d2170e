"""How far levers were from what was published, as a plan says it."""

from __future__ import annotations

import csv
import math
import statistics
from importlib import resources

import pytest

from thirdwatt.search.levers import levers
from thirdwatt.search.plan.held import of_all, of_lever, rows, spread_of


def written() -> list[dict[str, str]]:
    text = resources.files("thirdwatt.search.plan").joinpath("held.csv").read_text()
    return list(csv.DictReader(text.splitlines()))


def test_levers_that_are_held_are_there() -> None:
    ids = {each.id for each in levers()}
    assert {name for row in rows() for name in row.levers} <= ids


def test_all_are_those_that_lent_nothing() -> None:
    errors = [float(row["error"]) for row in written() if row["kind"] == "predicted"]
    found = of_all()
    assert found is not None
    assert found.n == len(errors) > 20
    assert found.median == pytest.approx(statistics.median(map(abs, errors)))
    assert found.worst in errors
    assert abs(found.worst) == max(map(abs, errors))


def test_a_lever_has_those_it_is_in_and_none_that_follow_by_definition() -> None:
    expected = [
        row for row in written() if "newer-accelerator" in row["lever"].split("+") and row["kind"] != "arithmetic"
    ]
    found = of_lever("newer-accelerator")
    assert found is not None
    assert found.n == len(expected)
    assert found.covered == pytest.approx(statistics.mean(row["covered"] == "1" for row in expected))


def test_what_was_held_against_nothing_has_no_error() -> None:
    assert of_lever("idle") is None
    assert of_lever("no such lever") is None


def test_a_lever_of_few_ratios_is_as_unsure_as_all_of_them() -> None:
    whole = of_all()
    assert whole is not None
    assert spread_of("no such lever") == whole.spread
    own = of_lever("fp8")
    assert own is not None
    assert own.n >= 5
    assert spread_of("fp8") == own.spread
    errors = [float(row["error"]) for row in written() if "fp8" in row["lever"].split("+")]
    assert own.spread == pytest.approx((sum(math.log1p(each) ** 2 for each in errors) / len(errors)) ** 0.5)
