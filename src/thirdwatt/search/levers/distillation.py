"""A model cut out of a larger one that teaches it: fewer tokens, and the teacher reads each of them too.

A token's forward pass through the teacher is counted as so many of the student's as it is larger, by
``reference_forward_count``.
"""

from __future__ import annotations

from collections.abc import Sequence

from thirdwatt.ledger.change import Three
from thirdwatt.search.levers.lever import UNKNOWN, Evidence, Lever, Today, Way
from thirdwatt.search.levers.pruning import parent
from thirdwatt.search.levers.shapes import others

PER_PARAMETER: Three = (23.5, 11.75, 47.5)
"""Tokens for each parameter of the student: 94 billion at 4 and at 8 billion parameters, 380 billion at 8."""
LEAST = 1 / 40
"""Of the tokens from scratch: no less was published."""


def ways(today: Today) -> Sequence[Way] | str:
    """Taught by the next larger model of the family."""
    found = parent(today, "distillation", PER_PARAMETER, LEAST)
    if isinstance(found, str):
        return found
    name, larger, ratio = found
    words = f"cut the model out of {name} and let that teach it, on {ratio[0]:.1%} of the tokens"
    return [Way(words, {"known.reference_forward_count": float(f"{larger:.4g}")}, {"token_count": ratio})]


LEVER = Lever(
    id="distillation",
    title="cut out of a larger model and taught by it",
    group="model",
    changes="the start of the training and its tokens; the teacher's forward pass on each of them",
    effort_d=(25, 10, 70),
    risk="high",
    doubt="you need the teacher's weights and right to use them, its own training is not counted, and its memory "
    "beside the student's is not either; the fortieth of the tokens is the best that its authors saw",
    quality=UNKNOWN,
    evidence=(
        Evidence(
            "models of 8 and 4 billion parameters from one of 15 billion took 94 billion tokens each, up to 40 times "
            "fewer than from scratch, and scored as well or better",
            "Muralidharan et al. 2024, Compact Language Models via Pruning and Knowledge Distillation, "
            "arXiv:2407.14679",
            "measured",
        ),
        Evidence(
            "one of 8 billion parameters from one of 12 billion took 380 billion tokens",
            "Sreenivas et al. 2024, LLM Pruning and Distillation in Practice, arXiv:2408.11796",
            "measured",
        ),
        Evidence(
            "at an equal budget of tokens the advantage over training from scratch vanishes",
            "arXiv:2606.14150, 2026",
            "claimed",
        ),
    ),
    ways=ways,
    excludes=others("distillation"),
)
