"""No waiting for data: more workers, prefetch and a cache near the accelerators."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.search.levers.lever import SAME, Evidence, Lacking, Lever, Today, Way, said

REACHED = (0.005, 0.001, 0.01)
"""Time that waiting for data takes to productive time, of a loader that keeps up."""


def ways(today: Today) -> Sequence[Way] | str:
    """Let the loader keep up."""
    if not today.known("data_stall_ratio"):
        return Lacking("how long the run waits for data is not known: time the loader of some hundred steps and state "
                "known.data_stall_ratio, waiting to working")  # fmt: skip
    present = today.ledger.figures["data_stall_ratio"].value
    if present <= REACHED[2]:
        return f"the run waits for data for {present:.1%} of its productive time: its loader keeps up"
    if today.known("goodput"):
        return "known.goodput is stated, which holds whatever the run waits for: leave it out"
    reached = said(*REACHED, "a loader that keeps up: Mohan et al. 2021, arXiv:2007.06775", "assumed")
    return [Way(f"let the loader keep up: waits of {present:.1%} of productive time fall to {REACHED[0]:.1%}",
                {"known.data_stall_ratio": reached})]  # fmt: skip


LEVER = Lever(
    id="stalls",
    title="no waiting for data",
    group="data",
    changes="the time that the run waits for data",
    effort_d=(3, 0.5, 10),
    risk="low",
    doubt="what limits the loader may be storage or processors there are not enough of; waits between passes and at "
    "the first batch are other ones",
    quality=SAME,
    evidence=(
        Evidence(
            "on a production cluster waits dominated training in many cases; shared caches and coordinated loading "
            "made training up to 5 times faster on one server",
            "Mohan et al. 2021, Analyzing and Mitigating Data Stalls in DNN Training, VLDB 14(5), arXiv:2007.06775",
            "measured",
        ),
        Evidence(
            "loaders moved to as many hosts as they need made jobs that waited 32 times faster in the mean",
            "Audibert et al. 2022, tf.data service, arXiv:2210.14826",
            "measured",
        ),
    ),
    ways=ways,
)
