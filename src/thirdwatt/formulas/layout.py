"""Layout: how a step is cut over the accelerators.

A replica of the model is cut into ``tensor`` parts of every layer, ``pipeline`` stages of layers and ``context`` parts
of every sequence; ``data`` replicas share the global batch. Experts are spread over groups of ``expert`` accelerators
that lie inside the others. What a scenario leaves open follows the rules written here.

All arguments broadcast to (V, S). Degrees are whole numbers of at least 1; the product of tensor, pipeline, context
and data is the number of accelerators.

References
----------
.. [1] Narayanan et al. 2021, Efficient Large-Scale Language Model Training, arXiv:2104.04473, section 2.
.. [2] Korthikanti et al. 2022, Reducing Activation Recomputation in Large Transformer Models, arXiv:2205.05198.
.. [3] Rajbhandari et al. 2020, ZeRO, arXiv:1910.02054.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.formulas.arrays import pick
from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Code, Num


def power_of_two(value: Num) -> Num:
    """Smallest power of two that is no less than a value, at least 1."""
    whole: Num = np.exp2(np.ceil(np.log2(np.maximum(value, 1))))
    return whole


def whole_power_of_two(value: Num) -> Num:
    """Largest power of two that is no more than a value, at least 1."""
    whole: Num = np.exp2(np.floor(np.log2(np.maximum(value, 1))))
    return whole


# --- degrees ------------------------------------------------------------------------------------------------------


@quantity
def state_byte(weight_byte: Num, gradient_byte: Num, adapter_code: Code) -> Num:
    """Bytes of a parameter's weight and gradient; frozen weights have no gradient."""
    return weight_byte + pick(adapter_code, gradient_byte, 0.0 * gradient_byte, 0.0 * gradient_byte)


@quantity
def typical_expert_parallel_count(expert_count: Num, typical_local_expert_count: Num, accelerator_count: Num) -> Num:
    """Accelerators over which a usual layout spreads experts: few experts on each."""
    return np.clip(power_of_two(expert_count / typical_local_expert_count), 1, np.maximum(accelerator_count, 1))


@quantity
def replica_accelerator_count(
    shared_parameter_count: Num,
    parameter_count: Num,
    typical_expert_parallel_count: Num,
    state_byte: Num,
    accelerator_memory_byte: Num,
    state_memory_share: Num,
) -> Num:
    """Accelerators that one replica's weights and gradients need, where they may fill so much of the memory.

    Routed experts are spread over replicas already.
    """
    routed = (parameter_count - shared_parameter_count) / typical_expert_parallel_count
    return (shared_parameter_count + routed) * state_byte / (accelerator_memory_byte * state_memory_share)


@quantity
def sharded_factor(zero_code: Code) -> Num:
    """1 where weights are sharded over the replicas too (ZeRO-3, FSDP) [3]_, else 0."""
    return pick(zero_code, 0.0, 0.0, 0.0, 1.0)


@quantity
def tensor_count(
    shared_parameter_count: Num,
    state_byte: Num,
    accelerator_memory_byte: Num,
    state_memory_share: Num,
    accelerators_in_host_count: Num,
    accelerator_count: Num,
    sharded_factor: Num,
) -> Num:
    """Tensor degree where none is stated: as many as the parameters of every token need, within a host; none where
    weights are sharded.
    """
    most = whole_power_of_two(np.minimum(accelerators_in_host_count, accelerator_count))
    needed = shared_parameter_count * state_byte / (accelerator_memory_byte * state_memory_share)
    return np.where(sharded_factor > 0, 1.0, np.minimum(power_of_two(needed), most))


@quantity(given=("data_count", "accelerator_count"))
def pipeline_count__data(accelerator_count: Num, tensor_count: Num, context_count: Num, data_count: Num) -> Num:
    """Pipeline stages, from the accelerators that a stated number of replicas leaves to each."""
    return np.maximum(accelerator_count / (tensor_count * context_count * data_count), 1)


@quantity
def pipeline_count(
    replica_accelerator_count: Num,
    tensor_count: Num,
    layer_count: Num,
    accelerator_count: Num,
    sharded_factor: Num,
) -> Num:
    """Pipeline stages where none are stated: as many as a replica needs beyond its tensor degree."""
    most = whole_power_of_two(np.minimum(layer_count, accelerator_count / tensor_count))
    needed = np.minimum(power_of_two(replica_accelerator_count / tensor_count), most)
    return np.where(sharded_factor > 0, 1.0, needed)


@quantity
def virtual_stage_count(layer_count: Num, pipeline_count: Num, typical_virtual_stage_count: Num) -> Num:
    """Chunks of layers in a stage where none are stated: as many as the software usually takes, or two, as long as no
    stage gets more layers by it.
    """
    fewest = np.ceil(layer_count / pipeline_count)
    usual = np.ceil(layer_count / (pipeline_count * typical_virtual_stage_count)) * typical_virtual_stage_count
    two = np.ceil(layer_count / (pipeline_count * 2)) * 2
    pair = np.where(two > fewest, 1, np.minimum(typical_virtual_stage_count, 2))
    return np.where(pipeline_count > 1, np.where(usual > fewest, pair, typical_virtual_stage_count), 1)


@quantity
def data_count(accelerator_count: Num, tensor_count: Num, pipeline_count: Num, context_count: Num) -> Num:
    """Replicas where none are stated: as many as the accelerators make up."""
    return np.maximum(accelerator_count / (tensor_count * pipeline_count * context_count), 1)


@quantity
def expert_parallel_count(
    typical_expert_parallel_count: Num, data_count: Num, context_count: Num, tensor_count: Num
) -> Num:
    """Accelerators over which experts are spread where none are stated: the usual number, if there are so many."""
    return np.minimum(typical_expert_parallel_count, data_count * context_count * tensor_count)


@quantity
def global_batch_count(typical_batch_token_count: Num, sequence_length: Num, data_count: Num) -> Num:
    """Sequences in a step where none are stated: a usual number of tokens, at least one sequence a replica."""
    return np.maximum(np.ceil(typical_batch_token_count / sequence_length), data_count)


@quantity
def micro_batch_count(
    typical_micro_batch_token_count: Num,
    sequence_length: Num,
    global_batch_count: Num,
    data_count: Num,
    pipeline_count: Num,
) -> Num:
    """Sequences in a micro-batch where none are stated: a usual number of tokens, but two micro-batches a stage."""
    usual = typical_micro_batch_token_count / sequence_length
    most = global_batch_count / (data_count * np.where(pipeline_count > 1, 2 * pipeline_count, 1))
    return whole_power_of_two(np.minimum(usual, most))


# --- shapes -------------------------------------------------------------------------------------------------------


@quantity
def micro_step_count(global_batch_count: Num, micro_batch_count: Num, data_count: Num) -> Num:
    """Micro-batches that pass through a replica in a step."""
    return np.maximum(np.ceil(global_batch_count / (micro_batch_count * data_count)), 1)


@quantity
def micro_batch_token_count(micro_batch_count: Num, sequence_length: Num, context_count: Num) -> Num:
    """Tokens of a micro-batch on one accelerator."""
    return micro_batch_count * sequence_length / context_count


@quantity
def stage_layer_count(layer_count: Num, pipeline_count: Num, virtual_stage_count: Num) -> Num:
    """Layers of the fullest stage: chunks are whole layers."""
    return np.ceil(layer_count / (pipeline_count * virtual_stage_count)) * virtual_stage_count


@quantity
def sequence_parallel_factor(recompute_code: Code, full_recompute_sequence_parallel_factor: Num) -> Num:
    """1 where the parts of a layer that are no products are cut along the sequence too [2]_, else 0."""
    return pick(recompute_code, 1.0, 1.0, full_recompute_sequence_parallel_factor)


@quantity
def unsplit_share(tensor_count: Num, sequence_parallel_factor: Num) -> Num:
    """Share of a micro-batch's tokens whose norms and residuals one accelerator works on."""
    return np.where(sequence_parallel_factor > 0, 1 / tensor_count, 1.0)


# --- how well a layout is known -----------------------------------------------------------------------------------


@quantity(given=("micro_batch_count",))
def layout_known_factor__micro_batch(yes_factor: Num) -> Num:
    """1 where a part of the layout that ran is stated, so that the step model is trusted wholly; else 0."""
    return 1 * yes_factor


@quantity(given=("tensor_count",))
def layout_known_factor__tensor(yes_factor: Num) -> Num:
    """The same where another part is stated."""
    return 1 * yes_factor


@quantity(given=("pipeline_count",))
def layout_known_factor__pipeline(yes_factor: Num) -> Num:
    """The same where the number of stages is stated."""
    return 1 * yes_factor


@quantity(given=("data_count",))
def layout_known_factor__data(yes_factor: Num) -> Num:
    """The same where the number of replicas is stated."""
    return 1 * yes_factor


@quantity
def layout_known_factor(yes_factor: Num) -> Num:
    """The same where the layout is guessed."""
    return 0 * yes_factor


@quantity
def layout_time_ratio(layout_known_factor: Num, typical_layout_time_ratio: Num) -> Num:
    """Time of a step to that of the layout the model has: one that nobody states is seldom the best."""
    return np.where(layout_known_factor > 0, 1.0, typical_layout_time_ratio)
