"""Combinations: all that can be together, none that cannot, those of least work first where there are too many."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.search.plan import made
from thirdwatt.search.plan.combine import combinations, count, days, within
from thirdwatt.search.plan.offered import Offered, incompatible, together

LEVERS = (made.CHIP, made.FP8, made.CLOCK, made.LAYOUT, made.RECOMPUTE, made.LESS)


def by_hand(levers: tuple[Offered, ...]) -> set[tuple[int, ...]]:
    found = set()
    for ways in product(*(range(len(each.ways) + 1) for each in levers)):
        if together([(each, way - 1) for each, way in zip(levers, ways, strict=True) if way]):
            found.add(ways)
    return found


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(made.ALL), min_size=1, max_size=6, unique_by=lambda each: each.lever.id))
def test_all_that_can_be_together(chosen: list[Offered]) -> None:
    levers = tuple(chosen)
    found = combinations(levers)
    assert found is not None
    rows = [tuple(map(int, row)) for row in found]
    assert len(rows) == len(set(rows))
    assert set(rows) == by_hand(levers)


def test_needs_and_excludes() -> None:
    base = made.lever("base", made.scales("a", 0.9))
    needing = made.lever("needing", made.scales("b", 0.9), needs=frozenset({"base"}))
    lost = made.lever("lost", made.scales("c", 0.9), needs=frozenset({"nowhere"}))
    apart = made.lever("apart", made.scales("d", 0.9), excludes=frozenset({"base"}))
    found = combinations((base, needing, lost, apart))
    assert found is not None
    assert {tuple(map(int, row)) for row in found} == {(0, 0, 0, 0), (1, 0, 0, 0), (1, 1, 0, 0), (0, 0, 0, 1)}
    assert set(map(tuple, found.tolist())) == by_hand((base, needing, lost, apart))


def test_a_searched_layout_goes_with_a_precision_and_not_with_what_it_chooses() -> None:
    assert not incompatible(made.LAYOUT, 0, made.FP8, 0)
    assert incompatible(made.LAYOUT, 0, made.RECOMPUTE, 0)
    assert incompatible(made.RECOMPUTE, 0, made.LAYOUT, 0)


@pytest.mark.parametrize("most", [1, 7, 40, 10_000])
def test_where_there_are_too_many_those_of_least_work_are_all_there(most: int) -> None:
    found, complete = within(LEVERS, most)
    assert len(found) <= most
    whole, _ = within(LEVERS)
    work = days(LEVERS, whole)
    inside = {tuple(row) for row in whole[work <= complete].tolist()}
    assert {tuple(row) for row in found.tolist()} == inside
    assert (complete == np.inf) == (most == 10_000)
    assert count(LEVERS) == 3 * 2 * 3 * 2 * 2 * 3
