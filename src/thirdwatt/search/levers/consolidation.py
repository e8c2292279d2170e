"""Fewer accelerators for longer: less traffic, smaller bubbles, fewer failures, and a run that takes its time."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.search.levers.lever import SAME, Evidence, Lacking, Lever, Today, Way

SHARES = (2, 4, 8)


def ways(today: Today) -> Sequence[Way] | str:
    """A half, a quarter and an eighth of the accelerators, whole hosts of them."""
    count, in_host = today.value("accelerator_count"), today.value("accelerators_in_host_count")
    if count is None or in_host is None or today.value("modelled_step_s") is None:
        return Lacking(
            "the architecture is not known, so that nothing tells what traffic takes: state workload.transformer"
        )
    if count <= in_host:
        return "all accelerators are in one host already: nothing travels between hosts"
    laid_out = "data" in (today.ledger.scenario.document.get("layout") or {})
    replicas = {"layout.data": None} if laid_out else {}  # as many as the other degrees leave
    found = [
        Way(
            f"train on {count / by:g} accelerators, longer",
            {"cluster.count": count / by, **replicas},
            id=f"{count / by:g}",
        )
        for by in SHARES
        if count / by >= in_host and count / by % in_host == 0
    ]
    return found or f"{count:g} accelerators are not whole hosts of {in_host:g} when halved"


LEVER = Lever(
    id="consolidation",
    title="fewer accelerators, longer",
    group="machine",
    changes="the number of accelerators; the batch stays, and the layout is chosen anew for them",
    effort_d=(1, 0.3, 3),
    risk="low",
    doubt="the run takes about as many times longer; a deadline may not allow it; where the present layout is a poor "
    "one, part of what this saves is a better layout's",
    quality=SAME,
    evidence=(
        Evidence(
            "the same fine-tune of a 70B model took 3.27 kWh on the fewest and 12.73 kWh on the most nodes, for 13.8 "
            "times the speed",
            "MLCommons, MLPerf Training v4.0 Power, as published by its submitter",
            "measured",
        ),
        Evidence(
            "traffic, bubbles and failures grow with the number of accelerators at a batch that stays",
            "ledger: step model and goodput",
            "reasoned",
        ),
    ),
    ways=ways,
)
