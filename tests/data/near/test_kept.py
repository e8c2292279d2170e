"""Runs that are kept in memory."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thirdwatt.data.near import kept
from thirdwatt.data.near.kept import Kept, Spare


@given(
    sizes=st.lists(st.lists(st.integers(0, 30), max_size=5), max_size=12),
    memory_byte=st.integers(0, 3000),
    block=st.sampled_from([1, 50, 10_000]),
    after=st.integers(0, 3),
)
def test_what_is_kept_is_what_was_written_first(
    sizes: list[list[int]], memory_byte: int, block: int, after: int
) -> None:
    """Within the bound, in order, without a gap; nothing where documents had been read before."""
    held = Kept(memory_byte)
    truth: list[list[int]] = []
    number = after
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept, "BLOCK_RUNS", block)
        for each in sizes:
            starts = np.cumsum([0, *each])
            room = held.room(2 * sum(each) + 1)
            assert len(room) == 2 * sum(each) + 1
            room[:] = 0
            hashes = room[: starts[-1]]
            hashes[:] = np.arange(starts[-1]) + 1000 * number
            held.take(number, hashes, starts)
            truth += [hashes[a:b].tolist() for a, b in pairwise(starts)]
            number += len(each)
            assert held.byte <= memory_byte
    count = held.documents
    found: list[list[int]] = []
    assert count == 0 or not after
    for first, hashes, starts in held.given():
        assert first == len(found)
        found += [hashes[a:b].tolist() for a, b in pairwise(starts)]
    assert found == truth[:count]
    assert held.documents == held.byte == 0


def test_all_is_kept_where_it_fits() -> None:
    held = Kept(1 << 20)
    for number in range(20):
        room = held.room(100)
        held.take(number, room[: number % 3], np.array([0, number % 3]))
    assert held.documents == 20


def test_a_spare_room_is_one_room() -> None:
    spare = Spare()
    large = spare.room(100)
    assert np.shares_memory(spare.room(50), large)
    assert len(spare.room(50)) == 50
    assert len(spare.room(101)) == 101
