"""Scores of the model of chips: what counts where, what a score is, bars that are told as they are."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from math import log
from pathlib import Path

import numpy as np
import pytest

import thirdwatt
from thirdwatt.facts import table
from thirdwatt.report.chip_scores import chip_document, chip_lines, chip_page
from thirdwatt.report.schemas.validation import ChipsHeld
from thirdwatt.validation.chip_scores import (
    ASKED,
    BEYOND,
    GUESSED,
    IN_FIT,
    KNOWN,
    OUT,
    WITHOUT,
    Row,
    bars,
    by_claim,
    chip_scores,
    products,
    rows,
    steps_of_chips,
)
from thirdwatt.validation.chip_told import NODE, told
from thirdwatt.validation.chips import AREA, FIT_ON, IDLE, POWER, drawn, points

ROOT = Path(__file__).parents[2]


@cache
def found() -> tuple[Row, ...]:
    return rows()


def test_every_point_is_held_once_and_fitted_ones_twice() -> None:
    assert [each.point.id for each in found() if not each.without] == [each.id for each in points()]
    without = [each for each in found() if each.without]
    assert {each.point.chip for each in without} == set(FIT_ON)
    assert all(each.groups == (WITHOUT,) for each in without)
    assert len(without) == sum(each.fitted for each in points())


def test_those_left_out_are_known_or_guessed_or_beyond() -> None:
    scores = {(each.quantity, each.group): each.n for each in chip_scores(found())}
    for quantity in (AREA, IDLE, POWER):
        parts = [scores.get((quantity, group), 0) for group in (KNOWN, GUESSED, BEYOND)]
        assert scores[quantity, OUT] == sum(parts)
    assert scores[POWER, IN_FIT] == 9
    assert scores[POWER, OUT] >= 30
    beyond = {each.point.id for each in found() if BEYOND in each.groups}
    assert beyond == {"rtx-4090-gemm-random", "rtx-pro-6000-gemm"}


def test_a_score_is_what_it_says() -> None:
    (score,) = (each for each in chip_scores(found()) if (each.quantity, each.group) == (AREA, OUT))
    own = [each for each in found() if OUT in each.groups and each.point.quantity == AREA]
    errors = np.array([each.model.value / each.point.measured.value - 1 for each in own])
    assert score.median == pytest.approx(np.median(abs(errors)))
    assert score.mean == pytest.approx(abs(errors).mean())
    assert log(1 + score.bias) == pytest.approx(np.log1p(errors).mean())
    assert score.inside == pytest.approx(np.mean([each.inside for each in own]))
    assert score.worst_error in errors


def test_intervals_hold_what_was_left_out_and_the_median_is_within_its_bar() -> None:
    by_quantity = {each.quantity: each for each in chip_scores(found()) if each.group == OUT}
    assert by_quantity[POWER].inside >= 0.85
    assert by_quantity[POWER].median <= 0.3
    assert by_quantity[AREA].inside >= 0.85  # of dies, each by the spread of all others


def test_no_point_is_computed_from_what_it_is_held_against() -> None:
    for point in points():
        leaves = point.leaves()
        assert point.quantity not in leaves
        assert leaves["design_power_ratio"].value == 1


def test_draws_share_what_chips_have_in_common() -> None:
    one, other = (next(each for each in points() if each.id == name) for name in ("h100-gemm", "l40s-gemm-random"))
    draws = drawn([one.leaves(), other.leaves()], POWER, 400)
    assert draws.shape == (2, 401)
    alone, ratio = np.log(draws[0, 1:]).std(), np.log(draws[0, 1:] / draws[1, 1:]).std()
    assert ratio < alone * 2**0.5
    assert np.array_equal(draws, drawn([one.leaves(), other.leaves()], POWER, 400))


def test_ratios_of_generations_are_those_of_the_rows() -> None:
    steps = list(steps_of_chips(found()))
    assert len(steps) == 6
    first = steps[0]
    assert (first.older, first.newer) == ("v100-sxm-32gb", "a100-sxm-80gb")
    assert first.measured == pytest.approx((300 / 100e12) / (400 / 260e12))
    assert all(abs(each.error) <= 0.25 for each in steps)


def test_products_on_a100() -> None:
    by_rows = {each.rows: each for each in products()}
    assert sorted(by_rows) == [64, 256, 1024, 4096]
    errors = {size: each.errors for size, each in by_rows.items()}
    assert np.mean([abs(model) for model, _, _ in errors.values()]) <= 0.08
    assert all(abs(errors[size][0]) <= 0.08 for size in (256, 1024, 4096))
    searched = [errors[size][1] for size in sorted(errors)]
    assert searched == pytest.approx([-0.089, -0.017, -0.063, -0.012], abs=2e-3)
    assert all(roofline < 0 for _, _, roofline in errors.values())  # nothing is faster than its peak and bytes


def test_bars_are_told_as_they_are() -> None:
    for bar in bars(found()):
        assert bar.asked
        assert bar.found
        assert bar.what.split(",")[0] in " ".join(chip_lines())
    assert any(not bar.met for bar in bars(found()))  # some are not


def test_a_claim_for_n5_would_be_nearer_and_is_not_taken() -> None:
    claims = list(by_claim(found()))
    assert {row.point.chip for row, _ in claims} == {"mi300x", "mi325x"}
    assert all(claim < row.error for row, claim in claims)


def test_boards_tell_next_to_nothing_of_supplies_and_tiles() -> None:
    by_name = {each.name: each for each in told()}
    for name in ("processes/n4/supply_slope_v_per_hz", "silicon/chip/held_share", "silicon/chip/sram_j_per_byte"):
        assert by_name[name].left > 0.9 * by_name[name].prior, name
    slope = by_name["processes/n4/supply_slope_v_per_hz"]
    assert slope.measured < 0.75 * slope.left
    assert by_name[NODE].together == pytest.approx(1)
    assert all(each.measured <= each.left * 1.02 <= each.prior * 1.05 for each in told())


def test_the_page_tells_every_row_and_bar() -> None:
    page = "\n".join(chip_page(thorough=False))
    for point in points():
        assert f"| {point.id} |" in page
    for bar in bars(rows()):
        assert bar.found in page
    assert "common to all chips" in page


def test_the_document_is_as_its_schema() -> None:
    ChipsHeld.model_validate(chip_document())


def test_questions_of_the_note_can_be_asked() -> None:
    from thirdwatt.search.blueprint.question import Question, asked

    for each in ASKED:
        asked(Question(baseline=each.baseline, baseline_precision=each.precision, nodes=each.nodes))


def test_the_file_in_the_docs_is_a_chip() -> None:
    text = (ROOT / "docs" / "chips.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- blueprint -->\n```toml\n(.*?)```", text, re.DOTALL)
    assert shown is not None
    section = tomllib.loads(shown[1])["blueprint"]
    ledger = thirdwatt.estimate("llama-3.1-405b", {"blueprint": section}, samples=1)
    area = ledger.of("die_area_mm2")
    assert area is not None
    assert 500 < area.value < 858


def test_the_call_in_the_docs_gives_watts() -> None:
    ledger = thirdwatt.estimate(
        "llama-3.1-405b", {"blueprint.based_on": "h100-sxm-80gb", "blueprint.clock_hz": 1.2e9}, samples=1
    )
    watts, own = (
        ledger.of("blueprint_power_w"),
        table("accelerators").rows["h100-sxm-80gb"].figures["accelerator_tdp_w"],
    )
    assert watts is not None
    assert 0 < watts.value < own.value
