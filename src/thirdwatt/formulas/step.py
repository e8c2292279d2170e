"""Step: from a layer to the time of one optimiser step, and what share of it is work.

A stage holds layers and works on one micro-batch after the other; stages wait for each other at both ends of a step;
replicas add up their gradients; the optimiser writes new weights. Traffic hides behind arithmetic as far as the
software lets it: of two things that run together the longer counts whole and the shorter by a share.

Times are in s for one step of one accelerator. All arguments broadcast to (V, S). Valid for synchronous training in
which all micro-batches are alike.

References
----------
.. [1] Narayanan et al. 2021, Efficient Large-Scale Language Model Training, arXiv:2104.04473, section 2.2.
.. [2] Isaev et al. 2023, Calculon, SC '23 (what of data-parallel traffic is exposed).
.. [3] Rajbhandari et al. 2020, ZeRO, arXiv:1910.02054, section 7 (traffic of sharded gradients and weights).
.. [4] Korthikanti et al. 2022, arXiv:2205.05198 (recomputation).
.. [5] Answer.AI 2024, FSDP and QLoRA (4-bit weights are stored as 16-bit numbers so that FSDP can shard them).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.formulas.arrays import pick
from thirdwatt.formulas.collectives import gather_s
from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Code, Num


def together(longer: Num, other: Num, loss: Num) -> Num:
    """Time of two things that run at once: the longer whole, the shorter by the share that overlap costs."""
    both: Num = np.maximum(longer, other) + loss * np.minimum(longer, other)
    return both


# --- a layer ------------------------------------------------------------------------------------------------------


@quantity
def layer_recompute_s(recompute_code: Code, layer_forward_s: Num, attention_core_s: Num) -> Num:
    """What is computed again before the backward pass [4]_: nothing, attention alone, or the layer."""
    return pick(recompute_code, 0.0, attention_core_s, layer_forward_s)


@quantity
def layer_compute_s(
    layer_forward_s: Num, layer_backward_s: Num, layer_recompute_s: Num, reference_forward_count: Num
) -> Num:
    """Arithmetic of a mean layer for one micro-batch: forward, backward, again, and a reference model's forward."""
    return layer_forward_s * (1 + reference_forward_count) + layer_backward_s + layer_recompute_s


@quantity
def layer_pass_count(recompute_code: Code, reference_forward_count: Num) -> Num:
    """Passes over a layer that send what a forward pass sends."""
    return 2 + pick(recompute_code, 0.0, 0.0, 1.0) + reference_forward_count


@quantity
def layer_exposed_s(
    layer_pass_count: Num,
    tensor_pass_s: Num,
    tensor_overlap_share: Num,
    expert_pass_s: Num,
    expert_overlap_share: Num,
    expert_layer_share: Num,
    context_pass_s: Num,
    context_exchange_s: Num,
    context_code: Code,
    attention_core_s: Num,
    layer_host_s: Num,
    overlap_loss_share: Num,
) -> Num:
    """Traffic of a mean layer for one micro-batch that nothing hides; keys and values go round a ring while attention
    works, or while the host launches, and are exchanged for heads before and after it.
    """
    tensor = tensor_pass_s * (1 - tensor_overlap_share)
    experts = expert_layer_share * expert_pass_s * (1 - expert_overlap_share)
    window = np.maximum(attention_core_s, layer_host_s)
    ring = together(context_pass_s, window, overlap_loss_share) - window
    context = pick(context_code, ring, context_exchange_s)
    return layer_pass_count * (tensor + experts + context)


# --- weights that are sharded over replicas -----------------------------------------------------------------------


@quantity
def local_shared_count(shared_parameter_count: Num, tensor_count: Num, pipeline_count: Num) -> Num:
    """Parameters of one accelerator's part of the model, routed experts apart."""
    return shared_parameter_count / (tensor_count * pipeline_count)


@quantity
def local_routed_count(
    expert_layer_count: Num,
    expert_count: Num,
    expert_matrix_count: Num,
    expert_parallel_count: Num,
    pipeline_count: Num,
) -> Num:
    """Parameters of the routed experts that one accelerator holds."""
    return expert_layer_count * expert_count * expert_matrix_count / (expert_parallel_count * pipeline_count)


@quantity
def replica_member_count(data_count: Num, context_count: Num) -> Num:
    """Accelerators that hold the same part of the model."""
    return data_count * context_count


@quantity
def sharding_member_count(
    replica_member_count: Num, fabric_accelerator_count: Num, tensor_count: Num, sharded_across_factor: Num
) -> Num:
    """Accelerators over which sharded weights are spread: all that hold them, or those of one fabric."""
    within = np.maximum(np.minimum(replica_member_count, fabric_accelerator_count / tensor_count), 1)
    return np.where(sharded_across_factor > 0, replica_member_count, within)


@quantity
def fabric_count(accelerator_count: Num, fabric_accelerator_count: Num) -> Num:
    """Fast fabrics that the job spans."""
    return np.ceil(accelerator_count / fabric_accelerator_count)


@quantity
def expert_member_count(data_count: Num, context_count: Num, tensor_count: Num, expert_parallel_count: Num) -> Num:
    """Accelerators that hold the same routed experts."""
    return np.maximum(data_count * context_count * tensor_count / expert_parallel_count, 1)


@quantity
def shared_inside_count(fabric_accelerator_count: Num, tensor_count: Num) -> Num:
    """Members of a fabric that hold the same part of what every token uses."""
    return fabric_accelerator_count / tensor_count


@quantity
def routed_inside_count(fabric_accelerator_count: Num, expert_parallel_count: Num) -> Num:
    """Members of a fabric that hold the same routed experts."""
    return fabric_accelerator_count / expert_parallel_count


@quantity
def replica_gather_s(
    local_shared_count: Num,
    local_routed_count: Num,
    replica_member_count: Num,
    expert_member_count: Num,
    shared_inside_count: Num,
    routed_inside_count: Num,
    wire_byte: Num,
    link_byte_per_s: Num,
    port_byte_per_s: Num,
    link_latency_s: Num,
) -> Num:
    """One accelerator's part of the weights gathered from, or of the gradients scattered to, all that hold it [3]_."""
    rates = (link_byte_per_s, port_byte_per_s, link_latency_s)
    shared = gather_s(wire_byte * local_shared_count, replica_member_count, shared_inside_count, *rates)
    return shared + gather_s(wire_byte * local_routed_count, expert_member_count, routed_inside_count, *rates)


@quantity
def travelling_byte(wire_byte: Num, frozen_weight_byte: Num, adapter_code: Code) -> Num:
    """Bytes of a sharded weight as it travels: what is kept in 4 bit is widened where it arrives [5]_."""
    return pick(adapter_code, wire_byte, wire_byte, frozen_weight_byte)


@quantity
def sharded_gather_s(
    local_shared_count: Num,
    local_routed_count: Num,
    sharding_member_count: Num,
    expert_member_count: Num,
    shared_inside_count: Num,
    routed_inside_count: Num,
    travelling_byte: Num,
    link_byte_per_s: Num,
    port_byte_per_s: Num,
    link_latency_s: Num,
) -> Num:
    """The same within the accelerators over which weights are sharded, frozen ones as narrow as they are kept."""
    rates = (link_byte_per_s, port_byte_per_s, link_latency_s)
    members = np.minimum(expert_member_count, sharding_member_count)
    shared = gather_s(travelling_byte * local_shared_count, sharding_member_count, shared_inside_count, *rates)
    return shared + gather_s(travelling_byte * local_routed_count, members, routed_inside_count, *rates)


@quantity
def learning_share(learning_parameter_count: Num, parameter_count: Num) -> Num:
    """Share of the parameters that learn."""
    return np.minimum(learning_parameter_count / parameter_count, 1)


@quantity
def micro_step_sharded_s(sharded_gather_s: Num, sharded_factor: Num, weight_gradient_share: Num) -> Num:
    """Traffic of sharded weights for one micro-batch: gathered forward and backward, gradients scattered once."""
    return sharded_factor * (2 + weight_gradient_share) * sharded_gather_s


@quantity
def held_count(
    local_shared_count: Num,
    local_routed_count: Num,
    sharded_factor: Num,
    sharding_member_count: Num,
    expert_member_count: Num,
) -> Num:
    """Parameters that one accelerator, or its part of the host, keeps between passes."""
    shared = local_shared_count / np.where(sharded_factor > 0, sharding_member_count, 1.0)
    return shared + local_routed_count / np.where(sharded_factor > 0, expert_member_count, 1.0)


@quantity
def micro_step_host_s(
    held_count: Num,
    travelling_byte: Num,
    wire_byte: Num,
    weight_gradient_share: Num,
    host_link_byte_per_s: Num,
    offload_code: Code,
) -> Num:
    """Traffic of weights kept on the host for one micro-batch: fetched forward and backward, gradients sent once."""
    byte = held_count * (2 * travelling_byte + weight_gradient_share * wire_byte)
    return pick(offload_code, 0.0, 0.0, byte / host_link_byte_per_s)


# --- a micro-batch ------------------------------------------------------------------------------------------------


@quantity
def last_stage_layer_count(layer_count: Num, stage_layer_count: Num, pipeline_count: Num) -> Num:
    """Layers of the last stage: where layers do not fill all chunks, first and last stage go short alike."""
    short = stage_layer_count * pipeline_count - layer_count
    return np.maximum(stage_layer_count - np.ceil(short / np.minimum(pipeline_count, 2)), 0)


@quantity
def stage_compute_s(layer_compute_s: Num, stage_layer_count: Num, last_stage_layer_count: Num, logits_s: Num) -> Num:
    """Arithmetic of the slowest stage for one micro-batch: the fullest one, or the last with its logits."""
    return np.maximum(stage_layer_count * layer_compute_s, last_stage_layer_count * layer_compute_s + logits_s)


@quantity
def stage_exposed_s(
    layer_exposed_s: Num,
    stage_layer_count: Num,
    stage_compute_s: Num,
    micro_step_sharded_s: Num,
    micro_step_host_s: Num,
    overlap_loss_share: Num,
    stage_message_s: Num,
    virtual_stage_count: Num,
    message_exposed_share: Num,
) -> Num:
    """Traffic of the slowest stage for one micro-batch that is not hidden."""
    fetched = micro_step_sharded_s + micro_step_host_s
    sharded = together(stage_compute_s, fetched, overlap_loss_share) - stage_compute_s
    messages = 2 * virtual_stage_count * stage_message_s * message_exposed_share
    return stage_layer_count * layer_exposed_s + sharded + messages


# --- a step -------------------------------------------------------------------------------------------------------


@quantity
def bubble_micro_step_count(pipeline_count: Num, virtual_stage_count: Num, schedule_bubble_ratio: Num) -> Num:
    """Micro-batches' time lost while a pipeline fills and drains [1]_: (p - 1)/v, less by the software's schedule."""
    return schedule_bubble_ratio * (pipeline_count - 1) / virtual_stage_count


@quantity
def replica_traffic_s(
    replica_gather_s: Num,
    learning_share: Num,
    sharded_factor: Num,
    local_shared_count: Num,
    replica_member_count: Num,
    sharding_member_count: Num,
    wire_byte: Num,
    port_byte_per_s: Num,
) -> Num:
    """Gradients added up over replicas and new weights spread, once a step.

    Where weights are sharded within each fabric only, the parts are still added up between fabrics.
    """
    fabrics = replica_member_count / sharding_member_count
    part = wire_byte * local_shared_count / sharding_member_count
    between = 2 * (fabrics - 1) / fabrics * part / port_byte_per_s
    return learning_share * ((1 - sharded_factor) * 2 * replica_gather_s + sharded_factor * between)


@quantity
def replica_exposed_s(
    replica_traffic_s: Num,
    layer_backward_s: Num,
    stage_layer_count: Num,
    replica_overlap_loss_share: Num,
) -> Num:
    """What of that one backward pass does not hide [2]_."""
    window = stage_layer_count * layer_backward_s
    return together(replica_traffic_s, window, replica_overlap_loss_share) - window


@quantity
def optimized_count(
    local_shared_count: Num,
    local_routed_count: Num,
    learning_share: Num,
    zero_code: Code,
    replica_member_count: Num,
    sharding_member_count: Num,
    expert_member_count: Num,
) -> Num:
    """Parameters that one accelerator updates: its part of what learns, where states are sharded [3]_."""
    shared = local_shared_count / pick(
        zero_code, 1.0, replica_member_count, replica_member_count, sharding_member_count
    )
    routed = local_routed_count / pick(zero_code, 1.0, expert_member_count, expert_member_count, expert_member_count)
    return learning_share * (shared + routed)


@quantity
def optimizer_s(
    optimized_count: Num,
    optimizer_traffic_byte: Num,
    memory_byte_per_s: Num,
    wire_byte: Num,
    host_link_byte_per_s: Num,
    host_optimizer_byte_per_s: Num,
    offload_code: Code,
) -> Num:
    """New weights from gradients: states read and written; on the host, gradients go there and weights come back,
    unless the host keeps those too.
    """
    here = optimized_count * optimizer_traffic_byte / memory_byte_per_s
    there = optimized_count * optimizer_traffic_byte / host_optimizer_byte_per_s
    return pick(offload_code, here, there + 2 * wire_byte * optimized_count / host_link_byte_per_s, there)


@quantity
def step_compute_s(
    micro_step_count: Num,
    layer_compute_s: Num,
    layer_count: Num,
    pipeline_count: Num,
    logits_s: Num,
    optimizer_s: Num,
    step_fixed_s: Num,
) -> Num:
    """Time of a step in which a mean stage computes, optimiser and the step's own overhead included."""
    return micro_step_count * (layer_count * layer_compute_s + logits_s) / pipeline_count + optimizer_s + step_fixed_s


@quantity
def step_communication_s(micro_step_count: Num, stage_exposed_s: Num, replica_exposed_s: Num) -> Num:
    """Time of a step in which traffic holds up the arithmetic."""
    return micro_step_count * stage_exposed_s + replica_exposed_s


@quantity
def step_bubble_s(
    micro_step_count: Num,
    bubble_micro_step_count: Num,
    stage_compute_s: Num,
    stage_exposed_s: Num,
    layer_compute_s: Num,
    layer_count: Num,
    pipeline_count: Num,
    logits_s: Num,
) -> Num:
    """Time of a step in which a mean stage waits: the pipeline filling and draining, and stages that hold less."""
    uneven = stage_compute_s - (layer_count * layer_compute_s + logits_s) / pipeline_count
    return bubble_micro_step_count * (stage_compute_s + stage_exposed_s) + micro_step_count * uneven


@quantity
def step_straggler_s(
    step_compute_s: Num, step_communication_s: Num, step_bubble_s: Num, fabric_count: Num, straggler_share: Num
) -> Num:
    """Waiting for the slowest of many: a share of the step for every doubling of the fabrics."""
    return (step_compute_s + step_communication_s + step_bubble_s) * straggler_share * np.log2(fabric_count)


@quantity
def modelled_step_s(
    step_compute_s: Num,
    step_communication_s: Num,
    step_bubble_s: Num,
    step_straggler_s: Num,
    software_time_ratio: Num,
    expert_software_time_ratio: Num,
    layout_time_ratio: Num,
    expert_count: Num,
) -> Num:
    """One optimiser step, by what software, models with experts and layouts that are not stated are found to differ."""
    step = step_compute_s + step_communication_s + step_bubble_s + step_straggler_s
    return step * software_time_ratio * layout_time_ratio * np.where(expert_count > 0, expert_software_time_ratio, 1.0)
