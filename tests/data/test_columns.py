"""Numbers by document in files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thirdwatt.data import columns
from thirdwatt.data.columns import Column, Room


@given(
    parts=st.lists(st.integers(0, 300), max_size=8),
    width=st.sampled_from([1, 3]),
    wanted=st.sets(st.integers(0, 2000)),
    chunk=st.sampled_from([8, 1000, 1 << 20]),
)
def test_rows_are_those_that_were_put_there(parts: list[int], width: int, wanted: set[int], chunk: int) -> None:
    rows = np.arange(sum(parts) * width, dtype=np.uint32).reshape(-1, width)
    column = Column("", "", np.uint32, width)
    at = 0
    for part in parts:
        column.append(rows[at : at + part])
        at += part
    truth = rows if width > 1 else rows[:, 0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "CHUNK_BYTES", chunk)
        assert len(column) == at
        assert column.byte == at * 4 * width
        np.testing.assert_array_equal(column.all(), truth)
        numbers = np.array(sorted(each for each in wanted if each < at), dtype=np.int64)
        np.testing.assert_array_equal(column.take(numbers), truth[numbers])
        joined = [rows for _, rows in column.chunks()]
        np.testing.assert_array_equal(np.concatenate(joined) if joined else truth[:0], truth)
        np.testing.assert_array_equal(column.mapped().array, truth)
    column.close()


def test_a_column_of_a_folder_is_there_again(tmp_path: Path) -> None:
    first = Column(str(tmp_path), "a", np.int64)
    first.append(np.arange(10))
    first.close()
    again = Column(str(tmp_path), "a", np.int64)
    assert again.all().tolist() == list(range(10))
    again.cut(4)
    again.append(np.array([7]))
    assert again.all().tolist() == [0, 1, 2, 3, 7]
    with pytest.raises(ValueError, match="5 rows where there were 6"):
        again.cut(6)
    with pytest.raises(OSError, match="ends at row 5"):
        again.part(0, 9)
    again.close()


def test_a_torn_last_row_is_none(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(np.arange(3, dtype=np.int64).tobytes() + b"xyz")
    column = Column(str(tmp_path), "a", np.int64)
    assert column.all().tolist() == [0, 1, 2]
    column.append(np.array([9]))
    assert column.all().tolist() == [0, 1, 2, 9]
    column.close()


def test_a_room_gives_memory_back_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "CHUNK_BYTES", 100)
    room = Room(str(tmp_path))
    small, large = room.zeros((3,), np.int64), room.zeros((500, 2), np.int32)
    small[:], large[:] = 5, 7
    room.release()
    assert small.tolist() == [5, 5, 5]
    assert (large == 7).all()
    assert not list(tmp_path.iterdir())
