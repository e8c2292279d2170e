"""Configurations as their publishers wrote them: the parameters they make up are those of the checkpoints."""

from __future__ import annotations

from typing import Any

import pytest

import thirdwatt
from thirdwatt.scenario.foreign import Draft, huggingface
from thirdwatt.scenario.read import put

LLAMA: dict[str, Any] = {"model_type": "llama", "tie_word_embeddings": False}


def llama(
    layers: int, hidden: int, heads: int, kv_heads: int, ffn: int, vocabulary: int, **more: Any
) -> dict[str, Any]:
    return {
        "model_type": "llama", "num_hidden_layers": layers, "hidden_size": hidden, "num_attention_heads": heads,
        "num_key_value_heads": kv_heads, "intermediate_size": ffn, "vocab_size": vocabulary,
        "tie_word_embeddings": False, "max_position_embeddings": 4096, **more,
    }  # fmt: skip


def neox(layers: int, hidden: int, heads: int, vocabulary: int) -> dict[str, Any]:
    return {
        "model_type": "gpt_neox", "num_hidden_layers": layers, "hidden_size": hidden, "num_attention_heads": heads,
        "intermediate_size": 4 * hidden, "vocab_size": vocabulary, "max_position_embeddings": 2048,
        "tie_word_embeddings": False,
    }  # fmt: skip


PUBLISHED: dict[str, tuple[dict[str, Any], int]] = {
    "gpt2": (
        {"model_type": "gpt2", "n_layer": 12, "n_embd": 768, "n_head": 12, "n_positions": 1024, "vocab_size": 50257},
        124_439_808,
    ),
    "gpt2-xl": (
        {"model_type": "gpt2", "n_layer": 48, "n_embd": 1600, "n_head": 25, "n_positions": 1024, "vocab_size": 50257},
        1_557_611_200,
    ),
    "gpt-j-6b": (
        {"model_type": "gptj", "n_layer": 28, "n_embd": 4096, "n_head": 16, "n_positions": 2048, "vocab_size": 50400,
         "rotary_dim": 64, "tie_word_embeddings": False},
        6_050_882_784,
    ),
    "pythia-70m": (neox(6, 512, 8, 50304), 70_426_624),
    "pythia-6.9b": (neox(32, 4096, 32, 50432), 6_857_302_016),
    "gpt-neox-20b": (neox(44, 6144, 64, 50432), 20_554_567_680),
    "opt-1.3b": (
        {"model_type": "opt", "num_hidden_layers": 24, "hidden_size": 2048, "num_attention_heads": 32, "ffn_dim": 8192,
         "max_position_embeddings": 2048, "vocab_size": 50272, "word_embed_proj_dim": 2048},
        1_315_758_080,
    ),
    "bloom-560m": (
        {"model_type": "bloom", "n_layer": 24, "hidden_size": 1024, "n_head": 16, "vocab_size": 250880},
        559_214_592,
    ),
    "falcon-7b": (
        {"model_type": "falcon", "num_hidden_layers": 32, "hidden_size": 4544, "num_attention_heads": 71,
         "multi_query": True, "new_decoder_architecture": False, "parallel_attn": True, "bias": False, "alibi": False,
         "vocab_size": 65024},
        6_921_720_704,
    ),
    "falcon-40b": (
        {"model_type": "falcon", "num_hidden_layers": 60, "hidden_size": 8192, "num_attention_heads": 128,
         "num_kv_heads": 8, "multi_query": True, "new_decoder_architecture": True, "bias": False, "vocab_size": 65024},
        41_303_293_952,
    ),
    "mpt-7b": (
        {"model_type": "mpt", "n_layers": 32, "d_model": 4096, "n_heads": 32, "expansion_ratio": 4, "no_bias": True,
         "max_seq_len": 2048, "vocab_size": 50432, "attn_config": {"alibi": True}},
        6_649_286_656,
    ),
    "llama-2-7b": (llama(32, 4096, 32, 32, 11008, 32000), 6_738_415_616),
    "llama-2-70b": (llama(80, 8192, 64, 8, 28672, 32000), 68_976_648_192),
    "llama-3.1-8b": (llama(32, 4096, 32, 8, 14336, 128256), 8_030_261_248),
    "llama-3.2-1b": (
        llama(16, 2048, 32, 8, 8192, 128256, head_dim=64, tie_word_embeddings=True),
        1_235_814_400,
    ),
    "mistral-7b": (llama(32, 4096, 32, 8, 14336, 32000, model_type="mistral", sliding_window=4096), 7_241_732_096),
    "mixtral-8x7b": (
        llama(32, 4096, 32, 8, 14336, 32000, model_type="mixtral", num_local_experts=8, num_experts_per_tok=2),
        46_702_792_704,
    ),
    "qwen2.5-0.5b": (
        llama(24, 896, 14, 2, 4864, 151936, model_type="qwen2", tie_word_embeddings=True, use_sliding_window=False,
              sliding_window=32768),
        494_032_768,
    ),
    "qwen2-7b": (llama(28, 3584, 28, 4, 18944, 152064, model_type="qwen2"), 7_615_616_512),
    "qwen3-8b": (llama(36, 4096, 32, 8, 12288, 151936, model_type="qwen3", head_dim=128), 8_190_735_360),
    "qwen3-30b-a3b": (
        llama(48, 2048, 32, 4, 6144, 151936, model_type="qwen3_moe", head_dim=128, num_experts=128,
              num_experts_per_tok=8, moe_intermediate_size=768, decoder_sparse_step=1, mlp_only_layers=[]),
        30_532_122_624,
    ),
    "qwen1.5-moe-a2.7b": (
        llama(24, 2048, 16, 16, 5632, 151936, model_type="qwen2_moe", num_experts=60, num_experts_per_tok=4,
              moe_intermediate_size=1408, shared_expert_intermediate_size=5632, decoder_sparse_step=1),
        14_315_784_192,
    ),
    "gemma-7b": (
        {"model_type": "gemma", "num_hidden_layers": 28, "hidden_size": 3072, "num_attention_heads": 16,
         "num_key_value_heads": 16, "head_dim": 256, "intermediate_size": 24576, "vocab_size": 256000,
         "max_position_embeddings": 8192},
        8_537_680_896,
    ),
    "gemma-2-9b": (
        {"model_type": "gemma2", "num_hidden_layers": 42, "hidden_size": 3584, "num_attention_heads": 16,
         "num_key_value_heads": 8, "head_dim": 256, "intermediate_size": 14336, "vocab_size": 256000,
         "max_position_embeddings": 8192, "sliding_window": 4096},
        9_241_705_984,
    ),
    "phi-2": (
        {"model_type": "phi", "num_hidden_layers": 32, "hidden_size": 2560, "num_attention_heads": 32,
         "intermediate_size": 10240, "vocab_size": 51200, "max_position_embeddings": 2048,
         "tie_word_embeddings": False},
        2_779_683_840,
    ),
    "phi-3-mini": (llama(32, 3072, 32, 32, 8192, 32064, model_type="phi3", sliding_window=2047), 3_821_079_552),
    "olmo-7b": (llama(32, 4096, 32, 32, 11008, 50304, model_type="olmo"), 6_888_095_744),
    "olmo-2-7b": (llama(32, 4096, 32, 32, 11008, 100352, model_type="olmo2"), 7_298_617_344),
    "olmoe-1b-7b": (
        llama(16, 2048, 16, 16, 1024, 50304, model_type="olmoe", num_experts=64, num_experts_per_tok=8),
        6_919_161_856,
    ),
    "starcoder": (
        {"model_type": "gpt_bigcode", "n_layer": 40, "n_embd": 6144, "n_head": 48, "n_inner": 24576,
         "n_positions": 8192, "multi_query": True, "vocab_size": 49152},
        15_517_456_384,
    ),
    "starcoder2-7b": (
        {"model_type": "starcoder2", "num_hidden_layers": 32, "hidden_size": 4608, "num_attention_heads": 36,
         "num_key_value_heads": 4, "intermediate_size": 18432, "vocab_size": 49152, "use_bias": True,
         "max_position_embeddings": 16384, "sliding_window": 4096},
        7_173_923_840,
    ),
    "deepseek-v2-lite": (
        {"model_type": "deepseek_v2", "num_hidden_layers": 27, "hidden_size": 2048, "num_attention_heads": 16,
         "num_key_value_heads": 16, "q_lora_rank": None, "kv_lora_rank": 512, "qk_rope_head_dim": 64,
         "qk_nope_head_dim": 128, "v_head_dim": 128, "intermediate_size": 10944, "moe_intermediate_size": 1408,
         "n_routed_experts": 64, "n_shared_experts": 2, "num_experts_per_tok": 6, "first_k_dense_replace": 1,
         "vocab_size": 102400, "tie_word_embeddings": False},
        15_706_484_224,
    ),
    "deepseek-v3": (
        {"model_type": "deepseek_v3", "num_hidden_layers": 61, "hidden_size": 7168, "num_attention_heads": 128,
         "num_key_value_heads": 128, "q_lora_rank": 1536, "kv_lora_rank": 512, "qk_rope_head_dim": 64,
         "qk_nope_head_dim": 128, "v_head_dim": 128, "intermediate_size": 18432, "moe_intermediate_size": 2048,
         "n_routed_experts": 256, "n_shared_experts": 1, "num_experts_per_tok": 8, "first_k_dense_replace": 3,
         "vocab_size": 129280, "tie_word_embeddings": False, "max_position_embeddings": 163840,
         "rope_scaling": {"original_max_position_embeddings": 4096}},
        671_026_419_200,
    ),
    "gpt-oss-20b": (
        llama(24, 2880, 64, 8, 2880, 201088, model_type="gpt_oss", head_dim=64, num_local_experts=32,
              num_experts_per_tok=4, attention_bias=True, sliding_window=128),
        20_914_757_184,
    ),
    "bert-base": (
        {"model_type": "bert", "num_hidden_layers": 12, "hidden_size": 768, "num_attention_heads": 12,
         "intermediate_size": 3072, "vocab_size": 30522, "max_position_embeddings": 512, "type_vocab_size": 2},
        109_482_240,
    ),
    "vit-base-patch16-224": (
        {"model_type": "vit", "num_hidden_layers": 12, "hidden_size": 768, "num_attention_heads": 12,
         "intermediate_size": 3072, "image_size": 224, "patch_size": 16, "num_channels": 3,
         "id2label": {str(number): "" for number in range(1000)}},
        86_567_656,
    ),
    "vit-large-patch16-224": (
        {"model_type": "vit", "num_hidden_layers": 24, "hidden_size": 1024, "num_attention_heads": 16,
         "intermediate_size": 4096, "image_size": 224, "patch_size": 16, "num_channels": 3,
         "id2label": {str(number): "" for number in range(1000)}},
        304_326_632,
    ),
}  # fmt: skip
"""Configuration and number of parameters of released checkpoints."""


def parameters(draft: Draft) -> float:
    document: dict[str, Any] = {}
    for path, entry in draft.entries.items():
        put(document, path, entry.value)
    put(document, "workload.flop", 1e21)
    count = thirdwatt.estimate(document, samples=1).of("parameter_count")
    assert count is not None
    return count.value


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameters_of_released_checkpoints(name: str) -> None:
    config, published = PUBLISHED[name]
    assert parameters(huggingface.draft(config)) == published


def test_the_model_of_several_modalities_is_its_language_model() -> None:
    config, published = PUBLISHED["gemma-2-9b"]
    draft = huggingface.draft({"model_type": "gemma3", "text_config": config, "vision_config": {"hidden_size": 1152}})
    assert parameters(draft) == published
    assert "the language model alone is counted" in draft.notes[0]


def test_an_unknown_family_is_said() -> None:
    config = {**PUBLISHED["llama-2-7b"][0], "model_type": "brandnew"}
    draft = huggingface.draft(config)
    assert parameters(draft) == PUBLISHED["llama-2-7b"][1]
    assert any("'brandnew' is not known" in note for note in draft.notes)


def test_keys_that_say_nothing_of_cost_are_listed() -> None:
    config = {**PUBLISHED["llama-2-7b"][0], "rope_theta": 1e4, "torch_dtype": "float16"}
    assert huggingface.draft(config).unused == ["rope_theta"]


def test_a_diffusion_transformer_has_the_parameters_of_its_checkpoint() -> None:
    config = {
        "_class_name": "DiTTransformer2DModel", "num_layers": 28, "num_attention_heads": 16, "attention_head_dim": 72,
        "sample_size": 32, "patch_size": 2, "in_channels": 4, "out_channels": 8, "num_embeds_ada_norm": 1000,
    }  # fmt: skip
    assert parameters(huggingface.draft(config)) == pytest.approx(675.13e6, rel=0.005)


def test_a_u_net_is_found_by_its_widths_or_asked_for() -> None:
    draft = huggingface.draft({"_class_name": "UNet2DConditionModel", "block_out_channels": [8, 16]})
    assert any("forward_flop_per_token" in note for note in draft.notes)


def test_a_long_context_is_not_taken_for_the_length_of_training() -> None:
    config = {**PUBLISHED["qwen3-8b"][0], "max_position_embeddings": 1_000_000, "vocab_size": 150_000}
    assert huggingface.draft(config).value("workload.transformer.seq_len") == 8192


@pytest.mark.parametrize("patch", [0, 1e-200, -16])
def test_a_patch_smaller_than_a_pixel_is_none(patch: float) -> None:
    pixels, latent = {"image_size": 224, "patch_size": patch}, {"sample_size": 32, "patch_size": patch}
    sizes = {"num_hidden_layers": 12, "num_layers": 12, "hidden_size": 768, "num_attention_heads": 12}
    for config in ({"model_type": "vit", **pixels}, {"_class_name": "DiTTransformer2DModel", **latent}):
        draft = huggingface.draft({"attention_head_dim": 64, **sizes, **config})
        assert any("patch size are missing" in note for note in draft.notes)
