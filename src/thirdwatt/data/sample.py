"""A random sample of a dataset: parts that can be read alone, and what they say of the whole, with its uncertainty.

Parts (row groups, blocks) are drawn at random from files drawn at random, so rows of a part are no independent draws:
intervals come from drawing parts again (the bootstrap of clusters, Davison and Hinkley 1997, chapter 3.8).

Copies found in a sample are a lower bound, since the other one is most often outside. How many the whole has is
estimated from in how many of the parts documents occur by the guaranteed-error estimator of Charikar et al. (2000,
Towards estimation error guarantees for distinct values, theorem 2), whose ends are what cannot be exceeded.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .findings import Range
from .formats.base import Bad, BadRow, Kind, Part, Rows, Source, Texts

RESAMPLES = 400
LEVELS = (0.05, 0.95)
FILES = 64
"""Files among which a sample is spread, if there are so many."""

GUARANTEED = "guaranteed-error estimator, Charikar et al. 2000"


class Chosen:
    """A part of a file, as a file of its own."""

    jumps = False

    def __init__(self, source: Source, part: Part) -> None:
        self._source, self._part = source, part
        self.path, self.column, self.columns = source.path, source.column, source.columns
        self.kind: Kind = source.kind
        self.stored_byte, self.at = part.stored_byte, 0

    def texts(self, bad: Bad, first: int = 0) -> Iterator[Texts]:
        """Its documents from a row on."""
        self.at = 0

        def told(row: BadRow) -> None:
            if row.row >= first:
                bad(row)

        for texts in self._source.part(self._part, told):
            self.at = min(self.stored_byte, self.at + int(texts.offsets[-1] - texts.offsets[0]))
            keep = int(np.searchsorted(texts.rows, first))
            if keep < len(texts.rows):
                yield Texts(texts.data, texts.offsets[keep:], texts.file, texts.rows[keep:]) if keep else texts

    def rows(self, bad: Bad, first: int = 0) -> Iterator[Rows]:  # noqa: ARG002 - there are none
        """None: what is mended is mended in whole.

        Raises
        ------
        io.UnsupportedOperation
            At once.
        """
        raise io.UnsupportedOperation(f"{self.path}: whole rows of a sample are not read; give its file")

    def parts(self) -> tuple[Part, ...]:
        """Itself."""
        return (self._part,)

    def part(self, part: Part, bad: Bad) -> Iterator[Texts]:
        """Its documents."""
        return self._source.part(part, bad)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """What was drawn, and of how much.

    Attributes
    ----------
    sources
        The parts.
    stored_byte, of_byte
        What they take as they are stored, and what all of the dataset takes.
    parts, files, of_files
        How many they are, from how many files of how many.
    """

    sources: tuple[Chosen, ...]
    stored_byte: int
    of_byte: int
    parts: int
    files: int
    of_files: int

    @property
    def share(self) -> float:
        """Of the dataset, by what it takes as it is stored."""
        return self.stored_byte / self.of_byte if self.of_byte else 1.0


def drawn(sources: Sequence[Source], most_byte: int, seed: int = 0) -> Sample:
    """Draw parts at random until they take so much; at least one, and no more of a file than its turn.

    Parameters
    ----------
    sources
        All files.
    most_byte
        What the parts may take as they are stored.
    seed
        Of the draw: the same files and seed give the same parts.
    """
    draw = np.random.default_rng(seed)
    of_byte = sum(each.stored_byte for each in sources)
    found: list[Chosen] = []
    taken = files = 0
    each_byte = most_byte / max(1, min(FILES, len(sources)))
    for number in draw.permutation(len(sources)).tolist():
        source = sources[number]
        parts = source.parts()
        of_byte += sum(part.stored_byte for part in parts) - source.stored_byte  # without its frame
        own = 0
        for place in draw.permutation(len(parts)).tolist():
            part = parts[place]
            fits = taken + part.stored_byte <= most_byte
            if (found and not fits) or (own and own + part.stored_byte > each_byte):
                continue
            found.append(Chosen(source, part))
            taken, own = taken + part.stored_byte, own + part.stored_byte
        files += own > 0
        if taken >= 0.95 * most_byte:
            break
    return Sample(tuple(found), taken, of_byte, len(found), files, len(sources))


def shares(of: NDArray[np.float64], among: NDArray[np.float64], seed: int = 0, source: str = "random parts") -> Range:
    """The share of sums of one figure of each part in sums of another, with its interval.

    Parameters
    ----------
    of, among
        Of each part, shape (parts,).
    """
    total = float(among.sum())
    value = float(of.sum()) / total if total else 0.0
    if len(of) < 2:
        return Range(value, 0.0, math.inf, "measured", f"{source}: a single one, so nothing is known of others")
    draws = np.random.default_rng(seed).integers(len(of), size=(RESAMPLES, len(of)))
    below = among[draws].sum(axis=1)
    ratios = np.divide(of[draws].sum(axis=1), below, out=np.zeros(RESAMPLES), where=below > 0)
    low, high = np.quantile(ratios, LEVELS)
    return Range(value, min(float(low), value), max(float(high), value), "measured", source)


def bootstrapped(
    parts: Sequence[NDArray[np.int64]],
    statistic: Callable[[NDArray[np.int64]], float],
    resamples: int = 50,
    seed: int = 0,
) -> Range:
    """A figure of all rows together, with its interval.

    Parameters
    ----------
    parts
        Rows of each part.
    statistic
        Of rows, the figure.
    """
    value = statistic(np.concatenate(parts))
    if len(parts) < 2:
        return Range(value, -math.inf, math.inf, "measured", "a single part, so nothing is known of others")
    draw = np.random.default_rng(seed)
    found = [
        statistic(np.concatenate([parts[each] for each in draw.integers(len(parts), size=len(parts))]))
        for _ in range(resamples)
    ]
    low, high = np.quantile(found, LEVELS)
    return Range(value, min(float(low), value), max(float(high), value), "measured", "random parts")


def copies(first: NDArray[np.int64], part: NDArray[np.int64], share: float) -> Range:
    """The share of copies in the whole, by a sample.

    A document counts once for each part that it is in: copies that lie beside each other say nothing of other parts.

    Parameters
    ----------
    first
        Of each document of the sample, the first one that it is the same as, or like.
    part
        The part that each is from.
    share
        Of the whole that the sample is.
    """
    count = len(first)
    if not count:
        return Range(0.0, 0.0, 1.0, "modelled", GUARANTEED)
    met = np.unique(np.stack((first, part)), axis=1)[0]
    often = np.unique(met, return_counts=True)[1]
    once, more = int((often == 1).sum()), int((often > 1).sum())
    total = count / share
    least, middle = more + once, math.sqrt(1 / share) * once + more
    low = 1 - (once / share + more) / total
    return Range(1 - middle / total, max(low, 0.0), 1 - least / total, "modelled", GUARANTEED)
