"""Parts: in order and in any order they multiply to the factor; what is not changed brings nothing."""

from __future__ import annotations

from functools import cache
from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.search.blueprint.made import WEIGHTS, documents, placed, space, taken
from thirdwatt.scenario.stated import QUANTITY_OF
from thirdwatt.search.blueprint.mix import Document
from thirdwatt.search.blueprint.parts import GROUPS, Part, _group_of, _shapley, full_section, parts
from thirdwatt.search.blueprint.price import gain, on
from thirdwatt.search.blueprint.question import Question
from thirdwatt.search.blueprint.space import NUMBERS

QUESTION = Question()
AFTER = space(precision=("fp8",))


def after() -> list[Document]:
    return placed(AFTER, [0] * len(AFTER.axes))


def told(end: list[Document]) -> tuple[Part, ...]:
    return parts(documents(), end, WEIGHTS, QUESTION)


@cache
def of_a_design() -> tuple[Part, ...]:
    return told(after())


def factor(end: list[Document]) -> float:
    return gain(taken(documents()).energy_kwh, taken(end).energy_kwh, WEIGHTS).item()


def test_every_group_is_told_once() -> None:
    assert tuple(each.group for each in of_a_design()) == GROUPS


def test_parts_multiply_to_the_factor() -> None:
    found, wanted = of_a_design(), factor(after())
    assert prod(each.in_order for each in found) == pytest.approx(wanted, rel=1e-9)
    assert prod(each.any_order for each in found) == pytest.approx(wanted, rel=1e-9)


def test_with_the_other_constants_they_multiply_to_the_same_of_both_orders() -> None:
    found = of_a_design()
    in_order = prod(each.prior_in_order for each in found)
    assert in_order == pytest.approx(prod(each.prior_any_order for each in found), rel=1e-9)
    assert in_order != pytest.approx(factor(after()), rel=1e-3)


def test_what_is_as_it_was_brings_nothing() -> None:
    (layout,) = (each for each in of_a_design() if each.group == "layout")
    assert [layout.in_order, layout.any_order, layout.prior_in_order, layout.prior_any_order] == pytest.approx([1] * 4)


def test_of_a_chip_on_sale_as_the_model_has_it_only_its_board_is_told() -> None:
    """What is published and measured of it, against what follows from its design."""
    same = [on(document, full_section(QUESTION.baseline), "bf16") for document in documents()]
    board, *others = told(same)
    assert board.group == "board"
    assert board.in_order == pytest.approx(factor(same), rel=1e-9)
    for each in others:
        assert [each.in_order, each.any_order, each.prior_in_order] == pytest.approx([1] * 3, rel=1e-9), each.group


@pytest.mark.parametrize(
    ("changes", "precision", "group"),
    [
        ({"process": "n3e"}, "bf16", "node"),
        ({"clock_hz": 1.2e9}, "bf16", "voltage"),
        ({"tile_depth": 32.0}, "bf16", "architecture"),
        ({"memory": "hbm4"}, "bf16", "memory"),
        ({"gated_share": 0.4}, "bf16", "utilisation"),
        ({}, "fp8", "precision"),
    ],
)
def test_a_single_change_is_told_by_its_group_alone(changes: dict[str, object], precision: str, group: str) -> None:
    section = full_section(QUESTION.baseline) | changes
    first = documents()[:1]
    after_it = [on(document, section, precision) for document in first]
    found = {each.group: each.any_order for each in parts(first, after_it, WEIGHTS[:1], QUESTION)}
    assert found[group] != pytest.approx(1, rel=1e-6)
    rest = {name: value for name, value in found.items() if name not in (group, "board")}
    assert rest == pytest.approx(dict.fromkeys(rest, 1.0), rel=1e-9)


# --- Shapley's value ----------------------------------------------------------------------------------------------

SETS = list(product((False, True), repeat=len(GROUPS)))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-2, 2), min_size=len(GROUPS), max_size=len(GROUPS)))
def test_what_only_adds_up_is_shared_as_it_is(gains: list[float]) -> None:
    logs = {taken: sum(each for each, chosen in zip(gains, taken, strict=True) if chosen) for taken in SETS}
    assert [_shapley(logs, player) for player in range(len(GROUPS))] == pytest.approx(gains, abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_shares_add_up_whatever_the_game(seed: int) -> None:
    """Efficiency: Shapley 1953."""
    values = np.random.default_rng(seed).normal(size=len(SETS))
    logs = dict(zip(SETS, values.tolist(), strict=True))
    whole = sum(_shapley(logs, player) for player in range(len(GROUPS)))
    assert whole == pytest.approx(logs[SETS[-1]] - logs[SETS[0]])


def test_two_that_only_help_together_share_alike() -> None:
    logs = {taken: float(taken[2] and taken[5]) for taken in SETS}
    assert [_shapley(logs, player) for player in range(len(GROUPS))] == pytest.approx([0, 0, 0.5, 0, 0, 0.5, 0, 0])


# --- what belongs to what -----------------------------------------------------------------------------------------


def test_every_field_of_a_design_is_of_a_known_group() -> None:
    groups = _group_of()
    assert set(groups.values()) <= set(GROUPS)
    assert {axis.field for axis in NUMBERS} <= groups.keys()


@pytest.mark.parametrize("chip", ["a100-sxm-80gb", "h100-sxm-80gb", "b200-sxm-180gb", "tpu-v4"])
def test_a_chip_on_sale_is_said_field_by_field(chip: str) -> None:
    section = full_section(chip)
    fields = {path.partition(".")[2] for path in QUANTITY_OF if path.startswith("blueprint.")}
    assert fields - section.keys() <= {
        "spare_stack_ratio",
        "gated_share",
        "leaking_share",
        "cluster",
        "accumulator_byte",
    }
