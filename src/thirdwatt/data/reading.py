"""Passing through the documents of many files in order, from any place on, while saying how far that is.

Nothing here knows what is looked for in them.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .columns import Column
from .formats.base import Bad, BadRow, Source, Texts
from .store import is_remote
from .together import Together

JUMP_ROWS = 20_000
"""Rows between two that are wanted, from which on a file is opened anew behind them."""


SAY_S = 0.1
AHEAD = 3
"""Batches that are read while others are looked at."""


@dataclass(slots=True)
class Progress:
    """How far a scan is.

    Attributes
    ----------
    done_byte, total_byte
        Of files as they are stored, over all readings.
    text_byte
        Of text that was taken in.
    what
        What is being done, in a word or two.
    """

    total_byte: int
    done_byte: int = 0
    text_byte: int = 0
    what: str = ""
    told: Callable[[Progress], None] | None = None
    _last_s: float = 0.0

    def say(self, done_byte: int, text_byte: int = 0) -> None:
        """Take in how far it is; told on at most ten times a second."""
        self.done_byte = done_byte
        self.text_byte += text_byte
        now = time.monotonic()
        if self.told and now - self._last_s >= SAY_S:
            self._last_s = now
            self.told(self)

    def begin(self, what: str, done_byte: int) -> None:
        """Take in what is done now; told on at once."""
        self.what, self.done_byte = what, done_byte
        if self.told:
            self.told(self)


@dataclass(slots=True)
class Place:
    """Where a reading is: the number of a file, and the row in it that comes next."""

    file: int = 0
    row: int = 0


def batches(
    sources: Sequence[Source], place: Place, bad: Bad, progress: Progress, before_byte: int = 0
) -> Iterator[Texts]:
    """All documents from a place on, which moves along: after a batch it is behind that.

    Bad rows are told when the place has come behind them, whenever a format meets them: so what was told and what comes
    from the place on are all of them, and none twice.
    """
    passed = before_byte + sum(each.stored_byte for each in sources[: place.file])
    while place.file < len(sources):
        source = sources[place.file]
        held = _Held(source, bad)
        try:
            for texts in _read(source, held, place.row):
                place.row = int(texts.rows[-1]) + 1
                held.tell(place.row)
                yield texts
                progress.say(passed + source.at, int(texts.offsets[-1] - texts.offsets[0]))
        except Exception:
            held.tell()
            raise
        held.tell()
        passed += source.stored_byte
        place.file, place.row = place.file + 1, 0
        progress.say(passed)


def wanted(
    sources: Sequence[Source],
    place: Place,
    some: NDArray[np.int64],
    firsts: Sequence[int],
    rows: Column,
    progress: Progress,
    before_byte: int = 0,
) -> Iterator[tuple[int, Texts]]:
    """The batches in which wanted documents are, each with the number of its first document.

    Parameters
    ----------
    sources, place
        As above.
    some
        Numbers of the documents that are wanted, ascending.
    firsts
        Number of the first document of each file, and of the one behind the last.
    rows
        Row of each document in its file.
    """
    passed = before_byte + sum(each.stored_byte for each in sources[: place.file])
    while place.file < len(sources):
        source = sources[place.file]
        begin, end = firsts[place.file], firsts[place.file + 1]
        mine = some[np.searchsorted(some, begin) : np.searchsorted(some, end)]
        if len(mine):
            own = rows.part(begin, end)
            yield from _of_file(source, place, own[mine - begin], own, begin, progress, passed)
        passed += source.stored_byte
        place.file, place.row = place.file + 1, 0
        progress.say(passed)


def _of_file(
    source: Source, place: Place, mine: NDArray[np.int64], own: NDArray[np.int64], begin: int, progress: Progress,
    passed: int,
) -> Iterator[tuple[int, Texts]]:  # fmt: skip
    at = int(np.searchsorted(mine, place.row))
    while at < len(mine):
        for texts in _read(source, _nothing, int(mine[at])):
            last = int(texts.rows[-1])
            following = int(np.searchsorted(mine, last, side="right"))
            if following > at:
                place.row = last + 1
                yield begin + int(np.searchsorted(own, texts.rows[0])), texts
            progress.say(passed + source.at, int(texts.offsets[-1] - texts.offsets[0]))
            at = following
            if at >= len(mine) or mine[at] > last + JUMP_ROWS:
                break
        else:
            return  # the file has fewer rows than it had: who counts them will say so


class _Held:
    """Bad rows of a file that a reading has not come behind."""

    def __init__(self, source: Source, bad: Bad) -> None:
        self._source, self._bad = source, bad
        self._rows: list[tuple[int, BadRow]] = []

    def __call__(self, row: BadRow) -> None:
        source = self._source
        number = source.number(row.file, row.row) if isinstance(source, Together) else row.row
        self._rows.append((number, row))

    def tell(self, behind: int | None = None) -> None:
        """Tell those before a row; all of them at the end."""
        later = []
        for number, row in self._rows:
            if behind is None or number < behind:
                self._bad(row)
            else:
                later.append((number, row))
        self._rows = later


def _read(source: Source, bad: Bad, first: int) -> Iterator[Texts]:
    """Documents of a file; reading ahead pays where waiting is most of it, and costs a fifth more where it is not."""
    return ahead(source, bad, first) if is_remote(source.path) else source.texts(bad, first)


def ahead(source: Source, bad: Bad, first: int = 0) -> Iterator[Texts]:
    """Documents of a file, which a thread reads while those before are looked at; bad rows are told in their order."""
    passed: queue.Queue[Texts | BadRow | BaseException | None] = queue.Queue(AHEAD)
    stop = threading.Event()

    def give(each: Texts | BadRow | BaseException | None) -> None:
        while not stop.is_set():
            try:
                return passed.put(each, timeout=0.1)
            except queue.Full:
                continue
        raise _StoppedError

    def read() -> None:
        try:
            for texts in source.texts(give, first):
                give(texts)
            give(None)
        except _StoppedError:
            pass
        except BaseException as error:  # raised where the documents are asked for
            with suppress(_StoppedError):
                give(error)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    try:
        while (each := passed.get()) is not None:
            if isinstance(each, BadRow):
                bad(each)
            elif isinstance(each, BaseException):
                raise each
            else:
                yield each
    finally:
        stop.set()
        thread.join()


class _StoppedError(Exception):
    """Nobody asks for more."""


def _nothing(_: Any) -> None:
    """Bad rows are counted at the first reading."""
