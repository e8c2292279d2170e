"""Documents by their numbers, and the whole rows that they stand in: the files of a result are stretches of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data.errors import ChangedError
from thirdwatt.data.formats.base import BadRow, Rows, Source
from thirdwatt.data.reading import JUMP_ROWS

ROW_BYTES = 16
"""What a row counts beside its text, so that a million empty ones are no single file."""

Numbers = NDArray[np.int64]


def divided(byte: NDArray[np.uint32], stays: NDArray[np.bool_], file_byte: int) -> list[tuple[int, int]]:
    """First and last documents of each file of a result, by what stays alone: what is read together changes nothing.

    Parameters
    ----------
    byte, stays
        Of each document.
    file_byte
        Text of a file.
    """
    if not stays.any():
        return []
    sizes = np.where(stays, byte.astype(np.int64) + ROW_BYTES, 0)
    of = (np.cumsum(sizes) - sizes) // max(1, file_byte)
    places = np.flatnonzero(stays)  # only what stays begins a file, so that none is empty
    begins = places[np.append(False, of[places[1:]] != of[places[:-1]])].tolist()
    begins = [0, *begins]
    return list(zip(begins, [*begins[1:], len(byte)], strict=True))


class Stream:
    """Whole rows of files in order, from any of them on; it stays open, so that the next stretch goes on from there.

    Parameters
    ----------
    sources
        The files; each reading keeps its place in its own copy of them.
    bad
        Told of rows that cannot be read, with the number of their file; of none twice, if it is gone on with.
    """

    def __init__(self, sources: Sequence[Source], bad: Callable[[int, BadRow], None] | None = None) -> None:
        self.sources = [copy(each) for each in sources]
        self._bad = bad
        self._rows: Iterator[Rows] = iter(())
        self._held: Rows | None = None
        self._file, self._next = -1, 0

    def next(self, file: int, row: int) -> Rows | None:
        """The next rows of a file from one on; nothing where there are no more.

        A row ahead is read up to where nothing leads there faster.
        """
        source = self.sources[file]
        far = row - self._next > JUMP_ROWS and source.jumps
        if file != self._file or row < self._next or far:
            self.close()
            self._rows, self._held = source.rows(self._told, row), None
            self._file = file
        while True:
            found, self._held = self._held, None
            if found is None:
                found = next(self._rows, None)
            if found is None:
                return None
            self._next = int(found.numbers[-1]) + 1
            begin = int(np.searchsorted(found.numbers, row))
            if begin < len(found.numbers):
                return found.taken(np.arange(begin, len(found.numbers)))

    def give_back(self, rows: Rows) -> None:
        """Have some of the last rows come again."""
        self._held, self._next = rows, int(rows.numbers[0])

    def close(self) -> None:
        """Let go of the file that is read."""
        close = getattr(self._rows, "close", None)
        if close is not None:
            close()

    def _told(self, row: BadRow) -> None:
        if self._bad is not None:
            self._bad(self._file, row)


def whole_rows(
    stream: Stream, files: Sequence[int], row: Numbers, first: int, last: int
) -> Iterator[tuple[Numbers, Rows]]:
    """The whole rows of the documents from one up to another, each batch with the numbers of its documents.

    Parameters
    ----------
    stream
        Of the files.
    files, row
        Number of the first document of each file and of the one behind the last; row of each document in its file.

    Raises
    ------
    ChangedError
        If rows are no longer there.
    """
    for file, source in enumerate(stream.sources):
        begin, end = max(first, files[file]), min(last, files[file + 1])
        while begin < end:
            rows = stream.next(file, int(row[begin]))
            if rows is None:
                raise ChangedError(f"{source.path} changed while it was read")
            to = begin + int(np.searchsorted(row[begin:end], rows.numbers[-1], side="right"))
            places = np.searchsorted(rows.numbers, row[begin:to])
            if not np.array_equal(rows.numbers[places], row[begin:to]):
                raise ChangedError(f"{source.path} changed while it was read")
            behind = int(places[-1]) + 1
            if to == end and behind < len(rows.numbers):
                stream.give_back(rows.taken(np.arange(behind, len(rows.numbers))))
            yield np.arange(begin, to), rows.taken(places)
            begin = to
