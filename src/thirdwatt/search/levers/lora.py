"""Adapters in place of all weights: no gradient of the base is computed, and its optimiser is not kept."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.search.levers.lever import UNKNOWN, Evidence, Lever, Today, Way


def ways(today: Today) -> Sequence[Way] | str:
    """Adapters over 16-bit weights, or over 4-bit ones."""
    if today.choice("method") == "pretrain":
        return "adapters are for fine-tuning: too few weights learn for pre-training"
    present = today.choice("adapter")
    if present != "none":
        return f"adapters are trained already ({present})"
    return [
        Way("train low-rank adapters on every map", {"workload.adapter": "lora"}, id="lora"),
        Way("train them over weights in 4 bit, a quarter of the memory", {"workload.adapter": "qlora"}, id="qlora"),
    ]


LEVER = Lever(
    id="lora",
    title="low-rank adapters",
    group="lifecycle",
    changes="which weights learn",
    effort_d=(2, 0.5, 6),
    risk="medium",
    doubt="learns less where there is much to learn: rank, maps and learning rate decide; 4-bit weights save memory "
    "and not time, so they pay only on fewer accelerators",
    quality=UNKNOWN,
    evidence=(
        Evidence(
            "on 20 billion tokens of code and mathematics adapters learned less and forgot less than all weights did",
            "Biderman et al. 2024, LoRA Learns Less and Forgets Less, arXiv:2405.09673",
            "measured",
        ),
        Evidence(
            "on usual instruction data, with adapters on every map, they matched all weights with two thirds of the "
            "work",
            "Schulman et al. 2025, LoRA Without Regret, Thinking Machines Lab",
            "measured",
        ),
        Evidence(
            "adapters over 4-bit weights kept the scores of 16-bit fine-tuning and fitted 65 billion parameters into "
            "48 GB",
            "Dettmers et al. 2023, QLoRA, arXiv:2305.14314",
            "measured",
        ),
    ),
    ways=ways,
)
