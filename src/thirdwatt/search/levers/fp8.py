"""Matrix products in 8 bit floating point: twice the peak, the rest of a layer as before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from thirdwatt.facts import table
from thirdwatt.ledger.ledger import path_of
from thirdwatt.search.levers.lever import SAME, Evidence, Lever, Today, Way

OF_PRECISION = ("accelerator_peak_flop_per_s", "matmul_share", "grouped_matmul_ratio", "typical_mfu_share")
"""What may be stated of the present precision and would not hold of a narrower one."""
CONVOLVED = ("convolutional", "U-Net")
"""Architectures most of whose work is no matrix product of a layer that 8 bit was shown for."""


def ways(today: Today) -> Sequence[Way] | str:
    """Products in fp8, where they are wider today."""
    present = today.choice("precision")
    if present in ("fp8", "fp4"):
        return f"the products are in {present} already"
    if today.choice("adapter") == "qlora":
        return "the frozen weights are in 4 bit, and their products are in 16"
    return why_not(today, "8") or [Way("compute the matrix products in fp8", narrowed(today, "fp8"))]


def why_not(today: Today, bits: str) -> str:
    """Why narrow products were shown for no model like this; empty if they were."""
    model = table("models").rows.get(today.choice("model"))
    if model is None or model.text.get("arch") not in CONVOLVED:
        return ""
    return f"training in {bits} bit was shown for transformers, and {model.name} convolves"


def narrowed(today: Today, precision: str) -> dict[str, Any]:
    """What a precision sets: itself, and what is stated of the present one taken out."""
    return {**dict.fromkeys(path_of(name) for name in OF_PRECISION if today.known(name)), "layout.precision": precision}


LEVER = Lever(
    id="fp8",
    title="products in fp8",
    group="arithmetic",
    changes="the precision of the matrix products",
    effort_d=(10, 3, 30),
    risk="medium",
    doubt="outliers of activations can make training diverge late; scaling per block and products kept wide help; on "
    "new chips steps of models with experts fell by 12 to 18 % where the ledger's middle is 35 to 40 %",
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
