"""Answers of chip searches over one small workload, so that they take seconds."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from thirdwatt.ledger import Total
from thirdwatt.search.blueprint.answer import Answer, search
from thirdwatt.search.blueprint.price import Limits
from thirdwatt.search.blueprint.question import Question

ONLY_VISION = {"gpt-3-175b": 0.0, "llama-3.1-405b": 0.0, "deepseek-v3": 0.0, "dit-xl-2": 0.0}
"""Weights that leave one workload of the mix, of eight accelerators."""

QUESTIONS = {
    "found": Question(weights=ONLY_VISION, limits=Limits(0.6, 450.0, 4_300.0), samples=60),
    "nothing": Question(weights=ONLY_VISION, limits=Limits(power_w=10.0), samples=20),
    "slow": Question(weights=ONLY_VISION, limits=Limits(power_w=300.0), slowest=0.1, samples=20),
}
"""What is found, what cannot be built, what is not fast enough."""


def answered(name: str = "found") -> Answer:
    """The answer to one of the questions; ``short`` is what is found without draws, where far more was asked for."""
    return _answered(name)


@cache
def _answered(name: str) -> Answer:
    return _short(answered()) if name == "short" else search(QUESTIONS[name])


NAMES = (*QUESTIONS, "short")


def _short(found: Answer) -> Answer:
    return replace(
        found,
        question=replace(found.question, factor=50.0, samples=1, boundary="facility", precisions=("fp8", "fp4")),
        factor=_centre(found.boundaries["facility"]),
        probability=None,
        boundaries={name: _centre(each) for name, each in found.boundaries.items()},
        trained=tuple(replace(each, factor=_centre(each.factor)) for each in found.trained),
        assumptions=(),
        beyond=tuple(replace(each, design=None) for each in found.beyond),
        shipping={},
    )


def _centre(total: Total) -> Total:
    return Total(total.value, total.value, total.value)
