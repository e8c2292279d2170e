"""Whether a job fits into memory, what fills it, and the smallest change that makes it fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from thirdwatt.ledger.ledger import Ledger, Total
from thirdwatt.scenario import Scenario

BUCKETS: Mapping[str, str] = {
    "weights": "weights_byte",
    "gradients": "gradients_byte",
    "optimizer": "optimizer_states_byte",
    "activations": "activations_byte",
    "logits": "logits_byte",
    "buffers": "buffers_byte",
    "software": "software_byte",
    "allocator": "allocator_byte",
}
"""What fills the memory of an accelerator, and the quantity each is read from."""

DEGREES: Mapping[str, str] = {
    "tensor": "tensor_count",
    "pipeline": "pipeline_count",
    "virtual_stages": "virtual_stage_count",
    "context": "context_count",
    "expert": "expert_parallel_count",
    "data": "data_count",
    "micro_batch": "micro_batch_count",
    "global_batch": "global_batch_count",
}
"""How the work is spread, by the name a scenario gives each degree, and the quantity it is read from."""

STEP = "modelled_step_s"
ROUNDING = 1e-9
"""What rounding may add to what fills a memory to the last byte."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What one accelerator must hold.

    Attributes
    ----------
    needed
        Memory of the fullest accelerator, in byte.
    capacity_byte
        Memory it has.
    buckets
        What fills it, in byte at the centre.
    host_ratio
        What its host keeps for it and its neighbours, to the memory the host has.
    layout_stated
        Whether any part of the layout is stated; the rest follows from rules.
    """

    needed: Total
    capacity_byte: float
    buckets: Mapping[str, float]
    host_ratio: float
    layout_stated: bool

    @property
    def fits(self) -> bool:
        """Whether the central value is no more than there is, on the host too."""
        return self.needed.value <= self.capacity_byte * (1 + ROUNDING) and self.host_ratio <= 1 + ROUNDING

    @property
    def sure(self) -> bool:
        """Whether the whole interval lies on one side of what there is; a host that is too small is."""
        return self.host_ratio > 1 or (self.needed.high <= self.capacity_byte) == (
            self.needed.low <= self.capacity_byte
        )


def fit(ledger: Ledger) -> Fit | None:
    """How a ledger's job fills the memory; ``None`` where the architecture is not known."""
    needed = ledger.of("memory_byte")
    capacity = ledger.figures.get("accelerator_memory_byte")
    if needed is None or capacity is None:
        return None
    found = {name: ledger.of(quantity) for name, quantity in BUCKETS.items()}
    buckets = {name: total.value for name, total in found.items() if total is not None}
    known = ledger.of("layout_known_factor")
    host = ledger.of("host_used_ratio")
    return Fit(
        needed, capacity.value, buckets, 0.0 if host is None else host.value, known is not None and known.value > 0
    )


@dataclass(frozen=True, slots=True)
class Change:
    """Something to set so that a job fits, and the time of a step to what it was."""

    set: Mapping[str, Any]
    time_ratio: float


def smallest_change(ledger: Ledger) -> Change | None:
    """The change to a scenario that makes it fit and slows it least: one setting if one is enough, else several.

    Adapters are offered for fine-tuning alone: they change what is learned.
    """
    from thirdwatt.ledger.pricing import estimate  # the ledger of a changed scenario is another ledger

    before = _pace(ledger)
    if before is None:
        return None
    for tried in (_single(ledger.scenario, ledger), _several(ledger.scenario)):
        fitting = []
        for settings in tried:
            other = estimate(ledger.scenario, settings, samples=1)
            found, pace = fit(other), _pace(other)
            if found is not None and pace is not None and found.fits:
                fitting.append(Change(settings, pace / before))
        if fitting:
            return min(fitting, key=lambda change: change.time_ratio)
    return None


def _pace(ledger: Ledger) -> float | None:
    """Time of a step by the model alone: what a guessed layout loses would be gone once anything is stated."""
    step, lost = ledger.of(STEP), ledger.of("layout_time_ratio")
    return None if step is None or lost is None else step.value / lost.value


def _single(scenario: Scenario, ledger: Ledger) -> Iterator[dict[str, Any]]:
    choices = scenario.choices
    if choices["recompute"] == "none":
        yield {"layout.recompute": "selective"}
    if choices["recompute"] != "full":
        yield {"layout.recompute": "full"}
    micro = ledger.of("micro_batch_count")
    size = 1 if micro is None else int(micro.value)
    while size > 1:
        size //= 2
        yield {"layout.micro_batch": size}
    replicas = ledger.of("replica_member_count")
    if replicas is not None and replicas.value > 1:
        for stage in range(int(choices["zero"]) + 1, 4):
            yield {"layout.zero_stage": stage}
    for kept in ("optimizer", "weights"):
        if choices["offload"] == "none" or (choices["offload"], kept) == ("optimizer", "weights"):
            yield {"layout.offload": kept}


def _several(scenario: Scenario) -> Iterator[dict[str, Any]]:
    least = {"layout.micro_batch": 1, "layout.recompute": "full"}
    yield least
    yield {**least, "layout.zero_stage": 3}
    for kept in ("optimizer", "weights"):
        yield {**least, "layout.zero_stage": 3, "layout.offload": kept}
    if scenario.choices["method"] != "pretrain" and scenario.choices["adapter"] != "qlora":
        yield {**least, "workload.adapter": "lora"}
        yield {**least, "workload.adapter": "qlora"}
        yield {**least, "layout.zero_stage": 3, "workload.adapter": "qlora"}
