"""What is asked of a search for a blueprint, and every mistake in it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from thirdwatt.amounts import plain
from thirdwatt.facts import table
from thirdwatt.quantity import BOUNDARIES
from thirdwatt.scenario import InputError, Mistake
from thirdwatt.scenario.blueprint import shipping
from thirdwatt.scenario.mistakes import nearest
from thirdwatt.scenario.read import SUFFIXES
from thirdwatt.search.blueprint.mix import MIXES, mix_mistakes
from thirdwatt.search.blueprint.price import Limits
from thirdwatt.search.blueprint.space import STYLES

UNLIMITED = Limits()
"""What can be exposed, cooled and fed at the edge, at any power and cost."""

BASELINE = "b200-sxm-180gb"
"""The chip on sale that designs are compared with where nobody names one."""

MAX_DIES = 16
"""Most dies of a package."""

PRECISIONS = ("bf16", "fp8")
"""Precisions that models of the frontier are trained in."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Attributes
    ----------
    baseline, baseline_precision
        The chip on sale that designs are compared with, and what it trains in.
    factor
        How many times less energy is wanted.
    nodes, memories, links, precisions
        What a design may choose among.
    style
        How it runs what is not an array.
    limits
        What it may be at most.
    slowest
        Accelerator hours that it may take, to the baseline's.
    least_supply_v
        Least supply, where another than the process's usual one is allowed.
    """

    baseline: str = BASELINE
    baseline_precision: str = "bf16"
    factor: float = 3.0
    mix: str = "today"
    weights: Mapping[str, float] = field(default_factory=dict)
    boundary: str = "accelerators"
    nodes: tuple[str, ...] = ("n3e",)
    memories: tuple[str, ...] = ("hbm3e", "hbm4")
    links: tuple[str, ...] = ("nvlink-5",)
    style: str = "threads"
    precisions: tuple[str, ...] = PRECISIONS
    dies: int = 2
    limits: Limits = UNLIMITED
    slowest: float = 1.0
    least_supply_v: float | None = None
    samples: int = 1_000
    seed: int = 0

    @property
    def speculative(self) -> tuple[str, ...]:
        """What of it nobody has shown to work where models of the frontier are trained."""
        found = [f"training in {each}" for each in self.precisions if each == "fp4"]
        usual = max(table("processes").rows[each].figures["least_supply_v"].value for each in self.nodes)
        if self.least_supply_v is not None and self.least_supply_v < usual:
            found.append(f"memory cells at {self.least_supply_v:g} V")
        for name, ids in (("processes", self.nodes), ("memories", self.memories), ("links", self.links)):
            rows = table(name).rows
            found += [rows[each].name for each in ids if rows[each].text["status"] != "shipping"]
        return tuple(found)


def asked(question: Question) -> Question:
    """The question with ids for names.

    Raises
    ------
    InputError
        With every mistake in it.
    """
    mistakes: list[Mistake] = []

    def rows(name: str, option: str, names: tuple[str, ...]) -> tuple[str, ...]:
        found = []
        for each in names:
            row = table(name).find(each)
            if row is None:
                mistakes.append(Mistake(option, f"{each!r} is in no row of {name}", nearest(each, table(name).ids)))
            else:
                found.append(row.id)
        return tuple(dict.fromkeys(found))

    if Path(question.baseline).suffix.lower() in SUFFIXES:
        baseline, said = "", f"{question.baseline} is a file, and a baseline is a chip on sale whose blueprint is known"
        fix = f"thirdwatt chip compare {BASELINE} {shlex.quote(question.baseline)} sets a file beside one"
        mistakes.append(Mistake("--baseline", said, fix))
    else:
        (baseline, *_) = rows("accelerators", "--baseline", (question.baseline,)) or ("",)
    if baseline and baseline not in table("chips").rows:
        known = ", ".join(table("chips").rows)
        mistakes.append(Mistake("--baseline", f"no blueprint of {baseline} is known", f"there are {known}"))
    elif baseline and question.baseline_precision not in (has := shipping(baseline).precisions):
        said = f"{baseline} has no {question.baseline_precision}"
        mistakes.append(Mistake("--baseline-precision", said, f"allowed: {', '.join(has)}"))
    for option, some in (
        ("--node", question.nodes),
        ("--memory", question.memories),
        ("--link", question.links),
        ("--precision", question.precisions),
    ):
        if not some:
            mistakes.append(Mistake(option, "nothing is left to choose among", "name one or more"))
    nodes = rows("processes", "--node", question.nodes)
    memories = rows("memories", "--memory", question.memories)
    links = rows("links", "--link", question.links)
    for option, wanted, allowed in (
        ("--mix", (question.mix,), tuple(MIXES)),
        ("--boundary", (question.boundary,), BOUNDARIES),
        ("--style", (question.style,), tuple(STYLES)),
        ("--precision", question.precisions, ("bf16", "fp8", "fp4")),
    ):
        mistakes += [
            Mistake(option, f"{each!r} is none", f"allowed: {', '.join(allowed)}")
            for each in wanted
            if each not in allowed
        ]
    for option, number in (
        ("--factor", question.factor),
        ("--area", question.limits.reticle_share),
        ("--power", question.limits.power_w),
        ("--cost", question.limits.cost_usd),
        ("--time", question.slowest),
    ):
        if not number > 0:
            mistakes.append(Mistake(option, f"{number:g} is no amount above 0"))
    if question.limits.reticle_share > 1:
        most = table("silicon").rows["chip"].figures["reticle_mm2"].value
        said = f"{plain(question.limits.reticle_share * most)} mm2 is more than can be exposed"
        mistakes.append(Mistake("--area", said, f"a reticle is {plain(most)} mm2; more area takes more --dies"))
    for option, whole, low, high in (
        ("--dies", question.dies, 1, MAX_DIES),
        ("--samples", question.samples, 1, np.inf),
        ("--seed", question.seed, 0, 2**32 - 1),
    ):
        if not low <= whole <= high:
            mistakes.append(Mistake(option, f"{whole} is out of range", f"give {low} or more"))
    if question.least_supply_v is not None and not 0.3 <= question.least_supply_v <= 1:
        mistakes.append(Mistake("--vmin", f"{question.least_supply_v:g} V is no supply of logic", "give 0.3 to 1 V"))
    if question.mix in MIXES:
        mistakes += mix_mistakes(question.mix, question.weights)
    if mistakes:
        raise InputError(mistakes, "chip search")
    return replace(question, baseline=baseline, nodes=nodes, memories=memories, links=links)
