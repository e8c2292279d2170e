"""Collectives: ring factors, the slower of links and ports, and what must hold for any group."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thirdwatt.formulas import collectives
from thirdwatt.formulas.collectives import exchange_s, gather_s

GB = 1e9
LINK, PORT, LATENCY = 300 * GB, 25 * GB, 1e-5


@pytest.mark.parametrize("members", [2, 4, 8])
def test_a_ring_within_a_fabric_moves_all_but_its_own_part(members: int) -> None:
    assert gather_s(GB, members, 8, LINK, PORT, 0) == pytest.approx((members - 1) / members * GB / LINK)


@pytest.mark.parametrize("members", [2, 4, 64])
def test_a_ring_of_single_ports(members: int) -> None:
    assert gather_s(GB, members, 1, LINK, PORT, 0) == pytest.approx((members - 1) / members * GB / PORT)


def test_between_fabrics_the_slower_of_links_and_ports_decides() -> None:
    """Sixteen in two fabrics of eight: 7/8 over the links, half over eight ports a fabric."""
    within, between = 7 / 8 * GB / LINK, 1 / 2 * GB / (8 * PORT)
    assert within > between
    assert gather_s(GB, 16, 8, LINK, PORT, 0) == pytest.approx(within)
    assert gather_s(GB, 16, 8, LINK, PORT / 10, 0) == pytest.approx(10 * between)


def test_more_of_a_group_in_each_fabric_means_more_ports() -> None:
    times = [gather_s(GB, 64, inside, 1e15, PORT, 0) for inside in (1, 2, 4, 8)]
    assert times == sorted(times, reverse=True)
    assert times[0] == pytest.approx(63 / 64 * GB / PORT)
    assert times[3] == pytest.approx(7 / 8 * GB / (8 * PORT))


def test_a_group_wider_than_its_fabric_takes_one_port_each() -> None:
    """A fabric of 8 divided by a tensor degree of 16 leaves half an accelerator inside."""
    assert gather_s(GB, 4, 8 / 16, LINK, PORT, 0) == gather_s(GB, 4, 1, LINK, PORT, 0)


def test_latency_counts_for_every_doubling() -> None:
    assert gather_s(0, 8, 8, LINK, PORT, LATENCY) == pytest.approx(3 * LATENCY)
    assert exchange_s(0, 64, 8, LINK, PORT, LATENCY) == pytest.approx(6 * LATENCY)


def test_an_exchange_sends_what_goes_to_others() -> None:
    assert exchange_s(GB, 8, 8, LINK, PORT, 0) == pytest.approx(7 / 8 * GB / LINK)
    assert exchange_s(GB, 32, 8, LINK, PORT, 0) == pytest.approx(24 / 32 * GB / PORT)
    assert exchange_s(GB, 32, 8, LINK, 1e15, 0) == pytest.approx(7 / 32 * GB / LINK)


byte, rate = st.floats(1, 1e12), st.floats(1e6, 1e13)
members, inside = st.integers(0, 12).map(lambda power: 2**power), st.integers(0, 7).map(lambda power: 2**power)


@given(byte, inside, rate, rate)
def test_one_alone_sends_nothing(byte: float, inside: int, link: float, port: float) -> None:
    assert gather_s(byte, 1, inside, link, port, LATENCY) == 0
    assert exchange_s(byte, 1, inside, link, port, LATENCY) == 0


@given(byte, members, inside, rate, rate, st.floats(1, 100))
def test_more_bytes_never_take_less_and_faster_wires_never_more(
    byte: float, members: int, inside: int, link: float, port: float, more: float
) -> None:
    for collective in (gather_s, exchange_s):
        once = collective(byte, members, inside, link, port, LATENCY)
        assert collective(byte * more, members, inside, link, port, LATENCY) >= once
        assert collective(byte, members, inside, link * more, port, LATENCY) <= once
        assert collective(byte, members, inside, link, port * more, LATENCY) <= once
        assert collective(byte, members, inside, link, port, LATENCY * more) >= once
        assert collective(byte, members, inside, link * 2, port * 2, LATENCY / 2) == pytest.approx(once / 2)


@given(byte, members, inside, rate, rate)
def test_a_ring_of_more_members_never_takes_less(
    byte: float, members: int, inside: int, link: float, port: float
) -> None:
    once = gather_s(byte, members, inside, link, port, 0)
    assert gather_s(byte, 2 * members, inside, link, port, 0) >= once * (1 - 1e-12)


# --- what a layer sends -------------------------------------------------------------------------------------------


def test_tensor_parallelism_all_reduces_twice_a_pass() -> None:
    """arXiv:2104.04473, section 3.2: an all-reduce of b·s·h moves 2·(t - 1)/t of it; two forward, two backward."""
    hidden, tokens, tensor = 12288, 2048, 8
    one = 2 * (tensor - 1) / tensor * 2 * hidden * tokens / LINK
    assert collectives.tensor_pass_s(tensor, hidden, tokens, 2, 8, LINK, PORT, 0) == pytest.approx(2 * one)
    assert collectives.tensor_pass_s(1, hidden, tokens, 2, 8, LINK, PORT, LATENCY) == 0


def test_keys_and_values_go_round_the_ring() -> None:
    """arXiv:2310.01889: each of c parts passes its keys and values on c - 1 times."""
    own = 2 * 4096 * 8 * (128 + 128)
    assert collectives.context_pass_s(4, 1, 8, 128, 128, 4096, 2, 8, LINK, PORT, 0) == pytest.approx(3 * own / LINK)
    split = collectives.context_pass_s(4, 2, 8, 128, 128, 4096, 2, 8, LINK, PORT, 0)
    assert split == pytest.approx(3 * own / 2 / LINK), "the heads of a tensor part alone"
    beyond = collectives.context_pass_s(4, 8, 8, 128, 128, 4096, 2, 8, LINK, PORT, 0)
    assert beyond == pytest.approx(3 * own / 8 / PORT), "tensor parts fill the fabric"
    assert collectives.context_pass_s(1, 1, 8, 128, 128, 4096, 2, 8, LINK, PORT, LATENCY) == 0


def test_tokens_go_to_their_experts_and_back() -> None:
    """Each token to eight experts, there and back; in 8 bit a half."""
    copies = 8 * 7168 * 4096
    wide = collectives.expert_pass_s(64, 1, 8, 7168, 4096, 2, 1, 8, LINK, PORT, 0)
    assert wide == pytest.approx(2 * 56 / 64 * 2 * copies / PORT)
    assert collectives.expert_pass_s(64, 1, 8, 7168, 4096, 1, 1, 8, LINK, PORT, 0) == pytest.approx(wide / 2)
    assert collectives.expert_pass_s(64, 4, 8, 7168, 4096, 2, 1, 8, LINK, PORT, 0) == pytest.approx(wide / 4)
    assert collectives.expert_pass_s(1, 1, 8, 7168, 4096, 2, 1, 8, LINK, PORT, LATENCY) == 0


def test_a_stage_passes_its_hidden_state_on() -> None:
    assert collectives.stage_message_s(8, 8, 12288, 2048, 2, PORT, LATENCY) == pytest.approx(
        2 * 2048 * 12288 / 8 / PORT + LATENCY
    )
    assert collectives.stage_message_s(1, 8, 12288, 2048, 2, PORT, LATENCY) == 0


def test_rates_are_shares_of_what_is_rated() -> None:
    assert collectives.link_byte_per_s(300e9, 0.7) == pytest.approx(210e9)
    assert collectives.port_byte_per_s(25e9, 0.66) == pytest.approx(16.5e9)


def test_heads_are_exchanged_for_parts_of_the_sequence() -> None:
    """arXiv:2309.14509, section 3.2: the traffic of a layer falls with the degree as sequence and degree grow alike."""
    shape = {"tensor_count": 1, "head_count": 32, "kv_head_count": 32, "head_width": 128, "value_head_width": 128}
    rates = {"activation_byte": 2, "fabric_accelerator_count": 64, "context_link_byte_per_s": LINK}
    rates |= {"port_byte_per_s": PORT, "link_latency_s": 0}
    own = 4096
    times = [
        collectives.context_exchange_s(context_count=n, micro_batch_token_count=own, **shape, **rates) for n in (4, 16)
    ]
    widths = 4 * 32 * 128
    assert times == pytest.approx([(n - 1) / n * 2 * own * widths / LINK for n in (4, 16)])


def test_a_group_uses_the_links_of_the_dimensions_it_spans() -> None:
    """arXiv:2304.01433, section 2: a cube of 4 x 4 x 4 chips with six links each."""
    side = collectives.torus_side_count(64, 4096, 3)
    assert side == pytest.approx(4)
    for members, share in ((1, 1 / 3), (4, 1 / 3), (16, 2 / 3), (64, 1)):
        assert collectives.spanned_share(members, side, 3) == pytest.approx(share)
    assert collectives.spanned_share(4, 2, 0) == 1


def test_an_exchange_on_a_torus_crosses_a_quarter_of_each_ring() -> None:
    assert collectives.exchange_hop_count(64, 4, 3) == pytest.approx(3)
    assert collectives.exchange_hop_count(4096, 16, 3) == pytest.approx(12)
    assert collectives.exchange_hop_count(64, 64, 0) == 1


@pytest.mark.parametrize(("fabrics", "limit", "copies"), [(1, 1024, 1), (8, 1024, 5.25), (8, 4, 4), (1e6, 1024, 8)])
def test_a_token_crosses_once_to_each_fabric_that_holds_its_experts(
    fabrics: float, limit: float, copies: float
) -> None:
    """Eight experts drawn from eight fabrics lie in 8 (1 - (7/8)^8) = 5.25 of them."""
    once = collectives.dispatch_across_ratio(8 * fabrics, 8, 8, limit, 1)
    assert once * 8 == pytest.approx(copies, rel=1e-3)
    assert collectives.dispatch_across_ratio(8 * fabrics, 8, 8, limit, 0) == 1
