"""What a scan says: findings of waste, each with its share and what mends it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from .formats.base import BadRow

BAD_SAMPLES = 100
"""Bad rows of each reason of which a scan keeps where they are and how they begin."""


class Range(NamedTuple):
    """A figure with its ends (90 %), its kind and where it is from."""

    value: float
    low: float
    high: float
    kind: str = "measured"
    source: str = "scan"


@dataclass(frozen=True, slots=True)
class Finding:
    """A waste.

    Attributes
    ----------
    id, what
        Its name, and what it is in words.
    rows, byte
        How many rows and bytes of text it is; none where it is not made of rows.
    rows_share, bytes_share
        Of all; of what was read, where that is a sample.
    tokens_share
        Of all tokens, where that is known.
    verified
        Whether every row of it was checked; otherwise it says where to look, and no saving.
    fix
        The command that mends it; empty where there is nothing to mend.
    examples
        A few rows of it: where, and what of.
    extrapolated
        Share of rows in the whole, where a sample was read and says something of that.
    """

    id: str
    what: str
    verified: bool
    rows: int | None = None
    byte: int | None = None
    rows_share: Range | None = None
    bytes_share: Range | None = None
    tokens_share: Range | None = None
    fix: str = ""
    examples: tuple[str, ...] = ()
    extrapolated: Range | None = None


@dataclass(slots=True)
class Bad:
    """Bad rows: how many of each reason, and the first of each."""

    counts: Counter[str] = field(default_factory=Counter)
    first: list[BadRow] = field(default_factory=list)

    def __call__(self, row: BadRow) -> None:
        """Take in one."""
        known = self.counts[row.reason]
        self.counts[row.reason] += row.rows
        if known < BAD_SAMPLES:
            self.first.append(row)

    def join(self, other: Bad) -> None:
        """Take in those of another, behind these."""
        known = Counter(self.counts)
        for row in other.first:
            if known[row.reason] < BAD_SAMPLES:
                self.first.append(row)
            known[row.reason] += row.rows
        self.counts.update(other.counts)
