"""Less recomputation: activations that fit in the memory need not be computed a second time."""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.search.levers.lever import SAME, Evidence, Lacking, Lever, Today, Way

LEAST_FIRST = ("none", "selective", "full")
WORDS = {"none": "keep all activations", "selective": "recompute attention alone"}


def ways(today: Today) -> Sequence[Way] | str:
    """Every lesser recomputation; whether it fits is for the search to check."""
    if today.value("memory_used_ratio") is None:
        return Lacking("the architecture is not known, and with it what activations take: state workload.transformer")
    present = today.choice("recompute")
    if present == "none":
        return "nothing is recomputed"
    if today.choice("recompute_free") == "yes":
        return "the software keeps whatever fits and recomputes the rest: larger memory or a better layout saves more"
    lesser = LEAST_FIRST[: LEAST_FIRST.index(present)]
    return [Way(WORDS[each], {"layout.recompute": each}, id=each) for each in lesser]


LEVER = Lever(
    id="recompute",
    title="less recomputation",
    group="arithmetic",
    changes="what of a layer's activations is computed again in the backward pass",
    effort_d=(0.5, 0.2, 2),
    risk="low",
    doubt="it must fit: memory that is modelled to be nearly full may not be enough",
    quality=SAME,
    evidence=(
        Evidence(
            "recomputing attention alone in place of whole layers, with parallel sequences, removed over 90 % of what "
            "recomputation costs and gave 29 % more throughput at 530B parameters on 2,240 A100",
            "Korthikanti et al. 2022, arXiv:2205.05198",
            "measured",
        ),
    ),
    ways=ways,
    excludes=frozenset({"layout"}),
)
