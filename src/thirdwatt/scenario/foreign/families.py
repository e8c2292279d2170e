"""Families of models by their ``model_type``: what a Hugging Face configuration leaves unsaid, and how it is told.

To add a family, add a line to :data:`FAMILIES`; nothing else names one. Parameter counts of every family here are held
against released checkpoints in the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from thirdwatt.scenario.foreign.draft import Keys

KV_HEADS = ("num_key_value_heads", "n_kv_heads", "num_kv_heads", "n_head_kv")


def _kv_heads(keys: Keys) -> tuple[str, float | None]:
    found = keys.number(*KV_HEADS)
    return ("multi_query", 1) if keys.flag("multi_query") else found


def _falcon_kv_heads(keys: Keys) -> tuple[str, float | None]:
    """Its newer architecture has groups, the older one head or as many as queries, whatever else it says."""
    found, alone = keys.number(*KV_HEADS), keys.flag("multi_query")
    if keys.flag("new_decoder_architecture"):
        return found
    return "multi_query", 1 if alone else None


def _falcon_layer_norms(keys: Keys) -> int:
    """One for attention and feed-forward side by side; one each in the newer architecture."""
    if not keys.flag("new_decoder_architecture"):
        return 1
    return int(keys.number("num_ln_in_parallel_attn")[1] or 2)


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes that counts outside the layers need."""

    layers: float
    hidden: float
    heads: float
    vocabulary: float
    experts: float
    expert_ffn: float
    dense_layers: float


@dataclass(frozen=True, slots=True)
class Family:
    """What models of one ``model_type`` have in common; the default is Llama.

    Attributes
    ----------
    reads
        What its configuration describes: a decoder or an encoder, a vision transformer, or two stacks, of which only
        models of the table are known.
    inside
        Section of a model of several modalities in which its language model stands.
    gated, ffn_ratio
        Whether the feed-forward has a gate, and its width by the hidden one where none is told.
    norm, layer_norms
        rms, layer or none; the norms of full width in a layer, as a number or as told by the configuration.
    bias, bias_said
        Biases everywhere, and whether the configuration may say otherwise.
    qkv_bias, output_bias, ffn_bias
        Biases in one place that differ from those everywhere; ``None`` if the configuration says.
    qk_norm
        Norm of queries and keys: of each head, of the full width, or none.
    kv_heads
        How the configuration tells the heads of keys and values.
    tied, positions, position_offset, causal
        Tied embeddings, learned positions and how many of them no token has, attention to what came before alone.
    routed_every_layer, shared_experts
        Whether every layer has experts without saying so; experts that all tokens use without being told.
    window_every
        One layer in so many attends to everything, where the others have a sliding window.
    other
        Parameters outside layers, embeddings and norms.
    """

    reads: Literal["transformer", "vision", "two stacks"] = "transformer"
    inside: str = ""
    gated: bool = True
    ffn_ratio: float | None = None
    norm: Literal["rms", "layer", "none"] = "rms"
    layer_norms: int | Callable[[Keys], int] = 2
    bias: bool = False
    bias_said: bool = False
    qkv_bias: bool | None = None
    output_bias: bool | None = None
    ffn_bias: bool | None = None
    qk_norm: Literal["", "head", "full"] = ""
    kv_heads: Callable[[Keys], tuple[str, float | None]] = _kv_heads
    tied: bool = False
    positions: bool = False
    position_offset: int = 0
    causal: bool = True
    routed_every_layer: bool = False
    shared_experts: float | None = None
    window_every: int | None = None
    other: Callable[[Shape], float] | None = None

    def biased(self, keys: Keys) -> bool:
        """Whether there are biases everywhere."""
        if not self.bias_said:
            return self.bias
        said = keys.flag("bias", "use_bias", default=self.bias)
        return said and not keys.flag("no_bias")

    def norms(self, keys: Keys) -> int:
        """Norms of full width in a layer."""
        return self.layer_norms if isinstance(self.layer_norms, int) else self.layer_norms(keys)


def _head_bias(shape: Shape) -> float:
    return shape.vocabulary


def _pooler(shape: Shape) -> float:
    return shape.hidden * shape.hidden + shape.hidden


def _embedding_norm(shape: Shape) -> float:
    return 2 * shape.hidden


def _routing_bias(shape: Shape) -> float:
    return (shape.layers - shape.dense_layers) * shape.experts


def _shared_gate(shape: Shape) -> float:
    return (shape.layers - shape.dense_layers) * shape.hidden


def _sinks_and_biases(shape: Shape) -> float:
    experts = shape.experts * (1 + 2 * shape.expert_ffn + shape.hidden)
    return shape.layers * (shape.heads + experts)


LLAMA = Family()
VIT = Family(reads="vision", gated=False, norm="layer", bias=True, causal=False)
FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        "llama": LLAMA,
        "mistral": LLAMA,
        "mixtral": Family(routed_every_layer=True),
        "qwen2": Family(qkv_bias=True, output_bias=False),
        "qwen2_moe": Family(qkv_bias=True, output_bias=False, other=_shared_gate),
        "qwen3": Family(qk_norm="head"),
        "qwen3_moe": Family(qk_norm="head"),
        "gemma": Family(tied=True),
        "gemma2": Family(tied=True, layer_norms=4, window_every=2),
        "gemma3_text": Family(tied=True, layer_norms=4, qk_norm="head", window_every=6),
        "phi": Family(gated=False, norm="layer", layer_norms=1, bias=True, other=_head_bias),
        "phi3": LLAMA,
        "olmo": Family(norm="none"),
        "olmo2": Family(qk_norm="full"),
        "olmoe": Family(qk_norm="full", routed_every_layer=True),
        "gpt2": Family(gated=False, norm="layer", bias=True, tied=True, positions=True, ffn_ratio=4),
        "gpt_bigcode": Family(gated=False, norm="layer", bias=True, tied=True, positions=True, ffn_ratio=4),
        "starcoder2": Family(gated=False, norm="layer", bias=True, bias_said=True, tied=True),
        "gptj": Family(
            gated=False, norm="layer", layer_norms=1, qkv_bias=False, output_bias=False, ffn_bias=True, ffn_ratio=4,
            other=_head_bias,
        ),
        "gpt_neox": Family(gated=False, norm="layer", bias=True),
        "opt": Family(gated=False, norm="layer", bias=True, tied=True, positions=True, position_offset=2),
        "bloom": Family(gated=False, norm="layer", bias=True, tied=True, ffn_ratio=4, other=_embedding_norm),
        "falcon": Family(
            gated=False, norm="layer", layer_norms=_falcon_layer_norms, bias_said=True, kv_heads=_falcon_kv_heads,
            tied=True, ffn_ratio=4,
        ),
        "mpt": Family(gated=False, norm="rms", bias_said=True, tied=True, ffn_ratio=4),
        "deepseek_v2": LLAMA,
        "deepseek_v3": Family(other=_routing_bias),
        "kimi_k2": Family(other=_routing_bias),
        "gpt_oss": Family(
            qkv_bias=True, output_bias=True, routed_every_layer=True, window_every=2, other=_sinks_and_biases
        ),
        "llama4_text": Family(shared_experts=1),
        "bert": Family(
            gated=False, norm="layer", bias=True, tied=True, positions=True, causal=False, other=_pooler
        ),
        "roberta": Family(
            gated=False, norm="layer", bias=True, tied=True, positions=True, causal=False, other=_pooler
        ),
        "vit": VIT,
        **dict.fromkeys(("llama4", "gemma3", "mllama", "mistral3"), Family(inside="text_config")),
        **dict.fromkeys(("t5", "whisper", "clip"), Family(reads="two stacks")),
    }
)  # fmt: skip
