"""The section of development: what goes together, and what is said where it does not."""

from __future__ import annotations

from typing import Any

import pytest

from thirdwatt.ledger.book import book
from thirdwatt.scenario import InputError
from thirdwatt.scenario.parse import parse


def mistakes(**stated: Any) -> str:
    with pytest.raises(InputError) as refused:
        parse({"workload": {"model": "llama-3.1-8b"}, "development": stated}, book().names)
    return "; ".join(map(str, refused.value.mistakes))


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"multiplier": 2.0, "ablations": 0.1}, "development.multiplier: stands beside ablations"),
        ({"multiplier": 0.9}, "development.multiplier: 0.9 is below 1"),
        ({"search": "grid"}, "development.trials: is not stated"),
        ({"search": "grid", "trials": 8}, "development.trial_share: is not stated"),
        ({"trials": 8}, "development.trials: does not count with search = 'none'"),
        ({"search": "mutransfer", "trials": 8}, "development.trials: does not count with search = 'mutransfer'"),
        (
            {"search": "grid", "trials": 8, "trial_share": 0.1, "halving_rate": 3},
            "development.halving_rate: does not count with search = 'grid'",
        ),
        ({"search": "grid", "trials": 0.5, "trial_share": 0.1}, "development.trials: 0.5 is less than one trial"),
        ({"search": "grid", "trials": 3, "trial_share": 1.5}, "development.trial_share: 1.5 is above 1"),
        (
            {"search": "halving", "trials": 3, "trial_share": 0.1, "halving_rate": 1},
            "development.halving_rate: 1 is below 1.1",
        ),
        ({"failed_runs": -0.1}, "development.failed_runs: -0.1 is below 0"),
        ({"search": "bayes"}, "development.search"),
        ({"failed": 0.1}, "development.failed"),
    ],
)
def test_what_does_not_go_together_is_named(stated: dict[str, Any], said: str) -> None:
    assert said in mistakes(**stated)


def test_every_mistake_is_listed() -> None:
    said = mistakes(multiplier=0.5, search="halving", halving_rate=1.0)
    for path in ("multiplier: stands beside", "trials: is not", "trial_share: is not", "multiplier: 0.5", "rate: 1 is"):
        assert path in said


def test_parts_that_are_not_stated_are_nothing_where_one_is() -> None:
    given = parse({"development": {"ablations": 0.3}}, book().names).given
    assert (given["failed_run_ratio"].value, given["ablation_ratio"].value) == (0.0, 0.3)
    assert "failed_run_ratio" not in parse({}, book().names).given
    assert "failed_run_ratio" not in parse({"development": {"multiplier": 2}}, book().names).given
    assert parse({"development": {"search": "none"}}, book().names).given["ablation_ratio"].value == 0.0


def test_a_scenario_reads_its_own_document_again() -> None:
    stated = {"ablations": {"value": 0.3, "low": 0.2, "high": 0.5}, "search": "mutransfer"}
    first = parse({"development": stated}, book().names)
    again = parse(first.document, book().names)
    assert again.given == first.given
    assert again.choices == first.choices
