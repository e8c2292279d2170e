"""Memory: what one accelerator must hold, bucket by bucket, and whether it fits.

Weights, gradients and optimiser states follow from the parameters an accelerator is given and from how they are
sharded; activations from what the backward pass needs of every micro-batch in flight; then logits, buffers and what the
software itself takes. The bucket axis is the order of ``memory_byte``'s parts, as they are at the fullest moment: as
the backward pass begins, inside a layer that is computed again, or as the optimiser steps.

All arguments broadcast to (V, S), results are in byte on the fullest accelerator. Valid for Adam, or any optimiser
whose states are stated, and for transformers of one stack.

References
----------
.. [1] Korthikanti et al. 2022, Reducing Activation Recomputation in Large Transformer Models, arXiv:2205.05198,
   section 4 (34·s·b·h + 5·a·s²·b byte of a layer, and how tensor and sequence parallelism divide it).
.. [2] Rajbhandari et al. 2020, ZeRO, arXiv:1910.02054, section 3.1 (16 byte a parameter).
.. [3] Dettmers et al. 2023, QLoRA, arXiv:2305.14314 (4 bit, and constants in blocks of 64).
.. [4] Narayanan et al. 2021, arXiv:2104.04473, section 2.2 (micro-batches in flight, interleaving).
.. [5] PyTorch, torch.optim.Adam, ``foreach`` and ``fused`` (a step on lists of tensors copies a moment).
.. [6] Hugging Face PEFT, ``prepare_model_for_kbit_training`` (what is not in 4 bit is cast to single precision).
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
    offload_code: Code,
) -> Num:
    """Weights; those in 4 bit with their constants, embeddings wide [3]_; nothing where the host keeps them."""
    share = 1 / np.where(sharded_factor > 0, sharding_member_count, 1.0)
    routed = local_routed_count / np.where(sharded_factor > 0, expert_member_count, 1.0)
    embedding = share * np.minimum(embedding_parameter_count / tensor_count, local_shared_count)
    wide = (share * local_shared_count + routed) * weight_byte
    narrow = (share * local_shared_count - embedding + routed) * frozen_weight_byte + embedding * weight_byte
    here = pick(adapter_code, wide, wide, narrow)
    return pick(offload_code, here, here, 0.0 * here)


@quantity
def whole_gradients_byte(
    local_shared_count: Num,
    local_routed_count: Num,
    learning_share: Num,
    gradient_byte: Num,
    zero_code: Code,
    sharding_member_count: Num,
    expert_member_count: Num,
    offload_code: Code,
) -> Num:
    """Gradients of what learns, once all are there; sharded from ZeRO-2 on [2]_, on the host with their weights."""
    shared = local_shared_count / pick(zero_code, 1.0, 1.0, sharding_member_count, sharding_member_count)
    routed = local_routed_count / pick(zero_code, 1.0, 1.0, expert_member_count, expert_member_count)
    here = learning_share * gradient_byte * (shared + routed)
    return pick(offload_code, here, here, 0.0 * here)


@quantity
def optimizer_states_byte(optimized_count: Num, optimizer_byte: Num, offload_code: Code) -> Num:
    """Master weights and moments of what is updated here [2]_; nothing where the host keeps them."""
    states = optimized_count * optimizer_byte
    return pick(offload_code, states, 0.0 * states, 0.0 * states)


@quantity
def step_copies_byte(
    optimized_count: Num, optimizer_byte: Num, wide_byte: Num, step_copy_factor: Num, offload_code: Code
) -> Num:
    """What an optimiser that steps on lists of tensors copies of a moment, in single precision at most [5]_."""
    copies = step_copy_factor * optimized_count * np.minimum(optimizer_byte / 2, wide_byte)
    return pick(offload_code, copies, 0.0 * copies, 0.0 * copies)


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
    expert_copy_factor: Num,
) -> Num:
    """Of one token and a layer with experts: its copies, sent and, unless weighed before, come back, and the experts'
    insides.
    """
    inside = (top_k_count + shared_expert_count) * (2 + gated_factor) * expert_ffn_width
    return activation_byte * (expert_copy_factor * top_k_count * hidden_width + inside)


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
    stored_activation_ratio: Num,
    tensor_count: Num,
) -> Num:
    """What a mean layer keeps of one micro-batch if nothing but scores is computed again, less where the software
    stores it narrower.
    """
    ffn = ffn_activation_byte + expert_layer_share * (expert_activation_byte - ffn_activation_byte)
    split = (attention_activation_byte + score_activation_byte + ffn) / tensor_count
    return micro_batch_token_count * stored_activation_ratio * (unsplit_activation_byte * unsplit_share + split)


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
    """Micro-batches that the first stage holds at once [4]_: as many as there are stages; interleaving adds (p - 1)/v;
    never more than a step has.
    """
    extra = np.where(virtual_stage_count > 1, (pipeline_count - 1) / virtual_stage_count, 0.0)
    return np.minimum(micro_step_count, pipeline_count + extra)


@quantity
def eager_activation_byte(
    hidden_width: Num,
    layer_norm_count: Num,
    wide_byte: Num,
    head_count: Num,
    kv_head_count: Num,
    head_width: Num,
    value_head_width: Num,
    gated_factor: Num,
    ffn_width: Num,
    expert_ffn_width: Num,
    top_k_count: Num,
    shared_expert_count: Num,
    expert_layer_share: Num,
    activation_byte: Num,
) -> Num:
    """Of one token and layer, what kernels that are not fused keep beside the rest: the input of norms in single
    precision, key and value repeated for every head, what the activation function gives to the gate.
    """
    repeated = (head_count - kv_head_count) * (head_width + value_head_width)
    experts = (top_k_count + shared_expert_count) * expert_ffn_width
    gates = gated_factor * (ffn_width + expert_layer_share * (experts - ffn_width))
    return layer_norm_count * wide_byte * hidden_width + activation_byte * (repeated + gates)


@quantity
def adapter_activation_byte(
    hidden_width: Num,
    head_count: Num,
    value_head_width: Num,
    ffn_width: Num,
    gated_factor: Num,
    adapter_input_byte: Num,
    activation_byte: Num,
    unfused_factor: Num,
    adapter_code: Code,
) -> Num:
    """Of one token and layer, what the adapters of query, key, value, output and a dense feed-forward block keep of
    their inputs; products in 4 bit that are not fused keep their own copy too.
    """
    inputs = (2 * 2 + gated_factor) * hidden_width + head_count * value_head_width + ffn_width
    byte = pick(adapter_code, 0.0, adapter_input_byte, adapter_input_byte + unfused_factor * activation_byte)
    return byte * inputs


@quantity
def whole_layer_byte(
    layer_activation_byte: Num,
    micro_batch_token_count: Num,
    eager_activation_byte: Num,
    unfused_factor: Num,
    adapter_activation_byte: Num,
    tensor_count: Num,
) -> Num:
    """What a mean layer keeps of one micro-batch, kernels that are not fused and adapters included."""
    beside = unfused_factor * eager_activation_byte + adapter_activation_byte
    return layer_activation_byte + micro_batch_token_count * beside / tensor_count


@quantity
def asked_activations_byte(
    kept_layer_byte: Num,
    layer_activation_byte: Num,
    whole_layer_byte: Num,
    stage_layer_count: Num,
    flight_factor: Num,
    residual_byte: Num,
    activation_byte: Num,
    adapter_code: Code,
    recompute_code: Code,
) -> Num:
    """What all micro-batches in flight keep; a layer's input is wide above weights in 4 bit [6]_."""
    beside = whole_layer_byte - layer_activation_byte
    widened = kept_layer_byte * pick(adapter_code, 1.0, 1.0, residual_byte / activation_byte)
    layer = pick(recompute_code, kept_layer_byte + beside, kept_layer_byte + beside, widened)
    return layer * stage_layer_count * flight_factor


@quantity
def least_activations_byte(
    micro_batch_token_count: Num,
    hidden_width: Num,
    activation_byte: Num,
    unsplit_share: Num,
    stage_layer_count: Num,
    flight_factor: Num,
) -> Num:
    """What they keep if everything is computed again: the input of every layer."""
    return activation_byte * micro_batch_token_count * hidden_width * unsplit_share * stage_layer_count * flight_factor


@quantity
def activation_room_byte(
    accelerator_memory_byte: Num,
    weights_byte: Num,
    whole_gradients_byte: Num,
    optimizer_states_byte: Num,
    whole_logits_byte: Num,
    gathered_byte: Num,
    cast_byte: Num,
    software_byte: Num,
    allocator_ratio: Num,
) -> Num:
    """Memory that the rest leaves to activations."""
    state = weights_byte + whole_gradients_byte + optimizer_states_byte
    rest = state + whole_logits_byte + gathered_byte + cast_byte
    return (accelerator_memory_byte - software_byte) / (1 + allocator_ratio) - rest


@quantity
def kept_activations_byte(
    asked_activations_byte: Num,
    least_activations_byte: Num,
    activation_room_byte: Num,
    recompute_free_code: Code,
) -> Num:
    """What is kept: as asked, or where nobody says and the software can choose by part of a layer, as much as fits."""
    fitting = np.maximum(np.minimum(asked_activations_byte, activation_room_byte), least_activations_byte)
    return pick(recompute_free_code, asked_activations_byte, fitting)


@quantity
def opened_layer_byte(
    whole_layer_byte: Num,
    micro_batch_token_count: Num,
    ffn_activation_byte: Num,
    tensor_count: Num,
    recompute_code: Code,
) -> Num:
    """With full recomputation, one layer opened again, and the gradients of its widest part."""
    opened = whole_layer_byte + micro_batch_token_count * ffn_activation_byte / tensor_count
    return pick(recompute_code, 0.0, 0.0, opened)


@quantity
def whole_logits_byte(
    micro_batch_token_count: Num,
    vocabulary_count: Num,
    logit_position_share: Num,
    tensor_count: Num,
    pipeline_count: Num,
    logit_kept_byte: Num,
) -> Num:
    """Logits, their copies and their gradient on the last stage; nothing on the first, the fullest of several."""
    last = logit_kept_byte * logit_position_share * micro_batch_token_count * vocabulary_count / tensor_count
    return np.where(pipeline_count > 1, 0.0, last)


# --- the fullest moment -------------------------------------------------------------------------------------------


@quantity
def early_gradients_byte(whole_gradients_byte: Num, micro_step_count: Num, held_gradient_factor: Num) -> Num:
    """Gradients as a backward pass begins: none where a step is one micro-batch and they are freed after it."""
    return whole_gradients_byte * np.where(micro_step_count > 1, 1.0, held_gradient_factor)


@quantity
def backward_fullest_factor(
    early_gradients_byte: Num,
    whole_gradients_byte: Num,
    step_copies_byte: Num,
    kept_activations_byte: Num,
    opened_layer_byte: Num,
    whole_logits_byte: Num,
) -> Num:
    """1 where the backward pass needs more than the optimiser's step, else 0."""
    backward = early_gradients_byte + kept_activations_byte + np.maximum(opened_layer_byte, whole_logits_byte)
    return np.where(backward >= whole_gradients_byte + step_copies_byte, 1.0, 0.0)


@quantity
def gradients_byte(whole_gradients_byte: Num, early_gradients_byte: Num, backward_fullest_factor: Num) -> Num:
    """Gradients at the fullest moment."""
    return np.where(backward_fullest_factor > 0, early_gradients_byte, whole_gradients_byte)


@quantity
def activations_byte(
    kept_activations_byte: Num, opened_layer_byte: Num, whole_logits_byte: Num, backward_fullest_factor: Num
) -> Num:
    """Activations at the fullest moment: logits are gone when the first layer is opened again."""
    opened = np.where(opened_layer_byte > whole_logits_byte, opened_layer_byte, 0.0)
    return backward_fullest_factor * (kept_activations_byte + opened)


@quantity
def logits_byte(whole_logits_byte: Num, opened_layer_byte: Num, backward_fullest_factor: Num) -> Num:
    """Logits at the fullest moment."""
    return backward_fullest_factor * np.where(opened_layer_byte > whole_logits_byte, 0.0, whole_logits_byte)


# --- what software takes ------------------------------------------------------------------------------------------


@quantity
def gathered_byte(
    local_shared_count: Num,
    local_routed_count: Num,
    stage_layer_count: Num,
    sharded_factor: Num,
    weight_byte: Num,
    frozen_weight_byte: Num,
    adapter_code: Code,
    offload_code: Code,
    accelerator_count: Num,
) -> Num:
    """Where weights are sharded or kept on the host, two layers gathered whole."""
    byte = pick(adapter_code, weight_byte, weight_byte, frozen_weight_byte)
    spread = sharded_factor * np.where(accelerator_count > 1, 1.0, 0.0)
    return (
        pick(offload_code, spread, spread, 1.0)
        * 2
        * byte
        * (local_shared_count + local_routed_count)
        / stage_layer_count
    )


@quantity
def cast_byte(
    embedding_parameter_count: Num,
    tensor_count: Num,
    residual_byte: Num,
    activation_byte: Num,
    sharded_factor: Num,
    sharding_member_count: Num,
    adapter_code: Code,
) -> Num:
    """What casting embeddings above weights in 4 bit adds to them [6]_."""
    shared = tensor_count * np.where(sharded_factor > 0, sharding_member_count, 1.0)
    return pick(adapter_code, 0.0, 0.0, embedding_parameter_count / shared) * (residual_byte - activation_byte)


@quantity
def buffers_byte(gathered_byte: Num, cast_byte: Num, step_copies_byte: Num, backward_fullest_factor: Num) -> Num:
    """Copies: layers gathered, embeddings cast, and what the optimiser copies where its step is the fullest moment."""
    return gathered_byte + cast_byte + np.where(backward_fullest_factor > 0, 0.0, step_copies_byte)


@quantity
def software_byte(context_byte: Num, communication_buffer_byte: Num, accelerator_count: Num) -> Num:
    """What driver, kernels and libraries hold outside the allocator: buffers of collectives are theirs."""
    return context_byte + communication_buffer_byte * np.where(accelerator_count > 1, 1.0, 0.0)


@quantity
def allocator_byte(
    weights_byte: Num,
    gradients_byte: Num,
    optimizer_states_byte: Num,
    activations_byte: Num,
    logits_byte: Num,
    buffers_byte: Num,
    allocator_ratio: Num,
) -> Num:
    """What an allocator holds and cannot give: a share of all that is allocated."""
    state = weights_byte + gradients_byte + optimizer_states_byte
    return allocator_ratio * (state + activations_byte + logits_byte + buffers_byte)


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
    memory_ratio: Num,
) -> Num:
    """Memory of the fullest accelerator, by what peaks of the software are found to differ."""
    state = weights_byte + gradients_byte + optimizer_states_byte
    return (state + activations_byte + logits_byte + buffers_byte + software_byte + allocator_byte) * memory_ratio


@quantity
def memory_used_ratio(memory_byte: Num, accelerator_memory_byte: Num) -> Num:
    """Memory needed to memory there is; above 1 it does not fit."""
    return memory_byte / accelerator_memory_byte


# --- what the host holds ------------------------------------------------------------------------------------------


@quantity
def offloaded_byte(
    optimized_count: Num,
    optimizer_byte: Num,
    held_count: Num,
    learning_share: Num,
    weight_byte: Num,
    frozen_weight_byte: Num,
    gradient_byte: Num,
    adapter_code: Code,
    offload_code: Code,
) -> Num:
    """What the host keeps for one accelerator: optimiser states and gradients, weights too, or nothing."""
    states = optimized_count * (optimizer_byte + gradient_byte)
    weights = held_count * (
        pick(adapter_code, weight_byte, weight_byte, frozen_weight_byte) + learning_share * gradient_byte
    )
    return pick(offload_code, 0.0 * states, states, optimized_count * optimizer_byte + weights)


@quantity
def host_used_ratio(offloaded_byte: Num, accelerators_in_host_count: Num, host_memory_byte: Num) -> Num:
    """What an accelerator keeps on its host to its share of the memory there; above 1 it does not fit."""
    return offloaded_byte * accelerators_in_host_count / host_memory_byte
