"""Short texts packed into one sequence: padding is computed like text and teaches nothing."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.search.levers.lever import SAME, Evidence, Lacking, Lever, Today, Way, said

PACKED = (0.002, 0.0, 0.02)
"""Padding that packing leaves: 0.02 % by best fit with many short texts, more where lengths fit badly."""


def ways(today: Today) -> Sequence[Way] | str:
    """Pack, where there is padding."""
    if not today.known("padding_share"):
        return Lacking(
            "how much is padding is not known, and packed is what is usual: thirdwatt data scan PATH --context N "
            "--batching pad --json, and --observed with what it writes"
        )
    present = today.ledger.figures["padding_share"].value
    if present <= PACKED[2]:
        return f"{present:.1%} of what is computed is padding: it is packed already"
    packed = said(*PACKED, "best fit on lengths: Krell et al. 2021, arXiv:2107.02027")
    return [Way(f"pack short texts together: {present:.1%} padding becomes {PACKED[0]:.1%}",
                {"known.padding_share": packed})]  # fmt: skip


LEVER = Lever(
    id="packing",
    title="packed sequences",
    group="data",
    changes="the share of what is computed that is padding",
    effort_d=(2, 0.5, 5),
    risk="low",
    doubt="texts in one sequence must not attend to each other, which kernels for sequences of any length do; a batch "
    "holds more texts then, and its size in texts is to be set anew",
    quality=SAME,
    evidence=(
        Evidence(
            "half of BERT's second phase was padding; packed it took half of the time, with the same convergence",
            "Krell et al. 2021, Efficient Sequence Packing without Cross-contamination, arXiv:2107.02027",
            "measured",
        ),
    ),
    ways=ways,
)
