"""The same as :mod:`.words_numpy`, compiled by numba: one pass over the bytes, no arrays of words."""
# The bodies below are numba's dialect: plain loops over 64-bit words, no Python objects.

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

from .reference import BLOCK, EMPTY, LENGTH, MIX, PLACES, RUN, probes
from .rule import Candidates, Removed, Rule

Bytes = NDArray[np.uint8]
Offsets = NDArray[np.int64]
Hashes = NDArray[np.uint64]

NAME = "numba"
_LENGTH, _BLOCK, _MIX = np.uint64(LENGTH), np.uint64(BLOCK), np.uint64(MIX)
_PLACES = np.array(PLACES, dtype=np.uint64)
_EMPTY = np.uint32(EMPTY)
_SMALL = np.arange(256, dtype=np.uint8)
_SMALL[65:91] += 32
_KIND = np.zeros(256, dtype=np.uint8)
"""0 for what is between words, 1 for what is within one, 2 for what begins one."""
_KIND[[*range(48, 58), *range(65, 91), 95, *range(97, 123), *range(128, 256)]] = 1
_KIND[0xE3:] = 2

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """A function as machine code, kept for the next process where there is a place for it."""
    try:
        made: Any = numba.njit(cache=True, nogil=True, boundscheck=False)(function)
    except RuntimeError:  # neither this folder nor the user's cache can be written
        made = numba.njit(nogil=True, boundscheck=False)(function)
    return cast("F", made)


def signatures(data: Bytes, offsets: Offsets, bins: int) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """See :func:`.words_numpy.signatures`."""
    found: tuple[NDArray[np.uint32], NDArray[np.int64]] = _signatures(data, offsets, bins, _attempts(bins))
    return found


def distinct(data: Bytes, offsets: Offsets) -> tuple[Hashes, Offsets]:
    """See :func:`.words_numpy.distinct`."""
    found: tuple[Hashes, Offsets] = _distinct(data, offsets)
    return found


def greedy(buckets: NDArray[np.int64], total: int, candidates: Candidates, rule: Rule) -> Removed:
    """See :func:`.words_numpy.greedy`."""
    signatures, hashes, starts = candidates
    agreement = rule.agreement(signatures.shape[1])
    return Removed(*_greedy(buckets, total, signatures, hashes, starts, rule.jaccard, agreement, rule.most))


def _attempts(bins: int) -> NDArray[np.int64]:
    return np.array(probes(bins), dtype=np.int64)


@compiled
def _document(data: Bytes, begin: int, end: int, out: Hashes) -> int:
    """Write the hashes of the runs of a document, and say how many they are."""
    ring = np.zeros(RUN, dtype=np.uint64)
    words = 0
    count = 0
    at = begin
    while at < end:
        if _KIND[data[at]] == 0:
            at += 1
            continue
        start = at
        at += 1
        while at < end and _KIND[data[at]] == 1:
            at += 1
        found = np.uint64(at - start) * _LENGTH
        place = start
        while place < at:
            block = np.uint64(0)
            last = min(place + 8, at)
            for each in range(last - 1, place - 1, -1):
                block = block << np.uint64(8) | np.uint64(_SMALL[data[each]])
            found = (found ^ block) * _BLOCK
            found ^= found >> np.uint64(29)
            place += 8
        ring[words % RUN] = found
        words += 1
        if words >= RUN:
            total = np.uint64(0)
            for each in range(RUN):
                total += ring[(words + each) % RUN] * _PLACES[each]
            total = (total ^ total >> np.uint64(32)) * _MIX
            out[count] = total ^ total >> np.uint64(29)
            count += 1
    if 0 < words < RUN:
        total = np.uint64(0)
        for each in range(words):
            total += ring[each] * _PLACES[each]
        total = (total ^ total >> np.uint64(32)) * _MIX
        out[0] = total ^ total >> np.uint64(29)
        count = 1
    return count


@compiled
def _signatures(data: Bytes, offsets: Offsets, bins: int, attempts: NDArray[np.int64]) -> Any:
    count = len(offsets) - 1
    found = np.full((count, bins), _EMPTY, dtype=np.uint32)
    lengths = np.zeros(count, dtype=np.int64)
    longest = 1
    for number in range(count):
        longest = max(longest, offsets[number + 1] - offsets[number])
    hashes = np.empty(longest, dtype=np.uint64)
    least = np.empty(bins, dtype=np.uint32)
    for number in range(count):
        runs = _document(data, offsets[number], offsets[number + 1], hashes)
        lengths[number] = runs
        least[:] = _EMPTY
        for each in range(runs):
            own = hashes[each]
            place = (own >> np.uint64(32)) * np.uint64(bins) >> np.uint64(32)
            least[place] = min(least[place], np.uint32(own & np.uint64(EMPTY)))
        found[number] = least
        if runs:
            _fill(least, found[number], attempts)
    return found, lengths


@compiled
def _fill(least: NDArray[np.uint32], found: NDArray[np.uint32], attempts: NDArray[np.int64]) -> None:
    bins = len(least)
    for place in range(bins):
        if least[place] != _EMPTY:
            continue
        value = _EMPTY
        for attempt in range(len(attempts)):
            value = least[attempts[attempt, place]]
            if value != _EMPTY:
                break
        at = place
        while value == _EMPTY:
            at = (at + 1) % bins
            value = least[at]
            if at == place:
                break
        found[place] = value


@compiled
def _distinct(data: Bytes, offsets: Offsets) -> Any:
    count = len(offsets) - 1
    longest = 1
    for number in range(count):
        longest = max(longest, offsets[number + 1] - offsets[number])
    hashes = np.empty(longest, dtype=np.uint64)
    found = np.empty(offsets[count] - offsets[0] + 1, dtype=np.uint64)
    starts = np.zeros(count + 1, dtype=np.int64)
    at = 0
    for number in range(count):
        runs = _document(data, offsets[number], offsets[number + 1], hashes)
        own = np.sort(hashes[:runs])
        for each in range(runs):
            if each == 0 or own[each] != own[each - 1]:
                found[at] = own[each]
                at += 1
        starts[number + 1] = at
    return found[:at].copy(), starts


@compiled
def _shared(one: Hashes, other: Hashes, needed: int) -> int:
    """How many hashes two sorted lists have in common; less than is needed, where it cannot be that many."""
    count = first = second = 0
    while first < len(one) and second < len(other):
        if count + min(len(one) - first, len(other) - second) < needed:
            return count
        if one[first] == other[second]:
            count += 1
            first += 1
            second += 1
        elif one[first] < other[second]:
            first += 1
        else:
            second += 1
    return count


@compiled
def _greedy(buckets: Any, total: int, signatures: Any, hashes: Any, starts: Any, jaccard: float, agreement: int,
            most: int) -> Any:  # fmt: skip
    count, bands = buckets.shape
    bins = signatures.shape[1]
    heads = np.full(total, -1, dtype=np.int64)  # of each bucket, the entry of the document kept last
    held = np.zeros(total, dtype=np.int32)
    before = np.full(count * bands, -1, dtype=np.int64)
    seen = np.full(count, -1, dtype=np.int64)
    witness = np.full(count, -1, dtype=np.int64)
    alike = np.zeros(count, dtype=np.float64)
    full = 0
    for number in range(count):
        own = hashes[starts[number] : starts[number + 1]]
        for band in range(bands):
            bucket = buckets[number, band]
            entry = heads[bucket] if bucket >= 0 else -1
            while entry >= 0 and witness[number] < 0:
                kept = entry // bands
                entry = before[entry]
                if seen[kept] == number:
                    continue
                seen[kept] = number
                other = hashes[starts[kept] : starts[kept + 1]]
                small, large = min(len(own), len(other)), max(len(own), len(other))
                if small < jaccard * large:
                    continue
                agree = 0
                for each in range(bins):
                    agree += signatures[number, each] == signatures[kept, each]
                if agree < agreement:
                    continue
                needed = int(np.ceil(jaccard * (small + large) / (1 + jaccard) - 1e-9))
                both = _shared(own, other, needed)
                if both >= needed:
                    witness[number] = kept
                    alike[number] = both / (small + large - both)
            if witness[number] >= 0:
                break
        if witness[number] < 0:
            for band in range(bands):
                bucket = buckets[number, band]
                if bucket < 0:
                    continue
                if held[bucket] >= most:
                    full += held[bucket] == most
                    held[bucket] = most + 1
                    continue
                held[bucket] += 1
                before[number * bands + band] = heads[bucket]
                heads[bucket] = number * bands + band
    return witness, alike, full
