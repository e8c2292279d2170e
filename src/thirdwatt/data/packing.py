"""Batching strategies: what each pads, cuts off and breaks, by the lengths of the documents alone.

A set is its histogram of lengths, so that a billion documents cost no more than a thousand. A separator is a token of
the document it ends. A context is the longest row a model takes, a batch some rows side by side.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import Counter
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Long = Literal["truncate", "split"]
"""What becomes of a document that is longer than the context."""

How = Literal["exact", "expected", "simulated"]

POOL = 50
"""Batches whose documents are sorted together, as in the sampler by length of Hugging Face's trainer."""

DRAWS = 100_000
"""Random numbers spent on a strategy that is simulated."""

Z90 = 1.6449
"""Standard deviations on both sides of a mean within which 90 % of a normal distribution lie."""

_DENSE = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """How many documents have each length.

    Attributes
    ----------
    lengths
        Distinct lengths in tokens, ascending, none of them 0.
    counts
        Documents of each, none of them 0.
    """

    lengths: Ints
    counts: Ints

    @property
    def documents(self) -> int:
        """Documents."""
        return int(self.counts.sum())

    @property
    def tokens(self) -> int:
        """Tokens of all documents."""
        return int(self.lengths @ self.counts)

    @property
    def longest(self) -> int:
        """Length of the longest document; 0 without one."""
        return int(self.lengths[-1]) if len(self.lengths) else 0

    def longer(self, by: int) -> Histogram:
        """The same documents, each longer by some tokens."""
        return Histogram(self.lengths + by, self.counts)


def histogram(lengths: Ints, counts: Ints | None = None) -> Histogram:
    """How many documents have each length.

    Parameters
    ----------
    lengths
        Of documents, in any order. Empty documents are left out: they are no rows of a batch.
    counts
        How many documents there are of each; one where it is not given.

    Raises
    ------
    ValueError
        If a length or a count is negative.
    """
    lengths = np.asarray(lengths, np.int64)
    counts = np.ones(len(lengths), np.int64) if counts is None else np.asarray(counts, np.int64)
    if (lengths < 0).any() or (counts < 0).any():
        raise ValueError("a length or a count is negative")
    some = (lengths > 0) & (counts > 0)
    order = np.argsort(lengths[some], kind="stable")
    lengths, counts = lengths[some][order], counts[some][order]
    first = np.flatnonzero(np.append(True, lengths[1:] != lengths[:-1])) if len(lengths) else np.empty(0, np.int64)
    return Histogram(lengths[first], np.add.reduceat(counts, first) if len(first) else counts)


class Tally:
    """Counts lengths as batches of documents pass; its memory depends on how many differ, not on how many there are."""

    def __init__(self) -> None:
        self._short = np.zeros(_DENSE, np.int64)
        self._long: Counter[int] = Counter()

    def add(self, lengths: NDArray[np.integer]) -> None:
        """Take in the lengths of some documents."""
        short = lengths < _DENSE
        found = np.bincount(lengths[short])
        self._short[: len(found)] += found
        self._long.update(lengths[~short].tolist())

    def histogram(self) -> Histogram:
        """What was counted."""
        long = np.fromiter(self._long.keys(), np.int64, len(self._long))
        counts = np.fromiter(self._long.values(), np.int64, len(self._long))
        return histogram(np.append(np.arange(_DENSE), long), np.append(self._short, counts))


@dataclass(frozen=True, slots=True)
class Strategy:
    """What a way to make batches processes, pads and loses in one epoch.

    Attributes
    ----------
    sequences
        Rows of all batches.
    processed_tokens
        Of all batches, padding included; for a random order the expected ones.
    processed_low, processed_high
        Where nine of ten epochs of a random order lie, the error of a simulation included; equal to
        ``processed_tokens`` where nothing is random.
    useful_tokens
        Those of documents among them, separators included.
    truncated_documents, lost_tokens
        Documents that lose their end, and the tokens they lose.
    split_documents
        Documents that go on in another row; for a random order the expected ones.
    how
        Where the figures are from: counted, the exact expectation, or a simulation.
    """

    id: str
    what: str
    sequences: int
    processed_tokens: float
    processed_low: float
    processed_high: float
    useful_tokens: int
    truncated_documents: int
    lost_tokens: int
    split_documents: int
    how: How

    @property
    def padding_share(self) -> float:
        """Padding over all that is processed; 0 where nothing is."""
        return self._padding(self.processed_tokens)

    @property
    def padding_low(self) -> float:
        """Padding share where the fewest tokens are processed."""
        return self._padding(self.processed_low)

    @property
    def padding_high(self) -> float:
        """Padding share where the most tokens are processed."""
        return self._padding(self.processed_high)

    def _padding(self, processed: float) -> float:
        return 1 - self.useful_tokens / processed if processed else 0.0


def table(
    documents: Histogram, context: int, batch: int, separator: int = 0, long: Long = "truncate", seed: int = 0
) -> tuple[Strategy, ...]:
    """Every strategy for the same documents, the one that pads most by its nature first.

    Parameters
    ----------
    documents
        Lengths in tokens, without separators.
    context
        Tokens a row may have.
    batch
        Rows of a batch.
    separator
        Tokens added to each document.
    long
        Whether packing truncates documents longer than the context, or splits them into full rows and a rest first.
        The strategies that pad truncate, and concatenating splits.
    seed
        Of what is simulated.

    Raises
    ------
    ValueError
        If the context or the batch is less than 1, or the separator negative.
    """
    _check(context, batch, separator)
    if separator:
        documents = documents.longer(separator)
    return (
        pad_to_context(documents, context),
        pad_to_longest(documents, context),
        dynamic(documents, context, batch),
        bucketed(documents, context, batch, seed=seed),
        packed(documents, context, long),
        concatenated(documents, context),
    )


# --- padding ----------------------------------------------------------------------------------------------------------


def pad_to_context(documents: Histogram, context: int) -> Strategy:
    """Every row is as long as the context."""
    _check(context)
    return _padded("context", "every document in a row as long as the context", documents, context, context)


def pad_to_longest(documents: Histogram, context: int) -> Strategy:
    """Every row is as long as the longest document of the set."""
    _check(context)
    width = min(documents.longest, context)
    return _padded("longest", "every document in a row as long as the longest of the set", documents, context, width)


def dynamic(documents: Histogram, context: int, batch: int) -> Strategy:
    """Random batches, each as long as its longest document.

    The expected longest of a batch follows from drawing without replacement: no more than l in every one of b draws
    has the probability C(F(l), b) / C(N, b), where F(l) of the N documents are no longer than l.
    """
    _check(context, batch)
    kept = _clipped(documents, context)
    count = kept.documents
    whole, rest = divmod(count, batch)
    mean, variance = 0.0, 0.0
    for size, times in ((batch, whole), (rest, 1)):
        if size and times:
            longest, spread = _longest(kept, size)
            mean += times * size * longest
            variance += times * (size * spread) ** 2
    return _random("dynamic", "random batches, each padded to its longest document", documents, context, mean,
                   math.sqrt(variance), "expected")  # fmt: skip


def bucketed(documents: Histogram, context: int, batch: int, pool: int = POOL, seed: int = 0) -> Strategy:
    """Random pools of some batches, sorted by length within each; every batch is as long as its longest document.

    A set of few documents is shuffled and cut as a trainer would. Of a large one the longest of each batch are drawn
    as order statistics: sorted uniform draws are sums of exponential ones (Rényi 1953), and those of a batch add up to
    one gamma draw. That draws with replacement, which matters only where a pool is most of the set.
    """
    _check(context, batch)
    kept = _clipped(documents, context)
    size = batch * pool
    how: How = "simulated"
    if kept.documents <= size:  # the pool is the set
        mean, spread, how = float(_whole(kept, batch)), 0.0, "exact"
    elif kept.documents <= DRAWS:
        mean, spread = _shuffled(kept, batch, size, seed)
    else:
        mean, spread = _pools(kept, batch, size, seed)
    return _random("bucketed", f"random pools of {pool} batches sorted by length, each batch padded to its longest",
                   documents, context, mean, spread, how)  # fmt: skip


def _padded(id: str, what: str, documents: Histogram, context: int, width: int) -> Strategy:
    processed = documents.documents * width
    return Strategy(
        id, what, documents.documents, processed, processed, processed, *_cut(documents, context), 0, "exact"
    )


def _random(
    id: str,
    what: str,
    documents: Histogram,
    context: int,
    mean: float,
    spread: float,
    how: How,
) -> Strategy:
    useful, truncated, lost = _cut(documents, context)
    low, high = max(useful, mean - Z90 * spread), mean + Z90 * spread
    return Strategy(id, what, documents.documents, mean, low, high, useful, truncated, lost, 0, how)


def _cut(documents: Histogram, context: int) -> tuple[int, int, int]:
    """Tokens that stay, documents that are truncated, tokens that are lost."""
    over = np.maximum(documents.lengths - context, 0)
    lost = int(over @ documents.counts)
    return documents.tokens - lost, int(documents.counts[over > 0].sum()), lost


def _clipped(documents: Histogram, context: int) -> Histogram:
    return histogram(np.minimum(documents.lengths, context), documents.counts)


def _longest(documents: Histogram, size: int) -> tuple[float, float]:
    """Mean of the longest of some documents drawn at random without replacement, and its spread in an epoch.

    The batches of an epoch share all documents. What one document adds to the longest of its batch on average adds up
    to the same in every order: only what is left of the variance once that part is taken out (Hoeffding 1948) counts.
    """
    chance = _chances(documents, size)
    mean = float(chance @ documents.lengths)
    variance = float(chance @ (documents.lengths - mean) ** 2)
    others = _chances(documents, size - 1) if size > 1 else np.append(1.0, np.zeros(len(chance) - 1))
    above = np.append(np.cumsum((others * documents.lengths)[::-1])[::-1][1:], 0.0)
    beside = documents.lengths * np.cumsum(others) + above  # the longest, where one document of each length is in it
    share = documents.counts / documents.documents
    linear = float(share @ (beside - share @ beside) ** 2)
    return mean, math.sqrt(max(0.0, variance - size * linear))


def _chances(documents: Histogram, size: int) -> NDArray[np.float64]:
    """Of each length, how likely it is that of the longest of some documents, drawn without replacement."""
    upto = np.cumsum(documents.counts)
    total = int(upto[-1])
    # Of what has no chance of 1e-18 nothing is computed: that leaves few lengths for large batches.
    some = (upto >= size) & (size * (np.log(upto) - math.log(total)) > -42)
    logarithm = np.zeros(int(some.sum()))
    left = upto[some].astype(np.float64)
    for taken in range(size):
        logarithm += np.log((left - taken) / (total - taken))
    below = np.zeros(len(upto))
    below[some] = np.exp(logarithm)
    return np.diff(below, prepend=0.0)


def _whole(documents: Histogram, batch: int) -> int:
    """Tokens of a pool that is the whole set, the longest batch first, so that what is left over is short."""
    total = documents.documents
    if not total:
        return 0
    upto = np.cumsum(documents.counts[::-1])  # from the longest
    firsts = np.arange(0, total, batch)
    longest = documents.lengths[::-1][np.searchsorted(upto, firsts, side="right")]
    return int(longest.sum()) * batch - int(longest[-1]) * (-total % batch)


def _shuffled(documents: Histogram, batch: int, size: int, seed: int) -> tuple[float, float]:
    """Mean and spread of an epoch of few documents, shuffled and cut into pools some times."""
    draw = np.random.default_rng(seed)
    lengths = np.repeat(documents.lengths, documents.counts)
    turns = max(2, DRAWS // len(lengths))
    padding: list[int] = []
    rests: list[int] = []
    for _ in range(turns):
        order = draw.permutation(lengths)
        for first in range(0, len(order), size):
            pool = order[first : first + size]
            (padding if len(pool) == size else rests).append(_whole(histogram(pool), batch) - int(pool.sum()))
    pools = len(lengths) / size
    mean = documents.tokens + (sum(padding) + sum(rests)) / turns
    return mean, float(np.std(padding, ddof=1)) * math.sqrt(pools * (1 + 1 / turns))


def _pools(documents: Histogram, batch: int, size: int, seed: int) -> tuple[float, float]:
    """Mean and spread of an epoch of many documents.

    Drawn are the longest of each batch; the others of it are as long as the documents between two such are on average.
    So it is padding that is simulated, and the sum of all lengths stays what it is. The longest of a pool is corrected
    to its expectation: rare long documents would seldom be drawn.
    """
    draw = np.random.default_rng(seed)
    counted = np.cumsum(documents.counts)
    total = int(counted[-1])
    upto = np.append(0.0, counted / total)
    sums, squares = (
        np.append(0.0, np.cumsum(documents.counts * documents.lengths.astype(np.float64) ** each) / total)
        for each in (1, 2)
    )
    mean, variance = float(documents.tokens), 0.0
    for own, times in ((size, total // size), (total % size, 1)):
        if not own or not times:
            continue
        batches = -(-own // batch)
        rows = np.full(batches, batch)
        rows[-1] = own - (batches - 1) * batch
        turns = max(2, DRAWS // (batches + 1))
        # From the top: the longest, then the longest of every other batch, then what is below that of the last.
        steps = np.append(1, rows).astype(np.float64)
        gaps = np.cumsum(draw.standard_gamma(steps, (turns, len(steps))), axis=1)
        place = 1 - gaps / gaps[:, -1:]
        longest = documents.lengths[np.searchsorted(upto[1:], place[:, :-1], side="right").clip(max=len(counted) - 1)]
        width = place[:, :-1] - place[:, 1:]
        others, second = (
            np.divide(-np.diff(np.interp(place, upto, each)), width, out=np.zeros_like(width), where=width > 0)
            for each in (sums, squares)
        )
        padding = np.maximum(0.0, longest - others) @ (rows - 1)
        within = np.maximum(0.0, second - others**2) @ (rows - 1)
        top = float(np.diff(upto**own) @ documents.lengths)
        corrected = padding - (rows[0] - 1) * (longest[:, 0] - top)
        mean += times * float(corrected.mean())
        variance += times * (float(within.mean()) + float(padding.var(ddof=1)))
        variance += times**2 * float(corrected.var(ddof=1)) / turns
    return mean, math.sqrt(variance)


# --- packing ----------------------------------------------------------------------------------------------------------


Step = tuple[int, int, int, int]
"""The same move in many rows: their room before (the context, where they are begun), the length of a document, how many
of that length each row takes, how many rows."""

Pattern = tuple[tuple[int, int], ...]
"""What is in a row: lengths, the longest first, and how many documents of each."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Rows into which documents are packed.

    Attributes
    ----------
    context
        Tokens of a row.
    rows
        How many there are.
    steps
        How they were filled, in order. Rows with as much room are alike, and are counted, not listed.
    """

    context: int
    rows: int
    steps: tuple[Step, ...]

    def patterns(self) -> dict[Pattern, int]:
        """What rows hold, and how many hold the same."""
        held: dict[int, list[tuple[Pattern, int]]] = {}
        for room, length, each, rows in self.steps:
            moved: list[tuple[Pattern, int]] = [((), rows)] if room == self.context else _taken(held[room], rows)
            after = held.setdefault(room - each * length, [])
            after.extend(((*one, (length, each)), number) for one, number in moved)
        found: Counter[Pattern] = Counter()
        for alike in held.values():
            for pattern, rows in alike:
                found[pattern] += rows
        return dict(found)


def _taken(held: list[tuple[Pattern, int]], rows: int) -> list[tuple[Pattern, int]]:
    moved = []
    while rows:
        pattern, have = held.pop()
        if have > rows:
            held.append((pattern, have - rows))
            have = rows
        moved.append((pattern, have))
        rows -= have
    return moved


def best_fit_decreasing(documents: Histogram, context: int) -> Plan:
    """Put each document, the longest first, into the row with the least room that is enough; begin one if none is.

    The result is that of the textbook, document by document (Johnson 1974), in steps for whole lengths: a row whose
    room is the least that is enough for a document stays so after it has taken one, so it takes all that fit.

    Raises
    ------
    ValueError
        If a document is longer than the context.
    """
    _check(context)
    if documents.longest > context:
        raise ValueError(f"a document of {documents.longest:,} tokens fits no row of {context:,}")
    if not len(documents.lengths):
        return Plan(context, 0, ())
    shortest = int(documents.lengths[0])
    rooms: list[int] = []  # of rows that may take more, ascending
    held: dict[int, int] = {}  # rows of each
    begun = 0
    steps: list[Step] = []
    for length, left in zip(documents.lengths[::-1].tolist(), documents.counts[::-1].tolist(), strict=True):
        first = last = bisect_left(rooms, length)
        taken: list[tuple[int, int]] = []  # rows that took all that fit, or are the one that took the last
        while left and last < len(rooms):
            room = rooms[last]
            rows = held[room]
            each = room // length
            if rows * each > left:
                rows = _last(steps, taken, room, length, left)
                if rows < held[room]:
                    held[room] -= rows
                    left = 0
                    break
                left = 0
            else:
                steps.append((room, length, each, rows))
                taken.append((room - each * length, rows))
                left -= rows * each
            del held[room]
            last += 1
        del rooms[first:last]
        if left:
            begun += _last(steps, taken, context, length, left)
        for room, rows in taken:
            if room in held:
                held[room] += rows
            elif room >= shortest:
                held[room] = rows
                insort(rooms, room)
    return Plan(context, begun, tuple(steps))


def _last(steps: list[Step], taken: list[tuple[int, int]], room: int, length: int, left: int) -> int:
    """Put the last documents of a length into rows with the same room, of which there are enough: how many it takes."""
    each = room // length
    rows, over = divmod(left, each)
    if rows:
        steps.append((room, length, each, rows))
        taken.append((room - each * length, rows))
    if over:
        steps.append((room, length, over, 1))
        taken.append((room - over * length, 1))
        rows += 1
    return rows


def lower_bound(documents: Histogram, context: int) -> int:
    """Rows below which no packing can be: the bound L2 of Martello and Toth (1990), at least all tokens by the context.

    For each k up to half the context: documents longer than the context less k are alone in their row, those longer
    than half of it are so at least among themselves, and those from k to half must fit into the room these leave.

    Raises
    ------
    ValueError
        If a document is longer than the context.
    """
    _check(context)
    if documents.longest > context:
        raise ValueError(f"a document of {documents.longest:,} tokens fits no row of {context:,}")
    lengths, counts = documents.lengths, documents.counts
    number = np.append(0, np.cumsum(counts))
    tokens = np.append(0, np.cumsum(lengths * counts))
    half = int(np.searchsorted(lengths, context // 2, side="right"))
    least = np.append(0, lengths[:half])
    alone = np.searchsorted(lengths, context - least, side="right")
    begin = np.searchsorted(lengths, least, side="left")
    middle = number[alone] - number[half]
    room = middle * context - (tokens[alone] - tokens[half])
    rest = np.maximum(0, -(-(tokens[half] - tokens[begin] - room) // context))
    return int((number[-1] - number[half] + rest).max())


def packed(documents: Histogram, context: int, long: Long = "truncate") -> Strategy:
    """Documents packed by best fit, the longest first; rows are as long as the context."""
    _check(context)
    plan = best_fit_decreasing(fitted(documents, context, long), context)
    processed = plan.rows * context
    useful, over, lost = _cut(documents, context)
    found = Strategy("packed", "documents packed into rows as long as the context, the longest first", plan.rows,
                     processed, processed, processed, useful, over, lost, 0, "exact")  # fmt: skip
    return (
        found
        if long == "truncate"
        else replace(found, useful_tokens=useful + lost, truncated_documents=0, lost_tokens=0, split_documents=over)
    )


def fitted(documents: Histogram, context: int, long: Long) -> Histogram:
    """Documents no longer than the context: the long ones truncated, or split into full rows and a rest."""
    if long == "truncate":
        return _clipped(documents, context)
    full, rest = np.divmod(documents.lengths, context)
    return histogram(np.append(rest, context), np.append(documents.counts, full @ documents.counts))


def concatenated(documents: Histogram, context: int) -> Strategy:
    """Documents one behind the other, cut into rows: only the last row is padded.

    How many are cut is expected for a random order: a document of l tokens meets the end of a row with the
    probability (l - 1) / context, and always if it is longer than one.
    """
    _check(context)
    tokens = documents.tokens
    rows = -(-tokens // context)
    chance = np.minimum(1.0, (documents.lengths - 1) / context)
    split = min(round(float(chance @ documents.counts)), max(0, rows - 1))
    processed = rows * context
    return Strategy("concatenated", "documents one behind the other, cut into rows as long as the context", rows,
                    processed, processed, processed, tokens, 0, 0, split, "expected" if split else "exact")  # fmt: skip


def _check(context: int, batch: int = 1, separator: int = 0) -> None:
    for what, value, least in (("context", context, 1), ("batch", batch, 1), ("separator", separator, 0)):
        if value < least:
            raise ValueError(f"a {what} of {value} is less than {least}")
