"""Offers for small machines: what fits on one host, one line for each way to make it fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from thirdwatt.search.layout.axes import AXES
from thirdwatt.search.layout.find import Candidate
from thirdwatt.search.layout.job import put_in
from thirdwatt.search.layout.opened import COUNT, MOST_ACCELERATORS
from thirdwatt.search.layout.rules import FULL, HOST_FULL, TOO_HOT, TOO_LATE
from thirdwatt.search.layout.search import Answer, search

OFFLOADS = ("none", "optimizer", "weights")
ADAPTERS = ("none", "lora", "qlora")


@dataclass(frozen=True, slots=True)
class Offer:
    """One way to make a job fit.

    Attributes
    ----------
    adapter, offload
        What is trained, and what the host keeps.
    best
        Best layout of that way; ``None`` if none fits.
    tokens_per_s
        Tokens of all accelerators a second.
    """

    adapter: str
    offload: str
    best: Candidate | None
    step_s: float
    tokens_per_s: float


def small(answer: Answer) -> bool:
    """Whether a job runs on one host, so that every way to fit is worth a line."""
    return max(answer.job.counts) <= answer.job.in_host


def offers(answer: Answer) -> Iterator[Offer]:
    """Each way to train on a small machine: adapters where a model is fine-tuned, and what the host may keep."""
    choices = answer.scenario.choices
    adapters = (choices["adapter"],) if choices["method"] == "pretrain" else ADAPTERS
    for adapter in adapters:
        for offload in OFFLOADS:
            found = search(
                answer.scenario,
                "time",
                set={"workload.adapter": adapter},
                opened=_asked(answer) | {"layout.offload": (offload,)},
                kept=answer.kept - {"layout.offload"},
                limits=replace(answer.limits, power_w=inf, wall_time_h=inf),
            )
            if found.best is None:
                yield Offer(adapter, offload, None, 0.0, 0.0)
                continue
            step = found.ledger(found.best).of("modelled_step_s")
            seconds = 0.0 if step is None else step.value
            yield Offer(
                adapter,
                offload,
                found.best,
                seconds,
                found.job.batch * found.job.sequence / seconds if seconds else 0.0,
            )


def least_count(answer: Answer) -> int | None:
    """Fewest accelerators, doubled from those there are, on which some layout fits; ``None`` if memory is not what is
    lacking, or no number does.
    """
    if answer.best is not None or not answer.found.refused.keys() & {FULL, HOST_FULL}:
        return None
    if answer.found.refused.keys() & {TOO_HOT, TOO_LATE}:
        return None
    count = max(answer.job.counts)
    while count < MOST_ACCELERATORS:
        count *= 2
        wider = put_in(answer.scenario, {COUNT: count})
        if search(wider, "time", opened=_asked(answer), kept=answer.kept, limits=answer.limits).best is not None:
            return count
    return None


def _asked(answer: Answer) -> dict[str, Sequence[Any]]:
    """Axes that were opened."""
    return {path: values for path, values in answer.opened.items() if path in AXES}
