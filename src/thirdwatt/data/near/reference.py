"""What near duplicates are: words, runs of words, their hashes, signatures, Jaccard. The other forms agree to the bit.

A word is a run of ASCII letters, digits, underscores and bytes of other characters; ASCII letters count as small. A
character from U+3000 on, as Chinese and Japanese write them without spaces, begins a new word. A document is the set of
its runs of five words; one of fewer words has a single run.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

RUN = 5
"""Words of a run."""

WORD = re.compile(rb"[\xe3-\xff][0-9A-Za-z_\x80-\xe2]*|[0-9A-Za-z_\x80-\xe2]+")
EMPTY = 0xFFFFFFFF
"""Value of a bin in which no run fell."""

PROBES = 256
"""Bins at which an empty one looks for a value before it takes the next that has one."""

MASK = 0xFFFFFFFFFFFFFFFF
LENGTH, BLOCK, MIX = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
"""Odd constants of the hashes: those of splitmix64 (Steele et al. 2014)."""

PLACES = (0xD6E8FEB86659FD93, 0xA0761D6478BD642F, 0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3, 0x589965CC75374CC3)
"""What the words of a run are multiplied by, one for each place, so that their order counts."""


def words(text: bytes) -> list[bytes]:
    """The words of a text."""
    return [found.lower() for found in WORD.findall(text)]


def word_hash(word: bytes) -> int:
    """64 bits of a word, eight bytes at a time."""
    found = len(word) * LENGTH & MASK
    for place in range(0, len(word), 8):
        found = (found ^ int.from_bytes(word[place : place + 8], "little")) * BLOCK & MASK
        found ^= found >> 29
    return found


def run_hash(hashes: Sequence[int]) -> int:
    """64 bits of a run of words, by the hashes of its words."""
    found = sum(each * place for each, place in zip(hashes, PLACES, strict=False)) & MASK
    found = (found ^ found >> 32) * MIX & MASK
    return found ^ found >> 29


def runs(text: bytes) -> list[int]:
    """Hashes of all runs of a text, in order, repeated ones too."""
    found = [word_hash(each) for each in words(text)]
    if not found:
        return []
    return [run_hash(found[place : place + RUN]) for place in range(max(1, len(found) - RUN + 1))]


def jaccard(one: bytes, other: bytes) -> float:
    """Runs that two texts share, of those that either has; 0 for two texts without words."""
    first, second = set(runs(one)), set(runs(other))
    return len(first & second) / len(first | second) if first or second else 0.0


def mixed(number: int) -> int:
    """A number spread over 64 bits (the last step of splitmix64)."""
    number = (number ^ number >> 30) * BLOCK & MASK
    number = (number ^ number >> 27) * MIX & MASK
    return number ^ number >> 31


@cache
def probes(bins: int) -> tuple[tuple[int, ...], ...]:
    """For each attempt, the bin at which each empty bin looks."""
    return tuple(
        tuple((mixed((attempt * bins + each + 1) * LENGTH & MASK) >> 32) * bins >> 32 for each in range(bins))
        for attempt in range(PROBES)
    )


def signature(text: bytes, bins: int = 64) -> list[int]:
    """The least hash in each bin, by one permutation (Li et al. 2012): two texts agree in as many as they are alike.

    An empty bin takes the value of another, chosen alike for all texts (Shrivastava 2017). Without words all are empty.
    """
    least = [EMPTY] * bins
    for each in runs(text):
        place = (each >> 32) * bins >> 32
        least[place] = min(least[place], each & EMPTY)
    full = [place for place in range(bins) if least[place] != EMPTY]
    if not full:
        return least
    found = list(least)
    for attempt in probes(bins):
        for place in range(bins):
            if found[place] == EMPTY:
                found[place] = least[attempt[place]]
    for place in range(bins):
        if found[place] == EMPTY:
            found[place] = least[next((at for at in full if at > place), full[0])]
    return found
