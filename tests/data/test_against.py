"""Documents of a second set that stand in the first."""

from __future__ import annotations

import random

import numpy as np
import pytest

from thirdwatt.data.against import FEW_RUNS, RUN_BYTES, Against, Holders, Second
from thirdwatt.data.formats.base import Texts
from thirdwatt.data.near import reference, words_numpy


def words(draw: random.Random, count: int) -> bytes:
    return b" ".join(b"%x" % draw.getrandbits(24) for _ in range(count))


def batch(texts: list[bytes]) -> Texts:
    offsets = np.cumsum([0, *map(len, texts)], dtype=np.int64)
    return Texts(np.frombuffer(b"".join(texts), np.uint8), offsets, "f", np.arange(len(texts)))


def batches(texts: list[bytes], size: int) -> list[Texts]:
    return [batch(texts[first : first + size]) for first in range(0, len(texts), size)]


@pytest.mark.parametrize("size", [1, 9, 500])
def test_what_is_seen_is_what_runs_say(size: int) -> None:
    draw = random.Random(3)
    second = [words(draw, draw.randrange(1, 60)) for _ in range(120)]
    first = [words(draw, 200) for _ in range(50)]
    for place in range(0, 60, 2):  # a question within a page, or a half of it
        some = second[place].split()
        first[place // 2] += b" " + b" ".join(some[: len(some) // (1 + place % 4 // 2)])
    look = Against(Second(batches(second, size), words_numpy, 1 << 30), words_numpy)
    for texts in batches(first, size):
        look.take(texts)
    found = look.overlap()
    everything = {run for each in first for run in reference.runs(each)}
    own = [set(reference.runs(each)) for each in second]
    truth = [len(each & everything) / len(each) for each in own if len(each) >= FEW_RUNS]
    assert found.share.tolist() == pytest.approx(truth)
    assert found.byte.tolist() == [len(text) for text, each in zip(second, own, strict=True) if len(each) >= FEW_RUNS]
    assert (found.documents, found.judged, found.short) == (120, 120, 120 - len(truth))
    assert found.reached(1.0) == sum(each == 1 for each in truth) > 5


def test_a_set_that_is_too_large_is_judged_by_a_random_part() -> None:
    draw = random.Random(4)
    second = [words(draw, 50) for _ in range(2000)]
    look = Against(Second(batches(second, 100), words_numpy, 46 * 500 * RUN_BYTES), words_numpy)
    for texts in batches(second[::2], 100):
        look.take(texts)
    found = look.overlap()
    assert found.documents == 2000
    assert 200 < found.judged <= 500
    assert found.reached(1.0) / found.judged == pytest.approx(0.5, abs=0.1)
    assert set(found.share.tolist()) == {0.0, 1.0}


def test_it_goes_on_where_another_one_was() -> None:
    draw = random.Random(5)
    second, first = ([words(draw, 30) for _ in range(40)] for _ in range(2))
    first[:10] = second[:10]
    whole, begun, resumed = (Against(Second(batches(second, 7), words_numpy, 1 << 30), words_numpy) for _ in range(3))
    for texts in batches(first, 5):
        whole.take(texts)
    parts = batches(first, 5)
    begun.take(parts[0])
    resumed.restore(begun.state())
    for texts in parts[1:]:
        resumed.take(texts)
    assert resumed.overlap().share.tolist() == whole.overlap().share.tolist()
    assert whole.overlap().reached(1.0) == 10


def test_nothing_stands_in_nothing() -> None:
    for second, first in (([], [b"a b c d e f g h i"]), ([b"a b c d e f g h i"], []), ([b"", b"one"], [b"one"])):
        look = Against(Second(batches(second, 4), words_numpy, 1 << 30), words_numpy)
        for texts in batches(first, 4):
            look.take(texts)
        assert look.overlap().reached(0.5) == 0


@pytest.mark.parametrize("size", [1, 9, 500])
def test_who_holds_a_document_is_what_runs_say(size: int) -> None:
    draw = random.Random(6)
    second = [words(draw, draw.randrange(1, 60)) for _ in range(60)]
    second += second[:5]
    first = [words(draw, 100) for _ in range(80)]
    for place in range(0, 60, 2):
        some = second[place].split()
        first[place] += b" " + b" ".join(some[: len(some) * draw.choice([5, 7, 9, 10]) // 10])
    first += [second[0] + b" between these two of them " + second[20], second[3]]
    look = Holders(Second(batches(second, 7), words_numpy, 1 << 30), words_numpy)
    for texts in batches(first, size):
        look.take(texts)
    held, share = look.found()
    own = [set(reference.runs(each)) for each in second]
    for number, text in enumerate(first):
        mine = set(reference.runs(text))
        truth = [len(mine & each) / len(each) if len(each) >= FEW_RUNS else 0.0 for each in own]
        best = max(truth)
        if best >= 0.8:
            assert truth[held[number]] == pytest.approx(best)
            assert share[number] == pytest.approx(best)
        else:
            assert held[number] == -1
    assert 5 < (held >= 0).sum() < 40
    other = Holders(Second(batches(second, 7), words_numpy, 1 << 30), words_numpy)
    other.restore(look.state())
    assert other.found()[0].tolist() == held.tolist()
