"""Rollout: what reinforcement learning after pre-training does beside its updates.

Responses are generated, scored and learned from, and new weights go back to where responses are generated. Generating
is bound by memory: every token of every sequence in flight reads the weights and its own keys and values. Where all
wait for the longest response, the tail of the lengths costs time; asynchronous generation hides most of it. An update
is a step of the ordinary kind, with a reference model read beside. Everything is a ratio to the time of updates, so
that hours, phases and energy follow as they do from any other loss.

All arguments broadcast to (V, S). Valid for decoders that fit into the memory of the accelerators they generate on; no
published rows test it yet, and its intervals say so.

References
----------
.. [1] Pope et al. 2022, Efficiently Scaling Transformer Inference, arXiv:2211.05102, section 2 (what decoding reads).
.. [2] Shao et al. 2024, DeepSeekMath, arXiv:2402.03300 (groups of responses, a reference model beside).
.. [3] Sheng et al. 2024, HybridFlow, arXiv:2409.19256 (generation, scoring, update, and weights sent between them).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.formulas.arrays import pick
from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Code, Num


@quantity(given=("kv_rank",))
def cached_width__latent(kv_rank: Num, rope_head_width: Num) -> Num:
    """Numbers that one layer keeps of a token for those that come after it: the compressed ones."""
    return kv_rank + rope_head_width


@quantity
def cached_width(kv_head_count: Num, head_width: Num, value_head_width: Num) -> Num:
    """Numbers that one layer keeps of a token for those that come after it: keys and values."""
    return kv_head_count * (head_width + value_head_width)


@quantity
def decode_step_s(
    parameter_count: Num,
    rollout_tensor_count: Num,
    rollout_batch_count: Num,
    layer_count: Num,
    cached_width: Num,
    sequence_length: Num,
    weight_byte: Num,
    activation_byte: Num,
    memory_byte_per_s: Num,
    decode_memory_share: Num,
    decode_launch_s: Num,
) -> Num:
    """One more token of every sequence in flight [1]_: weights, and half a sequence's keys and values, read."""
    weights = parameter_count * weight_byte / rollout_tensor_count
    cached = rollout_batch_count * layer_count * cached_width * activation_byte * sequence_length / 2
    return np.maximum((weights + cached) / (memory_byte_per_s * decode_memory_share), layer_count * decode_launch_s)


@quantity
def rollout_tensor_count(
    parameter_count: Num,
    weight_byte: Num,
    accelerator_memory_byte: Num,
    state_memory_share: Num,
    accelerator_count: Num,
) -> Num:
    """Accelerators that generate together where none are stated: as many as hold the weights and leave room."""
    needed = parameter_count * weight_byte / (accelerator_memory_byte * state_memory_share)
    return np.minimum(np.exp2(np.ceil(np.log2(np.maximum(needed, 1)))), accelerator_count)


@quantity
def response_wait_ratio(response_tail_ratio: Num, hidden_tail_ratio: Num, asynchronous_code: Code) -> Num:
    """Time of generating to that of responses of equal length: all wait for the longest, or few do."""
    return pick(asynchronous_code, response_tail_ratio, hidden_tail_ratio)


@quantity(given=("layer_count", "sequence_length"))
def rollout_ratio__decode(
    decode_step_s: Num,
    rollout_batch_count: Num,
    response_share: Num,
    rollout_excess_ratio: Num,
    response_wait_ratio: Num,
    modelled_mfu_share: Num,
    accelerator_peak_flop_per_s: Num,
    training_flop_per_token: Num,
    method_code: Code,
) -> Num:
    """Time of generating to that of updating, by token learned from; dropped responses are generated too."""
    generated = response_share * rollout_excess_ratio * response_wait_ratio * decode_step_s / rollout_batch_count
    updated = training_flop_per_token / (modelled_mfu_share * accelerator_peak_flop_per_s)
    return pick(method_code, 0.0, 0.0, 0.0, generated / updated)


@quantity
def rollout_ratio(typical_rollout_ratio: Num, method_code: Code) -> Num:
    """The same where the architecture is not known."""
    return pick(method_code, 0.0, 0.0, 0.0, typical_rollout_ratio)


@quantity
def reward_ratio(typical_reward_ratio: Num, method_code: Code) -> Num:
    """Time of scoring responses to that of updating."""
    return pick(method_code, 0.0, 0.0, 0.0, typical_reward_ratio)


@quantity(given=("layer_count", "sequence_length"))
def sync_ratio__weights(
    parameter_count: Num,
    weight_byte: Num,
    rollout_tensor_count: Num,
    port_byte_per_s: Num,
    modelled_step_s: Num,
    method_code: Code,
) -> Num:
    """Time of sending new weights to where responses are generated [3]_, once a step, to that of updating."""
    sent = parameter_count * weight_byte / rollout_tensor_count / port_byte_per_s
    return pick(method_code, 0.0, 0.0, 0.0, sent / modelled_step_s)


@quantity
def sync_ratio(typical_sync_ratio: Num, method_code: Code) -> Num:
    """The same where the architecture is not known."""
    return pick(method_code, 0.0, 0.0, 0.0, typical_sync_ratio)
