"""Workload: what the model is and how much arithmetic training it takes.

Parameters are counted as published models count them (embeddings, norms, biases, router included). FLOP are those the
model needs, a multiply-add being two; recomputed activations are not counted, so the utilisation that goes with
them is an MFU, and causal attention counts the half of the score matrix that exists.

All arguments broadcast to (V, S). Valid for transformers of one stack, causal or not, dense or with routed experts: a
language model, an encoder, a vision or diffusion transformer whose tokens are patches. For anything else state
``forward_flop_per_token``, where a token may be an image, or ``training_flop``.

References
----------
.. [1] Kaplan et al. 2020, Scaling Laws for Neural Language Models, arXiv:2001.08361, table 1.
.. [2] Narayanan et al. 2021, Efficient Large-Scale Language Model Training, arXiv:2104.04473, appendix.
.. [3] DeepSeek-AI 2024, DeepSeek-V2, arXiv:2405.04434, section 2.1 (latent attention), 2.2 (shared experts).
.. [4] Chowdhery et al. 2022, PaLM, arXiv:2204.02311, appendix B (model FLOPs utilisation).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Num


# --- what an architecture leaves unsaid ---------------------------------------------------------------------------


@quantity
def head_width(hidden_width: Num, head_count: Num) -> Num:
    """Width of a head where none is stated: the heads share the hidden width."""
    return hidden_width / head_count


@quantity
def value_head_width(head_width: Num) -> Num:
    """Width of a value head where none is stated: that of the query and key."""
    return head_width


@quantity
def kv_head_count(head_count: Num) -> Num:
    """Key and value heads where none are stated: one for each query head."""
    return head_count


@quantity
def dense_layer_count(layer_count: Num, expert_count: Num) -> Num:
    """Layers with a dense feed-forward block where none are stated: all without experts, none with."""
    return layer_count * np.equal(expert_count, 0)


@quantity
def qkv_bias_factor(bias_factor: Num) -> Num:
    """Biases of query, key and value where none are stated: as everywhere in the model."""
    return bias_factor


@quantity
def output_bias_factor(bias_factor: Num) -> Num:
    """Bias of the attention's output where none is stated: as everywhere in the model."""
    return bias_factor


@quantity
def ffn_bias_factor(bias_factor: Num) -> Num:
    """Biases of the feed-forward block where none are stated: as everywhere in the model."""
    return bias_factor


@quantity
def sliding_window_length(sequence_length: Num) -> Num:
    """Window of sliding attention where none is stated: the whole sequence."""
    return sequence_length


# --- parameters ---------------------------------------------------------------------------------------------------


@quantity(given=("q_rank", "kv_rank"))
def attention_matrix_count__latent_query(
    hidden_width: Num,
    head_count: Num,
    head_width: Num,
    value_head_width: Num,
    rope_head_width: Num,
    q_rank: Num,
    kv_rank: Num,
) -> Num:
    """Weights of latent attention with a compressed query [3]_.

    h·r_q + r_q·n·d  +  h·(r_kv + d_rope) + r_kv·n·(d - d_rope + d_v)  +  n·d_v·h
    """
    query = hidden_width * q_rank + q_rank * head_count * head_width
    key_value = hidden_width * (kv_rank + rope_head_width) + kv_rank * head_count * (
        head_width - rope_head_width + value_head_width
    )
    return query + key_value + head_count * value_head_width * hidden_width


@quantity(given=("kv_rank",))
def attention_matrix_count__latent(
    hidden_width: Num,
    head_count: Num,
    head_width: Num,
    value_head_width: Num,
    rope_head_width: Num,
    kv_rank: Num,
) -> Num:
    """Weights of latent attention with a full query [3]_: h·n·d  +  key, value and output as above."""
    key_value = hidden_width * (kv_rank + rope_head_width) + kv_rank * head_count * (
        head_width - rope_head_width + value_head_width
    )
    return hidden_width * head_count * head_width + key_value + head_count * value_head_width * hidden_width


@quantity
def attention_matrix_count(
    hidden_width: Num, head_count: Num, kv_head_count: Num, head_width: Num, value_head_width: Num
) -> Num:
    """Weights of multi-head or grouped-query attention in one layer: h·(n·d + n_kv·(d + d_v) + n·d_v)."""
    return hidden_width * (
        head_count * head_width + kv_head_count * (head_width + value_head_width) + head_count * value_head_width
    )


@quantity(given=("q_rank", "kv_rank"))
def attention_vector_count__latent_query(q_rank: Num, kv_rank: Num) -> Num:
    """Norm weights inside latent attention [3]_: r_q + r_kv."""
    return q_rank + kv_rank


@quantity(given=("kv_rank",))
def attention_vector_count__latent(kv_rank: Num) -> Num:
    """Norm weights inside latent attention without query compression [3]_: r_kv."""
    return kv_rank


@quantity
def attention_vector_count(
    hidden_width: Num,
    head_count: Num,
    kv_head_count: Num,
    head_width: Num,
    value_head_width: Num,
    qkv_bias_factor: Num,
    output_bias_factor: Num,
    qk_norm_width: Num,
) -> Num:
    """Vectors of attention in one layer: biases n·d + n_kv·(d + d_v) in and h out, and norms of query and key."""
    return (
        qkv_bias_factor * (head_count * head_width + kv_head_count * (head_width + value_head_width))
        + output_bias_factor * hidden_width
        + qk_norm_width
    )


@quantity
def ffn_matrix_count(hidden_width: Num, ffn_width: Num, gated_factor: Num) -> Num:
    """Weights of a dense feed-forward block: 2·h·f, with a gate 3·h·f."""
    return (2 + gated_factor) * hidden_width * ffn_width


@quantity
def ffn_vector_count(hidden_width: Num, ffn_width: Num, gated_factor: Num, ffn_bias_factor: Num) -> Num:
    """Biases of a dense feed-forward block: (1 + gate)·f + h."""
    return ffn_bias_factor * ((1 + gated_factor) * ffn_width + hidden_width)


@quantity
def expert_matrix_count(hidden_width: Num, expert_ffn_width: Num, gated_factor: Num) -> Num:
    """Weights of one expert: 2·h·f_e, with a gate 3·h·f_e."""
    return (2 + gated_factor) * hidden_width * expert_ffn_width


@quantity
def shared_expert_matrix_count(shared_expert_count: Num, expert_matrix_count: Num) -> Num:
    """Weights of the experts of one layer that every token meets [3]_."""
    return shared_expert_count * expert_matrix_count


@quantity
def router_matrix_count(hidden_width: Num, expert_count: Num) -> Num:
    """Weights of the router of one layer: h·E."""
    return hidden_width * expert_count


@quantity
def expert_layer_count(layer_count: Num, dense_layer_count: Num) -> Num:
    """Layers whose feed-forward block is a set of routed experts."""
    return layer_count - dense_layer_count


@quantity
def embedding_parameter_count(
    vocabulary_count: Num,
    hidden_width: Num,
    embedding_copies: Num,
    position_count: Num,
    embedding_norm_factor: Num,
    norm_factor: Num,
) -> Num:
    """Token table (two copies if the output is untied), learned positions, norm after the embedding if any."""
    tables = vocabulary_count * embedding_copies + position_count
    return hidden_width * (tables + embedding_norm_factor * norm_factor)


@quantity
def shared_parameter_count(
    layer_count: Num,
    dense_layer_count: Num,
    expert_layer_count: Num,
    attention_matrix_count: Num,
    attention_vector_count: Num,
    ffn_matrix_count: Num,
    ffn_vector_count: Num,
    router_matrix_count: Num,
    shared_expert_matrix_count: Num,
    embedding_parameter_count: Num,
    other_parameter_count: Num,
    layer_norm_count: Num,
    norm_factor: Num,
    hidden_width: Num,
) -> Num:
    """Parameters that every token passes through: all but the routed experts.

    Norms of every layer and one at the end, of h (RMS, or without a bias) or 2·h (with a bias) each. What belongs to
    no layer (a pooler, a patch embedding, a classifier, conditioning) is counted by itself.
    """
    attention = layer_count * (attention_matrix_count + attention_vector_count)
    dense = dense_layer_count * (ffn_matrix_count + ffn_vector_count)
    routed = expert_layer_count * (router_matrix_count + shared_expert_matrix_count)
    norms = (layer_norm_count * layer_count + 1) * norm_factor * hidden_width
    return attention + dense + routed + norms + embedding_parameter_count + other_parameter_count


@quantity
def parameter_count(
    shared_parameter_count: Num, expert_layer_count: Num, expert_count: Num, expert_matrix_count: Num
) -> Num:
    """All parameters of the model."""
    return shared_parameter_count + expert_layer_count * expert_count * expert_matrix_count


@quantity(given=("layer_count",))
def active_parameter_count__layers(
    shared_parameter_count: Num, expert_layer_count: Num, top_k_count: Num, expert_matrix_count: Num
) -> Num:
    """Parameters one token uses: the shared ones and its k routed experts in each layer."""
    return shared_parameter_count + expert_layer_count * top_k_count * expert_matrix_count


@quantity
def active_parameter_count(parameter_count: Num) -> Num:
    """Without an architecture the model is taken as dense: every token uses every parameter."""
    return parameter_count


# --- arithmetic ---------------------------------------------------------------------------------------------------


@quantity
def attended_length(
    sequence_length: Num, sliding_window_length: Num, sliding_layer_share: Num, causal_factor: Num
) -> Num:
    """Keys that a query looks at, averaged over a sequence and over full and sliding layers.

    Full: (s + 1)/2 if causal, else s. A causal window of w keys: w - w·(w - 1)/(2·s).
    """
    window = np.minimum(sliding_window_length, sequence_length)
    full = causal_factor * (sequence_length + 1) / 2 + (1 - causal_factor) * sequence_length
    sliding = window - window * (window - 1) / (2 * sequence_length)
    mean: Num = (1 - sliding_layer_share) * full + sliding_layer_share * sliding
    return mean


@quantity
def attention_flop_per_token(
    layer_count: Num,
    head_count: Num,
    head_width: Num,
    value_head_width: Num,
    attended_length: Num,
    flop_per_mac: Num,
) -> Num:
    """Scores and weighted sum of all layers, forward [4]_: 2·L·n·(d + d_v)·keys."""
    return flop_per_mac * layer_count * head_count * (head_width + value_head_width) * attended_length


@quantity
def matrix_flop_per_token(
    layer_count: Num,
    dense_layer_count: Num,
    expert_layer_count: Num,
    attention_matrix_count: Num,
    ffn_matrix_count: Num,
    router_matrix_count: Num,
    expert_matrix_count: Num,
    top_k_count: Num,
    shared_expert_matrix_count: Num,
    vocabulary_count: Num,
    logit_position_share: Num,
    hidden_width: Num,
    flop_per_mac: Num,
) -> Num:
    """Matrix products of one token, forward: two FLOP per weight it meets, table look-up not.

    Logits are counted where they are computed: everywhere in a language model, at the masked share of an encoder.
    """
    weights = (
        layer_count * attention_matrix_count
        + dense_layer_count * ffn_matrix_count
        + expert_layer_count * (router_matrix_count + shared_expert_matrix_count + top_k_count * expert_matrix_count)
        + logit_position_share * vocabulary_count * hidden_width
    )
    return flop_per_mac * weights


@quantity(given=("forward_flop_per_token",))
def training_flop_per_token__forward(
    forward_flop_per_token: Num, weight_gradient_share: Num, reference_forward_count: Num
) -> Num:
    """Forward, gradient of the activations, gradient of the weights that learn, from a published forward pass."""
    return forward_flop_per_token * (2 + weight_gradient_share + reference_forward_count)


@quantity(given=("layer_count",))
def training_flop_per_token__layers(
    matrix_flop_per_token: Num,
    attention_flop_per_token: Num,
    adapter_flop_per_token: Num,
    weight_gradient_share: Num,
    reference_forward_count: Num,
) -> Num:
    """Forward, gradient of the activations, gradient of the weights that learn, forward of a reference model.

    F·(2 + learning share) + 3·A with F the matrix products and A the attention (its backward is twice its forward),
    plus (F + A) for each reference model, plus the adapters.
    """
    matrices = matrix_flop_per_token * (2 + weight_gradient_share)
    attention = attention_flop_per_token * (1 + 2)
    reference = reference_forward_count * (matrix_flop_per_token + attention_flop_per_token)
    return matrices + attention + reference + adapter_flop_per_token


@quantity
def training_flop_per_token(
    active_parameter_count: Num, weight_gradient_share: Num, reference_forward_count: Num, flop_per_mac: Num
) -> Num:
    """Six FLOP per parameter and token [1]_, attention left out: for models known by their size only."""
    return flop_per_mac * active_parameter_count * (2 + weight_gradient_share + reference_forward_count)


@quantity(given=("training_flop",))
def workload_flop__known(training_flop: Num) -> Num:
    """The work that was stated, that on padding among it."""
    return training_flop


@quantity(given=("token_count",))
def workload_flop__tokens(training_flop_per_token: Num, processed_token_count: Num) -> Num:
    """Work the training needs: FLOP per token times tokens seen, padding among them."""
    return training_flop_per_token * processed_token_count


@quantity
def workload_flop(training_flop_per_token: Num, processed_token_count: Num) -> Num:
    """Work of as many tokens as are assumed: FLOP per token times tokens seen, padding among them."""
    return workload_flop__tokens(training_flop_per_token, processed_token_count)


@quantity(given=("workload_flop",))
def training_flop__workload(workload_flop: Num) -> Num:
    """Work of the run, from what is trained."""
    return workload_flop


@quantity
def training_flop(
    accelerator_hours: Num, accelerator_peak_flop_per_s: Num, mfu: Num, goodput: Num, s_per_h: Num
) -> Num:
    """Work of the run, from how long it occupied how much peak: all that can be said of an undisclosed model."""
    return accelerator_hours * s_per_h * accelerator_peak_flop_per_s * mfu * goodput
