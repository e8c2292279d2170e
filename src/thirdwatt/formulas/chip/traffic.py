"""Traffic: what training has a blueprint do, as rates while it works.

FLOP and bytes of one optimiser step on one accelerator, over the time in which it works and does not wait for its host.

All arguments broadcast to (V, S). Valid where the step model is: dense and expert transformers of known layout. Bytes
are those of fused kernels times what the software moves of them, less what is read again in the shared memory.

References
----------
.. [1] Korthikanti et al. 2022, Reducing Activation Recomputation, arXiv:2205.05198 (what is computed again).
.. [2] Isaev et al. 2023, Calculon, SC '23 (operator traffic).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.formulas.arrays import over, pick, stack
from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Code, Num


@quantity
def step_work_s(step_compute_s: Num, active_share: Num) -> Num:
    """Time of a step in which an accelerator works and does not wait for its host."""
    return step_compute_s * active_share


@quantity
def work_token_per_s(
    micro_step_count: Num,
    micro_batch_token_count: Num,
    tensor_count: Num,
    pipeline_count: Num,
    step_work_s: Num,
) -> Num:
    """One accelerator's share of the tokens that its replica takes in, while it works."""
    return micro_step_count * micro_batch_token_count / (tensor_count * pipeline_count * step_work_s)


@quantity
def logit_flop_per_token(hidden_width: Num, vocabulary_count: Num, logit_position_share: Num, flop_per_mac: Num) -> Num:
    """Logits of one token, forward, where they are computed."""
    return flop_per_mac * logit_position_share * vocabulary_count * hidden_width


@quantity
def wide_work_flop_per_s(
    work_token_per_s: Num,
    attention_flop_per_token: Num,
    logit_flop_per_token: Num,
    adapter_flop_per_token: Num,
    weight_gradient_share: Num,
    reference_forward_count: Num,
    recompute_code: Code,
) -> Num:
    """FLOP of attention, logits and adapters, those computed again [1]_ among them."""
    again = pick(recompute_code, 0.0, 1.0, 1.0)
    attention = attention_flop_per_token * (1 + 2 + reference_forward_count + again)
    logits = logit_flop_per_token * (2 + weight_gradient_share + reference_forward_count)
    return work_token_per_s * (attention + logits + adapter_flop_per_token)


@quantity
def narrow_work_flop_per_s(
    work_token_per_s: Num,
    matrix_flop_per_token: Num,
    logit_flop_per_token: Num,
    weight_gradient_share: Num,
    reference_forward_count: Num,
    recompute_code: Code,
) -> Num:
    """FLOP of the layers' products, those computed again [1]_ among them."""
    again = pick(recompute_code, 0.0, 0.0, 1.0)
    passes = 2 + weight_gradient_share + reference_forward_count + again
    return work_token_per_s * (matrix_flop_per_token - logit_flop_per_token) * passes


@quantity
def format_work_flop_per_s(narrow_work_flop_per_s: Num, wide_work_flop_per_s: Num) -> Num:
    """FLOP by format while an accelerator works."""
    return stack(narrow_work_flop_per_s, wide_work_flop_per_s)


@quantity
def kept_traffic_share(
    last_level_byte: Num,
    micro_batch_token_count: Num,
    hidden_width: Num,
    tensor_count: Num,
    activation_byte: Num,
    reread_share: Num,
) -> Num:
    """Share of what moves beside products that is read again before it leaves the shared memory: as much of a hidden
    state as this holds.
    """
    state = activation_byte * micro_batch_token_count * hidden_width / tensor_count
    return reread_share * np.minimum(last_level_byte / state, 1)


@quantity
def layer_traffic_byte(
    norm_traffic_byte: Num,
    rotary_traffic_byte: Num,
    activation_traffic_byte: Num,
    permute_traffic_byte: Num,
    expert_layer_share: Num,
    elementwise_traffic_ratio: Num,
    layer_norm_traffic_ratio: Num,
    norm_factor: Num,
    kept_traffic_share: Num,
) -> Num:
    """What a mean layer moves beside its products for one micro-batch, forward [2]_."""
    moves = elementwise_traffic_ratio * np.where(norm_factor > 1, layer_norm_traffic_ratio, 1.0)
    dense = activation_traffic_byte + expert_layer_share * (permute_traffic_byte - activation_traffic_byte)
    return (norm_traffic_byte + rotary_traffic_byte + dense) * moves * (1 - kept_traffic_share)


@quantity
def step_traffic_byte(
    layer_traffic_byte: Num,
    layer_count: Num,
    pipeline_count: Num,
    micro_step_count: Num,
    recompute_code: Code,
    reference_forward_count: Num,
    optimized_count: Num,
    optimizer_traffic_byte: Num,
) -> Num:
    """The same of a step: forward once, backward twice, again where computed again; and the optimiser's states."""
    passes = 1 + 2 + reference_forward_count + pick(recompute_code, 0.0, 0.0, 1.0)
    layers = micro_step_count * layer_count / pipeline_count * passes * layer_traffic_byte
    return layers + optimized_count * optimizer_traffic_byte


@quantity
def work_memory_byte_per_s(
    step_traffic_byte: Num,
    step_work_s: Num,
    format_work_flop_per_s: Num,
    format_memory_byte_per_flop: Num,
    accelerator_memory_byte_per_s: Num,
) -> Num:
    """Bytes through the memory while an accelerator works: of products, and of everything else; no more than it has."""
    products = over(format_work_flop_per_s * format_memory_byte_per_flop)
    return np.minimum(products + step_traffic_byte / step_work_s, accelerator_memory_byte_per_s)


@quantity
def work_link_byte_per_s(
    tensor_pass_s: Num,
    tensor_overlap_share: Num,
    layer_pass_count: Num,
    layer_compute_s: Num,
    link_byte_per_s: Num,
) -> Num:
    """Bytes through the links while an accelerator works: what of tensor parallelism hides behind arithmetic."""
    hidden = layer_pass_count * tensor_pass_s * tensor_overlap_share / layer_compute_s
    return np.minimum(hidden, 1) * link_byte_per_s
