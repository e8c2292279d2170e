"""Kernels: how long one accelerator works on one micro-batch of one layer.

A layer is matrix products, attention, what only moves bytes (norms, residuals, activations, rotary positions), and for
routed experts grouped products and the moving of tokens. Products take their FLOP over a share of the peak, plus a
share of the time that their operands take through the memory; the rest takes its bytes over a share of the bandwidth.
Nothing is faster than its launches.

Times are in s for one micro-batch, one layer, one accelerator, communication apart. All arguments broadcast to (V, S).
Valid for transformers in 16 bit, and in 8 and 4 bit where products alone are narrow and attention stays in 16 bit.

References
----------
.. [1] Isaev et al. 2023, Calculon, SC '23 (operator time from compute and traffic).
.. [2] Dao 2023, FlashAttention-2, arXiv:2307.08691, section 3 (five products backward for two forward).
.. [3] Korthikanti et al. 2022, Reducing Activation Recomputation in Large Transformer Models, arXiv:2205.05198.
.. [4] Dettmers et al. 2023, QLoRA, arXiv:2305.14314 (frozen weights kept in 4 bit, widened for each product).
.. [5] IBM 2024, fms-acceleration, framework_plugin_bnb.py (what PEFT widens makes every layer cast down and up again).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.formulas.arrays import pick
from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Code, Num


# --- rates --------------------------------------------------------------------------------------------------------


@quantity
def sustained_share(
    accelerator_peak_flop_per_s: Num, accelerator_tdp_w: Num, sustained_flop_per_j: Num, rate_to_power_ratio: Num
) -> Num:
    """Share of the peak that a board's power can hold: all of it, less where the peak asks for more FLOP per joule
    than the chip has at the clock that the peak is printed at.
    """
    asked = accelerator_peak_flop_per_s / accelerator_tdp_w
    return np.minimum(sustained_flop_per_j / asked, 1) ** rate_to_power_ratio


@quantity
def matmul_flop_per_s(
    accelerator_peak_flop_per_s: Num, matmul_share: Num, clock_ratio: Num, sustained_share: Num
) -> Num:
    """Rate that large matrix products reach at the accelerator's clock."""
    return accelerator_peak_flop_per_s * matmul_share * clock_ratio * sustained_share


@quantity
def attention_flop_per_s(
    wide_peak_flop_per_s: Num, attention_share: Num, attention_kernel_ratio: Num, clock_ratio: Num
) -> Num:
    """Rate that fused attention reaches in the software's kernel [2]_."""
    return wide_peak_flop_per_s * attention_share * attention_kernel_ratio * clock_ratio


@quantity
def memory_byte_per_s(accelerator_memory_byte_per_s: Num, memory_share: Num) -> Num:
    """Rate at which kernels move bytes."""
    return accelerator_memory_byte_per_s * memory_share


# --- matrix products ----------------------------------------------------------------------------------------------


@quantity
def attention_matmul_s(
    attention_matrix_count: Num,
    hidden_width: Num,
    head_count: Num,
    kv_head_count: Num,
    head_width: Num,
    value_head_width: Num,
    micro_batch_token_count: Num,
    tensor_count: Num,
    matmul_flop_per_s: Num,
    memory_byte_per_s: Num,
    operand_traffic_ratio: Num,
    operand_byte: Num,
    flop_per_mac: Num,
) -> Num:
    """Projections in and out of attention, forward: FLOP over their rate, plus operands over the bandwidth [1]_."""
    weights = attention_matrix_count / tensor_count
    heads = head_count * (head_width + value_head_width) + kv_head_count * (head_width + value_head_width)
    operands = weights + micro_batch_token_count * (2 * hidden_width + heads / tensor_count)
    compute = flop_per_mac * micro_batch_token_count * weights / matmul_flop_per_s
    return compute + operand_traffic_ratio * operand_byte * operands / memory_byte_per_s


@quantity
def ffn_matmul_s(
    ffn_matrix_count: Num,
    hidden_width: Num,
    ffn_width: Num,
    gated_factor: Num,
    micro_batch_token_count: Num,
    tensor_count: Num,
    matmul_flop_per_s: Num,
    memory_byte_per_s: Num,
    operand_traffic_ratio: Num,
    operand_byte: Num,
    flop_per_mac: Num,
) -> Num:
    """Dense feed-forward products, forward."""
    weights = ffn_matrix_count / tensor_count
    operands = weights + micro_batch_token_count * (2 * hidden_width + (2 + gated_factor) * ffn_width / tensor_count)
    compute = flop_per_mac * micro_batch_token_count * weights / matmul_flop_per_s
    return compute + operand_traffic_ratio * operand_byte * operands / memory_byte_per_s


@quantity
def local_expert_count(expert_count: Num, expert_parallel_count: Num) -> Num:
    """Routed experts that one accelerator holds of each layer."""
    return expert_count / expert_parallel_count


@quantity
def expert_matmul_s(
    expert_matrix_count: Num,
    shared_expert_matrix_count: Num,
    router_matrix_count: Num,
    hidden_width: Num,
    expert_ffn_width: Num,
    gated_factor: Num,
    top_k_count: Num,
    local_expert_count: Num,
    micro_batch_token_count: Num,
    tensor_count: Num,
    matmul_flop_per_s: Num,
    grouped_matmul_ratio: Num,
    memory_byte_per_s: Num,
    operand_traffic_ratio: Num,
    operand_byte: Num,
    flop_per_mac: Num,
) -> Num:
    """Products of routed and shared experts and the router, forward.

    Tokens that leave for other accelerators are made up by those that come. Grouped products run at a share of the
    rate of large ones, and every local expert's weights are read for however few tokens.
    """
    tokens = micro_batch_token_count / tensor_count
    routed = flop_per_mac * tokens * top_k_count * expert_matrix_count / (matmul_flop_per_s * grouped_matmul_ratio)
    others = flop_per_mac * tokens * (shared_expert_matrix_count + router_matrix_count) / matmul_flop_per_s
    operands = local_expert_count * expert_matrix_count + tokens * top_k_count * (
        2 * hidden_width + (2 + gated_factor) * expert_ffn_width
    )
    return routed + others + operand_traffic_ratio * operand_byte * operands / memory_byte_per_s


# --- attention ----------------------------------------------------------------------------------------------------


@quantity
def attention_core_s(
    head_count: Num,
    head_width: Num,
    value_head_width: Num,
    attended_length: Num,
    sequence_length: Num,
    micro_batch_token_count: Num,
    tensor_count: Num,
    attention_flop_per_s: Num,
    softmax_traffic_byte: Num,
    memory_byte_per_s: Num,
    flop_per_mac: Num,
) -> Num:
    """Scores, softmax and weighted sum, forward; unfused kernels also move every score through the memory [3]_."""
    pairs = micro_batch_token_count * head_count / tensor_count
    fused = flop_per_mac * pairs * (head_width + value_head_width) * attended_length / attention_flop_per_s
    return fused + softmax_traffic_byte * pairs * sequence_length / memory_byte_per_s


# --- what only moves bytes ----------------------------------------------------------------------------------------


@quantity
def moved_byte(activation_byte: Num, residual_byte: Num, sharded_factor: Num, adapter_code: Code) -> Num:
    """Bytes of an activation between products: of a wide residual stream where what is not in 4 bit was widened, which
    weights that are sharded cannot be [5]_.
    """
    widened = np.where(sharded_factor > 0, activation_byte, np.maximum(residual_byte, activation_byte))
    return pick(adapter_code, activation_byte, activation_byte, widened)


@quantity
def norm_traffic_byte(
    hidden_width: Num, micro_batch_token_count: Num, unsplit_share: Num, moved_byte: Num, norm_pass_count: Num
) -> Num:
    """Norms, residuals and dropout of one layer, forward: so many passes over the hidden state."""
    return norm_pass_count * moved_byte * micro_batch_token_count * unsplit_share * hidden_width


@quantity
def activation_traffic_byte(
    ffn_width: Num,
    gated_factor: Num,
    micro_batch_token_count: Num,
    tensor_count: Num,
    moved_byte: Num,
) -> Num:
    """Activation function of a dense feed-forward block, forward: its inputs read, its output written."""
    return moved_byte * micro_batch_token_count * (2 + gated_factor) * ffn_width / tensor_count


@quantity
def rotary_traffic_byte(
    head_count: Num,
    kv_head_count: Num,
    head_width: Num,
    micro_batch_token_count: Num,
    tensor_count: Num,
    moved_byte: Num,
) -> Num:
    """Positions turned into query and key, forward: both read and written."""
    return 2 * moved_byte * micro_batch_token_count * (head_count + kv_head_count) * head_width / tensor_count


@quantity
def permute_traffic_byte(
    hidden_width: Num,
    expert_ffn_width: Num,
    gated_factor: Num,
    top_k_count: Num,
    micro_batch_token_count: Num,
    tensor_count: Num,
    activation_byte: Num,
) -> Num:
    """Tokens sorted by expert and back, and the experts' activation function, forward."""
    copies = top_k_count * micro_batch_token_count / tensor_count
    return activation_byte * copies * (2 * 2 * hidden_width + (2 + gated_factor) * expert_ffn_width)


@quantity
def weight_widening_s(
    attention_matrix_count: Num,
    ffn_matrix_count: Num,
    tensor_count: Num,
    widened_byte: Num,
    frozen_weight_byte: Num,
    widening_ratio: Num,
    memory_byte_per_s: Num,
    adapter_code: Code,
) -> Num:
    """Weights kept in 4 bit read and written out wide before a pass over the layer [4]_."""
    traffic = (attention_matrix_count + ffn_matrix_count) / tensor_count * (frozen_weight_byte + widened_byte)
    return pick(adapter_code, 0.0, 0.0, widening_ratio * traffic / memory_byte_per_s)


@quantity
def adapter_layer_s(
    adapter_parameter_count: Num,
    layer_count: Num,
    hidden_width: Num,
    micro_batch_token_count: Num,
    tensor_count: Num,
    activation_byte: Num,
    moved_byte: Num,
    adapter_pass_count: Num,
    memory_byte_per_s: Num,
    adapter_launch_s: Num,
    adapter_code: Code,
) -> Num:
    """Adapters beside the products of one layer, forward: thin products that only move bytes, and their launches."""
    passes = adapter_pass_count * moved_byte * micro_batch_token_count * hidden_width / tensor_count
    weights = activation_byte * adapter_parameter_count / layer_count
    own = (passes + weights) / memory_byte_per_s + adapter_launch_s
    return pick(adapter_code, 0.0, own, own)


# --- a layer ------------------------------------------------------------------------------------------------------


@quantity
def layer_host_s(
    layer_launch_s: Num, sharded_launch_s: Num, sharded_factor: Num, adapter_host_s: Num, adapter_code: Code
) -> Num:
    """Time the host takes to launch a layer and its adapters, forward, and to gather its weights where sharded."""
    adapters = pick(adapter_code, 0.0, adapter_host_s, adapter_host_s)
    return layer_launch_s + adapters + sharded_factor * sharded_launch_s


@quantity
def expert_host_s(
    layer_host_s: Num,
    expert_launch_s: Num,
    local_expert_count: Num,
    expert_capacity_factor: Num,
    fixed_shape_launch_ratio: Num,
) -> Num:
    """Time the host takes to launch a layer with experts, forward; less where a capacity fixes their shapes."""
    each = expert_launch_s * np.where(expert_capacity_factor > 0, fixed_shape_launch_ratio, 1.0)
    return layer_host_s + each * local_expert_count


@quantity
def elementwise_byte_per_s(
    memory_byte_per_s: Num, elementwise_traffic_ratio: Num, layer_norm_traffic_ratio: Num, norm_factor: Num
) -> Num:
    """Rate at which the bytes of a fused count move: kernels that are less fused move them more than once, less often
    where norms are layer norms, which every framework has as one kernel.
    """
    moves = elementwise_traffic_ratio * np.where(norm_factor > 1, layer_norm_traffic_ratio, 1.0)
    return memory_byte_per_s / moves


@quantity
def attention_forward_work_s(
    attention_matmul_s: Num,
    attention_core_s: Num,
    norm_traffic_byte: Num,
    rotary_traffic_byte: Num,
    elementwise_byte_per_s: Num,
    weight_widening_s: Num,
    adapter_layer_s: Num,
) -> Num:
    """What every layer has the accelerator do, forward: attention, norms, residuals, adapters."""
    moving = (norm_traffic_byte + rotary_traffic_byte) / elementwise_byte_per_s
    return attention_matmul_s + attention_core_s + moving + weight_widening_s + adapter_layer_s


@quantity
def attention_backward_work_s(
    attention_matmul_s: Num,
    attention_core_s: Num,
    attention_backward_ratio: Num,
    weight_gradient_share: Num,
    norm_traffic_byte: Num,
    rotary_traffic_byte: Num,
    elementwise_byte_per_s: Num,
    weight_widening_s: Num,
    adapter_layer_s: Num,
) -> Num:
    """The same backward: a product for each input and, unless frozen, for each weight; attention five for two [2]_."""
    moving = 2 * (norm_traffic_byte + rotary_traffic_byte) / elementwise_byte_per_s
    products = (1 + weight_gradient_share) * attention_matmul_s
    return products + attention_backward_ratio * attention_core_s + moving + weight_widening_s + 2 * adapter_layer_s


@quantity
def dense_forward_work_s(
    attention_forward_work_s: Num, ffn_matmul_s: Num, activation_traffic_byte: Num, elementwise_byte_per_s: Num
) -> Num:
    """What a layer with a dense feed-forward block has the accelerator do, forward."""
    return attention_forward_work_s + ffn_matmul_s + activation_traffic_byte / elementwise_byte_per_s


@quantity
def dense_backward_work_s(
    attention_backward_work_s: Num,
    ffn_matmul_s: Num,
    weight_gradient_share: Num,
    activation_traffic_byte: Num,
    elementwise_byte_per_s: Num,
) -> Num:
    """The same backward."""
    products = (1 + weight_gradient_share) * ffn_matmul_s
    return attention_backward_work_s + products + 2 * activation_traffic_byte / elementwise_byte_per_s


@quantity
def expert_forward_work_s(
    attention_forward_work_s: Num, expert_matmul_s: Num, permute_traffic_byte: Num, elementwise_byte_per_s: Num
) -> Num:
    """What a layer with routed experts has the accelerator do, forward."""
    return attention_forward_work_s + expert_matmul_s + permute_traffic_byte / elementwise_byte_per_s


@quantity
def expert_backward_work_s(
    attention_backward_work_s: Num,
    expert_matmul_s: Num,
    weight_gradient_share: Num,
    permute_traffic_byte: Num,
    elementwise_byte_per_s: Num,
) -> Num:
    """The same backward."""
    products = (1 + weight_gradient_share) * expert_matmul_s
    return attention_backward_work_s + products + 2 * permute_traffic_byte / elementwise_byte_per_s


@quantity
def expert_layer_share(expert_layer_count: Num, layer_count: Num) -> Num:
    """Share of the layers that have routed experts."""
    return expert_layer_count / layer_count


def launched(work: Num, host: Num, loss: Num) -> Num:
    """Time of work that a host launches: the longer whole, and a share of the shorter, since neither is even."""
    both: Num = np.maximum(work, host) + loss * np.minimum(work, host)
    return both


@quantity
def layer_forward_s(
    dense_forward_work_s: Num,
    expert_forward_work_s: Num,
    layer_host_s: Num,
    expert_host_s: Num,
    expert_layer_share: Num,
    launch_loss_share: Num,
) -> Num:
    """A mean layer, forward: dense and expert layers by their numbers, neither faster than it is launched."""
    dense = launched(dense_forward_work_s, layer_host_s, launch_loss_share)
    return dense + expert_layer_share * (launched(expert_forward_work_s, expert_host_s, launch_loss_share) - dense)


@quantity
def layer_backward_s(
    dense_backward_work_s: Num,
    expert_backward_work_s: Num,
    layer_host_s: Num,
    expert_host_s: Num,
    expert_layer_share: Num,
    launch_loss_share: Num,
) -> Num:
    """The same backward, without what is computed again."""
    dense = launched(dense_backward_work_s, 2 * layer_host_s, launch_loss_share)
    experts = launched(expert_backward_work_s, 2 * expert_host_s, launch_loss_share)
    return dense + expert_layer_share * (experts - dense)


@quantity
def active_share(
    dense_forward_work_s: Num,
    dense_backward_work_s: Num,
    expert_forward_work_s: Num,
    expert_backward_work_s: Num,
    layer_forward_s: Num,
    layer_backward_s: Num,
    expert_layer_share: Num,
) -> Num:
    """Share of a layer's time in which the accelerator works and does not wait for its host."""
    dense = dense_forward_work_s + dense_backward_work_s
    experts = expert_forward_work_s + expert_backward_work_s
    return (dense + expert_layer_share * (experts - dense)) / (layer_forward_s + layer_backward_s)


@quantity
def logits_s(
    hidden_width: Num,
    vocabulary_count: Num,
    logit_position_share: Num,
    micro_batch_token_count: Num,
    tensor_count: Num,
    weight_gradient_share: Num,
    wide_peak_flop_per_s: Num,
    wide_matmul_share: Num,
    memory_byte_per_s: Num,
    logit_pass_byte: Num,
    flop_per_mac: Num,
) -> Num:
    """Logits, loss and their gradients, forward and backward: products in 16 bit, and passes over the logits."""
    logits = logit_position_share * micro_batch_token_count * vocabulary_count / tensor_count
    products = (2 + weight_gradient_share) * flop_per_mac * logits * hidden_width
    return products / (wide_peak_flop_per_s * wide_matmul_share) + logit_pass_byte * logits / memory_byte_per_s
