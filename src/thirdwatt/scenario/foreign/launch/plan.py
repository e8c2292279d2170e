"""A chosen layout in plain numbers, and what a tool is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Recompute = Literal["none", "selective", "full"]
Precision = Literal["fp32", "tf32", "fp16", "bf16", "fp8", "fp4"]
Offload = Literal["none", "optimizer", "weights"]
Adapter = Literal["none", "lora", "qlora"]

ENDS = 2
"""Pieces of a pipeline that may hold no layer: the first its embedding alone, the last its logits alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A layout to start.

    Attributes
    ----------
    tensor, pipeline, context, data
        Degrees whose product is the number of accelerators.
    virtual_stages
        Chunks of layers that each pipeline stage holds; 1 without interleaving.
    expert
        Accelerators that share the experts of a layer, out of those that share a pipeline stage; experts are not cut
        by the tensor degree.
    micro_batch, global_batch
        Sequences that a model replica handles at once, and those of a step.
    offload
        What is kept in the memory of the host: ``weights`` means the optimizer's state too.
    accelerators_per_host
        Accelerators that a fast fabric joins; all that are left over are reached over the network.
    """

    layers: int
    sequence_length: int
    micro_batch: int
    global_batch: int
    accelerators: int
    accelerators_per_host: int = 8
    tensor: int = 1
    pipeline: int = 1
    virtual_stages: int = 1
    data: int = 1
    context: int = 1
    expert: int = 1
    zero_stage: int = 0
    recompute: Recompute = "none"
    precision: Precision = "bf16"
    offload: Offload = "none"
    adapter: Adapter = "none"

    @property
    def micro_batches(self) -> int:
        """Micro-batches that a replica handles in a step."""
        return self.global_batch // (self.micro_batch * self.data)

    @property
    def per_host(self) -> int:
        """Accelerators of each host that take part."""
        return min(self.accelerators, self.accelerators_per_host)

    @property
    def hosts(self) -> int:
        """Hosts that take part."""
        return self.accelerators // self.per_host

    @property
    def chunks(self) -> int:
        """Pieces that the layers are cut into."""
        return self.pipeline * self.virtual_stages


@dataclass(frozen=True, slots=True)
class Launched:
    """What to give a tool.

    Attributes
    ----------
    tool
        Its name.
    text
        What to paste; empty if the tool cannot run the layout.
    notes
        What the text does not say, or why there is none.
    """

    tool: str
    text: str
    notes: tuple[str, ...]


def faults(plan: Launch) -> Iterator[str]:
    """What keeps every tool from running a layout."""
    sizes = (plan.layers, plan.sequence_length, plan.micro_batch, plan.global_batch, plan.accelerators)
    degrees = (plan.tensor, plan.pipeline, plan.virtual_stages, plan.data, plan.context, plan.expert)
    if min(*sizes, *degrees, plan.accelerators_per_host) < 1:
        yield "every degree, batch and count must be 1 or more"
        return
    product = plan.tensor * plan.pipeline * plan.context * plan.data
    if product != plan.accelerators:
        yield f"tensor x pipeline x context x data is {product:,}, but there are {plan.accelerators:,} accelerators"
    if plan.accelerators % plan.per_host:
        yield f"{plan.accelerators:,} accelerators do not fill hosts of {plan.per_host:,}"
    if plan.global_batch % (plan.micro_batch * plan.data):
        yield f"a batch of {plan.global_batch:,} is no multiple of micro batch x data, {plan.micro_batch * plan.data:,}"
    if plan.virtual_stages > 1 and plan.pipeline == 1:
        yield "virtual stages need a pipeline"
    if plan.chunks > plan.layers + ENDS:
        yield f"{plan.layers:,} layers cannot be cut into {plan.chunks:,} pieces"
    if plan.sequence_length % plan.context:
        yield f"a sequence of {plan.sequence_length:,} cannot be cut into {plan.context:,} equal parts"
    if (plan.tensor * plan.context * plan.data) % plan.expert:
        yield f"expert {plan.expert:,} does not divide tensor x context x data"


def uneven_rounds(plan: Launch) -> bool:
    """Whether an interleaved schedule ends in a part of a round, which takes a micro-batch for every stage."""
    return plan.virtual_stages > 1 and plan.micro_batches % plan.pipeline != 0


def command(head: str, arguments: Iterator[str]) -> str:
    """A shell command with one argument a line."""
    return " \\\n    ".join((head, *arguments)) + "\n"
