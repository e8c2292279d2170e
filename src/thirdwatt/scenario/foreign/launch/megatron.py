"""Megatron-LM: torchrun and the arguments of ``pretrain_gpt.py``."""

from __future__ import annotations

from collections.abc import Iterator

from thirdwatt.scenario.foreign.launch.plan import Launch, command, uneven_rounds

NAME = "Megatron-LM"
_SHARDING = {2: "optim_grads", 3: "optim_grads_params"}
_PRECISION = {
    "fp32": (), "tf32": (), "fp16": ("--fp16",), "bf16": ("--bf16",),
    "fp8": ("--bf16", "--fp8-format hybrid"), "fp4": ("--bf16", "--fp4-format e2m1"),
}  # fmt: skip
_RECOMPUTE = {
    "none": (),
    "selective": ("--recompute-granularity selective",),
    "full": ("--recompute-granularity full", "--recompute-method uniform", "--recompute-num-layers 1"),
}


def refusals(plan: Launch) -> Iterator[str]:
    """Why Megatron-LM cannot run a layout."""
    if plan.adapter != "none":
        yield "Megatron-LM trains no adapters; Megatron Bridge, which builds on it, does"
    if plan.offload == "weights":
        yield "Megatron-LM keeps weights on the accelerator: only the optimizer can move to the host"
    if plan.context > 1 and plan.sequence_length % (2 * plan.context):
        yield "the sequence must be a multiple of 2 x context, as each part is cut in two to balance causal attention"
    if plan.sequence_length % (plan.context * plan.tensor):
        yield "the sequence must be a multiple of context x tensor, as sequence parallelism cuts it so"
    if uneven_rounds(plan):
        yield "with virtual stages, the micro-batches of a step must be a multiple of the pipeline degree"


def text(plan: Launch) -> str:
    """The command."""
    sharded = plan.zero_stage >= 2
    # Below Blackwell Megatron insists on one queue for these, and its FSDP on more than one.
    queue = "CUDA_DEVICE_MAX_CONNECTIONS=1 " if plan.tensor * plan.context > 1 and not sharded else ""
    meeting = ' --rdzv_backend c10d --rdzv_endpoint "$MASTER_ADDR:$MASTER_PORT"' if plan.hosts > 1 else ""
    nodes = f"--nproc_per_node {plan.per_host} --nnodes {plan.hosts}{meeting}"
    return command(f"{queue}torchrun {nodes} pretrain_gpt.py", _arguments(plan))


def notes(plan: Launch) -> Iterator[str]:
    """What the command leaves to its reader."""
    yield "add the arguments of your model, tokenizer, data and learning rate"
    if plan.expert > 1:
        yield "--num-experts must be a multiple of --expert-model-parallel-size"
    if plan.precision == "tf32":
        yield "no argument chooses TF32: torch.backends.cuda.matmul.allow_tf32 or NVIDIA_TF32_OVERRIDE=1 does"
    if plan.precision in ("fp8", "fp4"):
        yield f"{plan.precision} needs Transformer Engine and an accelerator that has it"
    if plan.zero_stage >= 2:
        yield "ZeRO 2 and 3 are Megatron-FSDP's, which wants CUDA_DEVICE_MAX_CONNECTIONS unset or above 1"
    if plan.zero_stage >= 2 and plan.pipeline > 1:
        yield "Megatron-FSDP is described with tensor, context and expert degrees, not with a pipeline: try it first"
    if plan.chunks > 1 and plan.layers % plan.chunks:
        yield "the layers do not divide evenly: the layout gives some stages fewer, from the ends inwards"


def _arguments(plan: Launch) -> Iterator[str]:
    yield f"--num-layers {plan.layers}"
    yield f"--seq-length {plan.sequence_length}"
    yield f"--max-position-embeddings {plan.sequence_length}"
    yield f"--micro-batch-size {plan.micro_batch}"
    yield f"--global-batch-size {plan.global_batch}"
    yield f"--tensor-model-parallel-size {plan.tensor}"
    if plan.tensor > 1:
        yield "--sequence-parallel"
    yield f"--pipeline-model-parallel-size {plan.pipeline}"
    if plan.chunks > 1 and plan.layers % plan.chunks:
        yield f"--pipeline-model-parallel-layout '{_stages(plan)}'"
    elif plan.virtual_stages > 1:
        yield f"--num-virtual-stages-per-pipeline-rank {plan.virtual_stages}"
    yield f"--context-parallel-size {plan.context}"
    if plan.expert > 1:
        yield f"--expert-model-parallel-size {plan.expert}"
        yield "--expert-tensor-parallel-size 1"
    if plan.zero_stage:
        yield "--use-distributed-optimizer"
    if plan.zero_stage >= 2:
        yield "--use-megatron-fsdp"
        yield f"--data-parallel-sharding-strategy {_SHARDING[plan.zero_stage]}"
        yield "--ckpt-format fsdp_dtensor"
        yield "--no-gradient-accumulation-fusion"
    if plan.offload == "optimizer":
        yield "--optimizer-cpu-offload"
        yield "--use-precision-aware-optimizer"
    yield from _RECOMPUTE[plan.recompute]
    yield from _PRECISION[plan.precision]


def _stages(plan: Launch) -> str:
    """Layers of every piece, in Megatron's notation; those at the ends get no more than the others."""
    least, more = divmod(plan.layers, plan.chunks)
    first = (plan.chunks - more) // 2
    sizes = [least + (first <= number < first + more) for number in range(plan.chunks)]
    pieces = ["E" * (not number) + (f"t*{size}" if size else "") for number, size in enumerate(sizes)]
    return "|".join(pieces) + "L"
