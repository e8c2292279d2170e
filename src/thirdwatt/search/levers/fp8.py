"""Matrix products in 8 bit floating point: twice the peak, the rest of a layer as before."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.search.levers.lever import SAME, Evidence, Lever, Today, Way


def ways(today: Today) -> Sequence[Way] | str:
    """Products in fp8, where they are wider today."""
    present = today.choice("precision")
    if present in ("fp8", "fp4"):
        return f"the products are in {present} already"
    if today.choice("adapter") == "qlora":
        return "the frozen weights are in 4 bit, and their products are in 16"
    return [Way("compute the matrix products in fp8", {"layout.precision": "fp8"})]


LEVER = Lever(
    id="fp8",
    title="products in fp8",
    group="arithmetic",
    changes="the precision of the matrix products",
    effort_d=(10, 3, 30),
    risk="medium",
    doubt="outliers of activations can make training diverge late; scaling per block and products kept wide help; on "
    "new chips steps of models with experts fell by 12 to 18 % where the ledger has 35 to 40 %",
    quality=SAME,
    evidence=(
        Evidence(
            "DeepSeek-V3 was trained on 14.8 trillion tokens with products in fp8; its loss stayed within 0.25 % of "
            "bf16 in two smaller models that were trained both ways",
            "DeepSeek-AI 2024, DeepSeek-V3 Technical Report, arXiv:2412.19437",
            "measured",
        ),
    ),
    ways=ways,
)
