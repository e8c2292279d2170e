"""Idle machines: given back by a program once nothing runs on them."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.search.levers.lever import SAME, Evidence, Lacking, Lever, Today, Way, said

LIMIT_H = (0.25, 0.05, 1.0)
"""Time without work after which machines are given back."""


def ways(today: Today) -> Sequence[Way] | str:
    """Gaps no longer than the limit: one at the end and one for each failure."""
    if today.known("goodput"):
        return "goodput is stated as a whole: state known.idle_ratio and the other losses instead to see this one"
    leaf = today.figure("idle_ratio")
    hours, between = today.value("wall_time_h"), today.value("time_between_failures_h")
    if leaf is None or not today.known("idle_ratio"):
        return Lacking(
            "how long machines are held without work is not known: by the scheduler's account, state known.idle_ratio, "
            "hours held and idle to hours that trained"
        )
    if hours is None or between is None:
        return Lacking("the time on the wall, or that between failures, is not known")
    gaps = 1 / hours + 1 / between
    value, low, high = (min(limit * gaps, leaf.value) for limit in LIMIT_H)
    if value >= leaf.value:
        return f"machines idle for {leaf.value:.2%} of the time of steps: giving them back sooner saves no more"
    left = said(value, low, high, f"one gap of {LIMIT_H[0]:g} h at the end and one for each failure")
    return [Way(f"give machines back after {LIMIT_H[0] * 60:.0f} minutes without work", {"known.idle_ratio": left})]


LEVER = Lever(
    id="idle",
    title="no idle machines",
    group="run",
    changes="the time for which machines are held and nothing runs",
    effort_d=(3, 1, 8),
    risk="low",
    doubt="what is given back must be had again: a queue or a vendor without stock can cost more than it saves",
    quality=SAME,
    evidence=(
        Evidence(
            "a machine that is given back after a fixed time without work idles no longer than that in a gap",
            "schedulers and clouds offer the limit: idle time before scale down in Azure Machine Learning, "
            "SuspendTime in Slurm",
            "reasoned",
        ),
        Evidence(
            "beside the 433 MWh of its final run BLOOM took 257 MWh for nodes that waited and for what ran beside them",
            "Luccioni et al. 2022, arXiv:2211.02001",
            "measured",
        ),
    ),
    ways=ways,
)
