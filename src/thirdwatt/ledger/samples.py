"""Samples: how uncertain leaves are drawn.

Every random stream permutes one table of normal scores, so each leaf is stratified by itself, a leaf's draws do not
depend on which other leaves there are, and two variants that share a fact share its draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]

SCORE_AT_95 = 1.6448536269514722
"""95 % quantile of the standard normal distribution."""


class Scores:
    """Standard normal scores of every stream for one seed.

    Column 0 is the centre, so one pass of the ledger gives the value and its draws. The order of a stream is
    numpy's ``Generator(PCG64).permutation``; it may change between versions of numpy, and with it the draws.
    """

    def __init__(self, samples: int, seed: int) -> None:
        self.samples = samples
        self.seed = seed
        self.width = 1 + samples if samples > 1 else 1
        self._table = _normal_scores(samples) if samples > 1 else np.empty(0)
        self._streams: dict[str, Array] = {}

    def of(self, stream: str) -> Array:
        """Scores of a stream, shape (width,)."""
        found = self._streams.get(stream)
        if found is None:
            found = np.zeros(self.width)
            if self.width > 1:
                order = np.random.Generator(np.random.PCG64([self.seed, crc32(stream.encode())]))
                found[1:] = self._table[order.permutation(self.samples)]
            self._streams[stream] = found
        return found

    def forget(self, stream: str) -> None:
        """Let go of the scores of a stream that nobody asks for again."""
        self._streams.pop(stream, None)


def _normal_scores(samples: int) -> Array:
    from statistics import NormalDist

    inverse = NormalDist().inv_cdf
    half = np.array([inverse((rank + 0.5) / samples) for rank in range(samples // 2)])
    middle = np.zeros(samples % 2)
    return np.concatenate([half, middle, -half[::-1]])


def spread(value: Array, low: Array, high: Array, limits: tuple[float, float], score: Array) -> Array:
    """Values at normal scores, for a median and 5 % and 95 % quantiles.

    Two half log-normals above the physical floor, or two half normals where the low end touches it.

    Parameters
    ----------
    value, low, high
        Shape (R, 1).
    limits
        Smallest and largest possible value.
    score
        Shape (R or 1, width).
    """
    floor, ceiling = limits
    step = score / SCORE_AT_95
    below = score < 0
    away = low > floor
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = value - floor
        decay = np.log(np.where(away, middle / (low - floor), 1.0))
        growth = np.log(np.where(away, (high - floor) / middle, 1.0))
        skewed = middle * np.exp(np.where(below, decay, growth) * step) + floor
    if away.all():
        drawn = skewed
    else:
        plain = value + np.where(below, value - low, high - value) * step
        drawn = np.where(away, skewed, plain)
    return np.clip(np.where(score == 0, value, drawn), floor, ceiling)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One quantity as it enters the ledger, for all variants at once.

    Attributes
    ----------
    value, low, high
        Distinct rows, shape (R,).
    streams
        Stream of each row, or one for all.
    index
        Row of each variant, shape (V,); ``None`` if there is one row for all or row i is variant i.
    limits
        Smallest and largest possible value.
    """

    value: NDArray[np.float64] | NDArray[np.intp]
    low: Array
    high: Array
    streams: Sequence[str]
    index: NDArray[np.intp] | None
    limits: tuple[float, float]

    def at(self, variants: slice, scores: Scores) -> NDArray[np.float64] | NDArray[np.intp]:
        """Values of some variants, shape (1 or v, 1 or width)."""
        rows: slice | NDArray[np.intp] = slice(None)
        if self.index is not None:
            rows = self.index[variants]
        elif len(self.value) > 1:
            rows = variants
        value = self.value[rows]
        if scores.width == 1:
            return value[:, None]
        low, high = self.low[rows], self.high[rows]
        if np.array_equal(low, high):
            return value[:, None]
        if len(self.streams) == 1:
            score = scores.of(self.streams[0])[None, :]
        else:
            numbers = np.arange(len(self.value))[rows]
            score = np.stack([scores.of(self.streams[number]) for number in numbers])
        return spread(value[:, None].astype(np.float64), low[:, None], high[:, None], self.limits, score)
