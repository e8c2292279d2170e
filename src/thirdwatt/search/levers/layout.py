"""A better layout: the fastest of all that fit, where the one that runs is known."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.search.levers.lever import AUTO, SAME, Evidence, Lacking, Lever, Today, Way


def ways(today: Today) -> Sequence[Way] | str:
    """The layout left to the search."""
    known = today.value("layout_known_factor")
    if known is None:
        return Lacking(
            "the architecture is not known, and without one there is nothing to lay out: state workload.transformer"
        )
    if "layout" in today.stated:
        return "the layout is left to the search already"
    if not (known and today.laid_out):
        return Lacking(
            "the layout that runs is not stated, so what a better one would save is not known: state layout.tensor, "
            "layout.pipeline and layout.micro_batch, or take the fastest from thirdwatt layout"
        )
    return [Way("take the fastest layout that fits", {"layout": AUTO})]


LEVER = Lever(
    id="layout",
    title="better layout",
    group="arithmetic",
    changes="how model, batch and optimiser are spread over the accelerators",
    effort_d=(3, 1, 8),
    risk="low",
    doubt="the fastest of thousands by a model owes part of its lead to the model's own error: time the first few",
    quality=SAME,
    evidence=(
        Evidence(
            "poor combinations of tensor and pipeline degrees came to half the throughput of good ones on the same "
            "A100 and network",
            "Narayanan et al. 2021, arXiv:2104.04473, section 1",
            "measured",
        ),
    ),
    ways=ways,
)
