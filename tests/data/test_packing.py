"""Batching strategies: nothing is lost unnamed, packing is that of the textbook, expectations meet simulation."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thirdwatt.data.packing import (
    DRAWS,
    Histogram,
    Long,
    Tally,
    best_fit_decreasing,
    bucketed,
    concatenated,
    dynamic,
    fitted,
    histogram,
    lower_bound,
    packed,
    pad_to_context,
    table,
)

LENGTHS = st.lists(st.integers(0, 60), max_size=200)
CONTEXTS = st.integers(1, 64)


def of(lengths: list[int]) -> Histogram:
    return histogram(np.array(lengths, np.int64))


def textbook(lengths: list[int], context: int) -> list[int]:
    """Room of every row, by best fit decreasing, document by document."""
    rooms: list[int] = []
    for length in sorted(lengths, reverse=True):
        fits = [each for each in range(len(rooms)) if rooms[each] >= length]
        if fits:
            rooms[min(fits, key=lambda each: rooms[each])] -= length
        else:
            rooms.append(context - length)
    return sorted(rooms)


def lognormal(count: int, median: float, sigma: float = 0.85, seed: int = 1) -> Histogram:
    draw = np.random.default_rng(seed)
    return histogram(np.maximum(1, draw.lognormal(np.log(median), sigma, count)).astype(np.int64))


# --- histograms -------------------------------------------------------------------------------------------------------


@given(lengths=LENGTHS)
def test_a_histogram_counts_what_is_not_empty(lengths: list[int]) -> None:
    found = of(lengths)
    counted = Counter(each for each in lengths if each)
    assert dict(zip(found.lengths.tolist(), found.counts.tolist(), strict=True)) == counted
    assert (np.diff(found.lengths) > 0).all()
    assert (found.documents, found.tokens, found.longest) == (
        counted.total(), sum(lengths), max(lengths, default=0),
    )  # fmt: skip


@given(parts=st.lists(st.lists(st.one_of(st.integers(0, 99), st.integers(65_530, 3_000_000)), max_size=9), max_size=5))
def test_a_tally_of_parts_is_the_histogram_of_all(parts: list[list[int]]) -> None:
    tally = Tally()
    for each in parts:
        tally.add(np.array(each, np.int64))
    found, all_of_them = tally.histogram(), of([length for each in parts for length in each])
    assert found.lengths.tolist() == all_of_them.lengths.tolist()
    assert found.counts.tolist() == all_of_them.counts.tolist()


def test_counts_may_be_given_in_any_order() -> None:
    found = histogram(np.array([7, 2, 7, 0, 3]), np.array([1, 2, 3, 4, 0]))
    assert (found.lengths.tolist(), found.counts.tolist()) == ([2, 7], [2, 4])


@pytest.mark.parametrize(("lengths", "counts"), [([-1], [1]), ([1], [-1])])
def test_negative_numbers_are_refused(lengths: list[int], counts: list[int]) -> None:
    with pytest.raises(ValueError, match="negative"):
        histogram(np.array(lengths), np.array(counts))


# --- packing ----------------------------------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(lengths=LENGTHS, context=CONTEXTS)
def test_best_fit_decreasing_is_that_of_the_textbook(lengths: list[int], context: int) -> None:
    kept = [min(each, context) for each in lengths if each]
    plan = best_fit_decreasing(of(kept), context)
    rooms = [
        context - sum(length * each for length, each in pattern)
        for pattern, rows in plan.patterns().items()
        for _ in range(rows)
    ]
    assert sorted(rooms) == textbook(kept, context)
    assert plan.rows == len(rooms)


@settings(max_examples=200, deadline=None)
@given(lengths=LENGTHS, context=CONTEXTS, long=st.sampled_from(["truncate", "split"]))
def test_a_plan_holds_each_document_once_and_no_row_too_many_tokens(
    lengths: list[int], context: int, long: Long
) -> None:
    documents = fitted(of(lengths), context, long)
    plan = best_fit_decreasing(documents, context)
    held: Counter[int] = Counter()
    for pattern, rows in plan.patterns().items():
        assert 0 < sum(length * each for length, each in pattern) <= context
        assert rows > 0
        assert [length for length, _ in pattern] == sorted({length for length, _ in pattern}, reverse=True)
        for length, each in pattern:
            held[length] += each * rows
    assert held == dict(zip(documents.lengths.tolist(), documents.counts.tolist(), strict=True))
    assert -(-documents.tokens // context) <= lower_bound(documents, context) <= plan.rows <= documents.documents


def test_the_bound_knows_documents_that_cannot_share_a_row() -> None:
    """Three of six tenths need three rows, though all tokens would fit into two."""
    assert lower_bound(of([6, 6, 6]), 10) == 3
    assert lower_bound(of([7, 7, 4, 4]), 10) == 3  # neither 4 fits beside a 7
    assert lower_bound(of([7, 7, 3, 3]), 10) == 2
    assert lower_bound(of([]), 10) == 0


def fewest(lengths: list[int], context: int) -> int:
    """Rows of the best packing, by trying all."""
    best = len(lengths)

    def place(at: int, rooms: list[int]) -> None:
        nonlocal best
        if len(rooms) >= best:
            return
        if at == len(lengths):
            best = len(rooms)
            return
        for each in range(len(rooms)):
            if rooms[each] >= lengths[at]:
                rooms[each] -= lengths[at]
                place(at + 1, rooms)
                rooms[each] += lengths[at]
        place(at + 1, [*rooms, context - lengths[at]])

    place(0, [])
    return best


@settings(max_examples=100, deadline=None)
@given(lengths=st.lists(st.integers(1, 20), min_size=1, max_size=8), context=st.integers(20, 30))
def test_no_packing_is_below_the_bound(lengths: list[int], context: int) -> None:
    assert (
        lower_bound(of(lengths), context) <= fewest(lengths, context) <= best_fit_decreasing(of(lengths), context).rows
    )


@pytest.mark.parametrize(
    ("documents", "context"),
    [
        (lognormal(200_000, 102), 512),  # paragraphs: median 102, 99 % below 700
        (lognormal(1_000_000, 500, 1.1), 4096),
        (histogram(np.append(lognormal(500_000, 60).lengths, lognormal(50_000, 1500, 0.3).lengths),
                   np.append(lognormal(500_000, 60).counts, lognormal(50_000, 1500, 0.3).counts)), 2048),
    ],
    ids=["paragraphs", "web", "bimodal"],
)  # fmt: skip
def test_packing_is_within_a_thousandth_of_the_bound(documents: Histogram, context: int) -> None:
    kept = fitted(documents, context, "truncate")
    assert best_fit_decreasing(kept, context).rows <= 1.001 * lower_bound(kept, context)


def test_a_billion_documents_take_the_steps_of_a_million() -> None:
    million = fitted(lognormal(1_000_000, 300), 2048, "truncate")
    billion = Histogram(million.lengths, million.counts * 1000)
    one, other = best_fit_decreasing(million, 2048), best_fit_decreasing(billion, 2048)
    assert len(other.steps) <= 1.5 * len(one.steps)
    assert other.rows == pytest.approx(1000 * one.rows, rel=1e-3)


def test_a_document_of_two_million_tokens_is_one_row_of_the_histogram() -> None:
    tally = Tally()
    tally.add(np.array([2_000_000, 10, 10]))
    found = tally.histogram()
    assert (found.lengths.tolist(), found.counts.tolist()) == ([10, 2_000_000], [2, 1])
    whole = packed(found, 4096, "split")
    assert whole.sequences == -(-2_000_020 // 4096)
    assert (whole.lost_tokens, whole.split_documents) == (0, 1)
    assert packed(found, 4096).lost_tokens == 2_000_000 - 4096


def test_a_document_too_long_for_a_row_is_refused() -> None:
    for ask in (best_fit_decreasing, lower_bound):
        with pytest.raises(ValueError, match="11 tokens fits no row of 10"):
            ask(of([11]), 10)


# --- strategies -------------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(
    lengths=LENGTHS,
    context=CONTEXTS,
    batch=st.integers(1, 12),
    separator=st.sampled_from([0, 1]),
    long=st.sampled_from(["truncate", "split"]),
)
def test_tokens_are_kept_lost_or_padding(
    lengths: list[int], context: int, batch: int, separator: int, long: Long
) -> None:
    documents = of(lengths)
    tokens = documents.tokens + separator * documents.documents
    found = {each.id: each for each in table(documents, context, batch, separator, long)}
    for each in found.values():
        assert each.useful_tokens + each.lost_tokens == tokens
        assert (each.lost_tokens > 0) == (each.truncated_documents > 0)
        assert each.useful_tokens <= each.processed_tokens * (1 + 1e-9)
        assert each.processed_tokens <= each.sequences * context * (1 + 1e-9)
        assert -1e-9 <= each.padding_share < 1
        assert each.padding_low <= each.padding_share + 1e-9 <= each.padding_high + 2e-9
        assert each.truncated_documents + each.split_documents <= documents.documents
        if each.how == "exact":
            assert each.processed_low == each.processed_tokens == each.processed_high
    assert found["context"].processed_tokens >= found["longest"].processed_tokens
    assert found["longest"].processed_tokens >= found["dynamic"].processed_tokens * (1 - 1e-9)
    assert found["concatenated"].processed_tokens - tokens < context
    assert found["packed"].sequences <= found["context"].sequences + (0 if long == "truncate" else tokens // context)


def test_a_batch_of_one_and_a_batch_of_all() -> None:
    documents = of([3, 5, 9, 9, 40])
    assert dynamic(documents, 20, 1).padding_share == pytest.approx(0)
    assert bucketed(documents, 20, 1).padding_share == 0
    assert dynamic(documents, 20, 5).processed_tokens == pytest.approx(5 * 20)
    assert dynamic(documents, 20, 500).processed_tokens == pytest.approx(5 * 20)
    assert bucketed(documents, 20, 500).processed_tokens == 5 * 20


@pytest.mark.parametrize("batch", [1, 2, 3, 4])
def test_the_longest_of_a_random_batch_by_trying_all_orders(batch: int) -> None:
    from itertools import permutations

    lengths = [1, 4, 4, 6, 9]
    seen = [
        sum(len(order[first : first + batch]) * max(order[first : first + batch]) for first in range(0, 5, batch))
        for order in permutations(lengths)
    ]
    assert dynamic(of(lengths), 10, batch).processed_tokens == pytest.approx(np.mean(seen), rel=1e-12)


def epochs(documents: Histogram, context: int, batch: int, pool: int, turns: int) -> np.ndarray:
    """Tokens of shuffled epochs: batches of whole pools, sorted within each from the longest."""
    draw = np.random.default_rng(9)
    lengths = np.repeat(np.minimum(documents.lengths, context), documents.counts)
    size, found = batch * pool, np.zeros(turns)
    for turn in range(turns):
        draw.shuffle(lengths)
        for first in range(0, len(lengths), size):
            own = -np.sort(-lengths[first : first + size]) if pool > 1 else lengths[first : first + size]
            starts = np.arange(0, len(own), batch)
            found[turn] += np.maximum.reduceat(own, starts) @ np.diff(np.append(starts, len(own)))
    return found


def test_expected_padding_meets_simulation() -> None:
    documents = lognormal(20_003, 102)
    seen = epochs(documents, 512, 32, 1, 40)
    found = dynamic(documents, 512, 32)
    assert found.processed_tokens == pytest.approx(seen.mean(), abs=4 * seen.std() / np.sqrt(len(seen)))
    assert found.processed_high - found.processed_low == pytest.approx(2 * 1.645 * seen.std(ddof=1), rel=0.4)
    assert found.padding_share == pytest.approx(0.70, abs=0.02)  # as measured on paragraphs of that spread


@pytest.mark.parametrize("count", [20_003, DRAWS + 20_003])
def test_pools_meet_simulation(count: int) -> None:
    """One count is shuffled, the other drawn by order statistics."""
    documents = lognormal(count, 102)
    seen = epochs(documents, 512, 32, 50, 24)
    found = bucketed(documents, 512, 32)
    error = np.sqrt(seen.var(ddof=1) / len(seen) + ((found.processed_high - found.processed_low) / 3.29) ** 2 / 20)
    assert found.how == "simulated"
    assert found.processed_tokens == pytest.approx(seen.mean(), abs=4 * error)
    assert found.processed_high - found.processed_low == pytest.approx(2 * 1.645 * seen.std(ddof=1), rel=0.5)
    assert found.padding_share == pytest.approx(0.036, abs=0.012)


def test_rare_long_documents_are_not_missed_by_a_simulation() -> None:
    """Three of 10^12 are in no pool that is drawn, and pad the other rows of their batch in an epoch."""
    documents = Histogram(np.array([6, 8192]), np.array([10**12, 3]))
    padding = 3 * 63 * (8192 - 6)
    found = bucketed(documents, 8192, 64)
    assert found.processed_tokens - documents.tokens == pytest.approx(padding, rel=0.01)


def test_the_same_seed_says_the_same() -> None:
    documents = lognormal(300_000, 102)
    assert bucketed(documents, 512, 32, seed=3) == bucketed(documents, 512, 32, seed=3)
    assert bucketed(documents, 512, 32, seed=3) != bucketed(documents, 512, 32, seed=4)


def test_documents_cut_by_concatenating_meet_simulation() -> None:
    draw = np.random.default_rng(2)
    documents = lognormal(50_000, 300, 1.2)
    lengths = np.repeat(documents.lengths, documents.counts)
    seen = []
    for _ in range(5):
        ends = np.cumsum(draw.permutation(lengths))
        seen.append(int(((ends - 1) // 512 > np.append(0, ends[:-1]) // 512).sum()))
    found = concatenated(documents, 512)
    assert found.split_documents == pytest.approx(np.mean(seen), rel=0.01)
    assert found.sequences == -(-documents.tokens // 512)


def test_separators_are_tokens_of_documents() -> None:
    found = table(of([3, 4]), 8, 1, separator=1)
    assert [each.useful_tokens for each in found] == [9] * 6
    assert next(each for each in found if each.id == "packed").sequences == 2


def test_a_larger_context_never_loses_more() -> None:
    documents = lognormal(10_000, 300)
    lost = [pad_to_context(documents, context).lost_tokens for context in (64, 256, 1024, 4096, 16384)]
    assert lost == sorted(lost, reverse=True)
    assert lost[-1] == 0 < lost[0]


def test_no_documents_at_all() -> None:
    for each in table(of([]), 16, 4):
        assert (each.sequences, each.processed_tokens, each.padding_share) == (0, 0, 0)


@pytest.mark.parametrize(("context", "batch", "separator", "what"), [
    (0, 1, 0, "context of 0"), (8, 0, 0, "batch of 0"), (8, 1, -1, "separator of -1"),
])  # fmt: skip
def test_what_makes_no_batch_is_refused(context: int, batch: int, separator: int, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        table(of([1]), context, batch, separator)
