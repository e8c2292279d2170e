"""Exact copies taken out of the data: what is there twice to the letter is trained on once a pass.

Where a scan told exact copies from near ones they are a lever of their own: found in one pass over hashes, with nothing
to weigh. What they save is told as :mod:`~thirdwatt.search.levers.dedup` tells it.
"""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.search.levers.dedup import EVIDENCE, EXACT_LEFT, LEAST, SCAN, without
from thirdwatt.search.levers.lever import EQUAL_LOSS, Lacking, Lever, Today, Way


def ways(today: Today) -> Sequence[Way] | str:
    """Take out what is there to the letter."""
    if not today.known(EXACT_LEFT):
        return Lacking(f"how much of the data are exact copies is not known: {SCAN}")
    left, kept = today.ledger.figures[EXACT_LEFT], today.ledger.figures["kept_token_share"]
    if kept.value <= left.value * (1 + LEAST):
        return (
            f"{1 - left.value:.2%} of the tokens are exact copies, and {kept.value:.1%} are kept: they are out already"
        )
    return [without(today, "exact copies", kept.value, left)]


LEVER = Lever(
    id="exact-dedup",
    title="exact copies taken out",
    group="data",
    changes="the share of the tokens that is kept",
    effort_d=(1, 0.3, 4),
    risk="low",
    doubt="copies that somebody repeats on purpose count too; the law says that few copies teach nearly as much as new "
    "text, which the low end of the saving allows for",
    quality=EQUAL_LOSS,
    evidence=EVIDENCE,
    ways=ways,
)
