"""Matrix products in 4 bit floating point: twice the peak of 8 bit, on chips that have it."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.search.levers.fp8 import narrowed, why_not
from thirdwatt.search.levers.lever import UNKNOWN, Evidence, Lever, Today, Way


def ways(today: Today) -> Sequence[Way] | str:
    """Products in fp4, where they are wider today; that the chip computes them is the scenario's to say."""
    if today.choice("precision") == "fp4":
        return "the products are in fp4 already"
    if today.choice("adapter") == "qlora":
        return "the frozen weights are in 4 bit, and their products are in 16"
    return why_not(today, "4") or [Way("compute the matrix products in fp4", narrowed(today, "fp4"))]


LEVER = Lever(
    id="fp4",
    title="products in fp4",
    group="arithmetic",
    changes="the precision of the matrix products",
    effort_d=(20, 8, 60),
    risk="high",
    doubt="one long run is published, by the maker of the chip; outliers, rounding and which layers stay wide decide "
    "whether training converges, and no step in fp4 was among those that rates were fitted to",
    quality=UNKNOWN,
    evidence=(
        Evidence(
            "a 12B model was trained on 10 trillion tokens in NVFP4; MMLU-Pro came to 62.58 % beside 62.62 % of its "
            "twin in fp8",
            "NVIDIA 2025, Pretraining Large Language Models with NVFP4, arXiv:2509.25149",
            "claimed",
        ),
    ),
    ways=ways,
)
