"""Validation: nothing circular is scored, published sums hold to the digit, what is printed is current."""

from __future__ import annotations

import csv
import math
from functools import cache
from pathlib import Path

import pytest

import thirdwatt
from thirdwatt.facts import table
from thirdwatt.ledger import Total, validated
from thirdwatt.ledger.validated import nearest
from thirdwatt.report import scores
from thirdwatt.validation import Case, Validation, validate
from thirdwatt.validation.cases import QUESTIONS, cases, unfitted
from thirdwatt.validation.score import Answer, Sum, arithmetic, score

ROOT = Path(__file__).parents[2]


@cache
def validation() -> Validation:
    return validate()


def test_there_is_enough_to_mean_something() -> None:
    by_question = {question: sum(case.question == question for case in cases()[0]) for question in QUESTIONS}
    assert by_question["time"] >= 80
    assert by_question["energy"] >= 25
    assert by_question["watts"] >= 15


def test_no_nameplate_energy_and_no_guess_is_scored() -> None:
    for case in cases()[0]:
        row = table("runs").rows[case.run]
        assert "estimate" not in row.text
        assert "twin" not in row.text
        if case.question in ("energy", "energy_free", "watts", "carbon", "water"):
            assert row.text["energy"] == "measured", case
        if case.question.startswith("time"):
            assert row.text["hours"] in ("run", "campaign"), case


def test_nothing_is_stated_that_a_question_asks_for() -> None:
    for case in cases()[0]:
        known = case.scenario.get("known", {})
        assert case.quantity not in known
        if case.question in ("time", "energy_free"):
            assert not known
        assert set(known) <= {"accelerator_hours", "mfu"}


def test_what_is_left_out_has_a_reason() -> None:
    assert all(each.why for each in validation().left_out)


def test_runs_set_apart_are_a_third_and_do_not_move() -> None:
    apart = [run for run in table("runs").rows if unfitted(run)]
    assert 0.25 < len(apart) / len(table("runs").rows) < 0.42
    assert unfitted("bloom-176b") is False
    assert {"palm-540b"} <= set(apart)


SUMS: dict[tuple[str, str], Sum] = {(each.run, each.what): each for each in arithmetic()}


@pytest.mark.parametrize(
    ("run", "what", "product", "within"),
    [
        ("bloom-176b", "accelerators_energy_kwh", 433_196, 1),  # 1,082,990 h x 0.4 kW
        ("bloom-176b", "carbon_kg", 24_692, 1),  # x 0.057
        ("gpt-3-175b", "carbon_kg", 552_123, 1_000),  # 1,287 MWh x 0.429
        ("palm-540b", "carbon_kg", 271_430, 1_500),
        ("glam-1.2t", "carbon_kg", 40_200, 300),
        ("gopher-280b", "carbon_kg", 380_000, 1_500),
    ],
)
def test_published_sums_are_reproduced(run: str, what: str, product: float, within: float) -> None:
    assert SUMS[run, what].product == pytest.approx(product, abs=within)


def test_most_published_sums_hold() -> None:
    off = [each for each in SUMS.values() if abs(each.off) > 0.03]
    assert len(off) <= 0.15 * len(SUMS), [(each.run, each.what, each.off) for each in off]


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ("olmo-2-13b", "PUE is used the wrong way"),
        ("llama-3.3-70b", "39.3 million"),
        ("palm-540b", "30.4 %"),
        ("falcon-180b", "17.7 million"),
        ("deepseek-v2", "for a trillion tokens"),
        ("lamda-137b", "432 billion"),
        ("t5-11b", "Tokens"),
        ("gopher-280b", "1,066"),
        ("opt-175b", "137 t"),
        ("olmoe-1b-7b", "732 W"),
        ("evolved-transformer-nas", "88 times"),
        ("phi-2", "63 % of peak"),
    ],
)
def test_contradictions_in_what_is_published_are_kept(run: str, said: str) -> None:
    assert said in table("runs").rows[run].text["contradiction"]


def test_a_score_is_what_it_says() -> None:
    def answer(run: str, predicted: float, published: float) -> Answer:
        case = Case(run, "time", "hopper", "language", {}, "accelerator_hours", published, False)
        return Answer(case, Total(predicted, predicted * 0.8, predicted * 1.25), published * 2)

    found = score("time", "all", [answer("a", 90, 100), answer("b", 110, 100), answer("c", 200, 100)])
    assert found.n == 3
    assert found.median == pytest.approx(0.1)
    assert found.mean == pytest.approx(0.4)
    assert found.bias == pytest.approx((0.9 * 1.1 * 2) ** (1 / 3) - 1)
    assert found.factor == pytest.approx(math.exp((math.log(1 / 0.9) + math.log(1.1) + math.log(2)) / 3))
    assert found.coverage == pytest.approx(2 / 3)
    assert found.half_width == pytest.approx(0.225)
    assert found.baseline_median == pytest.approx(1)
    assert found.worst[0] == ("c", 1.0)


def test_energy_with_hours_stated_beats_nameplate_watts() -> None:
    (found,) = (each for each in validation().scores() if (each.question, each.family) == ("energy", "all"))
    assert found.baseline_factor is not None
    assert found.factor < found.baseline_factor


def test_the_errors_said_beside_answers_are_current() -> None:
    """``make validation`` writes them anew."""
    written = (ROOT / "src/thirdwatt/ledger/validated.csv").read_text(encoding="utf-8")
    now, then = (list(csv.DictReader(text.splitlines())) for text in (scores.errors(validation()), written))
    assert [row["run"] for row in now] == [row["run"] for row in then]
    for one, two in zip(now, then, strict=True):
        assert float(one["error"]) == pytest.approx(float(two["error"]), abs=2e-4), one["run"]


@pytest.mark.slow
def test_the_errors_said_beside_plans_are_current() -> None:
    """``make validation`` writes them anew."""
    written = (ROOT / "src/thirdwatt/search/plan/held.csv").read_text(encoding="utf-8")
    now, then = (
        list(csv.DictReader(text.splitlines())) for text in (scores.lever_errors(validation().levers), written)
    )
    assert [(row["row"], row["lever"], row["kind"]) for row in now] == [
        (row["row"], row["lever"], row["kind"]) for row in then
    ]
    for one, two in zip(now, then, strict=True):
        assert float(one["error"]) == pytest.approx(float(two["error"]), abs=2e-3), one["row"]


@pytest.mark.slow
def test_the_page_is_current() -> None:
    page = (ROOT / "docs/validation.md").read_text(encoding="utf-8")
    for line in scores.page(validation()).splitlines():
        if line.startswith("| ") and " % | " not in line:
            assert line in page, "make validation writes it anew"


def test_the_nearest_run_and_its_family_are_said() -> None:
    found = nearest(thirdwatt.estimate("llama-3.1-405b", samples=1))
    assert found.nearest == "llama-3.1-405b"
    assert found.question == "time"
    assert found.n >= 10
    assert not found.extrapolated
    assert found.error is not None
    assert 0 < found.error < 1


@pytest.mark.parametrize(
    ("scenario", "changes"),
    [
        ("laptop-cpu", {}),
        ("startup-lora-8xh100", {}),
        ("llama-3.1-8b", {"cluster.count": 1}),
        ("kimi-k2", {"cluster.accelerator": "wse-3"}),
    ],
)
def test_what_no_run_tests_is_an_extrapolation(scenario: str, changes: dict[str, object]) -> None:
    assert nearest(thirdwatt.estimate(scenario, changes, samples=1)).extrapolated


def test_stated_hours_are_held_against_energy() -> None:
    assert nearest(thirdwatt.estimate("bloom-176b", samples=1)).question == "energy"
    assert {each.question for each in validated.tested()} == {"time", "energy"}
