"""Lines as multisets, beside a brute force of plain Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("xxhash", reason="xxhash is not installed: the extra data has it")

from thirdwatt.data.columns import Column
from thirdwatt.data.lines import BLANKS
from thirdwatt.data.revision import lines, match, often, stamps
from thirdwatt.data.revision.lines import Difference, Lines

LINE = st.sampled_from([b"", b"}", b"  }", b"a menu", b"a menu\r", b"another line", "Zeile \u00e4".encode(), b"x" * 40])
DOCUMENTS = st.lists(st.lists(LINE, max_size=6).map(b"\n".join), max_size=8)


def packed(texts: Sequence[bytes]) -> tuple[np.ndarray, np.ndarray]:
    return np.frombuffer(b"".join(texts), np.uint8), np.cumsum([0, *map(len, texts)])


def add(found: Lines, texts: Sequence[bytes]) -> Lines:
    middle = len(texts) // 2
    for part in (texts[:middle], texts[middle:]):
        if part:
            found.add(*packed(part))
    return found


@contextmanager
def difference(
    old: Sequence[bytes], new: Sequence[bytes], memory_byte: int = 1 << 20, known: Sequence[bool] = ()
) -> Iterator[Difference]:
    with closing(Lines()) as before, closing(Lines()) as after:
        add(before, old)
        add(after, new)
        with closing(lines.difference(before, after, memory_byte, np.array(known) if known else None)) as found:
            yield found


def cut(text: bytes) -> list[bytes]:
    """Lines with their ends: all of a text."""
    found = [each + b"\n" for each in text.split(b"\n")]
    found[-1] = found[-1][:-1]
    return [each for each in found if each]


def counted(texts: Sequence[bytes]) -> Counter[bytes]:
    return Counter(line.strip(BLANKS) for each in texts for line in cut(each))


@given(DOCUMENTS)
def test_lines_are_all_of_their_documents(texts: list[bytes]) -> None:
    if not texts:
        return
    parts = list(lines.hashed(*packed(texts)))
    hashes = np.concatenate([np.empty(0, np.uint64), *(each for each, _, _ in parts)])
    sizes = np.concatenate([np.empty(0, np.int64), *(each for _, each, _ in parts)])
    counts = sum((np.bincount(of, minlength=len(texts)) for _, _, of in parts), np.zeros(len(texts), np.int64))
    assert counts.tolist() == [len(cut(each)) for each in texts] == lines.counted(*packed(texts)).tolist()
    assert sizes.tolist() == [len(line) for each in texts for line in cut(each)]
    assert len(set(hashes.tolist())) == len(counted(texts))


@given(DOCUMENTS, DOCUMENTS, st.sampled_from([500, 1 << 20]))
@settings(deadline=None)
def test_what_is_new_is_the_difference_of_multisets(old: list[bytes], new: list[bytes], memory_byte: int) -> None:
    with difference(old, new, memory_byte) as found:
        assert found.fresh == (counted(new) - counted(old)).total()
        assert found.gone == (counted(old) - counted(new)).total()
        assert [len(each) for each in (found.fresh_byte, found.gone_byte)] == [len(new), len(old)]
        assert (found.fresh_byte <= [len(each) for each in new]).all()
        told = np.zeros(len(new), np.int64)
        for keys, sizes, of in found.each():
            told += np.bincount(of, sizes, len(new)).astype(np.int64)
            assert len(np.unique(keys)) == 1 + np.count_nonzero(keys[1:] != keys[:-1]) if len(keys) else True
        assert told.tolist() == found.fresh_byte.tolist()


MENU = b"\n".join(b"entry %d of a menu" % each for each in range(20))
FRESH = MENU + b"\nsomething else\nand more of it"


def test_a_menu_is_new_in_the_page_that_is_new() -> None:
    pages = [MENU + b"\npage %d\nof the old ones, the one with %d" % (each, each) for each in range(5)]
    edited = [pages[0] + b", edited", *pages[1:]]
    for new, place in (([FRESH, *edited], 0), ([*edited, FRESH], 5)):
        with difference(pages, new) as found:
            assert found.fresh_byte[place] == len(FRESH)
            assert found.fresh_byte.sum() == len(FRESH) + len(b"of the old ones, the one with 0, edited")


def test_a_page_whose_name_is_known_has_the_menu_of_the_old_one() -> None:
    old, new = [MENU + b"\na page"], [FRESH, MENU + b"\nthe page"]
    with difference(old, new, known=[False, True]) as found:
        assert found.fresh_byte.tolist() == [len(FRESH), len(b"the page")]
    with difference(old, new, known=[True, False]) as found:
        assert found.fresh_byte.tolist() == [len(b"something else\nand more of it"), len(new[1])]


def test_blanks_at_the_ends_of_lines_are_no_content() -> None:
    with difference([b"one line\n\tanother\n"], [b"one line\r\n    another\r\n"]) as found:
        assert (found.fresh, found.gone) == (0, 0)


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=30))
def test_as_many_stand_for_one_another_as_the_fewer(rows: list[tuple[int, bool]]) -> None:
    group = np.array([each for each, _ in rows], np.int64)
    is_new = np.array([each for _, each in rows], bool)
    found = match.matched(match.Groups(group, is_new, np.arange(len(rows))))
    for each in range(4):
        olds, news = (int(((group == each) & (is_new == side)).sum()) for side in (False, True))
        for side in (False, True):
            assert int(found[(group == each) & (is_new == side)].sum()) == min(olds, news)


def test_those_that_are_preferred_come_first() -> None:
    group, is_new = np.zeros(4, np.int64), np.array([False, True, True, True])
    rows = match.Groups(group, is_new, np.array([0, 2, 1, 0]))
    assert match.matched(rows, np.array([0, 0.1, 0.9, 0.5])).tolist() == [True, False, True, False]
    assert match.matched(rows, np.array([0, 0.5, 0.5, 0.5])).tolist() == [True, False, False, True]
    assert match.matched(rows).tolist() == [True, False, False, True]


def test_hashes_that_share_their_first_half_are_told_apart() -> None:
    sides = []
    for rows in ([(7, 1), (7, 2), (7, 1)], [(7, 2), (7, 3), (7, 1)]):
        column = Column("", "", np.uint64, 2)
        column.append(np.array(rows, np.uint64))
        sides.append(column)
    for memory_byte in (200, 1 << 20):
        found = []
        for group, is_new, number in match.groups(sides[0], sides[1], memory_byte):
            for each in range(int(group.max(initial=-1)) + 1):
                of = group == each
                found.append((sorted(number[of & ~is_new].tolist()), sorted(number[of & is_new].tolist())))
        assert sorted(found) == [([], [1]), ([0, 2], [2]), ([1], [0])]
    for column in sides:
        column.close()


@given(st.lists(st.lists(LINE, min_size=1, max_size=40).map(b"\n".join), max_size=4), st.sampled_from([7, 30]))
def test_pieces_of_a_document_are_its_lines(texts: list[bytes], at_once: int) -> None:
    if not any(texts):
        return
    whole = [np.concatenate(each) for each in zip(*lines.hashed(*packed(texts)), strict=True)]
    with mock.patch.object(lines, "AT_ONCE_BYTES", at_once):
        parts = list(lines.hashed(*packed(texts)))
        assert lines.counted(*packed(texts)).tolist() == np.bincount(whole[2], minlength=len(texts)).tolist()
    assert all((one == np.concatenate(other)).all() for one, other in zip(whole, zip(*parts, strict=True), strict=True))
    assert max(int(sizes[:-1].sum()) for _, sizes, _ in parts) <= 2 * at_once + 40


def column(values: Sequence[int]) -> Column:
    found = Column("", "", np.uint64)
    found.append(np.array(values, np.uint64))
    return found


@given(st.lists(st.integers(0, 30), max_size=200), st.lists(st.integers(0, 30), max_size=200), st.integers(0, 20),
       st.sampled_from([3, 1 << 16]))  # fmt: skip
def test_what_is_there_often_is_found(old: list[int], new: list[int], most: int, candidates: int) -> None:
    with closing(column(old)) as before, closing(column(new)) as after, mock.patch.object(often, "ROWS", 16), \
            mock.patch.object(often, "CANDIDATES", candidates):  # fmt: skip
        found = often.often(before, after, most)
    counts = Counter(old) + Counter(new)
    expected = {key for key, count in counts.items() if count > most}
    if candidates > 30 or most * candidates > len(old) + len(new):
        assert set(found.keys.tolist()) == expected
    assert set(found.keys.tolist()) <= expected
    assert found.before.tolist() == [Counter(old)[key] for key in found.keys.tolist()]
    assert found.after.tolist() == [Counter(new)[key] for key in found.keys.tolist()]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=60))
def test_ranks_go_on_from_part_to_part(rows: list[tuple[int, int]]) -> None:
    which = np.array([kind for kind, _ in rows])
    seen = np.zeros(4, np.int64)
    found = np.concatenate([often.ranks(each, seen) for each in np.array_split(which, 3)])
    assert found.tolist() == [sum(which[:at] == kind) for at, kind in enumerate(which)]
    assert seen.tolist() == np.bincount(which, minlength=4).tolist()


@pytest.mark.parametrize("memory_byte", [1 << 20, 500])
def test_lines_that_are_everywhere_are_stamps_all_the_same(memory_byte: int) -> None:
    old = [f"page {each}\nof May\nmenu\n".encode() for each in range(40)]
    new = [f"page {each}\nof June\nmenu\nmenu\n".encode() for each in range(40)]
    with difference(old, new, memory_byte) as found:
        edited = np.ones(40, bool)
        edited[3] = False
        made = stamps.stamps(found, edited, 40)
        assert (found.whole < len(found.parts) - 1) == (memory_byte == 500)
    # All have a new date. Twenty have the menu as often as before: those of which most is otherwise covered.
    assert [(each.documents, each.times, each.byte) for each in made.top] == [(39, 39, 39 * 8), (19, 38, 38 * 5)]
    assert made.lines == 39 + 38
    assert made.byte.tolist() == [0 if each == 3 else 8 if 10 <= each < 30 else 18 for each in range(40)]
