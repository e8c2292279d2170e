"""Fewer checkpoints kept after the run: the last, and a few to compare it with."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.search.levers.lever import SAME, Evidence, Lacking, Lever, Today, Way

KEPT = 3


def ways(today: Today) -> Sequence[Way] | str:
    """Keep three."""
    present = today.figure("kept_checkpoint_count")
    if present is None or "checkpoint_byte" in today.ledger.figures:
        return Lacking("what a checkpoint takes is not known: state workload.model or workload.parameters")
    if present.value <= KEPT:
        return f"{present.value:g} checkpoints are kept: few enough"
    path = "storage.kept_checkpoints" if "known.kept_checkpoint_count" not in today.stated else ""
    return [Way(f"keep {KEPT} checkpoints, not {present.value:g}", {path or "known.kept_checkpoint_count": KEPT})]


LEVER = Lever(
    id="kept-checkpoints",
    title="fewer checkpoints kept",
    group="lifecycle",
    changes="how many checkpoints are kept after the run",
    effort_d=(0.5, 0.2, 1),
    risk="low",
    doubt="ten are taken to be kept unless a number is stated; research on how training goes needs them",
    quality=SAME,
    evidence=(
        Evidence(
            "bytes kept are in proportion to their number: 14 for a parameter with its optimiser, or 2 without",
            "definition; Rajbhandari et al. 2020, ZeRO, arXiv:1910.02054 (bytes of a training state)",
            "reasoned",
        ),
    ),
    ways=ways,
)
