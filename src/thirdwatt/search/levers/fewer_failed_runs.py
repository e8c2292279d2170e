"""Fewer failed runs: ones that will fail are seen and stopped early, or never start."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.search.levers.halving import UNCOUNTED
from thirdwatt.search.levers.lever import SAME, Evidence, Lacking, Lever, Today, Way

LEFT = (0.5, 0.35, 0.9)
"""Work of runs that are given up, where they are stopped early, to that where they are not."""


def ways(today: Today) -> Sequence[Way] | str:
    """Less work in runs that are given up, where it is stated how much that is."""
    if not today.counts_development:
        return UNCOUNTED
    failed = today.figure("failed_run_ratio")
    if failed is None or not today.known("failed_run_ratio"):
        return Lacking("how much failed runs take is not known: add up their hours (thirdwatt runs) and state "\
            "development.failed_runs")  # fmt: skip
    if failed.value <= 0:
        return "no run is given up"
    return [Way("rehearse runs on one node and stop those that go wrong early", scales={"failed_run_ratio": LEFT})]


LEVER = Lever(
    id="fewer-failed-runs",
    title="fewer failed runs",
    group="run",
    changes="the work in runs that are given up",
    effort_d=(8, 3, 20),
    risk="low",
    doubt="the evidence is of poor trials that were stopped early; of runs that fail late and without a sign, less "
    "is saved",
    quality=SAME,
    evidence=(
        Evidence(
            "stopping trials whose curve promises too little took about half the time for the same result",
            "Domhan et al., IJCAI 2015; Golovin et al., Google Vizier, KDD 2017, section 3.2",
            "replicated",
        ),
        Evidence(
            "jobs that failed or were killed took over half of the GPU time of a cluster; the commonest mistakes show "
            "in a first iteration on one GPU",
            "Jeon et al., USENIX ATC 2019, arXiv:1901.05758",
            "measured",
        ),
    ),
    ways=ways,
)
