"""A small dense model made into one with experts: its blocks are copied, and training goes on for half as long."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.search.levers.lever import UNKNOWN, Evidence, Lacking, Lever, Today, Way
from thirdwatt.search.levers.shapes import (
    count,
    dense,
    of_row,
    others,
    relatives,
    scratch,
    settings,
    size,
)

EXPERTS, TOP_K = 8, 2
MORE = (0.5, 0.25, 1.0)
"""Further tokens to those of the dense model: half of its work was published; the ends are a judgement."""
LARGEST = 0.5
"""Of today's parameters: a dense model above it would save nothing once two of its blocks work on a token."""
SMALLEST = 0.25
"""Of today's parameters: the widest gap that was claimed, 1.8 billion parameters made to match 7 billion."""


def ways(today: Today) -> Sequence[Way] | str:
    """From the largest model of the family that is small enough."""
    if why := scratch(today, "upcycling"):
        return why
    if not dense(today):
        return "the model has experts: a dense one is what is made into one"
    own, trained = size(today), today.value("trained_token_count")
    if own is None or trained is None:
        return Lacking("the size of the model or its tokens are not known: state workload.model and workload.tokens")
    smaller = [each for each in relatives(today) if each[0] < LARGEST * own]
    if not smaller:
        return "no smaller dense model of its family is known to start from: name a workload.model that has one"
    parameters, row = smaller[-1]
    if parameters < SMALLEST * own:
        return (f"{row.name}, the next smaller of its family, has {parameters / own:.0%} of the parameters: nobody "
                f"claimed that experts made of a model below {SMALLEST:.0%} of a dense one match it")  # fmt: skip
    shape = of_row(row)
    layers = int(shape["layer_count"])
    sets = settings(shape) | {
        "workload.transformer.experts": EXPERTS,
        "workload.transformer.top_k": TOP_K,
        "workload.transformer.expert_ffn": int(shape["ffn_width"]),
        "workload.transformer.dense_layers": layers - layers // 2,
    }
    before = row.figures["token_count"].value / trained
    more = (before * MORE[0], before * MORE[1], before * MORE[2])
    words = (f"make {EXPERTS} experts of every second block of {row.name} and train on for {count(more[0] * trained)} "
             "tokens")  # fmt: skip
    return [Way(words, sets, {"token_count": more})]


LEVER = Lever(
    id="upcycling",
    title="experts made of a small dense model",
    group="model",
    changes="the model, its start and its tokens",
    effort_d=(30, 12, 90),
    risk="high",
    doubt="you need the dense model's weights, its own training is not counted, and nobody showed that the result is "
    "as good as this model: only that it is better than the dense one it came from",
    quality=UNKNOWN,
    evidence=(
        Evidence(
            "with about half of the dense model's work on top the result was better than dense training continued",
            "Komatsuzaki et al. 2022, Sparse Upcycling, arXiv:2212.05055",
            "second-hand",
        ),
        Evidence(
            "a model of 2.7 billion active parameters made from one of 1.8 billion is said to match one of 7 billion "
            "with a quarter of its training",
            "Qwen team 2024, Qwen1.5-MoE-A2.7B, model card",
            "claimed",
        ),
    ),
    ways=ways,
    excludes=others("upcycling"),
)
