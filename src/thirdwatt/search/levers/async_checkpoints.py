"""Checkpoints that are written beside the training: the run waits for a copy into memory, not for storage."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.search.levers.lever import SAME, Evidence, Lacking, Lever, Today, Way, said

BLOCKING_S = (5.0, 2.0, 15.0)
"""Time for which an asynchronous writer holds up the run: a copy into the memory of the hosts."""


def ways(today: Today) -> Sequence[Way] | str:
    """The blocking part of one checkpoint made small."""
    if today.known("goodput"):
        return "goodput is stated as a whole: state known.checkpoint_time_s and the other losses instead"
    present = today.value("checkpoint_time_s")
    if present is None:
        return Lacking("the time that a checkpoint takes is not known")
    if present <= BLOCKING_S[0]:
        return f"a checkpoint holds the run up for {present:.3g} s: it is written beside the training already"
    blocking = said(*BLOCKING_S, "asynchronous writers: a copy into the hosts' memory")
    return [Way("write checkpoints beside the training", {"known.checkpoint_time_s": blocking})]


LEVER = Lever(
    id="async-checkpoints",
    title="asynchronous checkpoints",
    group="run",
    changes="the time for which one checkpoint holds up the run; Young's interval follows it",
    effort_d=(2, 0.5, 5),
    risk="low",
    doubt="the copy needs memory of the hosts, and a failure while it is written falls back to the one before",
    quality=SAME,
    evidence=(
        Evidence(
            "asynchronous checkpoints of a 7B model held the run up for 6.3 s instead of 148.8 s",
            "PyTorch and IBM 2024, Reducing checkpointing times by over 10x with PyTorch distributed asynchronous "
            "checkpointing",
            "measured",
        ),
    ),
    ways=ways,
)
