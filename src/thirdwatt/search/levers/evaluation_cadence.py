"""Evaluation: as often as decisions need it, on as much as they need."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.search.levers.lever import SAME, Evidence, Lacking, Lever, Today, Way

LESS = {2: "half", 4: "a quarter"}
LEAST = 0.002
"""Share of the steps' time that even sparse evaluation takes."""


def ways(today: Today) -> Sequence[Way] | str:
    """Half and a quarter of the evaluations."""
    if today.known("goodput"):
        return "goodput is stated as a whole: state known.evaluation_ratio and the other losses to see this one"
    present, leaf = today.value("evaluation_ratio"), today.figure("evaluation_ratio")
    if present is None or leaf is None or today.value("goodput") is None:
        return Lacking("what evaluation takes is not known: state known.evaluation_ratio")
    if present <= LEAST:
        return f"evaluation takes {present:.2%} of the steps' time"
    return [Way(f"evaluate {word} as often, or on {word} of the data", scales={"evaluation_ratio": (1 / by,) * 3},
                id=word.rpartition(" ")[2]) for by, word in LESS.items() if present / by >= LEAST]  # fmt: skip


LEVER = Lever(
    id="evaluation-cadence",
    title="sparser evaluation",
    group="run",
    changes="how often, or on how much, the model is evaluated while it trains",
    effort_d=(0.3, 0.1, 1),
    risk="low",
    doubt="what goes wrong is seen later; today's share is an assumption unless it is stated",
    quality=SAME,
    evidence=(
        Evidence("half as many evaluations of the same length take half the time", "definition of the ratio",
                 "reasoned"),
        Evidence(
            "a development cluster had evaluation run on the training's own nodes as a large share of jobs, and "
            "took it off them",
            "Hu et al., Characterization of Large Language Model Development in the Datacenter, NSDI 2024, "
            "arXiv:2403.07648",
            "measured",
        ),
    ),
    ways=ways,
)  # fmt: skip
