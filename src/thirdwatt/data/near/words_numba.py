"""The same as :mod:`.words_numpy`, compiled by numba: one pass over the bytes, no arrays of words."""
# The bodies below are numba's dialect: plain loops over 64-bit words, no Python objects.

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar, cast

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from thirdwatt.data.columns import Room

from .reference import BLOCK, EMPTY, LENGTH, MIX, PLACES, RUN, probes
from .rule import Candidates, Removed, Rule

Bytes = NDArray[np.uint8]
Offsets = NDArray[np.int64]
Hashes = NDArray[np.uint64]

NAME = "numba"
AT_ONCE = 4
_LENGTH, _BLOCK, _MIX = np.uint64(LENGTH), np.uint64(BLOCK), np.uint64(MIX)
_P0, _P1, _P2, _P3, _P4 = (np.uint64(each) for each in PLACES)
_LOW = np.array([(1 << 8 * each) - 1 for each in range(9)], dtype=np.uint64)
_EMPTY = np.uint32(EMPTY)
_FIRSTS, _GATHER = np.uint64(0x0101010101010101), np.uint64(0x0102040810204080)
"""The lowest bit of each byte; times it, these are the highest byte."""

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """A function as machine code, kept for the next process where there is a place for it."""
    try:
        made: Any = numba.njit(cache=True, nogil=True, boundscheck=False)(function)
    except RuntimeError:  # neither this folder nor the user's cache can be written
        made = numba.njit(nogil=True, boundscheck=False)(function)
    return cast("F", made)


def runs(data: Bytes, offsets: Offsets, out: Hashes | None = None) -> tuple[Hashes, Offsets]:
    """See :func:`.words_numpy.runs`."""
    found = np.empty(int(offsets[-1] - offsets[0]), np.uint64) if out is None else out
    starts: Offsets = _runs(data, offsets, found)
    return found[: starts[-1]], starts


def signatures(hashes: Hashes, starts: Offsets, bins: int) -> NDArray[np.uint32]:
    """See :func:`.words_numpy.signatures`."""
    found: NDArray[np.uint32] = _signatures(hashes, starts, bins, _attempts(bins))
    return found


def distinct(hashes: Hashes, starts: Offsets, wanted: Offsets) -> tuple[Hashes, Offsets]:
    """See :func:`.words_numpy.distinct`."""
    found: tuple[Hashes, Offsets] = _distinct(hashes, starts, wanted)
    return found


def greedy(buckets: NDArray[np.int64], candidates: Candidates, rule: Rule, room: Room) -> Removed:
    """See :func:`.words_numpy.greedy`."""
    signatures, hashes, starts, _ = candidates
    agreement = rule.agreement(signatures.shape[1])
    count, bands = buckets.shape
    total = int(buckets.max(initial=-1)) + 1
    heads = room.zeros((total,), np.int64)  # of each bucket, one more than the entry of the document kept last
    held = room.zeros((total,), np.int32)
    before = room.zeros((count * bands,), np.int64)
    seen = room.zeros((count,), np.int64)
    witness = np.full(count, -1, dtype=np.int64)
    alike = np.zeros(count, dtype=np.float64)
    full = 0
    for stretch in candidates.ranges():
        full += _greedy(stretch, buckets, signatures, hashes, starts, rule.jaccard, agreement, rule.most,
                        heads, held, before, seen, witness, alike)  # fmt: skip
        room.release()
    return Removed(witness, alike, full)


@cache
def _attempts(bins: int) -> NDArray[np.int16]:
    """Where empty bins look; in 16 bits, since it is read at random and has to stay near."""
    return np.array(probes(bins), dtype=np.int16)


@compiled
def eight(data: Any, at: Any) -> Any:
    """Eight bytes, which the compiler reads as one word: places without a sign are not looked at for being negative."""
    place = np.uint64(at)
    found = np.uint64(data[place])
    found |= np.uint64(data[place + np.uint64(1)]) << np.uint64(8)
    found |= np.uint64(data[place + np.uint64(2)]) << np.uint64(16)
    found |= np.uint64(data[place + np.uint64(3)]) << np.uint64(24)
    found |= np.uint64(data[place + np.uint64(4)]) << np.uint64(32)
    found |= np.uint64(data[place + np.uint64(5)]) << np.uint64(40)
    found |= np.uint64(data[place + np.uint64(6)]) << np.uint64(48)
    found |= np.uint64(data[place + np.uint64(7)]) << np.uint64(56)
    return found


def _instruction(made: Callable[[Any, Any], Any]) -> Any:
    """A function of 64 bits that is one instruction, which no plain loop comes to."""

    def typed(_context: Any, _bits: Any) -> Any:
        return types.int64(types.uint64), lambda _, builder, __, values: made(builder, values[0])

    return intrinsic(typed)


_lowest = _instruction(lambda builder, bits: builder.cttz(bits, ir.Constant(ir.IntType(1), 0)))
"""The number of the lowest bit that is set, 64 where none is."""
_how_many = _instruction(lambda builder, bits: builder.ctpop(bits))
"""How many bits are set."""


@compiled
def _kinds(data: Bytes, kinds: Bytes, small: Bytes) -> None:
    """For each byte 1 where it is within a word, 3 where it begins one, else 0, and the byte with capital letters made
    small: a loop that becomes vectors.
    """
    for place in range(len(data)):
        byte = data[place]
        lower = byte | np.uint8(32)
        letter = (lower >= 97) & (lower <= 122)
        word = letter | ((byte >= 48) & (byte <= 57)) | (byte == 95) | (byte >= 128)
        kinds[place] = word * np.uint8(1) | (byte >= 0xE3) * np.uint8(2)
        small[place] = byte | letter * np.uint8(32)


@compiled
def _places(bits: Any, at: int, out: NDArray[np.int32], count: int) -> int:
    """Write where bits are set, and say how many places there are then: four at a time, the last ones perhaps for
    nothing, since how many there are cannot be foreseen.
    """
    place = np.uint64(count)
    count += _how_many(bits)
    while bits:
        for each in range(AT_ONCE):
            out[place + np.uint64(each)] = at + _lowest(bits)
            bits &= bits - np.uint64(1)
        place += np.uint64(AT_ONCE)
    return count


@compiled
def _words(data: Bytes, work: Any) -> int:
    """Write where the words of a document begin and end, and say how many they are: 64 bytes at a time, bit by byte."""
    kinds, small, begins, ends = work
    size = len(data)
    _kinds(data, kinds, small)
    kinds[size : size + 72] = 0
    first = last = 0
    carry = np.uint64(0)
    for at in range(0, size + 1, 64):
        word = begin = np.uint64(0)
        for each in range(8):
            block = eight(kinds, at + 8 * each)
            shift = np.uint64(8 * each)
            word |= ((block & _FIRSTS) * _GATHER >> np.uint64(56)) << shift
            begin |= ((block >> np.uint64(1) & _FIRSTS) * _GATHER >> np.uint64(56)) << shift
        before = word << np.uint64(1) | carry
        carry = word >> np.uint64(63)
        first = _places(word & (~before | begin), at, begins, first)
        last = _places(before & (~word | begin), at, ends, last)
    return first


@compiled
def _mixed(total: Any) -> Any:
    total = (total ^ total >> np.uint64(32)) * _MIX
    return total ^ total >> np.uint64(29)


@compiled
def _word(small: Bytes, start: int, length: int) -> Any:
    """The hash of a word: up to 16 bytes without a branch, since their lengths cannot be foreseen."""
    found = np.uint64(length) * _LENGTH
    found = (found ^ (eight(small, start) & _LOW[min(length, 8)])) * _BLOCK
    found ^= found >> np.uint64(29)
    length -= 8
    while length > 0:
        start += 8
        found = (found ^ (eight(small, start) & _LOW[min(length, 8)])) * _BLOCK
        found ^= found >> np.uint64(29)
        length -= 8
    return found


@compiled
def _document(data: Bytes, work: Any, out: Hashes) -> int:
    """Write the hashes of the runs of a document, and say how many they are."""
    _, small, begins, ends = work
    words = _words(data, work)
    first = second = third = fourth = fifth = np.uint64(0)  # of the words behind, the last one fifth
    for each in range(words):
        found = _word(small, begins[each], ends[each] - begins[each])
        first, second, third, fourth, fifth = second, third, fourth, fifth, found
        if each >= RUN - 1:
            out[each - RUN + 1] = _mixed(first * _P0 + second * _P1 + third * _P2 + fourth * _P3 + fifth * _P4)
    if 0 < words < RUN:
        for _ in range(RUN - words):
            first, second, third, fourth, fifth = second, third, fourth, fifth, np.uint64(0)
        out[0] = _mixed(first * _P0 + second * _P1 + third * _P2 + fourth * _P3)
        return 1
    return max(0, words - RUN + 1)


@compiled
def _work(longest: int) -> Any:
    """Room for what is known of the bytes and words of one document, and for what is read behind its end."""
    places = np.empty(longest + AT_ONCE, dtype=np.int32), np.empty(longest + AT_ONCE, dtype=np.int32)
    return np.empty(longest + 136, dtype=np.uint8), np.zeros(longest + 24, dtype=np.uint8), *places


@compiled
def _runs(data: Bytes, offsets: Offsets, found: Hashes) -> Any:
    count = len(offsets) - 1
    longest = 1
    for number in range(count):
        longest = max(longest, offsets[number + 1] - offsets[number])
    work = _work(longest)
    starts = np.zeros(count + 1, dtype=np.int64)
    for number in range(count):
        at = starts[number]
        starts[number + 1] = at + _document(data[offsets[number] : offsets[number + 1]], work, found[at:])
    return starts


@compiled
def _signatures(hashes: Hashes, starts: Offsets, bins: int, attempts: NDArray[np.int16]) -> Any:
    count = len(starts) - 1
    found = np.empty((count, bins), dtype=np.uint32)
    least = np.empty(bins, dtype=np.uint32)
    empty = np.empty(bins, dtype=np.int64)
    for number in range(count):
        least[:] = _EMPTY
        for each in range(starts[number], starts[number + 1]):
            own = hashes[each]
            place = (own >> np.uint64(32)) * np.uint64(bins) >> np.uint64(32)
            least[place] = min(least[place], np.uint32(own & np.uint64(EMPTY)))
        found[number] = least
        if starts[number + 1] > starts[number]:
            _fill(least, found[number], attempts, empty)
    return found


@compiled
def _fill(
    least: NDArray[np.uint32], found: NDArray[np.uint32], attempts: NDArray[np.int16], empty: NDArray[np.int64]
) -> None:
    """Give empty bins the value of another: all of them at each attempt, since none can foresee how many it needs."""
    bins = len(least)
    left = 0
    for place in range(bins):
        empty[left] = place
        left += least[place] == _EMPTY
    for attempt in range(len(attempts)):
        if not left:
            return
        still = 0
        for each in range(left):
            place = empty[each]
            value = least[attempts[attempt, place]]
            found[place] = value
            empty[still] = place
            still += value == _EMPTY
        left = still
    for each in range(left):
        at = empty[each]
        for _ in range(bins):
            at = (at + 1) % bins
            if least[at] != _EMPTY:
                break
        found[empty[each]] = least[at]


@compiled
def _slots(runs: int) -> int:
    """Slots of a table for so many hashes: a power of two, so that it is at most half full."""
    slots = 64
    while slots < 2 * runs:
        slots *= 2
    return slots


@compiled
def _distinct(hashes: Hashes, starts: Offsets, wanted: Offsets) -> Any:
    longest = size = 1
    for number in wanted:
        length = starts[number + 1] - starts[number]
        longest = max(longest, length)
        size += length
    table = np.empty(_slots(longest), dtype=np.uint64)
    stamp = np.zeros(_slots(longest), dtype=np.int32)
    found = np.empty(size, dtype=np.uint64)
    ends = np.zeros(len(wanted) + 1, dtype=np.int64)
    at = 0
    for place in range(len(wanted)):
        number = wanted[place]
        last = np.uint64(_slots(starts[number + 1] - starts[number]) - 1)
        for each in range(starts[number], starts[number + 1]):
            own = hashes[each]
            slot = own & last
            while stamp[slot] == place + 1 and table[slot] != own:
                slot = (slot + np.uint64(1)) & last
            if stamp[slot] != place + 1:
                stamp[slot] = place + 1
                table[slot] = own
                found[at] = own
                at += 1
        ends[place + 1] = at
    return found[:at], ends


@compiled
def _filled(own: Hashes, table: Hashes, stamp: NDArray[np.int64], mark: int) -> None:
    """Put the distinct hashes of a document into a table, whose slots of another mark are empty."""
    last = np.uint64(_slots(len(own)) - 1)
    for each in range(len(own)):
        place = own[each] & last
        while stamp[place] == mark:
            place = (place + np.uint64(1)) & last
        stamp[place] = mark
        table[place] = own[each]


@compiled
def _shared(other: Hashes, runs: int, table: Hashes, stamp: NDArray[np.int64], mark: int, needed: int) -> int:
    """How many distinct hashes are in a table of so many; less than is needed, where it cannot be that many."""
    last = np.uint64(_slots(runs) - 1)
    missing = len(other) - needed
    for each in range(len(other)):
        own = other[each]
        place = own & last
        while stamp[place] == mark and table[place] != own:
            place = (place + np.uint64(1)) & last
        if stamp[place] != mark:
            missing -= 1
            if missing < 0:
                return 0
    return needed + missing


@compiled
def _greedy(stretch: Any, buckets: Any, signatures: Any, hashes: Any, starts: Any, jaccard: float,
            agreement: int, most: int, heads: Any, held: Any, before: Any, seen: Any, witness: Any, alike: Any,
            ) -> int:  # fmt: skip
    bands = buckets.shape[1]
    bins = signatures.shape[1]
    full = 0
    longest = 1
    for number in stretch:
        longest = max(longest, starts[number + 1] - starts[number])
    table = np.empty(_slots(longest), dtype=np.uint64)
    stamp = np.zeros(_slots(longest), dtype=np.int64)
    for number in stretch:
        own = hashes[starts[number] : starts[number + 1]]
        filled = False
        for band in range(bands):
            bucket = buckets[number, band]
            entry = heads[bucket] - 1 if bucket >= 0 else -1
            while entry >= 0 and witness[number] < 0:
                kept = entry // bands
                entry = before[entry] - 1
                if seen[kept] == number + 1:
                    continue
                seen[kept] = number + 1
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
                if not filled:
                    _filled(own, table, stamp, number + 1)
                    filled = True
                both = _shared(other, len(own), table, stamp, number + 1, needed)
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
                heads[bucket] = number * bands + band + 1
    return full
