"""Exact copies by 128 bits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thirdwatt.data import exact
from thirdwatt.data.columns import Column

pytest.importorskip("xxhash", reason="xxhash is not installed: the extra data has it")


def packed(texts: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    return np.frombuffer(b"".join(texts), np.uint8), np.cumsum([0, *map(len, texts)], dtype=np.int64)


@given(st.lists(st.binary(max_size=2), max_size=60), st.sampled_from([0, 500, 1 << 30]))
def test_the_first_of_each_is_named(texts: list[bytes], memory_byte: int) -> None:
    column = Column("", "", np.uint64, 2)
    column.append(exact.hashes(*packed(texts)))
    assert exact.firsts(column, memory_byte).tolist() == [texts.index(each) for each in texts]
    column.close()


@given(st.lists(st.tuples(st.binary(max_size=1), st.integers(0, 3)), max_size=40))
def test_the_best_of_each_is_named(rows: list[tuple[bytes, int]]) -> None:
    texts = [text for text, _ in rows]
    first = np.array([texts.index(each) for each in texts], np.int64)
    rank = np.array([each for _, each in rows], np.int64)
    best = {text: min((own, place) for place, (other, own) in enumerate(rows) if other == text)[1] for text in texts}
    assert exact.chosen(first, rank).tolist() == [best[each] for each in texts]


def test_half_a_hash_alone_makes_no_copy() -> None:
    column = Column("", "", np.uint64, 2)
    column.append(np.array([[1, 1], [1, 2], [2, 1], [1, 2], [1, 1], [1, 1]], dtype=np.uint64))
    assert exact.firsts(column, 1 << 30).tolist() == [0, 1, 2, 1, 0, 0]
    column.close()


def test_the_hash_is_xxh3() -> None:
    """The published value of XXH3-128 of nothing (xxHash, tests/sanity_test_vectors.h: seed 0, length 0)."""
    found = exact.hashes(*packed([b""]))[0].tobytes()
    assert found.hex() == "99aa06d3014798d86001c324468d497f"
