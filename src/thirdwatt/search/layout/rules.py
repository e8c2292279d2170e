"""Rules: why a layout cannot be, whatever it would cost. Each holds for all layouts of a chunk at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thirdwatt.scenario.parse import QUANTITY_OF
from thirdwatt.search.layout.job import Job

OFFLOADS = {"none": 0, "optimizer": 1, "weights": 2}
WEIGHTS = OFFLOADS["weights"]
"""Code of an offload that keeps weights on the host too."""
ENDS = 2
"""Chunks that may hold no layer: the first the embedding alone, the last the logits alone."""

Columns = Mapping[str, NDArray[Any]]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that every layout must hold to.

    Attributes
    ----------
    broken
        What is said of layouts that do not.
    needs
        Columns that it looks at: it is asked as soon as they are there.
    """

    broken: str
    holds: Callable[[Columns, Job], Mask]
    needs: tuple[str, ...]


def _made_up(layout: Columns, _: Job) -> Mask:
    inside = layout["tensor_count"] * layout["pipeline_count"] * layout["context_count"]
    whole: Mask = np.equal(layout["accelerator_count"] % inside, 0)
    return whole


def _heads(layout: Columns, job: Job) -> Mask:
    """A part of a layer has whole heads; keys and values that are fewer are repeated in each."""
    tensor = layout["tensor_count"] * (layout["context_count"] if job.heads_exchanged else 1)
    shared = np.equal(job.kv_heads % tensor, 0) | np.equal(tensor % job.kv_heads, 0)
    whole: Mask = np.equal(job.heads % tensor, 0) & shared
    return whole


def _chunks(layout: Columns, job: Job) -> Mask:
    stages, chunks = layout["pipeline_count"], layout["virtual_stage_count"]
    fullest = np.ceil(job.layers / stages)
    added = np.ceil(job.layers / (stages * chunks)) * chunks - fullest
    several = np.greater(stages, 1) & np.less_equal(stages * chunks, job.layers + ENDS)
    sound: Mask = (several & np.less_equal(added, 1)) | (np.equal(chunks, 1) & np.less_equal(stages, job.layers))
    return sound


def _sequence(layout: Columns, job: Job) -> Mask:
    """A ring of parts is balanced by two ends of the sequence for each."""
    parts = layout["context_count"]
    even: Mask = np.equal(parts, 1) | np.equal(job.sequence % (2 * parts), 0)
    return even


def _experts(layout: Columns, job: Job) -> Mask:
    spread = layout["expert_parallel_count"]
    room = layout["accelerator_count"] / layout["pipeline_count"]
    even: Mask = np.equal(max(job.experts, 1) % spread, 0) & np.equal(room % spread, 0)
    return even


def _batch(layout: Columns, job: Job) -> Mask:
    whole: Mask = np.equal(job.batch % (layout["micro_batch_count"] * layout["data_count"]), 0)
    return whole


def _interleaved(layout: Columns, job: Job) -> Mask:
    waves = job.batch / (layout["micro_batch_count"] * layout["data_count"])
    even: Mask = np.equal(layout["virtual_stage_count"], 1) | np.equal(waves % layout["pipeline_count"], 0)
    return even


def _sharded(layout: Columns, _: Job) -> Mask:
    copies = layout["data_count"] * layout["context_count"]
    sound: Mask = np.equal(layout["zero_code"], 0) | np.greater(copies, 1)
    return sound


def _hosted(layout: Columns, _: Job) -> Mask:
    """Weights on the host are fetched a part each where several share them, whole where one has them alone."""
    copies = layout["data_count"] * layout["context_count"]
    sound: Mask = np.less(layout["offload_code"], WEIGHTS) | np.equal(layout["zero_code"], 3) | np.equal(copies, 1)
    return sound


COUNTS = ("accelerator_count", "tensor_count", "pipeline_count", "context_count")
WAVES = (*COUNTS, "micro_batch_count")

RULES: tuple[Rule, ...] = (
    Rule("tensor x pipeline x context does not divide the accelerators", _made_up, COUNTS),
    Rule("tensor does not divide the heads", _heads, ("tensor_count", "context_count")),
    Rule("context does not divide the sequence", _sequence, ("context_count",)),
    Rule(
        "virtual stages are more than layers, or add more than one to a stage",
        _chunks,
        ("pipeline_count", "virtual_stage_count"),
    ),
    Rule(
        "expert divides neither the experts nor a stage's accelerators",
        _experts,
        ("accelerator_count", "pipeline_count", "expert_parallel_count"),
    ),
    Rule("micro-batch x data does not divide the batch", _batch, WAVES),
    Rule(
        "virtual stages need as many micro-batches as stages, or a multiple",
        _interleaved,
        (*WAVES, "virtual_stage_count"),
    ),
    Rule("ZeRO has nothing to shard over", _sharded, (*COUNTS, "zero_code")),
    Rule("weights on the host need ZeRO 3 where several share them", _hosted, (*COUNTS, "zero_code", "offload_code")),
)
"""Rules in the order in which they are asked of layouts whose columns are all there."""


def broken_by(settings: Mapping[str, Any], job: Job) -> str:
    """The first rule that one layout breaks, as it is said; empty if it breaks none."""
    names = {quantity: settings.get(path) for path, quantity in QUANTITY_OF.items() if path in settings}
    layout = {name: np.array([float(value)]) for name, value in names.items() if isinstance(value, int | float)}
    layout["accelerator_count"] = np.array([float(settings.get("cluster.count", job.counts[0]))])
    layout["zero_code"] = np.array([int(settings.get("layout.zero_stage", job.zero_stage))])
    layout["offload_code"] = np.array([OFFLOADS[settings.get("layout.offload", "none")]])
    return next((rule.broken for rule in RULES if not rule.holds(layout, job)[0]), "")


FULL = "does not fit into the memory"
HOST_FULL = "does not fit into the memory of the host"
TOO_HOT = "draws more than the power there is"
TOO_LATE = "ends after the deadline"
