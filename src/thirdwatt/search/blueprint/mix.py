"""The mix: what chips are compared on, each workload laid out well for the chip it starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from thirdwatt.ledger import scenario_of
from thirdwatt.ledger.document import copied
from thirdwatt.scenario import InputError, Mistake
from thirdwatt.scenario.read import put
from thirdwatt.search.layout import search

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Workload:
    """A model that is trained, on how many accelerators, and how much it counts."""

    model: str
    count: int
    weight: float = 1.0


MIXES: Mapping[str, tuple[Workload, ...]] = {
    "today": (
        Workload("gpt-3-175b", 1024),
        Workload("llama-3.1-405b", 4096),
        Workload("deepseek-v3", 2048),
        Workload("vit-l-16", 8),
        Workload("dit-xl-2", 8),
    ),
}
"""Mixes by name: language models dense and with experts, vision and diffusion, as they are trained today."""

SOFTWARE = {"stack": "megatron-core", "year": 2025}
SITE = {"region": "us", "tenure": "own", "facility": "hyperscale"}


def weighted(mix: str, weights: Mapping[str, float]) -> tuple[Workload, ...]:
    """Workloads of a mix with the weights that are given, those of nothing left out.

    Raises
    ------
    InputError
        If a model is not in the mix, or nothing weighs anything.
    """
    if mistakes := mix_mistakes(mix, weights):
        raise InputError(mistakes)
    whole = [Workload(each.model, each.count, weights.get(each.model, each.weight)) for each in MIXES[mix]]
    return tuple(each for each in whole if each.weight > 0)


def mix_mistakes(mix: str, weights: Mapping[str, float]) -> list[Mistake]:
    """What is wrong with weights of a mix."""
    names = [each.model for each in MIXES[mix]]
    mistakes = [
        Mistake(f"mix.{name}", f"is not in the mix {mix}", f"there are {', '.join(names)}")
        for name in weights
        if name not in names
    ]
    mistakes += [
        Mistake(f"mix.{name}", f"{weight:g} is no weight", "give 0 or more")
        for name, weight in weights.items()
        if not 0 <= weight < inf
    ]
    if not any(weights.get(each.model, each.weight) > 0 for each in MIXES[mix]):
        mistakes.append(Mistake("mix", "nothing in it weighs anything", "give one model a weight above 0"))
    return mistakes


def document_of(workload: Workload, blueprint: Mapping[str, Any], like: str, precision: str, boundary: str) -> Document:
    """The training of a workload on a blueprint, its layout still open."""
    return {
        "title": f"{workload.model} on a blueprint",
        "boundary": boundary,
        "workload": {"model": workload.model},
        "cluster": {"accelerator": like, "count": workload.count},
        "blueprint": copied(blueprint),
        "layout": {"precision": precision},
        "software": dict(SOFTWARE),
        "site": dict(SITE),
    }


def laid_out(documents: Sequence[Document]) -> list[Document]:
    """Documents with the layouts that take the least energy; one of which none fits is left as it is."""
    found = []
    for document in documents:
        whole = copied(document)
        best = search(scenario_of(whole), "energy").best
        for path, value in (best.settings if best else {}).items():
            put(whole, path, value)
        found.append(whole)
    return found
