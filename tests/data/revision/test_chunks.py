"""Chunks that are cut by what they hold."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("xxhash", reason="xxhash is not installed: the extra data has it")

from thirdwatt.data.revision import chunks
from thirdwatt.data.revision.chunks import LEAST_BYTES, MOST_BYTES, Chunks


def noise(size: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, size, np.uint8)


def gear(data: bytes) -> int:
    """The hash of the last bytes, one by one."""
    number = 0
    for each in data[-chunks.WINDOW :]:
        number = (number * 2 + int(chunks.GEAR[each])) % 2**32
    return number


def test_cuts_are_where_the_definition_says() -> None:
    data = noise(200_000)
    places, seldom = chunks.cuts(data)
    assert len(places) > 5
    text = data.tobytes()
    for place, is_seldom in zip(places.tolist(), seldom.tolist(), strict=True):
        assert gear(text[:place]) & int(chunks.OFTEN) == 0
        assert (gear(text[:place]) & int(chunks.SELDOM) == 0) == is_seldom
    sure = set(places.tolist())
    for place in range(chunks.PIECE_BYTES - 500, chunks.PIECE_BYTES + 500):  # over the edge of a piece
        assert (gear(text[:place]) & int(chunks.OFTEN) == 0) == (place in sure)


@given(st.binary(max_size=400), st.integers(0, 3000), st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_both_forms_cut_alike(unit: bytes, times: int, seed: int) -> None:
    numba = pytest.importorskip("thirdwatt.data.revision.chunks_numba", reason="numba is not installed")
    data = np.concatenate((np.frombuffer(unit * times, np.uint8), noise(seed % 300_000, seed)))
    for one, other in zip(chunks.cuts(data), numba.cuts(data), strict=True):
        assert one.tolist() == other.tolist()


def test_content_that_was_chosen_has_more_places_than_are_looked_for() -> None:
    numba = pytest.importorskip("thirdwatt.data.revision.chunks_numba", reason="numba is not installed")
    data = noise(4_000_000)
    place = int(chunks.cuts(data)[0][0])
    again = np.tile(data[place - chunks.WINDOW : place], 5000)
    one, other = chunks.cuts(again), numba.cuts(again)
    assert len(one[0]) >= 5000
    assert one[0].tolist() == other[0].tolist()


def cut(data: bytes, block: int, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    monkeypatch.setattr(chunks, "BLOCK_BYTES", block)
    return list(chunks._chunks(io.BytesIO(data), chunks.cuts))


@pytest.mark.parametrize("size", [0, 1, 1000, LEAST_BYTES, 1_000_000])
def test_chunks_are_the_file_whatever_is_read_at_once(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    data = noise(size).tobytes()
    whole = cut(data, 4 << 20, monkeypatch)
    assert b"".join(whole) == data
    assert cut(data, 50_000, monkeypatch) == whole
    assert all(LEAST_BYTES <= len(each) <= MOST_BYTES for each in whole[:-1])
    assert cut(bytes(size), 50_000, monkeypatch) == cut(bytes(size), 4 << 20, monkeypatch)


def test_random_bytes_have_chunks_of_64_kb_on_average() -> None:
    sizes = list(chunks.lengths(noise(30_000_000), chunks.cuts, ended=True))
    assert np.mean(sizes) == pytest.approx(64 << 10, rel=0.05)


def held(folder: Path, **files: bytes) -> Chunks:
    folder.mkdir()
    found = Chunks()
    for name, data in files.items():
        (folder / name).write_bytes(data)
        found.add(str(folder / name), chunks.cuts)
    return found


def sent(old: Chunks, new: Chunks) -> Any:
    return chunks.sent(old.chunks, new.chunks, new.chunk_byte, 1 << 20)


def test_bytes_that_are_put_in_cost_the_chunks_around_them(tmp_path: Path) -> None:
    data = noise(3_000_000).tobytes()
    old = held(tmp_path / "old", a=data)
    new = held(tmp_path / "new", b=data[:1_000_000] + b"something new" + data[1_000_000:], c=data)
    found = sent(old, new)
    assert 13 <= found.byte <= 2 * MOST_BYTES + 13
    whole = chunks.sent(old.files, new.files, new.file_byte, 1 << 20)
    assert (whole.number, whole.byte) == (1, len(data) + 13)


def test_a_chunk_is_sent_once(tmp_path: Path) -> None:
    data = noise(500_000).tobytes()
    found = sent(held(tmp_path / "old"), held(tmp_path / "new", a=data, b=data))
    assert (found.byte, found.once_byte) == (1_000_000, 500_000)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    found = Chunks()
    assert found.add(str(tmp_path / "nothing"), chunks.cuts) == 0
    assert found.unread == [str(tmp_path / "nothing")]
