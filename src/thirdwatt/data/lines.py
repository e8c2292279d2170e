"""Lines that a dataset holds again and again: repeats, and the chrome of pages. One reading, in bounded memory.

A line ends at a newline or with its document. Blanks at its ends (bytes up to 32) are no part of it, and one of fewer
than 20 bytes does not count: braces and blank lines repeat in whatever is written. It is known by 64 bits: that two
different ones of ten billion are taken for one of the 400,000 that are remembered happens once in 5,000 scans.

What is remembered is bounded, and exact as long as all lines fit. Beyond that two summaries share the table:

- the lines of the most documents, the least of which are dropped when it is full (lossy counting, Manku and Motwani
  2002): every figure of theirs is a lower bound, and a document frequency is too small by at most ``lost_documents``;
- a sample of lines by their hashes, each with all that it ever was (distinct sampling, Gibbons 2001): it tells how much
  the first one missed. Their sum is unbiased, with an interval, and as sure for lines that are everywhere as the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .near.reference import BLOCK, LENGTH, MASK, MIX, mixed

LEAST_BYTES = 20
"""A shorter line does not count."""

BLANKS = bytes(range(33))
"""What is taken off the ends of a line."""

CHROME_DOCUMENTS, CHROME_SHARE = 10, 0.001
"""A line is page chrome if it is in so many documents, and in such a share of all."""

ROWS = 400_000
"""Lines that are remembered: with what is waiting and the work upon it about 60 MB."""

WAITING_LINES, WAITING_BYTES = 1 << 17, 8 << 20
"""Lines that are taken in together, and bytes of text that are held until then."""

TOP, SAMPLE_CHARACTERS, SAMPLES = 20, 80, 4096
SURE = 1.96
"""Standard errors of an interval of 95 %."""

CHUNK_BYTES = 128 << 10
"""Bytes that are looked at together: what is made of them stays in a processor's cache."""

ROUNDS = 32
"""Blanks that are taken off all lines together; of the few that have more, the rest goes one by one."""

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Kernel = Callable[[Bytes, Numbers], tuple[Hashes, Numbers, Numbers, int]]
"""Of documents, one behind the other, with their offsets: see :func:`hashed`."""
Text = Callable[[int], bytes]
"""How a line that waits begins, by its number."""

_U = np.uint64
_LOW = np.array([(1 << 8 * each) - 1 for each in range(9)], dtype=_U)
_EIGHTS = np.arange(0, CHUNK_BYTES + CHUNK_BYTES // 2, 8)
_STEPS = np.arange(1, 1 + len(_EIGHTS), dtype=_U) * _U(LENGTH)
_SEVENS, _HIGHEST = _U(0x7F7F7F7F7F7F7F7F), _U(0x8080808080808080)
_OVER_BLANK = _U(0x5F5F5F5F5F5F5F5F)
"""Added to the low seven bits of a byte, it sets the highest where they are above 32."""
_PLACE = _U(0x0001020304050607)
"""Times a lone bit at the foot of a byte, its highest byte is the number of that byte."""


def line_hash(line: bytes) -> int:
    """64 bits of a line without blanks at its ends: the definition, with which every kernel agrees to the bit.

    Blocks of eight bytes are mixed with their places and added, so that many can be done at once.
    """
    total = 0
    for place in range(0, len(line), 8):
        total += mixed(int.from_bytes(line[place : place + 8], "little") + (place // 8 + 1) * LENGTH & MASK)
    return mixed((total ^ len(line) * LENGTH) & MASK)


def counted(text: bytes) -> list[bytes]:
    """The lines of a document that count."""
    return [line for line in (each.strip(BLANKS) for each in text.split(b"\n")) if len(line) >= LEAST_BYTES]


# --- kernels -----------------------------------------------------------------------------------------------------


def hashed(data: Bytes, offsets: Numbers) -> tuple[Hashes, Numbers, Numbers, int]:
    """Hashes of the lines that count, where each begins and how long it is, and how many lines there are of any length.

    Parameters
    ----------
    data, offsets
        Documents one behind the other, and where each begins, with the end of the last.
    """
    parts: list[tuple[Hashes, Numbers, Numbers]] = []
    lines = 0
    for begin, end in _pieces(data, offsets):
        inside = offsets[np.searchsorted(offsets, begin, side="right") : np.searchsorted(offsets, end)]
        begins, ends, own = _bounds(data, np.concatenate(([begin], inside, [end])))
        lines += own
        if len(begins):
            parts.append((_chunk if end - begin <= CHUNK_BYTES else _long)(data, begins, ends))
    if not parts:
        return np.empty(0, _U), np.empty(0, np.int64), np.empty(0, np.int64), lines
    hashes, firsts, lengths = (np.concatenate([each[part] for each in parts]) for part in (0, 1, 2))
    return hashes, firsts, lengths, lines


def _pieces(data: Bytes, offsets: Numbers) -> Iterator[tuple[int, int]]:
    """Pieces of whole lines that are looked at together; a line that is longer than a chunk is one by itself."""
    at, last = int(offsets[0]), int(offsets[-1])
    while at < last:
        end = min(at + CHUNK_BYTES, last)
        if end < last:
            newline = data[at:end].tobytes().rfind(b"\n") + 1
            end = max(at + newline, int(offsets[np.searchsorted(offsets, end, side="right") - 1]))
        if end <= at:
            end = int(offsets[np.searchsorted(offsets, at, side="right")])
            for piece in range(at, end, CHUNK_BYTES):
                newline = data[piece : min(piece + CHUNK_BYTES, end)].tobytes().find(b"\n") + 1
                if newline:
                    end = piece + newline
                    break
        yield at, end
        at = end


def _bounds(data: Bytes, offsets: Numbers) -> tuple[Numbers, Numbers, int]:
    """Where lines that may count begin and end, and how many there are of any length."""
    newlines = np.flatnonzero(data[offsets[0] : offsets[-1]] == 10) + offsets[0]
    some = offsets[1:][np.diff(offsets) > 0]
    begins = np.sort(np.concatenate((offsets[:-1], newlines + 1)), kind="stable")
    ends = np.sort(np.concatenate((newlines, offsets[1:])), kind="stable")
    long = ends - begins >= LEAST_BYTES
    return begins[long], ends[long], len(newlines) + int((data[some - 1] != 10).sum())


def _chunk(data: Bytes, begins: Numbers, ends: Numbers) -> tuple[Hashes, Numbers, Numbers]:
    first, size = int(begins[0]), int(ends[-1] - begins[0])
    text = np.empty(size + 8, np.uint8)
    text[:size] = data[first : first + size]
    text[size:] = 0
    eights = np.ndarray((size + 1,), dtype="<u8", buffer=text, strides=(1,))
    begins, ends = _stripped(text, eights, begins - first, ends - first)
    lengths = ends - begins
    long = lengths >= LEAST_BYTES
    if not long.all():
        begins, lengths = begins[long], lengths[long]
    if not len(begins):
        return np.empty(0, _U), begins, lengths
    counts = (lengths + 7) >> 3
    ends = np.cumsum(counts)
    starts = ends - counts
    total = int(ends[-1])
    places = np.repeat(begins - 8 * starts, counts)
    places += _EIGHTS[:total]
    blocks = eights[places]
    blocks[ends - 1] &= _LOW[lengths - 8 * (counts - 1)]
    blocks += np.repeat(starts.astype(_U) * _U(-LENGTH & MASK), counts)
    blocks += _STEPS[:total]
    sums = np.add.reduceat(_mixed(blocks), starts)
    return _mixed(sums ^ lengths.astype(_U) * _U(LENGTH)), begins + first, lengths


def _stripped(text: Bytes, eights: Hashes, begins: Numbers, ends: Numbers) -> tuple[Numbers, Numbers]:
    """Lines without blanks at their ends; eight bytes at a time in front, where there are most."""
    some = np.flatnonzero(text[begins] <= 32)
    at = begins[some]
    for _ in range(ROUNDS):
        if not len(some):
            break
        words = eights[np.minimum(at, len(eights) - 1)]
        others = (words & _SEVENS) + _OVER_BLANK  # the highest bit of each byte: whether it is above 32
        others |= words
        others &= _HIGHEST
        lowest = (others & (~others + _U(1))) >> _U(7)
        begins[some] = at + (lowest * _PLACE >> _U(56)).astype(np.int64)
        full = others == 0
        some, at = some[full], at[full] + 8
        begins[some] = at
        inside = at < ends[some]
        some, at = some[inside], at[inside]
    for each in some.tolist():
        line = text[begins[each] : ends[each]].tobytes()
        begins[each] += len(line) - len(line.lstrip(BLANKS))
    np.minimum(begins, ends, out=begins)
    some = np.flatnonzero((text[ends - 1] <= 32) & (ends > begins))
    for _ in range(ROUNDS):
        if not len(some):
            return begins, ends
        ends[some] -= 1
        some = some[(text[ends[some] - 1] <= 32) & (ends[some] > begins[some])]
    for each in some.tolist():
        ends[each] = begins[each] + len(text[begins[each] : ends[each]].tobytes().rstrip(BLANKS))
    return begins, ends


def _long(data: Bytes, begins: Numbers, ends: Numbers) -> tuple[Hashes, Numbers, Numbers]:
    """A line that is longer than a chunk, by pieces."""
    begin, end = int(begins[0]), int(ends[0])
    while begin < end:
        piece = data[begin : min(begin + CHUNK_BYTES, end)].tobytes()
        left = len(piece.lstrip(BLANKS))
        begin += len(piece) - left
        if left:
            break
    while end > begin:
        piece = data[max(begin, end - CHUNK_BYTES) : end].tobytes()
        left = len(piece.rstrip(BLANKS))
        end -= len(piece) - left
        if left:
            break
    length, total = end - begin, 0
    for at in range(0, length, CHUNK_BYTES):
        own = data[begin + at : min(begin + at + CHUNK_BYTES, end)]
        blocks = np.zeros(-(-len(own) // 8), "<u8")
        blocks.view(np.uint8)[: len(own)] = own
        blocks += np.arange(at // 8 + 1, at // 8 + 1 + len(blocks), dtype=_U) * _U(LENGTH)
        total += int(_mixed(blocks).sum(dtype=_U))
    count = int(length >= LEAST_BYTES)
    found = mixed((total ^ length * LENGTH) & MASK)
    return np.full(count, found, _U), np.full(count, begin, np.int64), np.full(count, length, np.int64)


def _mixed(numbers: Hashes) -> Hashes:
    """The last step of splitmix64, in place."""
    numbers ^= numbers >> _U(30)
    numbers *= _U(BLOCK)
    numbers ^= numbers >> _U(27)
    numbers *= _U(MIX)
    numbers ^= numbers >> _U(31)
    return numbers


# --- what is found -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Between:
    """A figure and how sure it is; all five are the same where it is exact.

    Attributes
    ----------
    low, high
        The interval of 95 %, by the sample.
    least, most
        What it is for certain: what was counted, and that with all that may have been missed.
    """

    value: float
    low: float
    high: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Chrome:
    """A line of page chrome.

    Attributes
    ----------
    hash
        Its 64 bits, :func:`line_hash`.
    sample
        How it begins, at most 80 characters; ``None`` if it was never caught.
    length_byte
        Its length, without blanks at its ends.
    documents, documents_most
        In how many documents it was seen, and in how many it may have been.
    count
        How often it was seen.
    """

    hash: int
    sample: str | None
    length_byte: int
    documents: int
    documents_most: int
    count: int

    @property
    def byte(self) -> int:
        """What it was seen to take."""
        return self.length_byte * self.count


@dataclass(frozen=True, slots=True)
class Repeats:
    """Lines of a dataset that are there again. Copies of whole documents are in it too: it adds to no other finding.

    Attributes
    ----------
    documents, byte, lines
        All that was read.
    counted_lines, counted_byte
        Lines that are long enough to count, without blanks at their ends.
    again_lines, again_byte
        Those that are the same as a line before, be it in the same document.
    elsewhere_lines, elsewhere_byte
        Those that are the same as a line of a document before; some of the ones above.
    chrome_documents
        In how many documents a line must be to be page chrome: 10, and 0.1 % of all.
    chrome_lines, chrome_byte
        How many different lines are, and what all of them take, the first of each too.
    top
        Those that take most.
    exact
        Whether all lines fitted into the table. Otherwise figures are estimates with intervals of 95 %.
    sampled_share
        Share of different lines by which was estimated what the table missed.
    lost_documents
        By how much the document frequency of a line may be too small.
    """

    documents: int
    byte: int
    lines: int
    counted_lines: int
    counted_byte: int
    again_lines: Between
    again_byte: Between
    elsewhere_lines: Between
    elsewhere_byte: Between
    chrome_documents: int
    chrome_lines: Between
    chrome_byte: Between
    top: tuple[Chrome, ...]
    exact: bool
    sampled_share: float
    lost_documents: int

    def share(self, of: Between) -> Between:
        """Share of some bytes of all that were read."""
        total = max(1, self.byte)
        return Between(of.value / total, of.low / total, of.high / total, of.least / total, of.most / total)


class _Met(NamedTuple):
    """Different lines of some that were taken in together, by their hashes.

    ``line`` is the number of the first of each, ``times`` how often it is there, ``documents`` in how many documents,
    and ``in_first`` how often in the first of these.
    """

    keys: Hashes
    line: Numbers
    length: Numbers
    times: Numbers
    documents: Numbers
    in_first: Numbers
    first_document: NDArray[np.uint32]
    last_document: NDArray[np.uint32]

    def only(self, which: NDArray[np.bool_]) -> _Met:
        """Some of them."""
        places = np.flatnonzero(which)
        return _Met._make(each[places] for each in self)


def _grouped(hashes: Hashes, lengths: Numbers, numbers: Numbers) -> _Met:
    """Lines put together by their hashes; documents are in order."""
    order = _order(hashes)
    ordered, documents = hashes[order], numbers[order]
    is_first = np.append(True, ordered[1:] != ordered[:-1])
    is_new = is_first.copy()
    is_new[1:] |= documents[1:] != documents[:-1]
    starts, groups = np.flatnonzero(is_first), np.flatnonzero(is_new)
    count = np.diff(np.append(starts, len(ordered)))
    first_group = np.cumsum(is_new)[starts] - 1
    return _Met(
        keys=ordered[starts],
        line=order[starts],
        length=lengths[order[starts]],
        times=count,
        documents=np.diff(np.append(first_group, len(groups))),
        in_first=np.diff(np.append(groups, len(ordered)))[first_group],
        first_document=documents[starts].astype(np.uint32),
        last_document=documents[starts + count - 1].astype(np.uint32),
    )


class _Rows:
    """What is known of each line that is remembered.

    ``count`` and ``documents`` are since it was let in, and 0 after it was dropped; ``before_`` is what they were at
    earlier times, kept for lines of the sample alone, as is ``missed``: repeats that were not seen to be ones.
    """

    NAMES = ("length", "count", "documents", "lost", "last", "before_count", "before_documents", "missed",
             "missed_elsewhere")  # fmt: skip
    __slots__ = NAMES

    length: NDArray[np.int32]
    count: Numbers
    documents: Numbers
    lost: Numbers
    last: NDArray[np.uint32]
    before_count: Numbers
    before_documents: Numbers
    missed: NDArray[np.int32]
    missed_elsewhere: NDArray[np.int32]

    def __init__(self, size: int) -> None:
        kinds = {"length": np.int32, "last": np.uint32, "missed": np.int32, "missed_elsewhere": np.int32}
        for name in self.NAMES:
            setattr(self, name, np.zeros(size, kinds.get(name, np.int64)))

    def keep(self, which: NDArray[np.bool_]) -> None:
        """Move those that stay to the front."""
        size, left = len(which), int(which.sum())
        for name in self.NAMES:
            column = getattr(self, name)
            column[:left] = column[:size][which]
            column[left:size] = 0


class Lines:
    """Takes in documents, batch by batch, and tells which of their lines are there again.

    Parameters
    ----------
    kernel
        How lines are hashed: :func:`hashed`, or the same of :mod:`.lines_numba`.
    rows
        Lines that are remembered, at about 150 bytes each with all that is done upon them.
    """

    def __init__(self, kernel: Kernel = hashed, rows: int = ROWS) -> None:
        if rows < 8:
            raise ValueError(f"a table of {rows} lines is too small: 8 are the least")
        self._kernel, self._size = kernel, rows
        self._waiting = max(1, min(WAITING_LINES, rows // 2))
        self._rows = _Rows(rows + self._waiting)
        self._keys, self._slots = np.empty(0, _U), np.empty(0, np.int32)  # sorted by hash
        self._level = 0  # a line is in the sample if so many of its highest bits are 0
        self._lost = self._lost_count = 0  # how many documents, and how many times, any line may have lost
        self._samples: dict[int, bytes] = {}
        self._held: list[tuple[Bytes, Hashes, Numbers, Numbers, Numbers]] = []
        self._held_lines = self._held_bytes = 0
        self._documents = self._byte = self._lines = self._counted_lines = self._counted_byte = 0
        self._again, self._elsewhere = np.zeros(2, np.int64), np.zeros(2, np.int64)  # lines, bytes
        self._dropped, self._dropped_byte = np.zeros(2, np.int64), 0
        self._let_in, self._let_in_first = np.zeros(2, np.int64), np.zeros(2, np.int64)

    def add(self, data: Bytes, offsets: Numbers) -> None:
        """Take in documents.

        Parameters
        ----------
        data
            Their bytes, one behind the other; not written to before the next batches are taken in.
        offsets
            Where each begins, and where the last one ends.
        """
        if len(offsets) < 2:
            return
        hashes, begins, lengths, lines = self._kernel(data, offsets)
        numbers = np.repeat(
            np.arange(self._documents, self._documents + len(offsets) - 1),
            np.diff(np.append(np.searchsorted(begins, offsets[:-1]), len(begins))),
        )
        self._documents += len(offsets) - 1
        self._byte += int(offsets[-1] - offsets[0])
        self._lines += lines
        self._counted_lines += len(hashes)
        self._counted_byte += int(lengths.sum())
        self._held.append((data, hashes, begins, lengths, numbers))
        self._held_lines += len(hashes)
        self._held_bytes += int(offsets[-1] - offsets[0])
        if self._held_lines >= self._waiting or self._held_bytes >= WAITING_BYTES:
            self._flush()

    def candidates(self) -> Hashes:
        """Hashes of lines that may be page chrome, sorted: what :func:`recount` makes certain by a second reading.

        All that are page chrome are among them where ``lost_documents`` is less than ``chrome_documents``.
        """
        self._flush()
        rows, count = self._rows, len(self._keys)
        documents = rows.documents[:count] + rows.before_documents[:count] + rows.lost[:count]
        return self._keys[documents[self._slots] >= self._least()]

    def found(self) -> Repeats:
        """What was found so far."""
        self._flush()
        rows, count = self._rows, len(self._keys)
        hashes = np.empty(count, _U)
        hashes[self._slots] = self._keys
        sampled = self._sampled(hashes)
        share = 0.5**self._level
        length = rows.length[:count].astype(np.int64)
        own_count, own_documents = rows.count[:count], rows.documents[:count]
        most = own_documents + rows.lost[:count]
        true_count = np.where(sampled, rows.before_count[:count] + own_count, own_count)
        true_documents = np.where(sampled, rows.before_documents[:count] + own_documents, own_documents)
        most[sampled] = true_documents[sampled]
        least = self._least()
        seen, true = own_documents >= least, true_documents >= least
        missed, elsewhere = rows.missed[:count].astype(np.int64), rows.missed_elsewhere[:count].astype(np.int64)
        chrome = true * true_count - seen * own_count
        hidden = np.minimum(self._dropped, self._let_in)
        maybe = most >= least
        absent = self._lost >= least  # what is not in the table may be page chrome
        unsure = maybe & ~sampled & (rows.lost[:count] > 0)
        unseen = self._dropped_byte if absent else min(self._dropped_byte, self._lost_count * int(length[unsure].sum()))
        seen_byte, maybe_byte = int((own_count * length)[seen].sum()), int((true_count * length)[maybe].sum())

        def between(known: float, missing: Numbers, most_missing: float, unit: float = 1.0) -> Between:
            return _between(known, missing[sampled], share, most_missing, unit)

        mean = self._counted_byte / max(1, self._counted_lines)
        return Repeats(
            documents=self._documents,
            byte=self._byte,
            lines=self._lines,
            counted_lines=self._counted_lines,
            counted_byte=self._counted_byte,
            again_lines=between(int(self._again[0]), missed, int(hidden[0])),
            again_byte=between(int(self._again[1]), missed * length, int(hidden[1]), mean),
            elsewhere_lines=between(int(self._elsewhere[0]), elsewhere, int(self._let_in_first[0])),
            elsewhere_byte=between(int(self._elsewhere[1]), elsewhere * length, int(self._let_in_first[1]), mean),
            chrome_documents=least,
            chrome_lines=between(
                int(seen.sum()),
                true.astype(np.int64) - seen,
                int(maybe.sum() - seen.sum()) + (int(self._dropped[0]) if absent else 0),
            ),
            chrome_byte=between(seen_byte, chrome * length, maybe_byte - seen_byte + unseen, mean * least),
            top=self._top(hashes, true, length, true_documents, most, true_count),
            exact=not self._lost,
            sampled_share=share,
            lost_documents=self._lost,
        )  # fmt: skip

    def _top(self, hashes: Hashes, which: NDArray[np.bool_], length: Numbers, documents: Numbers, most: Numbers,
             count: Numbers) -> tuple[Chrome, ...]:  # fmt: skip
        some = np.flatnonzero(which)
        order = some[np.lexsort((hashes[some], -(length * count)[some]))][:TOP]
        found = []
        for each in order.tolist():
            key = int(hashes[each])
            text = self._samples.get(key)
            sample = None if text is None else text.decode("utf-8", "replace")[:SAMPLE_CHARACTERS]
            found.append(
                Chrome(key, sample, int(length[each]), int(documents[each]), int(most[each]), int(count[each]))
            )
        return tuple(found)

    COUNTS = ("_level", "_lost", "_lost_count", "_documents", "_byte", "_lines", "_counted_lines", "_counted_byte",
              "_dropped_byte")  # fmt: skip
    PAIRS = ("_again", "_elsewhere", "_dropped", "_let_in", "_let_in_first")

    def state(self) -> dict[str, NDArray[Any]]:
        """All that is known, to go on with in another process."""
        self._flush()
        count = len(self._keys)
        return {
            "counts": np.array([getattr(self, name) for name in self.COUNTS], np.int64),
            "pairs": np.array([getattr(self, name) for name in self.PAIRS], np.int64),
            "keys": self._keys,
            "slots": self._slots,
            "samples": np.array(list(self._samples), np.uint64),
            "sample_sizes": np.array([len(each) for each in self._samples.values()], np.int64),
            "sample_bytes": np.frombuffer(b"".join(self._samples.values()), np.uint8),
            **{f"rows.{name}": getattr(self._rows, name)[:count] for name in _Rows.NAMES},
        }

    def restore(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Know what another one of the same size knew."""
        for name, value in zip(self.COUNTS, arrays["counts"].tolist(), strict=True):
            setattr(self, name, value)
        for name, pair in zip(self.PAIRS, arrays["pairs"], strict=True):
            setattr(self, name, pair.copy())
        self._keys, self._slots = arrays["keys"], arrays["slots"]
        ends = np.cumsum(arrays["sample_sizes"]).tolist()
        data = arrays["sample_bytes"].tobytes()
        begins = [0, *ends[:-1]]
        self._samples = {
            key: data[begin:end] for key, begin, end in zip(arrays["samples"].tolist(), begins, ends, strict=False)
        }
        for name in _Rows.NAMES:
            getattr(self._rows, name)[: len(self._keys)] = arrays[f"rows.{name}"]

    def _sampled(self, hashes: Hashes) -> NDArray[np.bool_]:
        return hashes < _U(1 << 64 - self._level) if self._level else np.ones(len(hashes), dtype=bool)

    def _flush(self) -> None:
        """Put what is waiting into the table."""
        held, self._held, self._held_lines, self._held_bytes = self._held, [], 0, 0
        if not held:
            return
        hashes, lengths, numbers = (np.concatenate([each[part] for each in held]) for part in (1, 3, 4))
        edges = np.cumsum([0, *(len(each[1]) for each in held)])

        def text(line: int) -> bytes:
            batch = int(np.searchsorted(edges, line, side="right")) - 1
            data, _, begins, sizes, _ = held[batch]
            begin, size = int(begins[line - edges[batch]]), int(sizes[line - edges[batch]])
            return data[begin : begin + min(size, 4 * SAMPLE_CHARACTERS)].tobytes()

        for first in range(0, len(hashes), self._waiting):
            own = slice(first, first + self._waiting)
            self._take(hashes[own], lengths[own], numbers[own], first, text)

    def _take(self, hashes: Hashes, lengths: Numbers, numbers: Numbers, first: int, text: Text) -> None:
        """Take in lines, of which the first is of that number among those that waited.

        Documents are in order, and the first may be the one that ended the lines before.
        """
        met = _grouped(hashes, lengths, numbers)
        places = np.searchsorted(self._keys, met.keys)
        known = np.zeros(len(met.keys), dtype=bool)
        if len(self._keys):
            known = self._keys[np.minimum(places, len(self._keys) - 1)] == met.keys
        old, fresh = met.only(known), met.only(~known)
        slots = self._slots[places[known]]
        self._meet(slots, old)
        rows = self._rows
        added = slice(len(self._keys), len(self._keys) + len(fresh.keys))
        rows.length[added], rows.count[added], rows.documents[added] = fresh.length, fresh.times, fresh.documents
        rows.last[added], rows.lost[added] = fresh.last_document, self._lost
        self._note(fresh, np.ones(len(fresh.keys), np.int64), fresh.in_first)
        often = np.concatenate((rows.documents[slots] + rows.before_documents[slots], fresh.documents)) >= self._least()
        line = np.concatenate((old.line, fresh.line))[often] + first
        self._insert(places[~known], fresh.keys)
        self._catch(np.concatenate((old.keys, fresh.keys))[often], line, text)
        if len(self._keys) > self._size:
            self._drop()

    def _least(self) -> int:
        """In how many documents a line must be to be page chrome."""
        return max(CHROME_DOCUMENTS, ceil(CHROME_SHARE * self._documents))

    def _meet(self, slots: NDArray[np.int32], met: _Met) -> None:
        """Take in lines that are in the table."""
        rows = self._rows
        held, before = rows.count[slots], rows.documents[slots]
        is_held, same = held > 0, rows.last[slots] == met.first_document
        seen = is_held & (~same | (before > 1))
        truly = ~same | (before + rows.before_documents[slots] > 1)
        self._note(met, (~is_held).astype(np.int64), np.where(seen, 0, met.in_first))
        if self._lost:
            back = slots[~is_held]
            rows.missed[back] += 1
            rows.lost[back] = self._lost
            late = truly & ~seen
            rows.missed_elsewhere[slots[late]] += met.in_first[late].astype(np.int32)
        rows.count[slots] = held + met.times
        rows.documents[slots] = before + met.documents - same
        rows.last[slots] = met.last_document

    def _note(self, met: _Met, new: Numbers, new_elsewhere: Numbers) -> None:
        """Count lines that are there again: all but those that are new, and but those new to all documents before."""
        again, elsewhere = met.times - new, met.times - new_elsewhere
        self._again += again.sum(), (again * met.length).sum()
        self._elsewhere += elsewhere.sum(), (elsewhere * met.length).sum()
        if self._lost:
            self._let_in += new.sum(), (new * met.length).sum()
            self._let_in_first += new_elsewhere.sum(), (new_elsewhere * met.length).sum()

    def _insert(self, places: NDArray[np.intp], keys: Hashes) -> None:
        """Put hashes with the next slots where they belong."""
        size = len(self._keys)
        at = places + np.arange(len(places))
        stay = np.ones(size + len(keys), dtype=bool)
        stay[at] = False
        merged, slots = np.empty(len(stay), _U), np.empty(len(stay), np.int32)
        merged[at], slots[at] = keys, np.arange(size, len(stay), dtype=np.int32)
        merged[stay], slots[stay] = self._keys, self._slots
        self._keys, self._slots = merged, slots

    def _catch(self, keys: Hashes, lines: Numbers, text: Text) -> None:
        """Keep how lines begin that may be among those that are shown."""
        for key, each in zip(keys.tolist(), lines.tolist(), strict=True):
            if key not in self._samples:
                self._samples[key] = text(each)
        if len(self._samples) <= SAMPLES:
            return
        known = np.fromiter(self._samples, _U, len(self._samples))
        places = np.searchsorted(self._keys, known)
        places[places == len(self._keys)] = 0
        some = np.flatnonzero(self._keys[places] == known)
        slots, rows = self._slots[places[some]], self._rows
        byte = rows.length[slots] * (rows.count[slots] + rows.before_count[slots])
        largest = known[some[np.lexsort((known[some], -byte))]][: SAMPLES // 4]
        self._samples = {key: self._samples[key] for key in largest.tolist()}

    def _drop(self) -> None:
        """Make room: a thinner sample if it takes more than a quarter, then the lines of the fewest documents."""
        rows, count = self._rows, len(self._keys)
        while int(self._sampled(self._keys).sum()) > self._size // 4:
            self._level += 1
        sampled = np.empty(count, dtype=bool)
        sampled[self._slots] = self._sampled(self._keys)
        for name in ("before_count", "before_documents", "missed", "missed_elsewhere"):
            getattr(rows, name)[:count][~sampled] = 0
        held = rows.count[:count] > 0
        documents = rows.documents[:count]
        surplus = int(held.sum()) - self._size // 2
        gone = np.zeros(count, dtype=bool)
        if surplus > 0:
            limit = int(np.partition(documents[held], surplus - 1)[surplus - 1])
            gone = held & (documents <= limit)
            self._lost += max(1, limit)
            self._lost_count += int(rows.count[:count][gone].max())
            length = rows.length[:count][gone].astype(np.int64)
            self._dropped += len(length), length.sum()
            self._dropped_byte += int((length * rows.count[:count][gone]).sum())
        stays = gone & sampled
        rows.before_count[:count][stays] += rows.count[:count][stays]
        rows.before_documents[:count][stays] += documents[stays]
        rows.count[:count][gone] = 0
        documents[gone] = 0
        kept = sampled | (held & ~gone)
        new = np.cumsum(kept, dtype=np.int32) - 1
        ordered = kept[self._slots]
        self._keys, self._slots = self._keys[ordered], new[self._slots[ordered]].astype(np.int32)
        rows.keep(kept)


def recount(
    read: Iterable[tuple[Bytes, Numbers]], hashes: Hashes, kernel: Kernel = hashed
) -> tuple[Numbers, Numbers, Numbers]:
    """In how many documents some lines are, how often, and how long each is: exact, by a second reading.

    Parameters
    ----------
    read
        Batches of documents, as :meth:`Lines.add` takes them.
    hashes
        The lines, sorted, as :meth:`Lines.candidates` gives them.
    """
    documents, count, length = (np.zeros(len(hashes), np.int64) for _ in range(3))
    for data, offsets in read:
        own, begins, lengths, _ = kernel(data, offsets)
        if not len(own) or not len(hashes):
            continue
        places = np.minimum(np.searchsorted(hashes, own), len(hashes) - 1)
        some = np.flatnonzero(hashes[places] == own)
        at, numbers = places[some], np.searchsorted(offsets, begins[some], side="right")
        count += np.bincount(at, minlength=len(hashes))
        documents += np.bincount(np.unique(np.stack((at, numbers)), axis=1)[0], minlength=len(hashes))
        length[at] = lengths[some]
    return documents, count, length


def _order(hashes: Hashes) -> NDArray[np.intp]:
    """The order of hashes, equal ones as they stand: places ride in the low bits, since plain values sort fastest."""
    bits = max(1, (len(hashes) - 1).bit_length())
    low = _U((1 << bits) - 1)
    packed = np.sort(hashes & ~low | np.arange(len(hashes), dtype=_U))
    order = (packed & low).astype(np.intp)
    ordered = hashes[order]
    if (ordered[1:] < ordered[:-1]).any():  # two that differ in those bits alone
        return np.argsort(hashes, kind="stable")
    return order


def _between(known: float, missing: Numbers, share: float, most_missing: float, unit: float) -> Between:
    """What is known and what a sample says is missing (Horvitz and Thompson 1952), with an interval of 95 %.

    Parameters
    ----------
    missing
        Of each line in the sample: every line is in it with the probability ``share``, by its hash.
    unit
        What one line that was missed makes. Up to three may be where the sample has none (Hanley and Lippman-Hand
        1983), so that the interval reaches at least as far.
    """
    found = float(missing.sum())
    least = known + found
    if share == 1:
        return Between(least, least, least, least, least)
    values = missing.astype(np.float64)
    error = SURE * sqrt(float((values * values).sum()) * (1 - share)) / share
    most = max(least, known + most_missing)
    value = min(known + found / share, most)
    high = min(value + max(error, 3 * unit / share), most)
    return Between(value, max(least, value - error), high, least, most)
