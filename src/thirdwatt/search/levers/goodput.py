"""Goodput: failures found and nodes replaced by a program, within minutes."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.search.levers.lever import SAME, Evidence, Lacking, Lever, Today, Way, said

RESTART_H = (0.05, 0.04, 0.17)
"""From a failure to the next step with detection, spares and restart by a program."""
LEAST_FAILURES = 0.5
"""Failures to be expected of a run from which on restarts are worth work."""


def ways(today: Today) -> Sequence[Way] | str:
    """A short restart in place of today's."""
    if today.known("goodput"):
        return "goodput is stated as a whole: state known.restart_time_h and the other losses instead to see this one"
    present, hours, between = (
        today.value(each) for each in ("restart_time_h", "wall_time_h", "time_between_failures_h")
    )
    if present is None or hours is None or between is None:
        return Lacking("the time on the wall, or that between failures, is not known")
    if hours / between < LEAST_FAILURES:
        return f"{hours / between:.2g} failures are to be expected: restarts take next to nothing"
    if present <= RESTART_H[0]:
        return f"a restart takes {present * 60:.2g} minutes already"
    restart = said(*RESTART_H, "arXiv:2509.03047 150 s; arXiv:2402.15627 within 10 minutes")
    words = f"detect failures and restart on spares by a program, in {RESTART_H[0] * 60:.0f} minutes"
    return [Way(words, {"known.restart_time_h": restart})]


LEVER = Lever(
    id="goodput",
    title="automatic restart",
    group="run",
    changes="the time from a failure to the next step",
    effort_d=(15, 5, 40),
    risk="low",
    doubt="today's time is an assumption unless it is stated; spares must stand ready, which the ledger counts",
    quality=SAME,
    evidence=(
        Evidence(
            "training on 4,800 devices ran again 150 seconds after a failure, much the same at other sizes",
            "Zhang et al. 2025, FlashRecovery, arXiv:2509.03047",
            "measured",
        ),
        Evidence(
            "on more than 10,000 GPUs over 90 % of failures were found and mended by a program, within 10 minutes",
            "Jiang et al., MegaScale, NSDI 2024, arXiv:2402.15627",
            "measured",
        ),
    ),
    ways=ways,
)
