"""Hugging Face ``config.json``: an architecture, of a language model, an encoder, a vision or diffusion transformer.

What a configuration leaves unsaid is of its family: :mod:`~thirdwatt.scenario.foreign.families`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from thirdwatt.facts import Row, table
from thirdwatt.scenario.foreign.draft import BLOCK, Draft, Keys
from thirdwatt.scenario.foreign.families import FAMILIES, LLAMA, VIT, Family, Shape
from thirdwatt.scenario.foreign.models import known_model, model_named

USUAL_SEQUENCE = 8192
"""Longest sequence that most of a pre-training uses, even of models that read far more."""

_HARMLESS = frozenset(
    [
        "architectures", "model_type", "transformers_version", "torch_dtype", "dtype", "bos_token_id", "eos_token_id",
        "pad_token_id", "initializer_range", "use_cache", "auto_map", "_name_or_path", "_class_name",
        "_diffusers_version",
    ]
)  # fmt: skip
"""Keys that every configuration has and that cost nothing: not worth naming as unused."""


def is_config(document: Mapping[str, Any]) -> bool:
    """Whether a document is the configuration of a model."""
    return "model_type" in document or "architectures" in document or "_class_name" in document


def draft(document: Mapping[str, Any]) -> Draft:
    """What a model's configuration says of a training run."""
    found = Draft("Hugging Face config.json")
    keys = Keys(document)
    name = keys.text("_name_or_path")
    if class_name := keys.text("_class_name"):
        _diffusion(keys, class_name, found)
    else:
        _described(keys, keys.text("model_type") or _kind_of(document), found)
    same = known_model(found)
    if same is not None:
        found.notes.append(f"this is the architecture of {same.id} ({same.name})")
    elif name and (row := model_named(name)):
        found.notes.append(f"_name_or_path says {name}: compare {row.id}")
    _sequence(keys, found, same)
    found.unused = [key for key in keys.unused() if key.rpartition(".")[2] not in _HARMLESS]
    return found


def _described(keys: Keys, kind: str, found: Draft) -> None:
    family = FAMILIES.get(kind, LLAMA)
    if family.inside and family.inside in keys:
        inner = keys.section(family.inside)
        found.notes.append(f"{kind}: the language model alone is counted, not what reads images or sound")
        _transformer(inner, inner.text("model_type") or f"{kind}_text", found)
    elif family.reads == "vision" or "patch_size" in keys:
        _vision(keys, found)
    elif keys.flag("is_encoder_decoder") or family.reads == "two stacks":
        _by_name(kind, keys, found)
    else:
        _transformer(keys, kind, found)


def _sequence(keys: Keys, found: Draft, same: Row | None) -> None:
    """Length of a training sequence: a configuration tells the longest the model can read, which few are trained on."""
    path = f"{BLOCK}.seq_len"
    longest = found.value(path)
    if same is not None and "sequence_length" in same.figures:
        found.put(path, int(same.figures["sequence_length"].value), f"as {same.id} was trained")
    elif longest and longest > USUAL_SEQUENCE:
        before = keys.section("rope_scaling").number("original_max_position_embeddings")[1]
        length = min(before or USUAL_SEQUENCE, USUAL_SEQUENCE)
        found.put(path, length, f"assumed: the longest it reads is {longest}, most training is on shorter text")


def _kind_of(document: Mapping[str, Any]) -> str:
    said = document.get("architectures")
    first = said[0] if isinstance(said, list) and said and isinstance(said[0], str) else ""
    return first.lower().partition("for")[0].removesuffix("model").removesuffix("lmhead")


# --- language models and encoders ---------------------------------------------------------------------------------


def _transformer(keys: Keys, kind: str, found: Draft) -> None:
    family = FAMILIES.get(kind, LLAMA)
    if kind not in FAMILIES or family.inside:
        found.notes.append(f"family {kind or 'unnamed'!r} is not known: gates, norms and biases are taken as Llama's")

    def put(field: str, *names: str) -> float | None:
        name, value = keys.number(*names)
        found.put(f"{BLOCK}.{field}", value, name)
        return value

    layers = put("layers", "num_hidden_layers", "n_layer", "num_layers", "n_layers")
    hidden = put("hidden", "hidden_size", "n_embd", "d_model", "dim")
    heads = put("heads", "num_attention_heads", "n_head", "num_heads", "n_heads")
    vocabulary = put("vocab", "vocab_size", "padded_vocab_size") or 0
    sequence = put("seq_len", "max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "n_ctx")
    if not layers or not hidden or not heads:
        found.notes.append("layers, width or heads are missing: state workload.parameters")
        return
    head = _attention(keys, family, hidden, heads, found)
    _feed_forward(keys, family, hidden, found)
    experts, expert_ffn, dense = _experts(keys, kind, family, layers, found)
    gated = family.gated
    found.put(f"{BLOCK}.gated", gated, f"family {kind}")
    found.put(f"{BLOCK}.norm", family.norm, f"family {kind}")
    found.put(f"{BLOCK}.causal", None if family.causal else False, f"family {kind}")
    found.put(f"{BLOCK}.logits", None if family.causal else 0.15, "masked positions of pre-training")
    layer_norms = family.norms(keys)
    found.put(f"{BLOCK}.layer_norms", layer_norms if layer_norms != 2 else None, f"family {kind}")
    _biases(keys, kind, family, found)
    tied = keys.flag("tie_word_embeddings", "tie_embeddings", default=family.tied)
    found.put(f"{BLOCK}.tied_embeddings", tied, "tie_word_embeddings")
    if family.positions and sequence:
        kinds = keys.number("type_vocab_size")[1] or 0
        found.put(
            f"{BLOCK}.positions",
            sequence + family.position_offset + kinds,
            "learned positions, and kinds of segment if any",
        )
    if family.qk_norm == "head" and keys.flag("use_qk_norm", default=True):
        found.put(f"{BLOCK}.qk_norm", 2 * head, f"family {kind}")
    elif family.qk_norm == "full":
        key_value = (found.value(f"{BLOCK}.kv_heads") or heads) * head
        found.put(f"{BLOCK}.qk_norm", heads * head + key_value, f"family {kind}")
    if family.other is not None:
        shape = Shape(layers, hidden, heads, vocabulary, experts, expert_ffn, dense)
        found.put(f"{BLOCK}.other_parameters", family.other(shape), f"family {kind}")
    _windows(keys, family, layers, found)


def _attention(keys: Keys, family: Family, hidden: float, heads: float, found: Draft) -> float:
    name, kv_heads = family.kv_heads(keys)
    config = keys.section("attn_config")
    if "attn_config" in keys:
        name, kv_heads = config.number("kv_n_heads")
    latent = keys.number("kv_lora_rank")[1]
    if latent:
        name, rope = keys.number("qk_rope_head_dim")
        plain = keys.number("qk_nope_head_dim")[1] or 0
        head = plain + (rope or 0)
        found.put(f"{BLOCK}.kv_rank", latent, "kv_lora_rank")
        found.put(f"{BLOCK}.q_rank", keys.number("q_lora_rank")[1], "q_lora_rank")
        found.put(f"{BLOCK}.rope_head_dim", rope, name)
        found.put(f"{BLOCK}.head_dim", head, "qk_nope_head_dim + qk_rope_head_dim")
        found.put(f"{BLOCK}.head_dim_v", keys.number("v_head_dim")[1], "v_head_dim")
        keys.raw("num_key_value_heads")
        return head
    if kv_heads != heads:
        found.put(f"{BLOCK}.kv_heads", kv_heads, name)
    name, stated = keys.number("head_dim", "attention_head_dim", "kv_channels")
    head = stated or hidden / heads
    if stated and stated * heads != hidden:
        found.put(f"{BLOCK}.head_dim", stated, name)
    return head


def _feed_forward(keys: Keys, family: Family, hidden: float, found: Draft) -> None:
    name, width = keys.number("intermediate_size_mlp", "intermediate_size", "n_inner", "ffn_hidden_size", "ffn_dim")
    if width is None:
        ratio = keys.number("expansion_ratio")[1] or family.ffn_ratio
        width, name = (None, "") if ratio is None else (ratio * hidden, f"{ratio:g} x the hidden width")
    found.put(f"{BLOCK}.ffn", width, name)


def _experts(keys: Keys, kind: str, family: Family, layers: float, found: Draft) -> tuple[float, float, float]:
    """Number of routed experts, width of one, and layers without any."""
    name, experts = keys.number("num_local_experts", "num_experts", "n_routed_experts")
    if not experts:
        return 0, 0, layers
    found.put(f"{BLOCK}.experts", experts, name)
    name, active = keys.number("num_experts_per_tok", "moe_topk", "experts_per_token")
    found.put(f"{BLOCK}.top_k", active, name)
    name, width = keys.number("moe_intermediate_size")
    if width is None:
        name, width = keys.number("intermediate_size")
    found.put(f"{BLOCK}.expert_ffn", width, name)
    dense: float = 0
    name, first = keys.number("first_k_dense_replace")
    every = keys.number("interleave_moe_layer_step", "decoder_sparse_step")[1] or 1
    _, only_dense = keys.raw("mlp_only_layers")
    if first:
        dense = first
    elif every > 1:
        name, dense = "layers between those with experts", layers - layers // every
    elif isinstance(only_dense, list):
        name, dense = "mlp_only_layers", len(only_dense)
    if not family.routed_every_layer or dense:
        found.put(f"{BLOCK}.dense_layers", dense, name or "experts in every layer")
    name, shared = keys.number("n_shared_experts", "num_shared_experts")
    shared_width = keys.number("shared_expert_intermediate_size")[1]
    if shared_width and width:
        name, shared = "shared_expert_intermediate_size", shared_width / width
    if family.shared_experts is not None:
        name, shared = f"family {kind}", family.shared_experts
    found.put(f"{BLOCK}.shared_experts", shared or None, name)
    return experts, width or 0, dense


def _biases(keys: Keys, kind: str, family: Family, found: Draft) -> None:
    everywhere = family.biased(keys)
    found.put(f"{BLOCK}.bias", everywhere or None, f"family {kind}")
    attention = keys.flag("attention_bias", default=False)
    for field, said, key in (
        ("qkv_bias", family.qkv_bias, attention),
        ("output_bias", family.output_bias, attention),
        ("ffn_bias", family.ffn_bias, keys.flag("mlp_bias", default=False)),
    ):
        value = said if said is not None else (key or None)
        if value is not None and value != everywhere:
            found.put(f"{BLOCK}.{field}", value, f"family {kind}" if said is not None else "attention_bias, mlp_bias")


def _windows(keys: Keys, family: Family, layers: float, found: Draft) -> None:
    name, window = keys.number("sliding_window")
    if "use_sliding_window" in keys and not keys.flag("use_sliding_window"):
        return
    if not window:
        return
    found.put(f"{BLOCK}.sliding_window", window, name)
    _, kinds = keys.raw("layer_types")
    every = keys.number("sliding_window_pattern")[1] or family.window_every
    if isinstance(kinds, list) and kinds.count("full_attention"):
        every = round(layers / kinds.count("full_attention"))
    if every:
        found.put(f"{BLOCK}.sliding_window_every", int(every), "one layer in so many attends to everything")
    else:
        found.put(f"{BLOCK}.sliding_window_every", int(10 * layers), "every layer has the window")


# --- pictures -----------------------------------------------------------------------------------------------------


def _vision(keys: Keys, found: Draft) -> None:
    """A vision transformer: tokens are patches, and one more stands for the class."""

    def need(*names: str) -> float:
        return keys.number(*names)[1] or 0

    layers, hidden, heads = need("num_hidden_layers"), need("hidden_size"), need("num_attention_heads")
    width, image, patch = need("intermediate_size"), need("image_size"), need("patch_size")
    channels = keys.number("num_channels")[1] or 3
    if not all((layers, hidden, heads, image)) or patch < 1:
        found.notes.append("layers, width, heads, image or patch size are missing: state workload.parameters")
        return
    patches = (image // patch) ** 2
    _, labels = keys.raw("id2label")
    classes = len(labels) if isinstance(labels, Mapping) else 0
    for field, value, why in (
        ("layers", layers, "num_hidden_layers"),
        ("hidden", hidden, "hidden_size"),
        ("heads", heads, "num_attention_heads"),
        ("ffn", width, "intermediate_size"),
        ("gated", VIT.gated, "family vit"),
        ("norm", VIT.norm, "family vit"),
        ("bias", VIT.bias, "family vit"),
        ("causal", VIT.causal, "family vit"),
        ("vocab", 0, "tokens are patches of images"),
        ("tied_embeddings", True, "no table of tokens"),
        ("positions", patches + 2, "a position a patch, and one and a vector for the class"),
        ("seq_len", patches + 1, "(image_size / patch_size)² patches and one for the class"),
        (
            "other_parameters",
            channels * patch**2 * hidden + hidden + classes * (hidden + 1),
            "patch embedding, classes",
        ),
    ):
        found.put(f"{BLOCK}.{field}", value, why)
    found.notes.append(f"a token is a patch of {patch:g} x {patch:g} pixels: tokens = images x {patches + 1:g}")


_UNET_WIDTHS = {(320, 640, 1280, 1280): "stable-diffusion-1.5", (320, 640, 1280): "sdxl"}


def _diffusion(keys: Keys, name: str, found: Draft) -> None:
    """A diffusion model: a transformer over patches of the latent, or a known U-Net."""
    if "Transformer" not in name:
        _, widths = keys.raw("block_out_channels")
        same = _UNET_WIDTHS.get(tuple(widths)) if isinstance(widths, list) else None
        if same and same in table("models").rows:
            found.put("workload.model", same, "block_out_channels")
        else:
            found.notes.append(f"{name}: state workload.parameters and workload.forward_flop_per_token (an image)")
        return
    layers, heads = keys.number("num_layers")[1], keys.number("num_attention_heads")[1]
    head, size = keys.number("attention_head_dim")[1], keys.number("sample_size")[1]
    patch, channels = keys.number("patch_size")[1], keys.number("in_channels")[1] or 4
    if not layers or not heads or not head or not size or not patch or patch < 1:
        found.notes.append("layers, heads or patch size are missing: state workload.parameters")
        return
    hidden, patches = heads * head, (size // patch) ** 2
    classes = keys.number("num_embeds_ada_norm")[1] or 0
    out = keys.number("out_channels")[1] or channels
    # per layer six modulations of the width; once a table of classes, an embedding of time, patches in and out
    conditioning = layers * 6 * (hidden * hidden + hidden) + (classes + 1) * hidden + 256 * hidden + hidden
    conditioning += hidden * hidden + hidden + 2 * (hidden * hidden + hidden)
    embedding = channels * patch**2 * hidden + hidden + hidden * patch**2 * out + patch**2 * out
    for field, value, why in (
        ("layers", layers, "num_layers"),
        ("hidden", hidden, "num_attention_heads x attention_head_dim"),
        ("heads", heads, "num_attention_heads"),
        ("ffn", 4 * hidden, "4 x the hidden width"),
        ("gated", False, f"class {name}"),
        ("norm", "none", f"class {name}"),
        ("bias", True, f"class {name}"),
        ("causal", False, f"class {name}"),
        ("vocab", 0, "tokens are patches of a latent"),
        ("tied_embeddings", True, "no table of tokens"),
        ("seq_len", patches, "(sample_size / patch_size)²"),
        ("other_parameters", conditioning + embedding, "conditioning, patches in and out"),
    ):
        found.put(f"{BLOCK}.{field}", value, why)
    found.notes.append(f"a token is a patch of the latent: tokens = images x {patches:g}")


# --- models in the table ------------------------------------------------------------------------------------------


def _by_name(kind: str, keys: Keys, found: Draft) -> None:
    """Encoder-decoders and models of two towers: only those in the table."""
    name = keys.text("_name_or_path")
    row = model_named(name) if name else None
    if row is not None:
        found.put("workload.model", row.id, "_name_or_path")
    else:
        found.notes.append(
            f"{kind or 'this model'} has an encoder and a decoder or two towers: state workload.parameters and "
            "workload.forward_flop_per_token, or name a model of the table (thirdwatt facts models)"
        )
