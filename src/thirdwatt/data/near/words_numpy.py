"""Runs of words and signatures by numpy alone: the definition of :mod:`.reference`, many documents at a time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data.columns import Room

from .reference import BLOCK, EMPTY, LENGTH, MIX, PLACES, RUN, probes
from .rule import Candidates, Removed, Rule

Bytes = NDArray[np.uint8]
Offsets = NDArray[np.int64]
Hashes = NDArray[np.uint64]

NAME = "numpy"
AT_ONCE = 32
"""Documents whose signatures are compared with one together: the first of them are the likeliest to be like it."""

CHUNK_BYTES = 128 << 10
"""Bytes that are looked at together: what is made of them stays in a processor's cache."""

_U = np.uint64
_LOW = np.array([(1 << 8 * each) - 1 for each in range(9)], dtype=_U)
_PLACES = np.array(PLACES, dtype=_U)


def runs(data: Bytes, offsets: Offsets, out: Hashes | None = None) -> tuple[Hashes, Offsets]:
    """The runs of documents in order, repeated ones too, and where those of each begin.

    Parameters
    ----------
    data
        Their bytes, one behind the other.
    offsets
        Where each begins, and where the last one ends: one more than there are documents.
    out
        Where the runs are written: room for one a byte.
    """
    found = np.empty(int(offsets[-1] - offsets[0]), _U) if out is None else out
    starts = np.zeros(len(offsets), dtype=np.int64)
    at = 0
    for first, last in _chunks(offsets, CHUNK_BYTES):
        hashes, own = _runs(data, offsets[first : last + 1])
        found[at : at + len(hashes)] = hashes
        starts[first : last + 1] = own + at
        at += len(hashes)
    return found[:at], starts


def signatures(hashes: Hashes, starts: Offsets, bins: int) -> NDArray[np.uint32]:
    """Signatures of documents, shape (documents, bins).

    Parameters
    ----------
    hashes, starts
        Their runs, and where those of each begin, as :func:`runs` gives them.
    bins
        Values of a signature.
    """
    found = np.full((len(starts) - 1, bins), EMPTY, dtype=np.uint32)
    for first, last in _chunks(starts, CHUNK_BYTES // 8):
        own = hashes[starts[first] : starts[last]]
        place = (own >> _U(32)) * _U(bins) >> _U(32)
        place += np.repeat(np.arange(0, (last - first) * bins, bins, dtype=_U), np.diff(starts[first : last + 1]))
        np.minimum.at(found[first:last].reshape(-1), place.astype(np.intp), own.astype(np.uint32))
    _fill(found, _attempts(bins))
    return found


def distinct(hashes: Hashes, starts: Offsets, wanted: Offsets) -> tuple[Hashes, Offsets]:
    """The distinct runs of some documents, in any order within each, and where those of each begin.

    Parameters
    ----------
    hashes, starts
        The runs of documents, and where those of each begin, as :func:`runs` gives them.
    wanted
        Numbers of the documents.
    """
    spans = list(zip(starts[wanted].tolist(), starts[wanted + 1].tolist(), strict=True))
    own = np.concatenate([np.empty(0, _U), *(hashes[begin:end] for begin, end in spans)])
    ends = np.concatenate((np.zeros(1, np.int64), np.cumsum(starts[wanted + 1] - starts[wanted])))
    for begin, end in pairwise(ends.tolist()):
        own[begin:end].sort()
    keep = np.ones(len(own) + 1, dtype=bool)
    np.not_equal(own[1:], own[:-1], out=keep[1:-1])
    keep[ends] = True
    kept = np.concatenate((np.zeros(1, np.int64), np.cumsum(keep[:-1])))
    return own[keep[:-1]], kept[ends]


def greedy(buckets: NDArray[np.int64], candidates: Candidates, rule: Rule, room: Room) -> Removed:
    """Keep the first of documents that are alike, and find for each other one that was kept and is truly like it.

    Parameters
    ----------
    buckets
        Of each document in each band, -1 where it shares none.
    candidates
        The documents, and their order: pairs whose signatures agree too little are not counted.
    rule
        When two documents are alike.
    room
        Where arrays are made that may be larger than memory; what it holds is given back now and then.
    """
    count = len(buckets)
    kept: dict[int, list[int]] = {}
    witness, alike = np.full(count, -1, dtype=np.int64), np.zeros(count)
    full: set[int] = set()
    for stretch in candidates.ranges():
        for number, row in zip(stretch.tolist(), buckets[stretch].tolist(), strict=True):
            shared = [bucket for bucket in row if bucket >= 0]
            others = dict.fromkeys(other for bucket in shared for other in reversed(kept.get(bucket, ())))
            own = candidates.runs(number)
            for other in _close(candidates, number, list(others), rule):
                jaccard = _alike(candidates, own, other, rule)
                if jaccard:
                    witness[number], alike[number] = other, jaccard
                    break
            else:
                for bucket in shared:
                    if len(kept.setdefault(bucket, [])) < rule.most:
                        kept[bucket].append(number)
                    else:
                        full.add(bucket)
        room.release()
    return Removed(witness, alike, len(full))


def _close(candidates: Candidates, one: int, others: list[int], rule: Rule) -> Iterator[int]:
    """Those of other documents, in their order, whose sizes and signatures do not say already that they are unlike."""
    signatures, _, starts, _ = candidates
    agreement = rule.agreement(signatures.shape[1])
    size = starts[one + 1] - starts[one]
    for at in range(0, len(others), AT_ONCE):
        some = np.array(others[at : at + AT_ONCE])
        sizes = starts[some + 1] - starts[some]
        some = some[np.minimum(sizes, size) >= rule.jaccard * np.maximum(sizes, size)]
        agree = (signatures[some] == signatures[one]).sum(axis=1)
        yield from some[agree >= agreement].tolist()


def _alike(candidates: Candidates, own: Hashes, other: int, rule: Rule) -> float:
    """Jaccard of the runs of a document with another, 0 where it is less than the rule wants."""
    runs = candidates.runs(other)
    both = np.concatenate((own, runs))
    both.sort(kind="stable")
    common = int(np.count_nonzero(both[1:] == both[:-1]))
    small, large = (len(own), len(runs)) if len(own) < len(runs) else (len(runs), len(own))
    return common / (len(both) - common) if common >= rule.needed(small, large) else 0.0


@cache
def _attempts(bins: int) -> NDArray[np.int64]:
    """Where empty bins look."""
    return np.array(probes(bins), dtype=np.int64)


def _chunks(starts: Offsets, size: int) -> list[tuple[int, int]]:
    """First and last documents that are looked at together; one that is longer stands alone."""
    found, first, count = [], 0, len(starts) - 1
    while first < count:
        last = int(np.searchsorted(starts, starts[first] + size, side="right")) - 1
        last = min(count, max(last, first + 1))
        found.append((first, last))
        first = last
    return found


def _runs(data: Bytes, offsets: Offsets) -> tuple[Hashes, Offsets]:
    """Hashes of all runs of documents, and where those of each begin."""
    hashes, starts = _words(data[offsets[0] : offsets[-1]], offsets - offsets[0])
    count = len(hashes)
    padded = np.append(hashes, np.zeros(RUN - 1, _U))
    sums = padded[:count] * _PLACES[0]
    for place in range(1, RUN):
        sums += padded[place : place + count] * _PLACES[place]
    of_each = np.diff(starts)
    keep = np.ones(count, dtype=bool)
    for back in range(1, RUN):
        long = of_each >= back
        keep[starts[1:][long] - back] = False
    short = np.flatnonzero((of_each > 0) & (of_each < RUN))
    firsts = starts[short]
    keep[firsts] = True
    if len(short):
        own = np.zeros(len(short), _U)
        for place in range(RUN - 1):
            has = of_each[short] > place
            own[has] += padded[firsts[has] + place] * _PLACES[place]
        sums[firsts] = own
    found = sums[keep]
    found = (found ^ found >> _U(32)) * _U(MIX)
    found ^= found >> _U(29)
    runs = np.where(of_each > 0, np.maximum(1, of_each - RUN + 1), 0)
    return found, np.concatenate(([0], np.cumsum(runs))).astype(np.int64)


def _words(data: Bytes, offsets: Offsets) -> tuple[Hashes, Offsets]:
    """Hashes of all words of documents, and where those of each begin."""
    size = len(data)
    text = np.zeros(size + 8, dtype=np.uint8)
    text[:size] = data
    body = text[:size]
    letter = (body | np.uint8(32)) - np.uint8(97) < 26
    new = body >= 0xE3
    word = np.zeros(size + 2, dtype=bool)  # with a byte of no word before the first and behind the last
    own, before, behind = word[1:-1], word[:-1], word[1:]
    np.logical_or(letter, body - np.uint8(48) < 10, out=own)
    own |= body == 95
    own |= body >= 128
    body |= letter.view(np.uint8) << np.uint8(5)
    starts, ends = behind > before, before > behind
    if new.any():
        starts[:-1] |= new
        ends[:-1] |= new & before[:-1]
    edges = offsets[1:-1]
    starts[edges] |= behind[edges]
    ends[edges] |= before[edges]
    begin = np.flatnonzero(starts)
    length = np.flatnonzero(ends) - begin
    eights = np.ndarray((size + 1,), dtype="<u8", buffer=text, strides=(1,)) if size else np.empty(0, "<u8")
    hashes = length.astype(_U) * _U(LENGTH)
    hashes = (hashes ^ (eights[begin] & _LOW.take(length, mode="clip"))) * _U(BLOCK)
    hashes ^= hashes >> _U(29)
    longer = np.flatnonzero(length > 8)
    done = 8
    while len(longer):
        left = length[longer] - done
        block = eights[begin[longer] + done] & _LOW.take(left, mode="clip")
        own = (hashes[longer] ^ block) * _U(BLOCK)
        hashes[longer] = own ^ own >> _U(29)
        longer = longer[left > 8]
        done += 8
    return hashes, np.searchsorted(begin, offsets).astype(np.int64)


def _fill(found: NDArray[np.uint32], attempts: NDArray[np.int64]) -> None:
    """Give empty bins the value of another, where a document has any."""
    bins = found.shape[1]
    empty = found == EMPTY
    empty[empty.all(axis=1)] = False
    left = np.flatnonzero(empty)
    if not len(left):
        return
    flat, least = found.reshape(-1), found.reshape(-1).copy()
    place = left % bins
    row = left - place
    for attempt in attempts:
        value = least.take(row + attempt.take(place))
        flat[left] = value
        still = np.flatnonzero(value == EMPTY)
        left, row, place = left[still], row[still], place[still]
        if not len(left):
            return
    for at, begin, own in zip(left.tolist(), row.tolist(), place.tolist(), strict=True):
        full = np.flatnonzero(least[begin : begin + bins] != EMPTY)
        flat[at] = least[begin + full[np.searchsorted(full, own) % len(full)]]
