"""The same hashes of lines as :mod:`.lines`, compiled by numba: one pass over the bytes."""
# The bodies below are numba's dialect: plain loops over 64-bit words, no Python objects.

from __future__ import annotations

from typing import Any

import numpy as np

from .lines import LEAST_BYTES, Bytes, Hashes, Numbers
from .near.reference import BLOCK, LENGTH, MIX
from .near.words_numba import compiled, eight

_LENGTH, _BLOCK, _MIX = np.uint64(LENGTH), np.uint64(BLOCK), np.uint64(MIX)
_NEWLINES = np.uint64(0x0A0A0A0A0A0A0A0A)
_ONES, _HIGHEST = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
_PLACE = np.uint64(0x0001020304050607)
"""Times a lone bit at the foot of a byte, its highest byte is the number of that byte."""


def hashed(data: Bytes, offsets: Numbers) -> tuple[Hashes, Numbers, Numbers, int]:
    """See :func:`.lines.hashed`."""
    hashes, begins, lengths, lines = _hashed(data, offsets)
    return hashes, begins, lengths, int(lines)


@compiled
def _mixed(number: Any) -> Any:
    number = (number ^ number >> np.uint64(30)) * _BLOCK
    number = (number ^ number >> np.uint64(27)) * _MIX
    return number ^ number >> np.uint64(31)


@compiled
def _end(data: Any, at: Any, end: Any) -> Any:
    """Where the line ends that a byte is in: at a newline, or with its document."""
    while at + 8 <= end:
        other = eight(data, at) ^ _NEWLINES
        zeros = (other - _ONES) & ~other & _HIGHEST  # the lowest bit is in the first byte that is 0
        if zeros:
            return at + np.int64((zeros & (~zeros + np.uint64(1))) // np.uint64(128) * _PLACE >> np.uint64(56))
        at += 8
    while at < end and data[at] != 10:
        at += 1
    return at


@compiled
def _hash(data: Any, at: Any, end: Any) -> Any:
    length = end - at
    total, place = np.uint64(0), np.uint64(0)
    while at + 8 <= end:
        place += _LENGTH
        total += _mixed(eight(data, at) + place)
        at += 8
    if at < end:
        block = eight(data, end - 8) >> np.uint64(8 * (8 - end + at))  # a line that counts has eight
        total += _mixed(block + place + _LENGTH)
    return _mixed(total ^ np.uint64(length) * _LENGTH)


@compiled
def _hashed(data: Any, offsets: Any) -> Any:
    most = (offsets[-1] - offsets[0]) // LEAST_BYTES
    hashes = np.empty(most, dtype=np.uint64)
    begins = np.empty(most, dtype=np.int64)
    lengths = np.empty(most, dtype=np.int64)
    count = lines = 0
    for number in range(len(offsets) - 1):
        at, last = offsets[number], offsets[number + 1]
        while at < last:
            newline = _end(data, at, last)
            begin, end = at, newline
            at = newline + 1
            lines += 1
            if end - begin < LEAST_BYTES:
                continue
            while begin < end and data[begin] <= 32:
                begin += 1
            while end > begin and data[end - 1] <= 32:
                end -= 1
            if end - begin >= LEAST_BYTES:
                hashes[count] = _hash(data, begin, end)
                begins[count] = begin
                lengths[count] = end - begin
                count += 1
    return hashes[:count].copy(), begins[:count].copy(), lengths[:count].copy(), lines
