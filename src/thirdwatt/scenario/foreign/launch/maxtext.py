"""MaxText: overrides of its base configuration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import gcd, prod

from thirdwatt.scenario.foreign.launch.plan import Launch, command

NAME = "MaxText"
_PRECISION = {
    "fp32": ("dtype=float32", "matmul_precision=highest"),
    "tf32": ("dtype=float32", "matmul_precision=default"),
    "fp16": ("dtype=float16",),
    "bf16": ("dtype=bfloat16",),
    "fp8": ("dtype=bfloat16", "quantization=te_fp8_currentscaling"),
    "fp4": ("dtype=bfloat16", "quantization=te_nvfp4"),
}
_REMAT = {"none": "none", "selective": "minimal", "full": "full"}
"""Policies that recompute nothing, what attention keeps between its products, and all but the input of a layer."""


@dataclass(frozen=True, slots=True)
class _Axis:
    """A degree of parallelism: the part over the fast fabric and the part over the network."""

    name: str
    ici: int
    dcn: int


def refusals(plan: Launch) -> Iterator[str]:
    """Why MaxText cannot run a layout."""
    if plan.chunks > plan.layers:
        yield f"{plan.layers:,} layers cannot be cut into {plan.chunks:,} pieces"
    if plan.zero_stage == 2 and plan.data > 1:
        yield "MaxText shards the optimizer's state (ZeRO 1) or all (ZeRO 3)"
    if plan.data % plan.expert:
        yield "expert parallelism is an axis of its own, taken from data parallelism, which it must divide"
    if plan.pipeline > 1 and plan.layers % plan.chunks:
        yield f"{plan.layers:,} layers do not divide evenly into {plan.chunks:,} pieces"
    if plan.pipeline > 1 and plan.micro_batches % plan.pipeline:
        yield "the micro-batches of a step must be a multiple of the pipeline degree"
    if prod(axis.ici for axis in _axes(plan)) != plan.per_host:
        yield f"the degrees do not fill hosts of {plan.per_host:,} and {plan.hosts:,} of them without a rest"


def text(plan: Launch) -> str:
    """The command."""
    trainer = "pre_train.train" if plan.adapter == "none" else "post_train.sft.train_sft"
    return command(f"python3 -m maxtext.trainers.{trainer}", _overrides(plan))


def notes(plan: Launch) -> Iterator[str]:
    """What the command leaves to its reader."""
    yield "add model_name, hardware, run_name, base_output_directory and the data"
    yield "ici_ is over the fast fabric, dcn_ between hosts of GPUs or slices of TPUs: a slice counts as one host here"
    if plan.recompute == "selective":
        yield "remat_policy=minimal is nearest to selective recomputation: products are kept, attention is done again"
    if plan.virtual_stages > 1:
        yield "virtual stages are num_pipeline_repeats"
    if plan.pipeline > 1:
        yield "the pipeline takes all micro-batches of a step in one pass, so gradients are not accumulated"
    if plan.precision == "tf32":
        yield "the default precision of products of float32 is TF32 on GPUs, but bfloat16 on TPUs"
    if plan.precision in ("fp8", "fp4"):
        yield f"{plan.precision} is Transformer Engine's, for GPUs; TPUs take fp8 as quantization=fp8_full"
    if plan.adapter != "none":
        yield "set lora.lora_rank and lora.lora_alpha"


def _overrides(plan: Launch) -> Iterator[str]:
    for axis in _axes(plan):
        yield f"ici_{axis.name}_parallelism={axis.ici}"
        yield f"dcn_{axis.name}_parallelism={axis.dcn}"
    if plan.zero_stage == 1:
        yield "shard_optimizer_over_data=true"
    piped = plan.pipeline > 1
    forward = plan.global_batch if piped else plan.micro_batch * plan.data
    yield f"per_device_batch_size={_share(forward, plan.accelerators)}"
    yield f"gradient_accumulation_steps={1 if piped else plan.micro_batches}"
    yield f"max_target_length={plan.sequence_length}"
    if piped:
        yield f"num_pipeline_microbatches={plan.micro_batches}"
        yield f"num_pipeline_repeats={plan.virtual_stages}"
        yield f"num_layers_per_pipeline_stage={plan.layers // plan.chunks}"
    yield f"remat_policy={_REMAT[plan.recompute]}"
    yield from _PRECISION[plan.precision]
    if plan.offload != "none":
        yield "optimizer_memory_host_offload=true"
    if plan.offload == "weights":
        yield "parameter_memory_host_offload=true"
    if plan.adapter != "none":
        yield "lora.enable_lora=true"
    if plan.adapter == "qlora":
        yield "lora.lora_weight_qtype=nf4"


def _axes(plan: Launch) -> tuple[_Axis, ...]:
    """Every axis, those that communicate most on the fast fabric first."""
    spread = plan.data // plan.expert
    sharded = plan.zero_stage >= 2
    degrees = {
        "tensor": plan.tensor,
        "expert": plan.expert,
        "context": plan.context,
        "fsdp": spread if sharded else 1,
        "data": 1 if sharded else spread,
        "pipeline": plan.pipeline,
    }
    left, axes = plan.per_host, []
    for name, degree in degrees.items():
        inside = gcd(degree, left)
        left //= inside
        axes.append(_Axis(name, inside, degree // inside))
    return tuple(axes)


def _share(batch: int, accelerators: int) -> str:
    """Sequences an accelerator, whose product with their number must not fall below the batch by rounding."""
    if batch % accelerators == 0:
        return str(batch // accelerators)
    share = batch / accelerators
    return repr(share if int(share * accelerators) == batch else share * (1 + 2**-52))
