"""Published multipliers, parts and failures: what the book gives for them, and where it does not hold."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

import pytest

from thirdwatt.facts import sources
from thirdwatt.ledger import Total
from thirdwatt.validation.cases import Case
from thirdwatt.validation.development_scores import added_up, development_answers, failing, pauses, spread
from thirdwatt.validation.score import Answer, Validation


@cache
def answers() -> dict[tuple[str, str], tuple[Case, Total]]:
    return {(case.question, case.run): (case, found) for case, found, _ in development_answers(200)}


def inside(question: str) -> dict[str, bool]:
    asked = {run: each for (of, run), each in answers().items() if of == question}
    return {run: found.low <= case.published <= found.high for run, (case, found) in asked.items()}


def test_sources_are_listed() -> None:
    text = resources.files("thirdwatt.validation").joinpath("development.csv").read_text(encoding="utf-8")
    assert {row["source"] for row in csv.DictReader(text.splitlines())} <= set(sources())


def test_the_spread_where_nothing_is_stated_holds_every_published_project() -> None:
    assert len(inside("development")) == 8
    assert all(inside("development").values())


def test_each_project_by_the_others_but_the_least_lies_inside() -> None:
    assert [run for run, holds in inside("development_apart").items() if not holds] == ["olmo-2"]


def test_a_spread_is_that_of_what_comes_before_the_final_run() -> None:
    found = spread([2.0, 5.0])
    assert found.value == pytest.approx(3)  # the geometric mean of 1 and 4, and the final run
    assert (found.low - 1) * (found.high - 1) == pytest.approx((found.value - 1) ** 2)
    assert 1 < found.low < found.value < found.high


def test_the_final_run_alone_is_further_off() -> None:
    answered = tuple(Answer(*each) for each in development_answers(200))
    scored = {
        (each.question, each.family): each for each in Validation((), (), 0, development=answered).development_scores()
    }
    for question in ("development", "development_apart"):
        found = scored[question, "all"]
        assert found.baseline_factor is not None
        assert found.factor < 0.6 * found.baseline_factor
    assert scored["failures", "set apart"].n == 4
    assert scored["failures", "set apart"].coverage == 1


def test_parts_add_up_where_they_are_all_told() -> None:
    off = {each.run: each.off for each in added_up()}
    assert abs(off["bloom-176b"]) < 2e-4
    assert abs(off["olmo-3"]) < 1e-3
    assert off["olmo-2"] == pytest.approx(-0.08, abs=0.01)  # 109 MWh of its development are in no line that was seen


def test_the_rate_of_failures_is_that_of_the_run_it_was_taken_from() -> None:
    _, llama = answers()["failures", "llama-3.1-405b"]
    assert llama.value == pytest.approx(425, abs=1)
    assert {job.id for job in failing() if job.fitted} == {"llama-3.1-405b", "meta-fair-1024"}


def test_how_long_a_checkpoint_may_hold_up_llama_3() -> None:
    ten_minutes, usual = pauses()
    assert ten_minutes.first_order_s == pytest.approx(18.2, abs=0.1)
    assert ten_minutes.full_model_s == pytest.approx(14.4, abs=0.1)
    assert usual.full_model_s < usual.first_order_s < ten_minutes.full_model_s
