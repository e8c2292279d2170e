"""Pieces of documents, and which goes into which row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thirdwatt.data import packing
from thirdwatt.data.fix.arrange import dealt, pieces, plan


def whole(lengths: list[int], context: int, seed: int = 0) -> tuple[np.ndarray, list[list[int]]]:
    """Lengths of pieces, and the numbers of those of each row."""
    sizes = np.array(lengths, np.int64)
    own = pieces(np.cumsum(sizes) - sizes, sizes, context)
    rows = dealt(own.lengths, plan(own.lengths, context), np.random.default_rng(seed))
    return own.lengths, [each.tolist() for each in np.split(rows.pieces, rows.begins[1:-1])]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=200), st.integers(1, 120))
def test_each_piece_is_in_one_row_that_holds_it(lengths: list[int], context: int) -> None:
    own, rows = whole(lengths, context)
    assert own.max() <= context
    assert own.sum() == sum(lengths)
    assert sorted(number for row in rows for number in row) == list(range(len(own)))
    assert max(int(own[row].sum()) for row in rows) <= context
    documents = packing.fitted(packing.histogram(np.array(lengths)), context, "split")
    assert len(rows) == packing.best_fit_decreasing(documents, context).rows
    assert all(sorted(own[row], reverse=True) == own[row].tolist() for row in rows)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=50), st.integers(1, 120))
def test_pieces_are_the_documents(lengths: list[int], context: int) -> None:
    sizes = np.array(lengths, np.int64)
    begins = np.cumsum(sizes) - sizes
    own = pieces(begins, sizes, context)
    expected = [
        (begin + at, min(context, size - at))
        for begin, size in zip(begins.tolist(), lengths, strict=True)
        for at in range(0, size, context)
    ]
    assert list(zip(own.begins.tolist(), own.lengths.tolist(), strict=True)) == expected


def test_a_seed_says_which_goes_where_and_in_which_order() -> None:
    lengths = np.random.default_rng(0).integers(1, 50, 2000).tolist()
    own, one = whole(lengths, 64, 1)
    assert one == whole(lengths, 64, 1)[1]
    other = whole(lengths, 64, 2)[1]
    assert one != other
    assert sorted(sorted(own[row].tolist()) for row in one) == sorted(sorted(own[row].tolist()) for row in other)
    # Of a set in order no row is made of neighbours, and no stretch of rows of one part of it.
    places = [np.mean(row) for row in one]
    assert abs(np.corrcoef(np.arange(len(places)), places)[0, 1]) < 0.1
    sizes = [len(row) for row in one]
    assert abs(np.corrcoef(np.arange(len(sizes)), sizes)[0, 1]) < 0.1


def test_contexts_of_more_than_16_bits() -> None:
    lengths = [70_000, 65_536, 65_535, 4_464, 1, 200_000]
    own, rows = whole(lengths, 70_000)
    assert max(int(own[row].sum()) for row in rows) <= 70_000
    assert sorted(own.tolist()) == sorted([70_000, 65_536, 65_535, 4_464, 1, 70_000, 70_000, 60_000])


@pytest.mark.parametrize("other", [[3, 3], [3, 4, 5], [5]])
def test_a_plan_for_others(other: list[int]) -> None:
    rows = plan(np.array([3, 4], np.uint32), 10)
    with pytest.raises(ValueError, match="other documents"):
        dealt(np.array(other, np.uint32), rows, np.random.default_rng(0))
