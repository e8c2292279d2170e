"""Which of documents that are alike is to stay."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from contextlib import closing
from types import NoneType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data.columns import Column, Room
from thirdwatt.data.formats.base import Rows, Source
from thirdwatt.data.formats.jsonl import loaded

from .stretches import Numbers, Stream, whole_rows

FIRST, LONGEST = "first", "longest"

WORD_BYTES = 250
"""Memory that a text takes while it is put in order, beside its letters."""

PLACES = 1 << 10
"""Texts and ranks that are written together."""

READ_BYTES = 1 << 13
"""Read at once of each part while all are merged."""

SIZE_BYTES = 4
"""Of what says how long a text is."""


class ColumnError(ValueError):
    """A column that says nothing of which is to stay."""


def ranks(
    keep: str, sources: Sequence[Source], files: Sequence[int], row: Numbers, byte: NDArray[np.uint32],
    memory_byte: int = 1 << 30, folder: str = "",
) -> NDArray[Any] | None:  # fmt: skip
    """Of each document a number, the least of which is liked best; nothing where the first is.

    Parameters
    ----------
    keep
        ``first``, ``longest``, or a column: the one with the most in it is liked best, and one without anything least.
        Numbers are compared in 64 bits. Texts are compared letter by letter, so that dates as ISO 8601 writes them are
        in order.
    sources, files, row
        As :func:`.stretches.whole_rows` takes them.
    byte
        Of each document.
    memory_byte, folder
        About so much is used beside the answer, and where what is more lies.

    Raises
    ------
    ColumnError
        If there is no such column, or numbers and texts are in it.
    """
    if keep == FIRST:
        return None
    if keep == LONGEST:
        return -byte.astype(np.int64)
    numbers: list[NDArray[Any]] = []
    with closing(Words(memory_byte, folder)) as words:
        with closing(Stream(sources)) as stream:
            for _, rows in whole_rows(stream, files, row, 0, len(row)):
                found = values(rows, keep)
                kinds = {isinstance(each, str) for each in found if each is not None}
                if len(kinds) > 1 or (kinds == {True} and numbers) or (kinds == {False} and words.some):
                    raise ColumnError(f"column {keep} holds both numbers and texts")
                if kinds == {True}:
                    words.add(found)
                elif kinds == {False}:
                    if not numbers:
                        numbers.append(_least(words.count))
                    numbers.append(_numbers(found))
                elif numbers:
                    numbers.append(_least(len(found)))
                else:
                    words.add(found)
        if numbers:
            return _ranked(numbers)
        if not words.some:
            raise ColumnError(f"column {keep} is nowhere, or holds nothing")
        return words.ranks()


def _least(count: int) -> NDArray[np.int64]:
    """Ranks of documents of which nothing is known."""
    return np.full(count, np.iinfo(np.int64).max)


def _numbers(found: Sequence[Any]) -> NDArray[Any]:
    """Ranks by numbers, in whole ones where they are."""
    if all(isinstance(each, (int, NoneType)) and abs(each or 0) < 1 << 63 for each in found):
        return ~np.array([np.iinfo(np.int64).min if each is None else each for each in found], np.int64)
    floats = np.array([-np.inf if each is None else _float(each) for each in found])
    return -np.where(np.isnan(floats), -np.inf, floats)


def _ranked(parts: list[NDArray[Any]]) -> NDArray[Any]:
    """Ranks of all documents, in floating point if some are."""
    if all(each.dtype == np.int64 for each in parts):
        return np.concatenate(parts)
    least = np.iinfo(np.int64).max
    return np.concatenate([
        np.where(each == least, np.inf, -(~each).astype(np.float64)) if each.dtype == np.int64 else each
        for each in parts
    ])  # fmt: skip


def _float(number: Any) -> float:
    try:
        return float(number)
    except OverflowError:  # a whole number of more digits than floating ones have
        return np.inf if number > 0 else -np.inf


class Words:
    """Texts of documents, to be put in order with little memory: sorted in parts, which lie in files and are merged.

    Parameters
    ----------
    memory_byte
        About so much is used for a part.
    folder
        Where they lie.

    Attributes
    ----------
    count
        Documents that were taken in.
    some
        Whether any has a text.
    """

    def __init__(self, memory_byte: int, folder: str) -> None:
        self._most, self._folder = max(1, memory_byte // WORD_BYTES), folder
        self._held: list[str | None] = []
        self._of = Column(folder, "", np.int64)
        self._letters = Column(folder, "", np.uint8)
        self._parts: list[_Part] = []
        self._byte = self.count = 0
        self.some = False

    def add(self, texts: Sequence[str | None]) -> None:
        """Take in the texts of some documents."""
        self._held += texts
        self._byte += sum(len(each) for each in texts if each is not None)
        self.count += len(texts)
        self.some = self.some or any(each is not None for each in texts)
        if len(self._held) + self._byte // WORD_BYTES > self._most:
            self._part()

    def ranks(self) -> NDArray[np.int64]:
        """Of each document a number, the least for the last of all texts in their order."""
        self._part()
        starts = np.concatenate((np.zeros(1, np.int64), np.cumsum([each.texts for each in self._parts]))).tolist()
        by_text = Room(self._folder).zeros((starts[-1],), np.int64)
        held: list[list[int]] = [[] for _ in self._parts]
        at = list(starts)
        rank, before = 0, None
        for text, part in heapq.merge(*(self._texts(number) for number in range(len(self._parts)))):
            rank -= text != before
            before = text
            held[part].append(rank)
            if len(held[part]) >= PLACES:
                by_text[at[part] : at[part] + PLACES] = held[part]
                at[part], held[part] = at[part] + PLACES, []
        found = np.empty(self.count, np.int64)
        first = 0
        for number, part_of in enumerate(self._parts):
            by_text[at[number] : starts[number + 1]] = held[number]
            of = self._of.part(first, first + part_of.documents)
            # Behind the ranks of texts stands that of having none.
            found[first : first + len(of)] = np.append(by_text[starts[number] : starts[number + 1]], 1)[of]
            first += len(of)
        return found

    def close(self) -> None:
        """Let go of the files."""
        self._of.close()
        self._letters.close()

    def _part(self) -> None:
        """Write down what is held, in order: the bytes of each text behind how many they are."""
        if not self._held:
            return
        texts = sorted({each for each in self._held if each is not None})
        place = {each: number for number, each in enumerate(texts)}
        self._of.append(np.array([len(texts) if each is None else place[each] for each in self._held]))
        begin = len(self._letters)
        for at in range(0, len(texts), PLACES):
            data = [each.encode("utf-8", "surrogatepass") for each in texts[at : at + PLACES]]
            own = b"".join(len(each).to_bytes(SIZE_BYTES, "little") + each for each in data)
            self._letters.append(np.frombuffer(own, np.uint8))
        self._parts.append(_Part(len(self._held), len(texts), begin, len(self._letters)))
        self._held, self._byte = [], 0

    def _texts(self, number: int) -> Iterator[tuple[bytes, int]]:
        """The texts of a part in order; bytes of UTF-8 are in the order of the letters."""
        at, end = self._parts[number].begin, self._parts[number].end
        held, place = b"", 0
        while at < end or place < len(held):
            size = int.from_bytes(held[place : place + SIZE_BYTES], "little") + SIZE_BYTES
            if len(held) - place >= SIZE_BYTES and len(held) - place >= size:
                yield held[place + SIZE_BYTES : place + size], number
                place += size
                continue
            want = max(READ_BYTES, size) if len(held) - place >= SIZE_BYTES else READ_BYTES
            data = self._letters.part(at, min(end, at + want)).tobytes()
            held, place, at = held[place:] + data, 0, at + len(data)


class _Part(NamedTuple):
    """Documents and texts of a part, and where the letters of these begin and end."""

    documents: int
    texts: int
    begin: int
    end: int


def last(rank: NDArray[Any] | None, which: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The same order with some documents behind all others."""
    order = np.lexsort((which,)) if rank is None else np.lexsort((rank, which))
    found = np.empty(len(which), np.int64)
    found[order] = np.arange(len(which))
    return found


def values(rows: Rows, column: str) -> list[Any]:
    """What is in a column, a number, a text or nothing for each row; dates as texts."""
    if rows.table is not None:
        names = rows.table.column_names
        if names.count(column) > 1:
            raise ColumnError(f"column {column} is there twice")
        if column not in names:
            return [None] * len(rows.numbers)
        return [_plain(each) for each in rows.table.column(column).to_pylist()]
    found = (loaded(line) for line in rows.lines)
    return [_plain(each.get(column)) if isinstance(each, dict) else None for each in found]


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    written = getattr(value, "isoformat", None)
    if written is not None:
        return written()
    try:
        return None if isinstance(value, bytes) else float(value)  # a decimal
    except (TypeError, ValueError):
        return None
