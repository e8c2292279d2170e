"""Rows as they are stored: what is read is what was written, and what is wrong is seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")
import pyarrow as pa
import pyarrow.parquet as pq

from thirdwatt.data.fix import packed
from thirdwatt.data.fix.packed import Block, Reckoning
from thirdwatt.data.fix.result import ReckoningError

PAD = 9


def block(rows: list[list[int]], context: int, seed: int = 0) -> Block:
    """Rows of segments of these lengths."""
    ids = np.full((len(rows), context), PAD, np.uint16)
    for row, own in zip(ids, rows, strict=True):
        row[: sum(own)] = np.random.default_rng(seed).integers(10, 100, sum(own))
    lengths = np.array([each for own in rows for each in own], np.int64)
    return Block(ids, lengths, np.array([len(own) for own in rows], np.int64))


def test_positions_and_segments_of_a_row() -> None:
    positions, segments = block([[2, 1], [4], [1, 3]], 4).places()
    assert positions.tolist() == [[0, 1, 0, 0], [0, 1, 2, 3], [0, 0, 1, 2]]
    assert segments.tolist() == [[1, 1, 2, 0], [1, 1, 1, 1], [1, 2, 2, 2]]
    positions, segments = block([[1], [2, 2]], 6).places()
    assert positions.tolist() == [[0, 0, 1, 2, 3, 4], [0, 1, 0, 1, 0, 1]]
    assert segments.tolist() == [[1, 0, 0, 0, 0, 0], [1, 1, 2, 2, 0, 0]]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.integers(1, 5), min_size=1, max_size=4), min_size=1, max_size=6),
    st.integers(20, 30), st.sampled_from(packed.FORMS),
)  # fmt: skip
def test_what_is_read_is_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[int]], context: int, form: str
) -> None:
    path = str(tmp_path_factory.mktemp("p") / "x")
    own = block(rows, context)
    packed.write(path, form, np.dtype(np.uint16), [own, own])
    expected = Reckoning()
    lengths, which = own.stretches()
    for _ in range(2):
        expected.add(own.ids, lengths, which)
    count, found = packed.proof(path, form, context, PAD)
    assert count == 2 * len(rows)
    assert found.same(expected)
    assert Reckoning.of(found.said()).same(found)
    assert (found.pieces, found.tokens) == (2 * len(lengths[which]), 2 * sum(map(sum, rows)))
    read = [each for each, *_ in packed.blocks(path, form)]
    assert np.array_equal(np.concatenate([each.ids for each in read]), np.concatenate([own.ids, own.ids]))


def test_types_and_sizes(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    packed.write(str(path), "parquet", np.dtype(np.int32), [block([[2, 1]], 4)])
    types = {each.name: each.type.value_type for each in pq.read_schema(path)}
    assert types == {"input_ids": pa.int32(), "position_ids": pa.uint16(), "segment_ids": pa.uint16(),
                     "lengths": pa.int32()}  # fmt: skip
    packed.write(str(path), "parquet", np.dtype(np.uint16), [block([[2, 1]], 1 << 16)])
    types = {each.name: each.type.value_type for each in pq.read_schema(path)}
    assert types["input_ids"] == pa.uint16()
    assert types["position_ids"] == pa.int32()


def test_digests_tell_other_tokens_and_other_borders() -> None:
    ids = np.arange(6, dtype=np.uint16)
    found = []
    for tokens, lengths in ((ids, [2, 4]), (ids, [3, 3]), (ids[::-1].copy(), [2, 4]), (ids, [2, 4])):
        own = Reckoning()
        own.add(tokens, np.array(lengths))
        found.append(own)
    assert found[0].same(found[3])
    assert not found[0].same(found[1])
    assert not found[0].same(found[2])
    swapped = Reckoning()
    swapped.add(np.array([2, 3, 4, 5, 0, 1], np.uint16), np.array([4, 2]))
    assert swapped.same(found[0])


@pytest.mark.parametrize("what", ["input_ids", "position_ids", "segment_ids", "lengths"])
def test_what_is_wrong_is_seen(tmp_path: Path, what: str) -> None:
    path = tmp_path / "x.parquet"
    own = block([[2, 1], [3]], 4)
    found = packed.table(own, np.dtype(np.uint16)).to_pydict()
    found[what][0][-1] += 1  # a token of padding, for the first
    pq.write_table(pa.table(found), path)
    with pytest.raises(ReckoningError, match="not those of its lengths"):
        packed.proof(str(path), "parquet", 4, PAD)


def test_rows_that_are_too_full() -> None:
    with pytest.raises(ReckoningError, match="a row of 5 tokens where 4 fit"):
        Block(np.zeros((1, 4), np.uint16), np.array([2, 3]), np.array([2])).stretches()
