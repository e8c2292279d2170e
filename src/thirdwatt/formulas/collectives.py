"""Collectives: what goes over the links of a fast fabric and over the network between fabrics.

A group of accelerators exchanges bytes in rings. Members that share a fabric use its links; what crosses fabrics uses
one network port per member, so a group with more members in each fabric has more ports. The slower of the two decides.

Times are in s for one message, all accelerators of the group at once. All arguments broadcast to (V, S). Valid for
messages large enough to fill their links; latency is added per step of the ring within a fabric or tree between them.

References
----------
.. [1] Thakur et al. 2005, Optimization of Collective Communication Operations in MPICH, IJHPCA 19(1).
.. [2] Narayanan et al. 2021, arXiv:2104.04473, section 3 (what tensor, pipeline and data degrees send).
.. [3] Liu et al. 2023, Ring Attention, arXiv:2310.01889.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Num


def gather_s(byte: Num, members: Num, inside: Num, link: Num, network: Num, latency: Num) -> Num:
    """All-gather or reduce-scatter of so many bytes (the whole, not a part) among members, ``inside`` of them a fabric.

    The slower of (n - 1)/n·S over the links and (k - 1)/k·S over the ports of k fabrics, plus log2(n) latencies [1]_.
    """
    inside = np.minimum(np.maximum(inside, 1), members)
    fabrics = members / inside
    within = (inside - 1) / inside * byte / link
    between = (fabrics - 1) / fabrics * byte / (inside * network)
    return np.maximum(within, between) + latency * np.log2(members)


def exchange_s(byte: Num, members: Num, inside: Num, link: Num, network: Num, latency: Num) -> Num:
    """All-to-all: each member keeps its part of the bytes it holds and sends the others theirs."""
    inside = np.minimum(np.maximum(inside, 1), members)
    within = (inside - 1) / members * byte / link
    between = (members - inside) / members * byte / network
    return np.maximum(within, between) + latency * np.log2(members)


@quantity
def link_byte_per_s(accelerator_link_byte_per_s: Num, link_share: Num) -> Num:
    """Rate of one accelerator's links within a fabric, one way."""
    return accelerator_link_byte_per_s * link_share


@quantity
def port_byte_per_s(network_byte_per_s: Num, network_share: Num) -> Num:
    """Rate of one accelerator's port into the network between fabrics, one way."""
    return network_byte_per_s * network_share


@quantity
def tensor_pass_s(
    tensor_count: Num,
    hidden_width: Num,
    micro_batch_token_count: Num,
    activation_byte: Num,
    fabric_accelerator_count: Num,
    link_byte_per_s: Num,
    port_byte_per_s: Num,
    link_latency_s: Num,
) -> Num:
    """One layer's tensor-parallel traffic in one pass: two all-reduces of the hidden state [2]_."""
    byte = activation_byte * micro_batch_token_count * hidden_width
    once = gather_s(byte, tensor_count, fabric_accelerator_count, link_byte_per_s, port_byte_per_s, link_latency_s)
    return 2 * 2 * once


@quantity
def context_pass_s(
    context_count: Num,
    tensor_count: Num,
    kv_head_count: Num,
    head_width: Num,
    value_head_width: Num,
    micro_batch_token_count: Num,
    activation_byte: Num,
    fabric_accelerator_count: Num,
    link_byte_per_s: Num,
    port_byte_per_s: Num,
    link_latency_s: Num,
) -> Num:
    """Keys and values of one layer passed round the ring of sequence parts in one pass [3]_."""
    own = activation_byte * micro_batch_token_count * kv_head_count * (head_width + value_head_width) / tensor_count
    return gather_s(
        context_count * own,
        context_count,
        fabric_accelerator_count / tensor_count,
        link_byte_per_s,
        port_byte_per_s,
        link_latency_s,
    )


@quantity
def expert_pass_s(
    expert_parallel_count: Num,
    tensor_count: Num,
    top_k_count: Num,
    hidden_width: Num,
    micro_batch_token_count: Num,
    dispatch_byte: Num,
    fabric_accelerator_count: Num,
    link_byte_per_s: Num,
    port_byte_per_s: Num,
    link_latency_s: Num,
) -> Num:
    """Tokens sent to their experts and back in one pass of one layer: two all-to-alls."""
    byte = dispatch_byte * top_k_count * hidden_width * micro_batch_token_count / tensor_count
    return 2 * exchange_s(
        byte, expert_parallel_count, fabric_accelerator_count, link_byte_per_s, port_byte_per_s, link_latency_s
    )


@quantity
def stage_message_s(
    pipeline_count: Num,
    tensor_count: Num,
    hidden_width: Num,
    micro_batch_token_count: Num,
    activation_byte: Num,
    port_byte_per_s: Num,
    link_latency_s: Num,
) -> Num:
    """One micro-batch's hidden state sent to the next stage; nothing where there is one stage."""
    byte = activation_byte * hidden_width * micro_batch_token_count / tensor_count
    return np.where(pipeline_count > 1, byte / port_byte_per_s + link_latency_s, 0.0)
