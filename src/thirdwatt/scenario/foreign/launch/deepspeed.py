"""DeepSpeed: its JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from thirdwatt.scenario.foreign.launch.plan import Launch

NAME = "DeepSpeed"
_HOST = {"device": "cpu", "pin_memory": True}


_OFFLOADS = {"none": 0, "optimizer": 1, "weights": 3}
"""Stage that keeps so much on the host where one accelerator is all there is."""


def refusals(plan: Launch) -> Iterator[str]:
    """Why DeepSpeed cannot run a layout."""
    if plan.virtual_stages > 1:
        yield "DeepSpeed's pipeline has no virtual stages"
    if plan.pipeline > 1 and plan.zero_stage >= 2:
        yield "DeepSpeed's pipeline works with ZeRO 0 and 1 alone"
    if plan.pipeline > 1 and plan.tensor * plan.context * plan.expert > 1:
        yield "DeepSpeed's configuration joins its pipeline with no tensor, context or expert degree: use Megatron-LM"
    if plan.tensor > 1 and plan.context > 1:
        yield "DeepSpeed lays its ranks out for tensor or for sequence parallelism, not for both"
    if plan.expert > 1 and plan.zero_stage == 3 and plan.tensor * plan.context > 1:
        yield "expert parallelism with ZeRO 3 works with neither tensor nor sequence parallelism"
    if plan.offload == "optimizer" and _stage(plan) == 0:
        yield "the optimizer can move to the host with ZeRO 1 to 3 alone"
    if plan.offload == "weights" and _stage(plan) != 3:
        yield "weights can move to the host with ZeRO 3 alone"


def _stage(plan: Launch) -> int:
    """ZeRO stage: where nothing shares the states, the one that moving them to the host asks for."""
    alone = plan.data * plan.context == 1
    return _OFFLOADS[plan.offload] if alone and plan.zero_stage == 0 else plan.zero_stage


def text(plan: Launch) -> str:
    """The configuration."""
    return json.dumps(_document(plan), indent=2) + "\n"


def notes(plan: Launch) -> Iterator[str]:
    """What the configuration leaves to the script."""
    yield f"start {plan.accelerators:,} processes: deepspeed --num_nodes {plan.hosts} --num_gpus {plan.per_host}"
    if plan.pipeline > 1:
        yield f"the pipeline is left out: the script states it as PipelineModule(layers, num_stages={plan.pipeline})"
    if plan.context > 1:
        yield "context parallelism is Ulysses: the script calls UlyssesSPAttentionHF.register_with_transformers"
    if plan.expert > 1:
        yield "expert parallelism is AutoEP: state expert_parallel.preset_model if it does not know your model"
    if plan.recompute == "full":
        yield "the model turns recomputation on, for example by gradient_checkpointing_enable()"
    if plan.recompute == "selective":
        yield "selective recomputation is left out: it is the model's own choice"
    if plan.precision == "tf32":
        yield 'the script chooses TF32: torch.set_float32_matmul_precision("high")'
    if plan.precision in ("fp8", "fp4"):
        yield f"{plan.precision} is left out: the model's layers choose it, such as Transformer Engine's"
    if plan.adapter != "none":
        yield f"{plan.adapter} is left out: it is made in the script, for example by peft"


def _document(plan: Launch) -> dict[str, Any]:
    found: dict[str, Any] = {
        "train_batch_size": plan.global_batch,
        "train_micro_batch_size_per_gpu": plan.micro_batch,
        "gradient_accumulation_steps": plan.micro_batches,
        "zero_optimization": {"stage": _stage(plan)},
    }
    if plan.offload != "none":
        found["zero_optimization"]["offload_optimizer"] = _HOST
    if plan.offload == "weights":
        found["zero_optimization"]["offload_param"] = _HOST
    if plan.precision == "fp16":
        found["fp16"] = {"enabled": True}
    elif plan.precision not in ("fp32", "tf32"):
        found["bf16"] = {"enabled": True}
    if plan.tensor > 1:
        found["tensor_parallel"] = {"autotp_size": plan.tensor}
    if plan.context > 1:
        found["sequence_parallel_size"] = plan.context
    if plan.expert > 1:
        found["expert_parallel"] = {"enabled": True, "autoep_size": plan.expert}
    if plan.recompute == "full":
        found["activation_checkpointing"] = {"partition_activations": True}
    return found
