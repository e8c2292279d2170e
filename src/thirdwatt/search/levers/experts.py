"""Routed experts in place of one wide block: work follows the parameters that a token uses, not all there are.

The model is made smaller until a token uses so much of today's parameters, and each of its feed-forward blocks is then
cut into experts as published models have them, of which a token meets as much as the block was. What that does to loss
has no law that fits every design: the ratios are those at which authors found their models equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from thirdwatt.search.levers.lever import UNKNOWN, Evidence, Lacking, Lever, Today, Way
from thirdwatt.search.levers.shapes import count, dense, others, resized, scratch, settings, size, tiled


@dataclass(frozen=True, slots=True)
class Design:
    """Experts of a layer, those a token is sent to, those it always meets, and what it uses to a dense model."""

    experts: int
    top_k: int
    shared: int
    active: float


DESIGNS = (Design(64, 6, 2, 0.4), Design(64, 8, 0, 0.5))
"""Of DeepSeekMoE 16B and of OLMoE: the second's threefold saving in tokens is taken as no more than a half in size."""
LEAST = 1e9
"""Parameters below which no such model was held against a dense one."""


def ways(today: Today) -> Sequence[Way] | str:
    """Published designs."""
    if why := scratch(today, "a model with experts"):
        return why
    if not dense(today):
        return "the model routes tokens to experts already"
    parameters = size(today)
    if parameters is None or resized(today, 0.5) is None:
        return Lacking("layers and widths of the model are not known: state workload.transformer or workload.model")
    if today.value("causal_factor") == 0 or "vocabulary_count" not in today.ledger.figures:
        return "what experts save was shown for language models"
    if parameters < LEAST:
        return f"experts were held against dense models of {count(LEAST)} parameters and more"
    return [_way(today, design, parameters) for design in DESIGNS]


def _way(today: Today, design: Design, parameters: float) -> Way:
    shape = resized(today, design.active)
    assert shape is not None  # noqa: S101 - it was asked for before
    met = design.top_k + design.shared
    width = tiled(shape["ffn_width"] / met)
    sets = settings(shape) | {
        "workload.transformer.experts": design.experts,
        "workload.transformer.top_k": design.top_k,
        "workload.transformer.shared_experts": design.shared,
        "workload.transformer.expert_ffn": width,
        "workload.transformer.dense_layers": 0,
    }
    told = f" and {design.shared} for all" if design.shared else ""
    words = (f"train a model of {design.experts} experts, {design.top_k} of them for a token{told}, that uses "
             f"{count(parameters * design.active)} parameters a token")  # fmt: skip
    return Way(words, sets, id=f"{design.experts}-{design.top_k}-{design.shared}")


LEVER = Lever(
    id="experts",
    title="mixture of experts",
    group="model",
    changes="the model: smaller, with experts in its feed-forward blocks; tokens as today",
    effort_d=(40, 15, 120),
    risk="high",
    doubt="no law of the present ones tells its loss; all experts take memory and traffic, routing can collapse, and "
    "small products run slower, so that energy falls less than work",
    quality=UNKNOWN,
    evidence=(
        Evidence(
            "a model of 16 billion parameters, 2.8 of them for a token, was on a par with dense ones of 7 billion on "
            "as many tokens with 40 % of their work",
            "Dai et al. 2024, DeepSeekMoE, arXiv:2401.06066",
            "second-hand",
        ),
        Evidence(
            "a model of 6.9 billion parameters, 1.3 of them for a token, took a third of the tokens of a dense one of "
            "the same active size to its score, and about half of the time",
            "Muennighoff et al. 2024, OLMoE, arXiv:2409.02060",
            "measured",
        ),
        Evidence(
            "GLaM took 456 MWh where GPT-3 took 1,287, on newer chips and twice the tokens, with better scores",
            "Du et al. 2021, GLaM, arXiv:2112.06905",
            "claimed",
        ),
    ),
    ways=ways,
    excludes=others("experts"),
)
