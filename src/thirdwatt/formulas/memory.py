"""Memory: what one accelerator must hold, bucket by bucket, and whether it fits.

Weights, gradients and optimiser states follow from the parameters an accelerator is given and from how they are
sharded; activations from what the backward pass needs of every micro-batch in flight; then logits, buffers and what the
software itself takes. The bucket axis is the order of ``memory_byte``'s parts.

All arguments broadcast to (V, S), results are in byte on the fullest accelerator. Valid for Adam, or any optimiser
whose states are stated, and for transformers of one stack.

References
----------
.. [1] Korthikanti et al. 2022, Reducing Activation Recomputation in Large Transformer Models, arXiv:2205.05198,
   section 4 (34·s·b·h + 5·a·s²·b byte of a layer, and how tensor and sequence parallelism divide it).
.. [2] Rajbhandari et al. 2020, ZeRO, arXiv:1910.02054, section 3.1 (16 byte a parameter).
.. [3] Dettmers et al. 2023, QLoRA, arXiv:2305.14314 (4 bit, and constants in blocks of 64).
.. [4] Narayanan et al. 2021, arXiv:2104.04473, section 2.2 (micro-batches in flight, interleaving).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.formulas.arrays import pick
from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Code, Num


# --- model state --------------------------------------------------------------------------------------------------


@quantity
def weights_byte(
    local_shared_count: Num,
    local_routed_count: Num,
    embedding_parameter_count: Num,
    tensor_count: Num,
    weight_byte: Num,
    frozen_weight_byte: Num,
    adapter_code: Code,
    sharded_factor: Num,
    sharding_member_count: Num,
    expert_member_count: Num,
) -> Num:
    """Weights; those in 4 bit with their constants, embeddings wide [3]_."""
    embedding = np.minimum(embedding_parameter_count / tensor_count, local_shared_count)
    narrow = (local_shared_count - embedding + local_routed_count) * frozen_weight_byte + embedding * weight_byte
    shared = local_shared_count * weight_byte / np.where(sharded_factor > 0, sharding_member_count, 1.0)
    routed = local_routed_count * weight_byte / np.where(sharded_factor > 0, expert_member_count, 1.0)
    wide = shared + routed
    return pick(adapter_code, wide, wide, narrow / np.where(sharded_factor > 0, sharding_member_count, 1.0))


@quantity
def gradients_byte(
    local_shared_count: Num,
    local_routed_count: Num,
    learning_share: Num,
    gradient_byte: Num,
    zero_code: Code,
    sharding_member_count: Num,
    expert_member_count: Num,
) -> Num:
    """Gradients of what learns; sharded from ZeRO-2 on [2]_."""
    shared = local_shared_count / pick(zero_code, 1.0, 1.0, sharding_member_count, sharding_member_count)
    routed = local_routed_count / pick(zero_code, 1.0, 1.0, expert_member_count, expert_member_count)
    return learning_share * gradient_byte * (shared + routed)


@quantity
def optimizer_states_byte(optimized_count: Num, optimizer_byte: Num, offload_code: Code) -> Num:
    """Master weights and moments of what is updated here [2]_; nothing where the host keeps them."""
    states = optimized_count * optimizer_byte
    return pick(offload_code, states, 0.0 * states)


# --- activations --------------------------------------------------------------------------------------------------


@quantity
def unsplit_activation_byte(
    hidden_width: Num, activation_byte: Num, dropout_mask_byte: Num, layer_norm_count: Num
) -> Num:
    """Of one token and layer, what tensor parallelism alone does not divide: norms, inputs of products, masks [1]_."""
    return hidden_width * (layer_norm_count * 2 * activation_byte + 2 * dropout_mask_byte)


@quantity
def attention_activation_byte(
    head_count: Num, kv_head_count: Num, head_width: Num, value_head_width: Num, activation_byte: Num
) -> Num:
    """Of one token and layer: query, key, value, and what goes into the output's product [1]_."""
    widths = (head_count + kv_head_count) * (head_width + value_head_width)
    return activation_byte * widths


@quantity
def score_activation_byte(
    head_count: Num, sequence_length: Num, softmax_kept_byte: Num, statistic_byte: Num, recompute_code: Code
) -> Num:
    """Of one token and layer: scores after softmax and dropout where kernels keep them and they are not computed
    again [1]_, else a statistic for each head.
    """
    statistics = head_count * statistic_byte
    kept = head_count * sequence_length * softmax_kept_byte + statistics
    return pick(recompute_code, kept, statistics, statistics)


@quantity
def ffn_activation_byte(ffn_width: Num, gated_factor: Num, activation_byte: Num) -> Num:
    """Of one token and a dense layer: what goes into the activation function and what comes out [1]_."""
    return activation_byte * (2 + gated_factor) * ffn_width


@quantity
def expert_activation_byte(
    hidden_width: Num,
    expert_ffn_width: Num,
    gated_factor: Num,
    top_k_count: Num,
    shared_expert_count: Num,
    activation_byte: Num,
) -> Num:
    """Of one token and a layer with experts: its copies, sent and come back, and the experts' insides."""
    inside = (top_k_count + shared_expert_count) * (2 + gated_factor) * expert_ffn_width
    return activation_byte * (2 * top_k_count * hidden_width + inside)


@quantity
def layer_activation_byte(
    micro_batch_token_count: Num,
    unsplit_activation_byte: Num,
    unsplit_share: Num,
    attention_activation_byte: Num,
    score_activation_byte: Num,
    ffn_activation_byte: Num,
    expert_activation_byte: Num,
    expert_layer_share: Num,
    tensor_count: Num,
) -> Num:
    """What a mean layer keeps of one micro-batch if nothing but scores is computed again."""
    ffn = ffn_activation_byte + expert_layer_share * (expert_activation_byte - ffn_activation_byte)
    split = (attention_activation_byte + score_activation_byte + ffn) / tensor_count
    return micro_batch_token_count * (unsplit_activation_byte * unsplit_share + split)


@quantity
def kept_layer_byte(
    layer_activation_byte: Num,
    micro_batch_token_count: Num,
    hidden_width: Num,
    activation_byte: Num,
    unsplit_share: Num,
    recompute_code: Code,
) -> Num:
    """What a mean layer keeps of one micro-batch until its backward pass: everything, or its input alone [1]_."""
    checkpoint = activation_byte * micro_batch_token_count * hidden_width * unsplit_share
    return pick(recompute_code, layer_activation_byte, layer_activation_byte, checkpoint)


@quantity
def flight_factor(pipeline_count: Num, virtual_stage_count: Num, micro_step_count: Num) -> Num:
    """Micro-batches that the first stage holds at once [4]_: as many as there are stages or fewer; interleaving adds
    (p - 1)/(p·v) of them.
    """
    held = np.minimum(micro_step_count, pipeline_count)
    extra = (pipeline_count - 1) / (pipeline_count * virtual_stage_count)
    factor: Num = held * (1 + np.where(virtual_stage_count > 1, extra, 0.0))
    return factor


@quantity
def activations_byte(
    kept_layer_byte: Num,
    layer_activation_byte: Num,
    stage_layer_count: Num,
    flight_factor: Num,
    recompute_code: Code,
) -> Num:
    """Activations of all micro-batches in flight; with full recomputation also one layer opened again."""
    opened = pick(recompute_code, 0.0, 0.0, layer_activation_byte)
    return kept_layer_byte * stage_layer_count * flight_factor + opened


@quantity
def logits_byte(
    micro_batch_token_count: Num,
    vocabulary_count: Num,
    logit_position_share: Num,
    tensor_count: Num,
    pipeline_count: Num,
    logit_kept_byte: Num,
) -> Num:
    """Logits and their gradient on the last stage; nothing on the first, which is the fullest of several."""
    last = logit_kept_byte * logit_position_share * micro_batch_token_count * vocabulary_count / tensor_count
    return np.where(pipeline_count > 1, 0.0, last)


# --- what software takes ------------------------------------------------------------------------------------------


@quantity
def buffers_byte(
    local_shared_count: Num,
    local_routed_count: Num,
    stage_layer_count: Num,
    sharded_factor: Num,
    weight_byte: Num,
    communication_buffer_byte: Num,
    accelerator_count: Num,
) -> Num:
    """Buffers of collectives, and where weights are sharded two layers gathered whole."""
    gathered = sharded_factor * 2 * weight_byte * (local_shared_count + local_routed_count) / stage_layer_count
    return (gathered + communication_buffer_byte) * np.where(accelerator_count > 1, 1.0, 0.0)


@quantity
def software_byte(context_byte: Num) -> Num:
    """What driver, kernels and libraries hold before anything runs."""
    return 1 * context_byte


@quantity
def allocator_byte(
    weights_byte: Num,
    gradients_byte: Num,
    optimizer_states_byte: Num,
    activations_byte: Num,
    logits_byte: Num,
    allocator_ratio: Num,
) -> Num:
    """What an allocator holds and cannot give: a share of all that is allocated."""
    held = weights_byte + gradients_byte + optimizer_states_byte + activations_byte + logits_byte
    return allocator_ratio * held


@quantity
def memory_byte(
    weights_byte: Num,
    gradients_byte: Num,
    optimizer_states_byte: Num,
    activations_byte: Num,
    logits_byte: Num,
    buffers_byte: Num,
    software_byte: Num,
    allocator_byte: Num,
) -> Num:
    """Memory of the fullest accelerator."""
    state = weights_byte + gradients_byte + optimizer_states_byte
    return state + activations_byte + logits_byte + buffers_byte + software_byte + allocator_byte


@quantity
def memory_used_ratio(memory_byte: Num, accelerator_memory_byte: Num) -> Num:
    """Memory needed to memory there is; above 1 it does not fit."""
    return memory_byte / accelerator_memory_byte
