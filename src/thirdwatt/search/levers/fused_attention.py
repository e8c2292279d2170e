"""Fused kernels: scores of attention that never leave the chip, and norms, gates and losses that pass memory once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from thirdwatt.facts import table
from thirdwatt.search.levers.lever import SAME, Evidence, Lacking, Lever, Today, Way, said

EAGER, FUSED = "transformers", "transformers-fused"
"""Software whose attention is fused and the rest is not, and the same with fused kernels for the rest."""
TIMED = ("NVIDIA", "AMD")
"""Makers on whose chips steps with its kernels were published."""


def ways(today: Today) -> Sequence[Way] | str:
    """Attention that moves no scores, where it moves them today; else fused kernels for what lies beside it."""
    if today.choice("stack") == EAGER and today.value("elementwise_traffic_ratio") is not None:
        return [Way("take fused norms, gates and losses", {"software.stack": FUSED}, id="beside attention")]
    moved = today.value("softmax_traffic_byte")
    if moved is None:
        return Lacking(
            "the architecture is not known, so that nothing tells what attention moves: state workload.transformer"
        )
    if moved <= 0:
        return "attention is fused already in the software there is, or in that of its year where none is named"
    chip = table("accelerators").rows[today.choice("accelerator")]
    if chip.text.get("vendor") not in TIMED:
        return Lacking(f"what fused kernels reach on {chip.name} is not known: name its software in software.stack")
    return [Way("take fused attention", _fused(), id="attention")]


def _fused() -> dict[str, Any]:
    """Quantities of attention as fused kernels have them."""
    rate = table("stacks").rows[EAGER].figures["attention_kernel_ratio"]
    return {
        "known.softmax_traffic_byte": said(0, 0, 0, "fused attention writes no scores"),
        "known.softmax_kept_byte": said(0, 0, 0, "fused attention keeps no scores"),
        "known.attention_kernel_ratio": said(rate.value, rate.low, rate.high, f"{rate.source}: {rate.note}", rate.kind),
    }


LEVER = Lever(
    id="fused-attention",
    title="fused attention",
    group="arithmetic",
    changes="what attention, or norms and losses beside it, move through the memory",
    effort_d=(3, 1, 10),
    risk="low",
    doubt="masks, biases or head widths of one's own may have no fused kernel, and chips before Ampere only slower "
    "ones; where the software is not named its kernels are assumed",
    quality=SAME,
    evidence=(
        Evidence(
            "exact attention that writes no scores trained BERT-large 15 % faster than the record of MLPerf 1.1, and "
            "GPT-2 up to 3 times as fast as Hugging Face and 1.7 times as fast as Megatron-LM of its time",
            "Dao et al., FlashAttention, NeurIPS 2022, arXiv:2205.14135",
            "second-hand",
        ),
        Evidence(
            "fused norms, positions, gates and losses gave 20 % more throughput in the mean and took 60 % less memory "
            "in fine-tuning",
            "Hsu et al. 2024, Liger Kernel, arXiv:2410.10989",
            "measured",
        ),
    ),
    ways=ways,
    excludes=frozenset({"newer-software"}),
)
