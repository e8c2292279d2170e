"""The search as a child would write it: every layout by itself, through ``estimate``, held against plain rules."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import thirdwatt
from thirdwatt.search.layout import Answer
from thirdwatt.search.layout.axes import AXES

SAME = 1e-9


def allowed(layout: Mapping[str, Any], job: Any) -> bool:
    """Whether a layout may be, said anew."""
    tensor, pipeline, chunks, context, expert, zero, micro = (
        layout[f"layout.{name}"]
        for name in ("tensor", "pipeline", "virtual_stages", "context", "expert", "zero_stage", "micro_batch")
    )
    count = layout.get("cluster.count", job.counts[0])
    if count % (tensor * pipeline * context):
        return False
    data = count // (tensor * pipeline * context)
    if job.heads % tensor or (job.kv_heads % tensor and tensor % job.kv_heads):
        return False
    if pipeline == 1 and chunks > 1:
        return False
    if math.ceil(job.layers / (pipeline * chunks)) * chunks > math.ceil(job.layers / pipeline) + 1 and chunks > 1:
        return False
    if pipeline > job.layers or (chunks > 1 and pipeline * chunks > job.layers + 2):
        return False
    if context > 1 and job.sequence % (2 * context):
        return False
    if max(job.experts, 1) % expert or (tensor * context * data) % expert:
        return False
    if job.batch % (micro * data):
        return False
    if chunks > 1 and (job.batch // (micro * data)) % pipeline:
        return False
    if layout["layout.offload"] == "weights" and zero != 3 and data * context > 1:
        return False
    return not (zero and data * context == 1)


def layouts(opened: Mapping[str, Sequence[Any]], job: Any) -> Iterator[dict[str, Any]]:
    """Every allowed layout, the simpler first."""
    counts = opened.get("cluster.count", ())
    paths = (*(("cluster.count",) if counts else ()), *AXES)
    for values in itertools.product(*(opened[path] for path in paths)):
        layout = dict(zip(paths, values, strict=True))
        if allowed(layout, job):
            inside = layout["layout.tensor"] * layout["layout.pipeline"] * layout["layout.context"]
            yield layout | {
                "layout.global_batch": job.batch,
                "layout.data": layout.get("cluster.count", job.counts[0]) // inside,
            }


def best(answer: Answer, opened: Mapping[str, Sequence[Any]], goal: str) -> tuple[dict[str, Any] | None, int]:
    """The first layout that none beats, and how many fit."""
    found: dict[str, Any] | None = None
    least, fit = math.inf, 0
    for layout in layouts(opened, answer.job):
        ledger = thirdwatt.estimate(answer.scenario, layout, samples=1)
        used, held = ledger.of("memory_used_ratio"), ledger.of("host_used_ratio")
        assert used is not None
        assert held is not None
        if used.value > 1 or held.value > 1:
            continue
        fit += 1
        value = ledger.of(answer.quantities[goal])
        assert value is not None
        if value.value < least * (1 - SAME):
            least, found = value.value, layout
    return found, fit


def space(seed: int) -> tuple[dict[str, Any], dict[str, Sequence[Any]], str]:
    """A random small scenario, what is open in it, and a goal."""
    rng = random.Random(seed)
    heads = rng.choice([8, 12, 16])
    kv_heads = rng.choice([each for each in (1, 2, 4, heads) if heads % each == 0])
    experts = rng.choice([0, 0, 4, 8])
    shape: dict[str, Any] = {
        "layers": rng.choice([6, 8, 12, 13]), "hidden": heads * 64, "heads": heads, "kv_heads": kv_heads,
        "head_dim": 64, "ffn": heads * 256, "gated": rng.choice([True, False]), "vocab": 32000,
        "seq_len": rng.choice([512, 2048, 6000]),
    }  # fmt: skip
    if experts:
        shape |= {"experts": experts, "top_k": 2, "expert_ffn": heads * 64}
    method = rng.choice(["pretrain", "sft", "dpo"])
    document: dict[str, Any] = {
        "workload": {"tokens": 1e9, "method": method, "transformer": shape},
        "cluster": {
            "accelerator": rng.choice(["h100-sxm-80gb", "a100-sxm-40gb", "t4", "tpu-v5e", "mi300x"]),
            "count": rng.choice([1, 2, 4, 8, 12, 16, 64]),
        },
        "software": {"stack": rng.choice(["megatron-core", "torchtitan", "maxtext", "none such"]), "year": 2025},
        "layout": {"global_batch": rng.choice([16, 24, 64, 96])},
    }
    if method != "pretrain" and not experts:
        document["workload"]["adapter"] = rng.choice(["none", "lora", "qlora"])

    def some(*values: Any) -> list[Any]:
        return sorted(rng.sample(values, rng.randint(1, min(len(values), 2))), key=values.index)

    opened: dict[str, Sequence[Any]] = {
        "layout.offload": some("none", "optimizer", "weights"),
        "layout.pipeline": some(1, 2, 4, 6),
        "layout.virtual_stages": some(1, 2, 3),
        "layout.tensor": some(1, 2, 4, 8),
        "layout.context": some(1, 2, 4),
        "layout.expert": some(1, 2, 4) if experts else [1],
        "layout.zero_stage": some(0, 1, 2, 3),
        "layout.recompute": some("none", "selective", "full"),
        "layout.micro_batch": some(1, 2, 3, 4),
    }
    return document, opened, rng.choice(["time", "energy", "cost", "carbon"])
