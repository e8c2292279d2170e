"""Megatron-LM: its command line, as written in a launch script or printed in the "arguments" block of a log."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

from thirdwatt.scenario.foreign.draft import BLOCK, Draft, Keys

_LOGGED = re.compile(r"(?:^|[\s:>])([a-z][a-z0-9_]+) \.{3,} (.*?)\s*$", re.MULTILINE)
GPT_2_ROWS = 50257
_TOKENIZERS = {"llama2": 32000, "llama3": 128256, "tiktoken": 128256, "gpt2": GPT_2_ROWS, "gpt-2": GPT_2_ROWS}
"""Rows of well-known vocabularies, by a word in the tokenizer's type or file."""

_SHARDING = {"no_shard": 0, "optim": 1, "optim_grads": 2, "optim_grads_params": 3}
_REPEATED = re.compile(r"\(([^)]+)\)\*(\d{1,6})")
_NAMED = re.compile(r"\$\{(\w+)(?::-\"?([^}\"]*)\"?)?\}|\$(\w+)")
_VARIABLE = re.compile(r"^\s*(?:export\s+)?([A-Za-z_]\w*)=(\"[^\"]*\"|'[^']*'|\S*)", re.MULTILINE)


def is_megatron(text: str) -> bool:
    """Whether a text holds arguments of Megatron-LM."""
    return "--num-layers" in text or bool(re.search(r"num_layers\s*\.{3,}", text))


def megatron(text: str) -> Draft:
    """Architecture, batches, degrees and length of a Megatron-LM run."""
    logged = dict(_LOGGED.findall(text))
    document = _values(logged) if "num_layers" in logged else _arguments(text)
    found = Draft("Megatron-LM arguments of a log" if "num_layers" in logged else "Megatron-LM arguments")
    keys = Keys(document)
    found.put("software.stack", "megatron-core", "the arguments are Megatron's")
    _architecture(keys, found)
    _degrees(keys, found)
    name, batch = keys.number("global_batch_size")
    found.put("layout.global_batch", batch, name)
    sequence = found.value(f"{BLOCK}.seq_len")
    samples = keys.number("train_samples")[1]
    steps = keys.number("train_iters")[1]
    if sequence and (samples or (steps and batch)):
        tokens = sequence * (samples or steps * batch)  # type: ignore[operator]
        found.put("workload.tokens", tokens, "train_samples x seq_length" if samples else "train_iters x batch x seq")
    for precision in ("fp16", "bf16"):
        if keys.flag(precision):
            found.put("layout.precision", precision, precision)
    if keys.text("fp8", "fp8_format") or keys.flag("fp8"):
        found.put("layout.precision", "fp8", "fp8_format")
    if keys.text("fp4", "fp4_format"):
        found.put("layout.precision", "fp4", "fp4_format")
    _recompute(keys, found)
    if "num_layers" in logged:
        found.notes.append("a log names every argument: those not used are not listed")
    else:
        found.unused = list(keys.unused())
    return found


def _recompute(keys: Keys, found: Draft) -> None:
    granularity = keys.text("recompute_granularity")
    method = keys.text("recompute_method")
    if granularity in ("selective", "full"):
        found.put("layout.recompute", granularity, "recompute_granularity")
    elif keys.flag("recompute_activations"):
        found.put("layout.recompute", "selective", "recompute_activations")
    if method:
        keys.number("recompute_num_layers")


def _architecture(keys: Keys, found: Draft) -> None:
    for field, names in (
        ("layers", ("num_layers",)),
        ("hidden", ("hidden_size",)),
        ("heads", ("num_attention_heads",)),
        ("ffn", ("ffn_hidden_size",)),
        ("seq_len", ("seq_length",)),
        ("vocab", ("padded_vocab_size", "vocab_size")),
        ("experts", ("num_experts",)),
        ("top_k", ("moe_router_topk",)),
        ("expert_ffn", ("moe_ffn_hidden_size",)),
    ):
        name, value = keys.number(*names)
        found.put(f"{BLOCK}.{field}", value, name)
    hidden, heads = found.value(f"{BLOCK}.hidden"), found.value(f"{BLOCK}.heads")
    gated = keys.flag("swiglu")
    found.put(f"{BLOCK}.gated", gated, "swiglu")
    if hidden and not found.value(f"{BLOCK}.ffn"):
        width = int(hidden * 4 * 2 / 3) // 64 * 64 if gated else 4 * hidden
        found.put(f"{BLOCK}.ffn", width, "Megatron's default for this width")
    if keys.flag("group_query_attention"):
        name, groups = keys.number("num_query_groups")
        found.put(f"{BLOCK}.kv_heads", groups, name)
    name, head = keys.number("kv_channels")
    if head and heads and head * heads != hidden:
        found.put(f"{BLOCK}.head_dim", head, name)
    if keys.flag("multi_latent_attention"):
        rope = keys.number("qk_pos_emb_head_dim")[1] or 0
        found.put(f"{BLOCK}.kv_rank", keys.number("kv_lora_rank")[1], "kv_lora_rank")
        found.put(f"{BLOCK}.q_rank", keys.number("q_lora_rank")[1], "q_lora_rank")
        found.put(f"{BLOCK}.rope_head_dim", rope, "qk_pos_emb_head_dim")
        found.put(f"{BLOCK}.head_dim", (keys.number("qk_head_dim")[1] or 0) + rope, "qk_head_dim + qk_pos_emb_head_dim")
        found.put(f"{BLOCK}.head_dim_v", keys.number("v_head_dim")[1], "v_head_dim")
    found.put(f"{BLOCK}.norm", "rms" if keys.text("normalization") == "RMSNorm" else "layer", "normalization")
    found.put(f"{BLOCK}.bias", not keys.flag("disable_bias_linear"), "disable_bias_linear")
    if keys.flag("add_qkv_bias"):
        found.put(f"{BLOCK}.qkv_bias", True, "add_qkv_bias")
    found.put(f"{BLOCK}.tied_embeddings", not keys.flag("untie_embeddings_and_output_weights"), "untie_embeddings")
    position = keys.text("position_embedding_type") or "learned_absolute"
    if position == "learned_absolute" and not keys.flag("use_rotary_position_embeddings"):
        name, positions = keys.number("max_position_embeddings")
        found.put(f"{BLOCK}.positions", positions, name)
    else:
        keys.number("max_position_embeddings")
    expert, shared = found.value(f"{BLOCK}.expert_ffn"), keys.number("moe_shared_expert_intermediate_size")[1]
    if found.value(f"{BLOCK}.experts"):
        if not expert:
            expert = found.value(f"{BLOCK}.ffn")
            found.put(f"{BLOCK}.expert_ffn", expert, "ffn_hidden_size")
        if shared and expert:
            found.put(f"{BLOCK}.shared_experts", shared / expert, "moe_shared_expert_intermediate_size")
    _vocabulary(keys, found)


def _vocabulary(keys: Keys, found: Draft) -> None:
    """Rows of the embedding: stated, or of the tokenizer and padded as Megatron pads them."""
    if keys.number("padded_vocab_size")[1]:
        return
    tokenizer = " ".join((keys.text("tokenizer_type"), keys.text("vocab_file"), keys.text("tokenizer_model")))
    rows = found.value(f"{BLOCK}.vocab")
    if not rows:
        rows = next((rows for name, rows in _TOKENIZERS.items() if name in tokenizer.lower()), None)
    if not rows:
        found.notes.append(f"the vocabulary is not among the arguments: {GPT_2_ROWS:,} is assumed")
        rows = GPT_2_ROWS
    multiple = (keys.number("make_vocab_size_divisible_by")[1] or 128) * (
        keys.number("tensor_model_parallel_size")[1] or 1
    )
    found.put(f"{BLOCK}.vocab", int(-(-rows // multiple) * multiple), "the tokenizer's, padded as Megatron does")


def _degrees(keys: Keys, found: Draft) -> None:
    product = 1.0
    for field, names in (
        ("tensor", ("tensor_model_parallel_size",)),
        ("pipeline", ("pipeline_model_parallel_size",)),
        ("context", ("context_parallel_size",)),
        ("expert", ("expert_model_parallel_size",)),
    ):
        name, degree = keys.number(*names)
        if degree and degree > 1:
            found.put(f"layout.{field}", degree, name)
            product *= degree if field != "expert" else 1
    name, per_stage = keys.number("num_layers_per_virtual_pipeline_stage")
    layers, pipeline = found.value(f"{BLOCK}.layers"), found.value("layout.pipeline") or 1
    if per_stage and layers and pipeline > 1:
        found.put("layout.virtual_stages", max(1, int(layers / pipeline / per_stage)), name)
    name, stages = keys.number("num_virtual_stages_per_pipeline_rank", "virtual_pipeline_model_parallel_size")
    found.put("layout.virtual_stages", stages, name)
    written = keys.text("pipeline_model_parallel_layout")
    if written and _stages(written) > pipeline:
        found.put("layout.virtual_stages", int(_stages(written) // pipeline), "pipeline_model_parallel_layout")
    name, micro = keys.number("micro_batch_size")
    found.put("layout.micro_batch", micro, name)
    if keys.flag("use_distributed_optimizer"):
        found.put("layout.zero_stage", 1, "use_distributed_optimizer")
    strategy = keys.text("data_parallel_sharding_strategy") or "optim_grads_params"
    if keys.flag("use_megatron_fsdp"):
        found.put("layout.zero_stage", _SHARDING.get(strategy), "data_parallel_sharding_strategy")
    if keys.flag("use_torch_fsdp2"):
        found.put("layout.zero_stage", 3, "use_torch_fsdp2")
    name, count = keys.number("world_size")
    if not count:
        nodes, each = keys.number("nnodes")[1], keys.number("nproc_per_node", "gpus_per_node")[1]
        name, count = ("nnodes x nproc_per_node", (nodes or 1) * each) if each else ("", None)
    if count:
        found.put("cluster.count", int(count), name)
        if count % product == 0:
            found.put("layout.data", int(count / product), "count / (tensor x pipeline x context)")


def _stages(layout: str) -> int:
    """Pieces of a pipeline as Megatron writes them: parted by bars, repeated by ``(...)*n``."""
    repeated: int = sum(inner.count("|") * int(times) for inner, times in _REPEATED.findall(layout))
    return 1 + repeated + _REPEATED.sub("", layout).count("|")


def _values(logged: Mapping[str, str]) -> dict[str, Any]:
    return {name: None if text == "None" else text for name, text in logged.items()}


def _arguments(text: str) -> dict[str, Any]:
    """``--name value`` pairs of a launch script; variables of the script are put in."""
    variables = {name: value.strip("\"'") for name, value in _VARIABLE.findall(text)}
    text = re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    for _ in range(3):
        text = _NAMED.sub(lambda match: str(variables.get(match[1] or match[3], match[2] or match[0])), text)
    try:
        words = shlex.split(text, comments=True)
    except ValueError:
        words = text.split()
    found: dict[str, Any] = {}
    for number, word in enumerate(words):
        if not word.startswith("--"):
            continue
        name, equals, value = word[2:].partition("=")
        if equals:
            found[name.replace("-", "_")] = value
        elif number + 1 < len(words) and not words[number + 1].startswith(("-", ")")):
            found[name.replace("-", "_")] = words[number + 1].rstrip(")")
        else:
            found[name.replace("-", "_")] = True
    return found
