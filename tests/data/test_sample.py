"""Random parts, and what they say of the whole."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thirdwatt.data import sample
from thirdwatt.data.formats.base import Bad, Kind, Part, Rows, Texts


@dataclass
class File:
    """A file of parts of given sizes."""

    jumps = False

    path: str
    sizes: list[int]
    column: str = "text"
    kind: Kind = "text"
    columns: dict[str, int] = field(default_factory=dict)
    at: int = 0
    stored_byte: int = 0

    def __post_init__(self) -> None:
        self.stored_byte = sum(self.sizes)

    def parts(self) -> tuple[Part, ...]:
        return tuple(Part(number, size, None) for number, size in enumerate(self.sizes))

    def texts(self, bad: Bad, first: int = 0) -> Iterator[Texts]:
        raise AssertionError("a sample reads parts alone")

    def rows(self, bad: Any, first: int = 0) -> Iterator[Rows]:
        raise AssertionError("a sample reads parts alone")

    def part(self, part: Part, bad: Bad) -> Iterator[Texts]:
        for row in (0, 1):
            rows = np.array([10 * part.number + 2 * row, 10 * part.number + 2 * row + 1])
            yield Texts(np.frombuffer(b"abcd", np.uint8), np.array([0, 2, 4]), self.path, rows)


@given(st.lists(st.lists(st.integers(1, 100), min_size=1, max_size=20), min_size=1, max_size=30), st.integers(1, 3000))
def test_a_sample_is_as_large_as_was_asked_for(files: list[list[int]], most: int) -> None:
    sources = [File(f"{number}", sizes) for number, sizes in enumerate(files)]
    found = sample.drawn(sources, most, seed=5)
    names = [(each.path, each.parts()[0].number) for each in found.sources]
    assert len(names) == len(set(names)) == found.parts >= 1
    assert found.stored_byte == sum(each.stored_byte for each in found.sources)
    assert found.stored_byte <= most or found.parts == 1
    assert found.of_byte == sum(map(sum, files))
    assert 0 < found.share <= 1
    again = sample.drawn(sources, most, seed=5)
    assert [(each.path, each.parts()[0].number) for each in again.sources] == names


def test_every_part_is_as_likely_as_another() -> None:
    sources = [File(f"{number}", [10] * 8) for number in range(10)]
    often = np.zeros((10, 8))
    for seed in range(600):
        for each in sample.drawn(sources, 200, seed).sources:
            often[int(each.path), each.parts()[0].number] += 1
    assert often.sum() == 600 * 20
    expected = often.sum() / often.size
    assert np.abs(often - expected).max() < 5 * math.sqrt(expected)


def test_documents_of_a_part_from_a_row_on() -> None:
    [chosen] = sample.drawn([File("f", [10])], 5).sources
    for first, rows in ((0, [0, 1, 2, 3]), (1, [1, 2, 3]), (2, [2, 3]), (9, [])):
        found = list(chosen.texts(lambda _: None, first))
        assert [row for each in found for row in each.rows.tolist()] == rows
        assert all(len(each.offsets) == len(each.rows) + 1 for each in found)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    draw = np.random.default_rng(2)
    parts = [draw.random(200) < draw.beta(1, 6) for _ in range(2000)]
    truth = float(np.mean(parts))
    hits = 0
    for seed in range(300):
        some = [parts[each] for each in draw.permutation(2000)[:40]]
        found = sample.shares(np.array([each.sum() for each in some], float), np.full(40, 200.0), seed)
        assert found.low <= found.value <= found.high
        hits += found.low <= truth <= found.high
    assert 0.82 <= hits / 300 <= 0.95


def test_one_part_tells_nothing_of_others() -> None:
    assert sample.shares(np.array([3.0]), np.array([10.0])).high == math.inf
    assert sample.bootstrapped([np.array([1, 2])], lambda rows: float(rows.mean())).low == -math.inf


@pytest.mark.parametrize("share", [0.05, 0.2, 1.0])
def test_copies_of_the_whole_lie_within_what_a_sample_says(share: float) -> None:
    """Half the documents come in pairs, a tenth is one page: 0.25 + 0.1 of all are copies."""
    draw = np.random.default_rng(7)
    whole = np.concatenate((np.arange(20_000), np.arange(20_000), np.full(8_000, -1), np.arange(30_000, 62_000)))
    truth = 1 - len(np.unique(whole)) / len(whole)
    for _ in range(20):
        some = whole[draw.random(len(whole)) < share]
        _, first = np.unique(some, return_inverse=True)
        found = sample.copies(first, np.arange(len(first)), share)
        assert found.low <= truth <= found.high
        assert found.low <= found.value <= found.high
        if share == 1.0:
            assert found.value == pytest.approx(truth) == found.low == found.high
        assert 1 - len(np.unique(some)) / len(some) <= found.low + 1e-9


def test_copies_within_a_part_say_nothing_of_others() -> None:
    """Each document twice in its part and nowhere else: half of the whole are copies, however small the sample."""
    first = np.repeat(np.arange(100), 2)
    part = first // 10
    for share in (0.01, 0.3, 1.0):
        found = sample.copies(first, part, share)
        assert found.low == pytest.approx(0.5)
        assert found.low <= found.value <= found.high
