"""The job: what of a scenario decides which layouts there are, and the layout that it has itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import gcd, log2
from typing import Any

from thirdwatt.facts import table
from thirdwatt.ledger import Ledger, scenario_of
from thirdwatt.ledger.book import book
from thirdwatt.ledger.ledger import path_of
from thirdwatt.scenario import Scenario, Warn
from thirdwatt.scenario.parse import QUANTITY_OF

DEGREES = ("pipeline", "virtual_stages", "tensor", "context", "expert", "micro_batch", "data")
"""Fields of a layout that are numbers."""
OPTIONS = {"layout.zero_stage": "zero", "layout.recompute": "recompute", "layout.offload": "offload"}
"""Fields of a layout that are words, and the choice that each decides."""
CAP = "cluster.power_cap_w"
LARGEST_REPLICA = 8
"""Accelerators that a replica may have for a batch to be left as it is: smaller ones are always tried."""
EVEN = 8
"""What divides such a batch, so that micro-batches of several sizes make it up."""
LEVELLING = ("_h", "_hours", "_s", "_kwh", "_usd", "_kg", "_l", "mfu", "mfu_share", "_per_s_per_accelerator")
"""Endings of what makes layouts equal where it is stated, though each would have its own; goodput and watts are rates
that a scenario may know better."""


@dataclass(frozen=True, slots=True)
class Job:
    """What of a scenario decides which layouts there are.

    Attributes
    ----------
    counts
        Numbers of accelerators that are tried.
    in_host
        Accelerators of one host.
    batch
        Sequences of a step.
    zero_stage, offload_code, heads_exchanged
        What the scenario has, where it is not open: its ZeRO stage, what its host keeps, and whether sequences are cut
        by heads.
    degrees
        Fields of a layout, beside data, that the software can set; all where it is not known.
    """

    layers: int
    heads: int
    kv_heads: int
    experts: int
    sequence: int
    batch: int
    counts: tuple[int, ...]
    in_host: int
    tdp_w: float
    uncapped_w: float
    zero_stage: int
    offload_code: int
    heads_exchanged: bool
    degrees: frozenset[str]


def degrees_of(stack: str) -> frozenset[str]:
    """Fields of a layout that a stack can set; empty where it is not known."""
    return frozenset(table("stacks").rows[stack].text.get("degrees", "").split())


def loosened(scenario: Scenario) -> tuple[Scenario, tuple[Warn, ...]]:
    """A scenario without what its layout decides: hours and utilisation that are stated would be the same for all."""
    idle = [name for name in scenario.given if name in _decided() and name.endswith(LEVELLING)]
    if not idle:
        return scenario, ()
    given = {name: figure for name, figure in scenario.given.items() if name not in idle}
    said = ", ".join(path_of(name) for name in idle)
    document = {
        **scenario.document,
        "known": {k: v for k, v in scenario.document.get("known", {}).items() if k in given},
    }
    text = f"{said}: set aside, since a layout decides it"
    kept = tuple(each for each in scenario.observations if each.quantity not in idle)
    own = replace(scenario, given=given, document=document, observations=kept)
    return own, (Warn("set_aside", text),)


@cache
def _decided() -> frozenset[str]:
    """Quantities that a layout decides."""
    return downstream(QUANTITY_OF[f"layout.{name}"] for name in DEGREES) - frozenset(QUANTITY_OF.values())


def put_in(scenario: Scenario, settings: Mapping[str, Any]) -> Scenario:
    """A scenario with settings in it and its measurements as they were: those of the layout that was measured."""
    return replace(scenario_of(scenario, settings), calibration=scenario.calibration)


def downstream(names: Iterable[str]) -> frozenset[str]:
    """Quantities that depend on some by any formula of the book, those and the batch apart."""
    reached = {*names}
    start = frozenset({*reached, "global_batch_count"})
    while True:
        more = {
            quantity
            for quantity, ways in book().formulas.items()
            if quantity not in reached and any(reached.intersection(way.arguments) for way in ways)
        }
        if not more:
            return frozenset(reached - start)
        reached |= more


def job_of(ledger: Ledger, counts: Sequence[int] = ()) -> Job:
    """What of a scenario decides which layouts there are."""

    def whole(name: str) -> int:
        found = ledger.of(name)
        return 0 if found is None else round(found.value)

    choices = ledger.scenario.choices
    rated = ledger.of("accelerator_tdp_w")
    assert rated is not None  # noqa: S101 - every chip has a limit
    return Job(
        layers=whole("layer_count"),
        heads=max(whole("head_count"), 1),
        kv_heads=max(whole("kv_head_count"), 1),
        experts=whole("expert_count"),
        sequence=whole("sequence_length"),
        batch=max(whole("global_batch_count"), 1),
        counts=tuple(counts) or (max(whole("accelerator_count"), 1),),
        in_host=max(whole("accelerators_in_host_count"), 1),
        tdp_w=rated.value,
        uncapped_w=max(float(whole("power_cap_w")), rated.value),
        zero_stage=int(choices["zero"]),
        offload_code=int(ledger.figures["offload_code"].value),
        heads_exchanged=choices["context_by"] == "heads",
        degrees=degrees_of(choices["stack"]),
    )


def divisible(batch: int, count: int) -> int:
    """A batch that the scenario does not state, as it is where replicas of some size share it evenly; else the nearest
    that many numbers of replicas do: what is odd in the number of accelerators, doubled, or a half more.

    Examples
    --------
    >>> divisible(15_360, 2048), divisible(489, 80), divisible(1562, 1024), divisible(1954, 10_000)
    (15360, 480, 1536, 1875)
    """
    if gcd(batch, count) * LARGEST_REPLICA >= count and batch % EVEN == 0:
        return batch
    odd = count // (count & -count)
    power = max(int(log2(max(batch / odd, 1))), 0)
    tried = [odd * part for part in (2**power, 3 * 2**power // 2, 2 ** (power + 1)) if part]
    nearest: int = min(tried, key=lambda each: (abs(log2(each / batch)), each))
    return nearest


def settings_of(ledger: Ledger) -> dict[str, Any]:
    """The layout that a ledger has, as a scenario states it."""
    choices = ledger.scenario.choices
    found: dict[str, Any] = {}
    for path in (*OPTIONS, *(f"layout.{name}" for name in DEGREES)):
        if path in OPTIONS:
            word = choices[OPTIONS[path]]
            found[path] = int(word) if word.isdigit() else word
            continue
        value = ledger.of(QUANTITY_OF[path])
        found[path] = 1 if value is None else int(value.value) if float(value.value).is_integer() else value.value
    cap = ledger.scenario.given.get("power_cap_w")
    if cap is not None:
        found[CAP] = cap.value
    return found
