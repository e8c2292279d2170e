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
.. [4] Jacobs et al. 2023, DeepSpeed Ulysses, arXiv:2309.14509 (heads exchanged for parts of the sequence).
.. [5] Jouppi et al. 2023, TPU v4, arXiv:2304.01433, section 2 (a torus of three dimensions).
.. [6] DeepSeek-AI 2024, DeepSeek-V3 Technical Report, arXiv:2412.19437, sections 2.1.2 and 3.2.2 (a token goes once
   to each fabric that holds one of its experts, and to few fabrics).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.quantity import quantity

if TYPE_CHECKING:
    from thirdwatt.quantity import Num


TIE = 1e-9
"""What rounding may add to a logarithm that is a whole number."""


def gather_s(byte: Num, members: Num, inside: Num, link: Num, network: Num, latency: Num) -> Num:
    """All-gather or reduce-scatter of so many bytes (the whole, not a part) among members, ``inside`` of them a fabric.

    The slower of (n - 1)/n·S over the links and (k - 1)/k·S over the ports of k fabrics, plus log2(n) latencies [1]_.
    """
    inside = np.minimum(np.maximum(inside, 1), members)
    fabrics = members / inside
    within = (inside - 1) / inside * byte / link
    between = (fabrics - 1) / fabrics * byte / (inside * network)
    return np.maximum(within, between) + latency * np.log2(members)


def exchange_s(byte: Num, members: Num, inside: Num, link: Num, network: Num, latency: Num, across: Num = 1.0) -> Num:
    """All-to-all: each member keeps its part of the bytes it holds and sends the others theirs.

    ``across`` is the share of what leaves a fabric that really crosses, where copies are made behind the port.
    """
    inside = np.minimum(np.maximum(inside, 1), members)
    within = (inside - 1) / members * byte / link
    between = (members - inside) / members * across * byte / network
    return np.maximum(within, between) + latency * np.log2(members)


@quantity
def link_byte_per_s(accelerator_link_byte_per_s: Num, link_share: Num) -> Num:
    """Rate of one accelerator's links within a fabric, one way."""
    return accelerator_link_byte_per_s * link_share


def spanned_share(members: Num, side: Num, dimensions: Num) -> Num:
    """Share of a chip's links that a group uses: those along the dimensions of a torus that it spans [5]_; all of them
    through a switch, which has no dimensions.
    """
    spanned = np.ceil(np.log2(np.maximum(members, 2)) / np.log2(side) - TIE)
    share: Num = np.where(dimensions > 0, np.clip(spanned, 1, dimensions) / np.maximum(dimensions, 1), 1.0)
    return share


def exchange_hop_count(members: Num, side: Num, dimensions: Num) -> Num:
    """Links that a byte crosses in an all-to-all: a quarter of a ring along each dimension that the group spans [5]_,
    one through a switch.
    """
    ring = np.minimum(members, side)
    spanned = dimensions * spanned_share(members, side, dimensions)
    hops: Num = np.maximum(np.where(dimensions > 0, spanned * ring / (2 * 2), 1.0), 1)
    return hops


@quantity
def torus_side_count(accelerator_count: Num, fabric_accelerator_count: Num, torus_dimension_count: Num) -> Num:
    """Chips along one dimension of a torus that holds the job, taken as a cube; at least 2."""
    inside = np.minimum(accelerator_count, fabric_accelerator_count)
    side: Num = np.exp2(np.log2(np.maximum(inside, 2)) / np.maximum(torus_dimension_count, 1))
    return np.maximum(side, 2)


@quantity
def block_side_count(torus_side_count: Num, torus_block_count: Num) -> Num:
    """Chips along one dimension of the block into which a group is laid first."""
    return np.minimum(torus_side_count, torus_block_count)


@quantity
def tensor_link_byte_per_s(
    link_byte_per_s: Num, tensor_count: Num, block_side_count: Num, torus_dimension_count: Num
) -> Num:
    """Rate of one accelerator's links as the parts of a layer use them."""
    return link_byte_per_s * spanned_share(tensor_count, block_side_count, torus_dimension_count)


@quantity
def context_link_byte_per_s(
    link_byte_per_s: Num, context_count: Num, block_side_count: Num, torus_dimension_count: Num
) -> Num:
    """Rate of one accelerator's links as the parts of a sequence use them."""
    return link_byte_per_s * spanned_share(context_count, block_side_count, torus_dimension_count)


@quantity
def exchange_link_byte_per_s(
    link_byte_per_s: Num,
    expert_parallel_count: Num,
    torus_side_count: Num,
    block_side_count: Num,
    torus_dimension_count: Num,
) -> Num:
    """Rate of one accelerator's links as tokens on their way to experts use them."""
    share = spanned_share(expert_parallel_count, block_side_count, torus_dimension_count)
    return link_byte_per_s * share / exchange_hop_count(expert_parallel_count, torus_side_count, torus_dimension_count)


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
    tensor_link_byte_per_s: Num,
    port_byte_per_s: Num,
    link_latency_s: Num,
) -> Num:
    """One layer's tensor-parallel traffic in one pass: two all-reduces of the hidden state [2]_."""
    byte = activation_byte * micro_batch_token_count * hidden_width
    once = gather_s(
        byte, tensor_count, fabric_accelerator_count, tensor_link_byte_per_s, port_byte_per_s, link_latency_s
    )
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
    context_link_byte_per_s: Num,
    port_byte_per_s: Num,
    link_latency_s: Num,
) -> Num:
    """Keys and values of one layer passed round the ring of sequence parts in one pass [3]_."""
    own = activation_byte * micro_batch_token_count * kv_head_count * (head_width + value_head_width) / tensor_count
    return gather_s(
        context_count * own,
        context_count,
        fabric_accelerator_count / tensor_count,
        context_link_byte_per_s,
        port_byte_per_s,
        link_latency_s,
    )


@quantity
def context_exchange_s(
    context_count: Num,
    tensor_count: Num,
    head_count: Num,
    kv_head_count: Num,
    head_width: Num,
    value_head_width: Num,
    micro_batch_token_count: Num,
    activation_byte: Num,
    fabric_accelerator_count: Num,
    context_link_byte_per_s: Num,
    port_byte_per_s: Num,
    link_latency_s: Num,
) -> Num:
    """Parts of the sequence exchanged for heads and back in one pass of one layer [4]_: all-to-alls of query, key,
    value and what attention gives, before and after it, so that nothing hides them.
    """
    widths = (head_count + kv_head_count) * (head_width + value_head_width)
    own = activation_byte * micro_batch_token_count * widths / tensor_count
    inside = fabric_accelerator_count / tensor_count
    return exchange_s(own, context_count, inside, context_link_byte_per_s, port_byte_per_s, 2 * 2 * link_latency_s)


@quantity
def dispatch_across_ratio(
    expert_parallel_count: Num,
    fabric_accelerator_count: Num,
    top_k_count: Num,
    routed_fabric_limit_count: Num,
    dispatch_once_factor: Num,
) -> Num:
    """Copies of a token that cross fabrics to its routed experts: all, or one for each fabric that holds any [6]_.

    Of F fabrics, k experts chosen alike lie in F·(1 - (1 - 1/F)^k), and in no more than the router allows.
    """
    fabrics = np.maximum(expert_parallel_count / fabric_accelerator_count, 1)
    missed = np.exp(top_k_count * np.log1p(-1 / (fabrics + TIE)))
    reached = np.minimum(fabrics * (1 - missed), routed_fabric_limit_count)
    once = np.minimum(reached / np.maximum(top_k_count, 1), 1)
    return np.where(dispatch_once_factor > 0, once, 1.0)


@quantity
def expert_pass_s(
    expert_parallel_count: Num,
    tensor_count: Num,
    top_k_count: Num,
    hidden_width: Num,
    micro_batch_token_count: Num,
    dispatch_byte: Num,
    dispatch_across_ratio: Num,
    fabric_accelerator_count: Num,
    exchange_link_byte_per_s: Num,
    port_byte_per_s: Num,
    link_latency_s: Num,
) -> Num:
    """Tokens sent to their experts and back in one pass of one layer: two all-to-alls."""
    byte = dispatch_byte * top_k_count * hidden_width * micro_batch_token_count / tensor_count
    return 2 * exchange_s(
        byte,
        expert_parallel_count,
        fabric_accelerator_count,
        exchange_link_byte_per_s,
        port_byte_per_s,
        link_latency_s,
        dispatch_across_ratio,
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
