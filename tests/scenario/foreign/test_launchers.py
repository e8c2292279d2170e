"""Launch configurations and recipes: what public examples state, in the fields of a scenario."""

from __future__ import annotations

from typing import Any

import pytest

from thirdwatt.ledger.book import book
from thirdwatt.scenario import InputError
from thirdwatt.scenario.foreign import Draft, understand
from thirdwatt.scenario.foreign.write import merged, scenario
from thirdwatt.scenario.parse import parse
from thirdwatt.scenario.read import put

MEGATRON_GPT3 = """#!/bin/bash
GPUS_PER_NODE=8
NUM_NODES=${SLURM_NNODES:-"128"}
DISTRIBUTED_ARGS=(
    --nproc_per_node $GPUS_PER_NODE
    --nnodes $NUM_NODES
)
GPT_MODEL_ARGS=(
    --num-layers 96
    --hidden-size 12288
    --num-attention-heads 96
    --seq-length 2048
    --max-position-embeddings 2048
    --attention-backend auto # Can use (flash/fused/unfused/local)
)
TRAINING_ARGS=(
    --micro-batch-size 1
    --global-batch-size 1536
    --train-iters 500000
    --fp16
    # --bf16
)
MODEL_PARALLEL_ARGS=(
\t--tensor-model-parallel-size 8
\t--pipeline-model-parallel-size 16
\t--sequence-parallel
)
torchrun ${DISTRIBUTED_ARGS[@]} pretrain_gpt.py \\
    ${GPT_MODEL_ARGS[@]} --vocab-file gpt2-vocab.json
"""

MEGATRON_LOG = """
[default0]:using world size: 64, data-parallel size: 8, tensor-model-parallel size: 4
[default0]:------------------------ arguments ------------------------
[default0]:  bf16 ............................................ True
[default0]:  fp16 ............................................ False
[default0]:  ffn_hidden_size ................................. 14336
[default0]:  global_batch_size ............................... 128
[default0]:  group_query_attention ........................... True
[default0]:  hidden_size ..................................... 4096
[default0]:  micro_batch_size ................................ 1
[default0]:  normalization ................................... RMSNorm
[default0]:  add_bias_linear ................................. False
[default0]:  disable_bias_linear ............................. True
[default0]:  num_attention_heads ............................. 32
[default0]:  num_experts ..................................... None
[default0]:  num_layers ...................................... 32
[default0]:  num_query_groups ................................ 8
[default0]:  padded_vocab_size ............................... 128256
[default0]:  pipeline_model_parallel_size .................... 2
[default0]:  position_embedding_type ......................... rope
[default0]:  recompute_granularity ........................... selective
[default0]:  seq_length ...................................... 8192
[default0]:  swiglu .......................................... True
[default0]:  tensor_model_parallel_size ...................... 4
[default0]:  train_iters ..................................... 10000
[default0]:  untie_embeddings_and_output_weights ............. True
[default0]:  use_distributed_optimizer ....................... True
[default0]:  world_size ...................................... 64
"""

MIXTRAL_SCRIPT = """
torchrun --nproc_per_node 8 --nnodes 4 pretrain_gpt.py --use-mcore-models --disable-bias-linear --seq-length 4096 \\
  --num-layers 32 --hidden-size 4096 --ffn-hidden-size 14336 --num-attention-heads 32 --normalization RMSNorm \\
  --position-embedding-type rope --swiglu --untie-embeddings-and-output-weights --group-query-attention \\
  --num-query-groups 8 --num-experts 8 --moe-router-topk 2 --tokenizer-type Llama2Tokenizer --micro-batch-size 1 \\
  --global-batch-size 256 --train-iters 500000 --bf16 --tensor-model-parallel-size 1 \\
  --pipeline-model-parallel-size 4 --expert-model-parallel-size 8 --use-distributed-optimizer
"""

DEEPSPEED = {
    "train_batch_size": 512,
    "train_micro_batch_size_per_gpu": 4,
    "gradient_accumulation_steps": 2,
    "bf16": {"enabled": True},
    "fp16": {"enabled": False},
    "zero_optimization": {"stage": 3, "offload_optimizer": {"device": "cpu"}, "overlap_comm": True},
    "gradient_clipping": 1.0,
}

DEEPSPEED_AUTO = {
    "train_batch_size": "auto",
    "train_micro_batch_size_per_gpu": "auto",
    "zero_optimization": {"stage": 2, "reduce_bucket_size": 5e8},
    "fp16": {"enabled": "auto"},
}

ACCELERATE = {
    "compute_environment": "LOCAL_MACHINE", "distributed_type": "FSDP", "mixed_precision": "bf16", "num_machines": 1,
    "num_processes": 8,
    "fsdp_config": {"fsdp_sharding_strategy": "FULL_SHARD", "fsdp_activation_checkpointing": True,
                    "fsdp_offload_params": False, "fsdp_auto_wrap_policy": "TRANSFORMER_BASED_WRAP"},
}  # fmt: skip

ACCELERATE_ZERO2 = {
    "distributed_type": "DEEPSPEED", "num_processes": 8, "mixed_precision": "fp16",
    "deepspeed_config": {"zero_stage": 2, "gradient_accumulation_steps": 4},
}  # fmt: skip

TITAN_70B = {
    "model": {"name": "llama3", "flavor": "405B", "converters": ["float8"]},
    "training": {"local_batch_size": 2, "seq_len": 8192, "steps": 3000},
    "parallelism": {"data_parallel_replicate_degree": 1, "data_parallel_shard_degree": 16, "tensor_parallel_degree": 8,
                    "pipeline_parallel_degree": 1, "context_parallel_degree": 1},
    "activation_checkpoint": {"mode": "full"},
    "float8": {"enable_fsdp_float8_all_gather": True},
}  # fmt: skip

TITAN_ALL_RANKS = {
    "model": {"name": "llama3", "flavor": "8B"},
    "training": {"batch_size": 1, "seq_len": 8192, "steps": 1000},
    "parallelism": {"data_parallel_shard_degree": -1, "tensor_parallel_degree": 1},
    "activation_checkpoint": {"mode": "selective"},
}

AXOLOTL_QLORA = {
    "base_model": "meta-llama/Llama-3.1-8B", "load_in_4bit": True, "adapter": "qlora", "lora_r": 32, "lora_alpha": 16,
    "sequence_len": 4096, "sample_packing": True, "gradient_accumulation_steps": 4, "micro_batch_size": 2,
    "num_epochs": 4, "optimizer": "paged_adamw_32bit", "bf16": "auto", "gradient_checkpointing": True,
    "datasets": [{"path": "aaditya/alpaca_subset_1", "type": "alpaca"}],
}  # fmt: skip

AXOLOTL_DPO = {
    "base_model": "meta-llama/Llama-3.1-8B-Instruct", "rl": "dpo", "adapter": "lora", "lora_r": 32,
    "sequence_len": 4096, "micro_batch_size": 2, "gradient_accumulation_steps": 4, "num_epochs": 4, "bf16": True,
    "datasets": [], "deepspeed": "deepspeed_configs/zero3_bf16.json",
}  # fmt: skip

LLAMA_FACTORY_DPO = {
    "model_name_or_path": "meta-llama/Llama-3.1-8B-Instruct", "stage": "dpo", "finetuning_type": "lora",
    "lora_rank": 8, "cutoff_len": 2048, "max_samples": 1000, "per_device_train_batch_size": 1,
    "gradient_accumulation_steps": 8, "num_train_epochs": 3.0, "bf16": True,
}  # fmt: skip

LLAMA_FACTORY_QLORA = {
    "model_name_or_path": "meta-llama/Meta-Llama-3.1-8B", "stage": "sft", "finetuning_type": "lora",
    "quantization_bit": 4, "cutoff_len": 2048, "per_device_train_batch_size": 1, "gradient_accumulation_steps": 8,
    "num_train_epochs": 3.0, "deepspeed": "examples/deepspeed/ds_z0_config.json",
}  # fmt: skip

TRL_SFT = {
    "model_name_or_path": "meta-llama/Llama-3.1-8B", "dataset_name": "trl-lib/Capybara", "use_peft": True,
    "lora_r": 16, "load_in_4bit": True, "max_length": 2048, "per_device_train_batch_size": 2,
    "gradient_accumulation_steps": 8, "num_train_epochs": 1, "bf16": True, "gradient_checkpointing": True,
}  # fmt: skip

TRL_GRPO = {
    "model_name_or_path": "meta-llama/Llama-3.1-8B", "num_generations": 8, "max_prompt_length": 512,
    "per_device_train_batch_size": 16, "max_steps": 500,
}  # fmt: skip

B = "workload.transformer"
SAID: dict[str, tuple[str, Any, dict[str, Any]]] = {
    "Megatron-LM, GPT-3 175B": (
        MEGATRON_GPT3, None,
        {f"{B}.layers": 96, f"{B}.ffn": 49152, f"{B}.vocab": 51200, f"{B}.positions": 2048, f"{B}.gated": False,
         "cluster.count": 1024, "layout.tensor": 8, "layout.pipeline": 16, "layout.data": 8, "layout.precision": "fp16",
         "workload.tokens": 500000 * 1536 * 2048, "layout.global_batch": 1536},
    ),
    "Megatron-LM, a log": (
        MEGATRON_LOG, None,
        {f"{B}.kv_heads": 8, f"{B}.gated": True, f"{B}.norm": "rms", f"{B}.bias": False, f"{B}.vocab": 128256,
         "cluster.count": 64, "layout.data": 8, "layout.zero_stage": 1, "layout.recompute": "selective",
         "layout.precision": "bf16", "workload.tokens": 10000 * 128 * 8192},
    ),
    "Megatron-LM, Mixtral 8x7B": (
        MIXTRAL_SCRIPT, None,
        {f"{B}.experts": 8, f"{B}.top_k": 2, f"{B}.expert_ffn": 14336, f"{B}.vocab": 32000, "layout.expert": 8,
         "layout.pipeline": 4, "cluster.count": 32, "layout.data": 8},
    ),
    "DeepSpeed": (
        "", DEEPSPEED,
        {"layout.micro_batch": 4, "layout.global_batch": 512, "cluster.count": 64, "layout.zero_stage": 3,
         "layout.precision": "bf16"},
    ),
    "DeepSpeed, auto": ("", DEEPSPEED_AUTO, {"layout.zero_stage": 2}),
    "Accelerate, FSDP": (
        "", ACCELERATE,
        {"cluster.count": 8, "layout.precision": "bf16", "layout.zero_stage": 3, "layout.recompute": "full"},
    ),
    "Accelerate, ZeRO 2": (
        "", ACCELERATE_ZERO2, {"cluster.count": 8, "layout.precision": "fp16", "layout.zero_stage": 2},
    ),
    "torchtitan, Llama 3 405B": (
        "", TITAN_70B,
        {"workload.model": "llama-3.1-405b", "cluster.count": 128, "layout.tensor": 8, "layout.data": 16,
         "layout.precision": "fp8", "layout.recompute": "full", "layout.global_batch": 32,
         "workload.tokens": 3000 * 32 * 8192},
    ),
    "torchtitan, every rank": (
        "", TITAN_ALL_RANKS,
        {"workload.model": "llama-3.1-8b", "layout.micro_batch": 1, "layout.zero_stage": 3,
         "layout.recompute": "selective"},
    ),
    "axolotl, QLoRA": (
        "", AXOLOTL_QLORA,
        {"workload.model": "llama-3.1-8b", "workload.adapter": "qlora", "workload.adapter_rank": 32,
         "workload.method": "sft", "workload.epochs": 4, f"{B}.seq_len": 4096, "layout.micro_batch": 2,
         "layout.precision": "bf16", "layout.recompute": "full"},
    ),
    "axolotl, DPO": (
        "", AXOLOTL_DPO,
        {"workload.method": "dpo", "workload.adapter": "lora", "layout.zero_stage": 3},
    ),
    "LLaMA-Factory, DPO": (
        "", LLAMA_FACTORY_DPO,
        {"workload.method": "dpo", "workload.adapter": "lora", "workload.epochs": 3, f"{B}.seq_len": 2048},
    ),
    "LLaMA-Factory, QLoRA": (
        "", LLAMA_FACTORY_QLORA, {"workload.model": "llama-3.1-8b", "workload.adapter": "qlora"},
    ),
    "TRL, SFT": (
        "", TRL_SFT,
        {"workload.method": "sft", "workload.adapter": "qlora", "workload.adapter_rank": 16, f"{B}.seq_len": 2048},
    ),
    "TRL, GRPO": ("", TRL_GRPO, {"workload.method": "rl", "layout.micro_batch": 16}),
}  # fmt: skip
"""A file's text and document, and fields that it states."""


def draft(name: str) -> Draft:
    text, document, _ = SAID[name]
    return merged([understand(name, text, document)])


@pytest.mark.parametrize("name", SAID)
def test_what_a_file_states(name: str) -> None:
    found, expected = draft(name), SAID[name][2]
    assert {path: found.value(path) for path in expected} == expected


@pytest.mark.parametrize("name", SAID)
def test_a_draft_is_a_scenario(name: str) -> None:
    import tomllib

    text = scenario(draft(name), title='a "title"\nof two lines', tokens=None)
    parse(tomllib.loads(text), book().names)


def test_files_say_more_together() -> None:
    recipe = understand("recipe", "", AXOLOTL_QLORA)
    launch = understand("launch", "", ACCELERATE)
    whole = merged([recipe, launch])
    assert whole.value("layout.global_batch") == 2 * 4 * 8
    assert whole.value("workload.model") == "llama-3.1-8b"


def test_what_the_host_keeps_is_read() -> None:
    assert draft("DeepSpeed").value("layout.offload") == "optimizer"


def test_keys_that_were_not_used_are_listed() -> None:
    assert set(draft("DeepSpeed").unused) == {"gradient_clipping", "zero_optimization.overlap_comm"}
    assert "sequence_parallel" in draft("Megatron-LM, GPT-3 175B").unused


@pytest.mark.parametrize("document", [None, {}, {"a": 1}, [], "text", {"model": "x"}])
def test_what_is_not_understood_is_refused(document: Any) -> None:
    with pytest.raises(InputError, match="is no file that is understood"):
        understand("x", "nothing of the kind", document)


def test_a_draft_puts_fields_where_the_scenario_has_them() -> None:
    document: dict[str, Any] = {}
    for path, entry in draft("Megatron-LM, Mixtral 8x7B").entries.items():
        put(document, path, entry.value)
    assert parse(document, book().names).given["expert_count"].value == 8
