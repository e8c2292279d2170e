"""torchtitan with FSDP2: the TOML that releases up to 0.2.2 read."""

from __future__ import annotations

from collections.abc import Iterator

from thirdwatt.scenario.foreign.launch.plan import Launch, uneven_rounds

NAME = "torchtitan"


def refusals(plan: Launch) -> Iterator[str]:
    """Why torchtitan cannot run a layout."""
    if plan.chunks > plan.layers:
        yield f"{plan.layers:,} layers cannot be cut into {plan.chunks:,} pieces"
    shard = plan.data if plan.zero_stage else 1
    if plan.zero_stage == 1 and plan.data > 1:
        yield "torchtitan shards gradients with the optimizer: take ZeRO 2 or 3"
    if plan.zero_stage == 0 and plan.context > 1:
        yield "torchtitan shards the weights over context parallelism: take ZeRO 2 or 3"
    if (shard * plan.context * plan.tensor) % plan.expert:
        yield "expert parallelism takes its ranks from those that weights are sharded over: take ZeRO 2 or 3"
    if plan.precision in ("fp16", "fp4"):
        yield f"torchtitan does not train in {plan.precision}"
    if plan.offload == "optimizer":
        yield "torchtitan moves weights, gradients and the optimizer to the host together, or nothing"
    if plan.offload == "weights" and (plan.zero_stage < 2 or plan.data * plan.context == 1):
        yield "weights can move to the host only when they are sharded"
    if plan.adapter != "none":
        yield "the TOML of torchtitan has no adapters; its later configurations in Python have LoRA"
    if plan.chunks > 1 and -(-plan.layers // _layers_per_stage(plan)) != plan.chunks:
        yield f"no equal number of layers a stage makes {plan.chunks:,} stages of {plan.layers:,} layers"
    if uneven_rounds(plan):
        yield "with virtual stages, the micro-batches of a step must be a multiple of the pipeline degree"


def text(plan: Launch) -> str:
    """The configuration."""
    return "\n\n".join("\n".join(section) for section in _sections(plan)) + "\n"


def notes(plan: Launch) -> Iterator[str]:
    """What the configuration leaves to its reader."""
    yield "add model.name, model.flavor and the data; torchtitan after 0.2.2 reads Python instead of TOML"
    yield f"start {plan.accelerators:,} processes: torchrun --nproc_per_node {plan.per_host} --nnodes {plan.hosts}"
    if plan.virtual_stages > 1:
        yield "virtual stages are the schedule Interleaved1F1B, their number follows from the layers a stage"
    if plan.recompute == "selective":
        yield 'selective means that some operations are recomputed: selective_ac_option = "op"'
    if plan.precision == "tf32":
        yield 'no option chooses TF32: torch.set_float32_matmul_precision("high") does'
    if plan.precision == "fp8":
        yield "fp8 needs torchao"


def _layers_per_stage(plan: Launch) -> int:
    return -(-plan.layers // plan.chunks)


def _sections(plan: Launch) -> Iterator[list[str]]:
    if plan.precision == "fp8":
        yield ["[model]", 'converters = ["float8"]']
    yield ["[training]", *_training(plan)]
    yield ["[parallelism]", *_parallelism(plan)]
    mode = [f'mode = "{plan.recompute}"']
    yield ["[activation_checkpoint]", *mode, *(['selective_ac_option = "op"'] if plan.recompute == "selective" else [])]
    if plan.precision == "fp8":
        yield ["[quantize.linear.float8]", 'recipe_name = "tensorwise"', 'filter_fqns = ["output"]']


def _training(plan: Launch) -> Iterator[str]:
    # A pipeline is fed all of a rank's micro-batches at once; without one, torchtitan accumulates gradients.
    local = plan.micro_batch * (plan.micro_batches if plan.pipeline > 1 else 1)
    exact = plan.precision in ("fp32", "tf32")
    yield f"local_batch_size = {local}"
    yield f"global_batch_size = {plan.global_batch}"
    yield f"seq_len = {plan.sequence_length}"
    yield f'mixed_precision_param = "{"float32" if exact else "bfloat16"}"'
    if plan.offload == "weights":
        yield "enable_cpu_offload = true"


def _parallelism(plan: Launch) -> Iterator[str]:
    sharded = plan.zero_stage >= 2
    yield f"data_parallel_replicate_degree = {1 if sharded else plan.data}"
    yield f"data_parallel_shard_degree = {plan.data if sharded else 1}"
    if sharded:
        yield f'fsdp_reshard_after_forward = "{"always" if plan.zero_stage == 3 else "never"}"'
    yield f"tensor_parallel_degree = {plan.tensor}"
    yield f"context_parallel_degree = {plan.context}"
    yield f"pipeline_parallel_degree = {plan.pipeline}"
    if plan.pipeline > 1:
        yield f'pipeline_parallel_schedule = "{"Interleaved1F1B" if plan.virtual_stages > 1 else "1F1B"}"'
        yield f"pipeline_parallel_microbatch_size = {plan.micro_batch}"
        yield f"pipeline_parallel_layers_per_stage = {_layers_per_stage(plan)}"
        # By default the embedding and the output count as a layer each.
        yield "pipeline_parallel_first_stage_less_layers = 0"
        yield "pipeline_parallel_last_stage_less_layers = 0"
    yield f"expert_parallel_degree = {plan.expert}"
