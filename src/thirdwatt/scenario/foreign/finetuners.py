"""Fine-tuning recipes: axolotl, LLaMA-Factory, TRL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from thirdwatt.scenario.foreign.draft import Draft, Keys
from thirdwatt.scenario.foreign.models import model_named


def is_axolotl(document: Mapping[str, Any]) -> bool:
    """Whether a document is a recipe of axolotl."""
    return "base_model" in document and ("datasets" in document or "sequence_len" in document)


def is_llama_factory(document: Mapping[str, Any]) -> bool:
    """Whether a document is a recipe of LLaMA-Factory."""
    return "model_name_or_path" in document and ("finetuning_type" in document or "stage" in document)


def is_trl(document: Mapping[str, Any]) -> bool:
    """Whether a document is a recipe of TRL, or plain training arguments."""
    return "model_name_or_path" in document or "per_device_train_batch_size" in document


def axolotl(document: Mapping[str, Any]) -> Draft:
    """An axolotl YAML."""
    found, keys = Draft("axolotl recipe"), Keys(document)
    _model(keys, ("base_model",), found)
    adapter = keys.text("adapter")
    found.put("workload.adapter", adapter if adapter in ("lora", "qlora") else "none", "adapter")
    _rank(keys, found)
    preference = keys.text("rl")
    method = {"dpo": "dpo", "ipo": "dpo", "kto": "dpo", "grpo": "rl"}.get(preference, "sft")
    found.put("workload.method", method, "rl" if preference else "a fine-tuning recipe")
    name, length = keys.number("sequence_len")
    found.put("workload.transformer.seq_len", length, name)
    _batches(keys, ("micro_batch_size",), found)
    _length(keys, ("num_epochs",), found)
    _precision(keys, found)
    if keys.flag("gradient_checkpointing"):
        found.put("layout.recompute", "full", "gradient_checkpointing")
    _partition(keys, found)
    if keys.flag("sample_packing"):
        found.notes.append("sample_packing: tokens without padding")
    found.unused = list(keys.unused())
    return found


def llama_factory(document: Mapping[str, Any]) -> Draft:
    """A LLaMA-Factory YAML."""
    found, keys = Draft("LLaMA-Factory recipe"), Keys(document)
    _model(keys, ("model_name_or_path",), found)
    stage = keys.text("stage")
    method = {"pt": "pretrain", "dpo": "dpo", "kto": "dpo", "ppo": "rl"}.get(stage, "sft")
    found.put("workload.method", method, "stage")
    tuning = keys.text("finetuning_type")
    adapter = "none"
    if tuning == "lora":
        adapter = "qlora" if keys.number("quantization_bit")[1] else "lora"
    found.put("workload.adapter", adapter, "finetuning_type, quantization_bit")
    _rank(keys, found)
    name, length = keys.number("cutoff_len")
    found.put("workload.transformer.seq_len", length, name)
    _batches(keys, ("per_device_train_batch_size",), found)
    _length(keys, ("num_train_epochs",), found)
    samples = keys.number("max_samples")[1]
    if samples and length:
        most = samples * length
        guess = {"value": most / 2, "low": most / 10, "high": most, "source": "at most max_samples x cutoff_len"}
        found.put("workload.tokens", guess, "max_samples")
    _precision(keys, found)
    _partition(keys, found)
    found.unused = list(keys.unused())
    return found


def trl(document: Mapping[str, Any]) -> Draft:
    """A TRL YAML, or training arguments of Transformers."""
    found, keys = Draft("TRL recipe"), Keys(document)
    _model(keys, ("model_name_or_path",), found)
    rollout = keys.number("num_generations")[1]
    preference = any(name in keys for name in ("beta", "loss_type", "max_prompt_length", "ref_model"))
    method = "rl" if rollout else "dpo" if preference else "sft"
    found.put("workload.method", method, "num_generations" if rollout else "keys of the recipe")
    adapter = "none"
    if keys.flag("use_peft") or "lora_r" in keys:
        adapter = "qlora" if keys.flag("load_in_4bit") else "lora"
    found.put("workload.adapter", adapter, "use_peft, load_in_4bit")
    _rank(keys, found)
    name, length = keys.number("max_length", "max_seq_length", "model_max_length")
    found.put("workload.transformer.seq_len", length, name)
    _batches(keys, ("per_device_train_batch_size",), found)
    _length(keys, ("num_train_epochs",), found)
    _precision(keys, found)
    if keys.flag("gradient_checkpointing"):
        found.put("layout.recompute", "full", "gradient_checkpointing")
    _partition(keys, found)
    found.unused = list(keys.unused())
    return found


def _model(keys: Keys, names: tuple[str, ...], found: Draft) -> None:
    name = keys.text(*names)
    row = model_named(name) if name else None
    if row is not None:
        found.put("workload.model", row.id, f"{names[0]}: {name}")
    elif name:
        found.notes.append(f"{name} is in no table: add its config.json with another --from, or workload.parameters")


def _rank(keys: Keys, found: Draft) -> None:
    name, rank = keys.number("lora_r", "lora_rank")
    found.put("workload.adapter_rank", rank, name)


def _batches(keys: Keys, names: tuple[str, ...], found: Draft) -> None:
    name, micro = keys.number(*names)
    found.put("layout.micro_batch", micro, name)
    accumulation = keys.number("gradient_accumulation_steps")[1]
    if accumulation:
        found.facts["accumulation"] = accumulation


def _length(keys: Keys, names: tuple[str, ...], found: Draft) -> None:
    name, epochs = keys.number(*names)
    steps = keys.number("max_steps")[1]
    if steps and steps > 0:
        found.facts["steps"] = steps
    else:
        found.put("workload.epochs", epochs, name)


def _precision(keys: Keys, found: Draft) -> None:
    for precision in ("bf16", "fp16"):
        if keys.flag(precision) or keys.text(precision) == "auto":
            found.put("layout.precision", precision, precision)
            return


def _partition(keys: Keys, found: Draft) -> None:
    """Stage of partitioning that the name of a DeepSpeed file or a table of FSDP tells."""
    file = keys.text("deepspeed")
    for stage in (1, 2, 3):
        if f"z{stage}" in file.lower() or f"zero{stage}" in file.lower().replace("_", ""):
            found.put("layout.zero_stage", stage, "deepspeed")
    if "fsdp" in keys or "fsdp_config" in keys:
        keys.raw("fsdp")
        keys.section("fsdp_config")
        found.put("layout.zero_stage", 3, "fsdp")
