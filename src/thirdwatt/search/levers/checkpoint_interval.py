"""The checkpoint interval: as often as failures warrant, neither more nor less."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from thirdwatt.search.levers.lever import SAME, Evidence, Lacking, Lever, Today, Way

ALIKE = 1.25
"""Ratio up to which two intervals are as good: the loss is flat around the best one."""


def ways(today: Today) -> Sequence[Way] | str:
    """Young's interval in place of the one that is stated."""
    if today.known("goodput"):
        return "goodput is stated as a whole: state known.checkpoint_interval_h and the other losses instead"
    if not today.known("checkpoint_interval_h"):
        return "no interval is stated, so that Young's is taken already: state known.checkpoint_interval_h"
    present, write, between, second = (
        today.value(each)
        for each in ("checkpoint_interval_h", "checkpoint_time_s", "time_between_failures_h", "s_per_h")
    )
    if present is None or write is None or between is None or second is None:
        return Lacking("the time that a checkpoint takes, or that between failures, is not known")
    best = sqrt(2 * write / second * between)
    if best / ALIKE <= present <= best * ALIKE:
        return f"the stated {present:.3g} h are as good as the best interval of {best:.3g} h"
    words = f"write a checkpoint every {best:.3g} h instead of every {present:.3g} h"
    return [Way(words, {"known.checkpoint_interval_h": None})]


LEVER = Lever(
    id="checkpoint-interval",
    title="checkpoint interval",
    group="run",
    changes="the time between two checkpoints",
    effort_d=(0.2, 0.1, 0.5),
    risk="low",
    doubt="it rests on the rate of failures: count them",
    quality=SAME,
    evidence=(
        Evidence(
            "writing plus work lost are least at the square root of 2 x writing time x time between failures",
            "Young 1974, CACM 17(9); Daly 2006, FGCS 22(3)",
            "reasoned",
        ),
    ),
    ways=ways,
)
