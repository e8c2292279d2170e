"""Which of those that are alike stays: in order whatever is in the column, and with little memory."""

from __future__ import annotations

import json
import math
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")

from tests.data.formats import made
from thirdwatt.data.fix import order
from thirdwatt.data.fix.order import ColumnError, Words, ranks
from thirdwatt.data.formats.base import Rows

LETTERS = st.text(st.characters(), max_size=4)


def ranked(where: Path, values: list[Any], memory_byte: int = 1000) -> list[float]:
    path = where / "d.jsonl"
    path.write_text("".join(json.dumps({"text": "x", "v": each}) + "\n" for each in values))
    rows, byte = np.arange(len(values)), np.ones(len(values), np.uint32)
    found = ranks("v", [made.source(path)], (0, len(values)), rows, byte, memory_byte)
    assert found is not None
    return [*map(float, found.tolist())] if found.dtype == float else [*found.tolist()]


def in_order(values: list[Any], found: list[float]) -> bool:
    """Whether ranks are as values: less for more, the same for the same, and the most for nothing."""
    best: dict[Any, float] = {}
    for value, rank in zip(values, found, strict=True):
        if best.setdefault(value, rank) != rank:
            return False
    least = best.pop(None, math.inf)
    falls = [best[each] for each in sorted(best)]
    return falls == sorted(set(falls), reverse=True) and all(each < least for each in falls)


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.none() | LETTERS, min_size=1, max_size=60)
    | st.lists(st.none() | st.integers(-(2**63) + 1, 2**63 - 1), min_size=1, max_size=60)
    | st.lists(st.none() | st.integers(-(2**50), 2**50) | st.floats(-1e9, 1e9, width=32), min_size=1, max_size=60),
    batch=st.integers(1, 9),
    memory_byte=st.sampled_from([1, 3000, 1 << 30]),
)
def test_ranks_are_in_the_order_of_what_is_there(
    values: list[Any], batch: int, memory_byte: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    where = tmp_path_factory.mktemp("d")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("thirdwatt.data.formats.base.BATCH_ROWS", batch)
        patch.setattr(order, "READ_BYTES", 5)
        patch.setattr(order, "PLACES", 3)
        if all(each is None for each in values):
            with pytest.raises(ColumnError, match="nowhere"):
                ranked(where, values, memory_byte)
            return
        assert in_order(values, ranked(where, values, memory_byte))


@pytest.mark.parametrize("values", [[1, "x"], [*[None] * 5, "x", *[None] * 5, 0.5]])
def test_numbers_and_texts_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, values: list[Any]) -> None:
    monkeypatch.setattr("thirdwatt.data.formats.base.BATCH_ROWS", 2)
    with pytest.raises(ColumnError, match="both numbers and texts"):
        ranked(tmp_path, values)


def test_texts_take_no_more_memory_than_is_given() -> None:
    """Texts of 6 MB, and twice as much as objects."""
    peaks = []
    for memory_byte in (1 << 30, 1 << 20):
        words = Words(memory_byte, "")
        tracemalloc.start()
        for first in range(0, 60_000, 1000):
            words.add([f"{number * 7919 % 60_000:06} {'x' * 90}" for number in range(first, first + 1000)])
        found = words.ranks()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        words.close()
        assert found.tolist() == [-1 - number * 7919 % 60_000 for number in range(60_000)]
    assert peaks[1] < 0.4 * peaks[0]


def test_a_column_that_is_there_twice_is_told() -> None:
    import pyarrow as pa

    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["v", "v"])
    with pytest.raises(ColumnError, match="v is there twice"):
        order.values(Rows(np.arange(1), table), "v")
