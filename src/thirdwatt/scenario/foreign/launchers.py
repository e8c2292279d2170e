"""Launch configurations of a distributed run: DeepSpeed, Accelerate and FSDP, torchtitan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from thirdwatt.facts import table
from thirdwatt.scenario.foreign.draft import Draft, Keys

_MIXED = {"bf16": "bf16", "fp16": "fp16", "fp8": "fp8", "no": None}


# --- DeepSpeed ----------------------------------------------------------------------------------------------------


def is_deepspeed(document: Mapping[str, Any]) -> bool:
    """Whether a document is a configuration of DeepSpeed."""
    return "zero_optimization" in document or "train_micro_batch_size_per_gpu" in document


def deepspeed(document: Mapping[str, Any]) -> Draft:
    """Batches, precision and partitioning of a DeepSpeed JSON."""
    found, keys = Draft("DeepSpeed configuration"), Keys(document)
    name, micro = keys.number("train_micro_batch_size_per_gpu")
    found.put("layout.micro_batch", micro, name)
    name, whole = keys.number("train_batch_size")
    found.put("layout.global_batch", whole, name)
    accumulation = keys.number("gradient_accumulation_steps")[1]
    if accumulation:
        found.facts["accumulation"] = accumulation
    split = 1.0
    for field, section, key in (
        ("tensor", keys.section("tensor_parallel"), "autotp_size"),
        ("context", keys, "sequence_parallel_size"),
        ("expert", keys.section("expert_parallel"), "autoep_size"),
    ):
        name, degree = section.number(key)
        if degree and degree > 1:
            found.put(f"layout.{field}", degree, name)
            split *= degree if field != "expert" else 1
    keys.section("expert_parallel").flag("enabled")
    if whole and micro and accumulation:
        data = int(whole / micro / accumulation)
        found.put("layout.data", data if split > 1 else None, "train_batch_size / micro batch / accumulation")
        found.put("cluster.count", int(data * split), "train_batch_size / micro batch / accumulation x other degrees")
    zero = keys.section("zero_optimization")
    name, stage = zero.number("stage")
    found.put("layout.zero_stage", stage, name)
    for what, kept in (("offload_optimizer", "optimizer"), ("offload_param", "weights")):
        if what in zero and zero.section(what).text("device") not in ("", "none"):
            found.put("layout.offload", kept, f"zero_optimization.{what}")
    for precision in ("bf16", "fp16"):
        if keys.section(precision).flag("enabled"):
            found.put("layout.precision", precision, f"{precision}.enabled")
    if "activation_checkpointing" in keys and keys.section("activation_checkpointing").flag("partition_activations"):
        found.put("layout.recompute", "full", "activation_checkpointing")
    found.unused = list(keys.unused())
    return found


# --- Accelerate and FSDP ------------------------------------------------------------------------------------------

_SHARDING = {"FULL_SHARD": 3, "HYBRID_SHARD": 3, "SHARD_GRAD_OP": 2, "NO_SHARD": 0, "1": 3, "2": 2, "3": 0, "4": 3}


def is_accelerate(document: Mapping[str, Any]) -> bool:
    """Whether a document is a configuration of Accelerate."""
    return "compute_environment" in document or "distributed_type" in document or "fsdp_config" in document


def accelerate(document: Mapping[str, Any]) -> Draft:
    """Processes, precision and sharding of an Accelerate YAML."""
    found, keys = Draft("Accelerate configuration"), Keys(document)
    name, processes = keys.number("num_processes")
    found.put("cluster.count", processes, name)
    keys.number("num_machines")
    found.put("layout.precision", _MIXED.get(keys.text("mixed_precision")), "mixed_precision")
    if keys.flag("use_cpu"):
        found.put("cluster.accelerator", "cpu-laptop", "use_cpu")
    keys.raw("distributed_type", "compute_environment")
    fsdp = keys.section("fsdp_config")
    if "fsdp_config" in keys:
        strategy = str(fsdp.raw("fsdp_sharding_strategy", "sharding_strategy")[1] or "")
        version = fsdp.number("fsdp_version")[1]
        reshard = fsdp.flag("fsdp_reshard_after_forward", default=True)
        by_reshard = (3 if reshard else 2) if version == 2 or not strategy else None
        sharding = _SHARDING.get(strategy.upper(), by_reshard)
        found.put("layout.zero_stage", sharding, "fsdp_sharding_strategy" if strategy else "fsdp_config")
        if fsdp.flag("fsdp_activation_checkpointing"):
            found.put("layout.recompute", "full", "fsdp_activation_checkpointing")
        if fsdp.flag("fsdp_offload_params"):
            found.put("layout.offload", "weights", "fsdp_offload_params")
    if "deepspeed_config" in keys:
        inner = keys.section("deepspeed_config")
        name, stage = inner.number("zero_stage")
        found.put("layout.zero_stage", stage, name)
        accumulation = inner.number("gradient_accumulation_steps")[1]
        if accumulation:
            found.facts["accumulation"] = accumulation
    if "megatron_lm_config" in keys:
        inner = keys.section("megatron_lm_config")
        for field, key in (("tensor", "megatron_lm_tp_degree"), ("pipeline", "megatron_lm_pp_degree")):
            name, degree = inner.number(key)
            found.put(f"layout.{field}", degree, name)
    found.unused = list(keys.unused())
    return found


# --- torchtitan ---------------------------------------------------------------------------------------------------

_FLAVORS = {
    ("llama3", "8b"): "llama-3.1-8b", ("llama3", "70b"): "llama-3.1-70b", ("llama3", "405b"): "llama-3.1-405b",
    ("llama4", "17bx16e"): "llama-4-scout", ("llama4", "17bx128e"): "llama-4-maverick",
    ("deepseek_v3", "16b"): "deepseek-v2-lite", ("deepseek_v3", "671b"): "deepseek-v3",
    ("qwen3", "8b"): "qwen3-8b", ("qwen3", "32b"): "qwen3-32b",
}  # fmt: skip
"""Models that torchtitan names by family and size, as rows of the table."""


_SINGLE = ("1f1b", "gpipe", "pipelineschedulesingle")
"""Schedules of torchtitan in which a rank holds one piece of the model."""


def is_torchtitan(document: Mapping[str, Any]) -> bool:
    """Whether a document is a configuration of torchtitan."""
    model, parallel = document.get("model"), document.get("parallelism")
    flavored = isinstance(model, Mapping) and "flavor" in model
    spread = isinstance(parallel, Mapping) and "data_parallel_shard_degree" in parallel
    return "training" in document and (flavored or spread)


def torchtitan(document: Mapping[str, Any]) -> Draft:
    """Model, batches, steps and degrees of a torchtitan TOML."""
    found, keys = Draft("torchtitan configuration"), Keys(document)
    found.put("software.stack", "torchtitan", "the file is torchtitan's")
    model, training, parallel = keys.section("model"), keys.section("training"), keys.section("parallelism")
    name, flavor = model.text("name"), model.text("flavor")
    row = _FLAVORS.get((name, flavor.lower()))
    if row in table("models").rows:
        found.put("workload.model", row, f"model.name {name}, model.flavor {flavor}")
    else:
        said = f"model {name} {flavor} is in no table" if flavor else "no model is named"
        found.notes.append(f"{said}: state workload.model or workload.transformer")
    key, sequence = training.number("seq_len")
    found.put("workload.transformer.seq_len", sequence, key)
    key, local = training.number("local_batch_size", "batch_size")
    found.put("layout.micro_batch", local, key)
    degrees = {}
    for field, names in (
        ("tensor", ("tensor_parallel_degree",)),
        ("pipeline", ("pipeline_parallel_degree",)),
        ("context", ("context_parallel_degree",)),
        ("expert", ("expert_parallel_degree",)),
    ):
        key, degree = parallel.number(*names)
        degrees[field] = degree or 1
        found.put(f"layout.{field}", degree if degree and degree > 1 else None, key)
    key, shard = parallel.number("data_parallel_shard_degree")
    replicate = parallel.number("data_parallel_replicate_degree")[1] or 1
    if shard and shard > 0:
        data = int(shard * replicate)
        found.put("layout.data", data, f"{key} x data_parallel_replicate_degree")
        count = data * degrees["tensor"] * degrees["pipeline"] * degrees["context"]
        found.put("cluster.count", int(count), "product of the degrees of parallelism")
    reshard = parallel.text("fsdp_reshard_after_forward") or "default"
    kept = reshard == "never" or (reshard == "default" and degrees["pipeline"] > 1)
    stage = 0 if shard == 1 else 2 if kept else 3
    found.put("layout.zero_stage", stage, "fully sharded data parallelism")
    if degrees["pipeline"] > 1:
        _pipeline(parallel, found, degrees["pipeline"])
    key, batch = training.number("global_batch_size")
    if batch and batch > 0:
        found.put("layout.global_batch", batch, key)
    elif local and found.value("layout.data"):
        found.put("layout.global_batch", local * found.value("layout.data"), "local batch x data parallelism")
    steps = training.number("steps")[1]
    if steps:
        found.facts["steps"] = steps
    mode = keys.section("activation_checkpoint").text("mode")
    found.put("layout.recompute", mode if mode in ("none", "selective", "full") else None, "activation_checkpoint.mode")
    dtype = training.text("mixed_precision_param")
    found.put("layout.precision", {"bfloat16": "bf16", "float32": "fp32"}.get(dtype), "mixed_precision_param")
    eight = "float8" in keys and (
        keys.section("float8").flag("enable_float8_linear") or "float8" in str(model.raw("converters")[1] or "")
    )
    if eight or "float8" in str(model.raw("converters")[1] or ""):
        found.put("layout.precision", "fp8", "float8")
    found.unused = list(keys.unused())
    return found


def _pipeline(parallel: Keys, found: Draft, stages: float) -> None:
    """What a rank's batch is cut into, and the pieces of the model that it holds: two if the schedule loops."""
    key, micro = parallel.number("pipeline_parallel_microbatch_size")
    found.put("layout.micro_batch", micro or 1, key or "torchtitan's default of pipeline_parallel_microbatch_size")
    schedule = parallel.text("pipeline_parallel_schedule") or "1F1B"
    if schedule.lower() in _SINGLE:
        return
    row = table("models").rows.get(found.value("workload.model"))
    each = parallel.number("pipeline_parallel_layers_per_stage")[1]
    ends = ("pipeline_parallel_first_stage_less_layers", "pipeline_parallel_last_stage_less_layers")
    less = [parallel.number(key)[1] for key in ends]
    if not each:
        found.put("layout.virtual_stages", 2, f"pipeline_parallel_schedule {schedule}")
    elif row is not None and each > 0:
        counted = row.figures["layer_count"].value + sum(1 if layers is None else layers for layers in less)
        pieces = int(-(-counted // each) // stages)
        found.put("layout.virtual_stages", max(1, pieces), "layers / pipeline_parallel_layers_per_stage / stages")
