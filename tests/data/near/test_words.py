"""The definition of near duplicates, and that every form of it gives the same hashes to the bit."""

from __future__ import annotations

import importlib
import random
from itertools import pairwise
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from thirdwatt.data.columns import Room
from thirdwatt.data.near import bands, reference
from thirdwatt.data.near.rule import Candidates, Removed, Rule

FORMS = ("words_numpy", "words_numba")


@pytest.fixture(params=FORMS, scope="module")
def form(request: pytest.FixtureRequest) -> ModuleType:
    if request.param == "words_numba":
        pytest.importorskip("numba", reason="numba is not installed: the extra fast has it")
    return importlib.import_module(f"thirdwatt.data.near.{request.param}")


def packed(texts: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    data = np.frombuffer(b"".join(texts), dtype=np.uint8)
    return data, np.cumsum([0, *map(len, texts)], dtype=np.int64)


def test_words_are_what_people_call_words() -> None:
    assert reference.words(b"Don't PANIC_42: it's  fine.") == [b"don", b"t", b"panic_42", b"it", b"s", b"fine"]
    assert reference.words("Größe, ÉTÉ".encode()) == ["größe".encode(), "ÉtÉ".encode()]
    assert reference.words("東京 abc".encode()) == ["東".encode(), "京".encode(), b"abc"]
    assert reference.words(b" .,;\n") == []


def test_runs_are_of_five_words() -> None:
    assert len(reference.runs(b"one two three four five")) == 1
    assert len(reference.runs(b"one two three four five six")) == 2
    assert len(reference.runs(b"one")) == 1
    assert reference.runs(b"") == []
    assert reference.runs(b"a b c d e") != reference.runs(b"b a c d e")
    assert reference.runs(b"A b C d E") == reference.runs(b"a, b, c, d, e!")


def test_jaccard_of_a_changed_word() -> None:
    text = [f"w{each}" for each in range(104)]
    other = [*text]
    other[50] = "changed"
    found = reference.jaccard(" ".join(text).encode(), " ".join(other).encode())
    assert found == pytest.approx(95 / 105)


PIECES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([b" ", b"a", b"the quick brown fox jumps over", b"x" * 7, b"y" * 8, b"z" * 9, b"w" * 41,
                     "東京都".encode(), "é".encode(), b"\xff\xff", b"\xe3", b"\x80", b"A_b-C"]),
)  # fmt: skip
TEXTS = st.lists(st.lists(PIECES, max_size=12).map(b" ".join), max_size=12)


@settings(max_examples=100, deadline=None)
@given(texts=TEXTS, bins=st.sampled_from([64, 112]))
def test_every_form_gives_the_same_hashes(form: ModuleType, texts: list[bytes], bins: int) -> None:
    data, offsets = packed(texts)
    hashes, starts = form.runs(data, offsets)
    assert [hashes[a:b].tolist() for a, b in pairwise(starts)] == [reference.runs(each) for each in texts]
    assert form.signatures(hashes, starts, bins).tolist() == [reference.signature(each, bins) for each in texts]
    hashes, starts = form.distinct(hashes, starts, np.arange(len(offsets) - 1))
    assert [sorted(hashes[a:b].tolist()) for a, b in pairwise(starts)] == [
        sorted(set(reference.runs(each))) for each in texts
    ]


def test_runs_are_written_where_there_is_room(form: ModuleType) -> None:
    data, offsets = packed(planted(5, 50))
    hashes, starts = form.runs(data, offsets)
    room = np.full(len(data) + 10, 7, dtype=np.uint64)
    there, same = form.runs(data, offsets, room)
    assert np.shares_memory(there, room)
    assert there.tolist() == hashes.tolist()
    assert same.tolist() == starts.tolist()
    assert (room[len(data) :] == 7).all()


def test_documents_longer_than_a_chunk(form: ModuleType) -> None:
    words = random.Random(5)
    texts = [b" ".join(b"%x" % words.getrandbits(30) for _ in range(size)) for size in (3, 60_000, 0, 10, 40_000, 1)]
    data, offsets = packed(texts)
    found = form.signatures(*form.runs(data, offsets), 64)
    assert found.tolist() == [reference.signature(each) for each in texts]


def test_offsets_may_begin_anywhere(form: ModuleType) -> None:
    """A slice of an Arrow array begins within its buffer."""
    texts = [b"one two three four five six", b"seven", b"eight nine ten eleven twelve thirteen"]
    data, offsets = packed(texts)
    hashes, starts = form.runs(data, offsets[1:])
    found = form.signatures(hashes, starts, 64)
    assert found.tolist() == [reference.signature(each) for each in texts[1:]]
    hashes, starts = form.distinct(hashes, starts, np.arange(len(offsets) - 2))
    assert starts.tolist() == [0, 1, 3]
    assert sorted(hashes[1:].tolist()) == sorted(reference.runs(texts[2]))


@pytest.mark.parametrize("how", [bands.DEFAULT, bands.DATATROVE])
def test_buckets_are_as_often_shared_as_theory_says(form: ModuleType, how: bands.Bands) -> None:
    """The S-curve of bands and rows, from pairs of a known Jaccard."""
    words = random.Random(7)
    for jaccard in (0.3, 0.5, 0.65, 0.8):
        texts: list[bytes] = []
        for _ in range(300):
            total = 40
            common = round(total * jaccard)
            runs = [" ".join(f"{words.getrandbits(40):x}" for _ in range(5)) for _ in range(2 * total - common)]
            one, other = runs[:total], runs[total - common :]
            texts += [("\x01".join(each)).encode() for each in (one, other)]
        data, offsets = packed(texts)
        runs = form.runs(data, offsets)
        hashes, starts = form.distinct(*runs, np.arange(len(offsets) - 1))
        own = [set(hashes[a:b].tolist()) for a, b in pairwise(starts)]
        true = [len(one & other) / len(one | other) for one, other in zip(own[0::2], own[1::2], strict=True)]
        found = bands.keys(form.signatures(*runs, how.bins), how)
        hits = (found[0::2] == found[1::2]).any(axis=1)
        expected = np.array([how.found(each) for each in true])
        error = np.sqrt((expected * (1 - expected)).sum()) / len(true)
        assert abs(hits.mean() - expected.mean()) < 4 * error + 0.01, (jaccard, hits.mean(), expected.mean())


def numbered(signatures: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Buckets of documents by band, -1 where one is alone."""
    keys = bands.keys(signatures)
    found = np.full(keys.shape, -1)
    for band in range(keys.shape[1]):
        _, number, count = np.unique(keys[:, band], return_inverse=True, return_counts=True)
        shared = (count[number] > 1) & (keys[:, band] != 0)
        found[shared, band] = number[shared] + band * len(keys)
    return found


def planted(seed: int, count: int = 400) -> list[bytes]:
    """Documents of which about half are copies of others, with more or fewer words changed."""
    words = random.Random(seed)
    texts: list[list[bytes]] = []
    for _ in range(count):
        if texts and words.random() < 0.5:
            copy = list(words.choice(texts))
            for place in range(len(copy)):
                if words.random() < 0.02 * words.randrange(4):
                    copy[place] = b"new%d" % words.getrandbits(20)
            texts.append(copy)
        else:
            texts.append([b"%x" % words.getrandbits(16) for _ in range(words.randrange(1, 200))])
    return [b" ".join(each) for each in texts]


@pytest.mark.parametrize("seed", range(3))
def test_what_is_removed_is_like_what_is_kept(form: ModuleType, seed: int) -> None:
    texts = planted(seed)
    data, offsets = packed(texts)
    rule = Rule()
    runs = form.runs(data, offsets)
    signatures = form.signatures(*runs, 64)
    hashes, starts = form.distinct(*runs, np.arange(len(offsets) - 1))
    candidates = Candidates(signatures, hashes, starts, np.arange(len(starts) - 1))
    removed = form.greedy(numbered(signatures), candidates, rule, Room())
    assert 50 < (removed.witness >= 0).sum() < 250
    for number, witness in enumerate(removed.witness.tolist()):
        if witness >= 0:
            assert witness < number
            assert removed.witness[witness] == -1
            assert removed.jaccard[number] == pytest.approx(reference.jaccard(texts[number], texts[witness]))
            assert removed.jaccard[number] >= rule.jaccard


def test_forms_remove_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numba", reason="numba is not installed: the extra fast has it")
    forms = [importlib.import_module(f"thirdwatt.data.near.{each}") for each in FORMS]
    data, offsets = packed(planted(11, 600) + [b"the same words in every one of these"] * 200)
    found = []
    for each in forms:
        runs = each.runs(data, offsets)
        signatures = each.signatures(*runs, 64)
        hashes, starts = each.distinct(*runs, np.arange(len(offsets) - 1))
        candidates = Candidates(signatures, hashes, starts, np.arange(len(starts) - 1))
        found.append(each.greedy(numbered(signatures), candidates, Rule(most=3), Room()))
    assert found[0].witness.tolist() == found[1].witness.tolist()
    assert found[0].jaccard.tolist() == pytest.approx(found[1].jaccard.tolist())
    assert found[0].full == found[1].full


@pytest.mark.parametrize("seed", range(2))
def test_the_order_says_who_stays(form: ModuleType, seed: int) -> None:
    """To look at documents in another order is to have them stand in that order."""
    texts = planted(seed)
    order = np.random.default_rng(seed).permutation(len(texts))

    def greedy(some: list[bytes], places: NDArray[np.int64]) -> Removed:
        data, offsets = packed(some)
        runs = form.runs(data, offsets)
        signatures = form.signatures(*runs, 64)
        hashes, starts = form.distinct(*runs, np.arange(len(some)))
        removed: Removed = form.greedy(
            numbered(signatures), Candidates(signatures, hashes, starts, places), Rule(), Room()
        )
        return removed

    found = greedy(texts, order)
    moved = greedy([texts[each] for each in order], np.arange(len(texts)))
    witness = np.full(len(texts), -1)
    gone = moved.witness >= 0
    witness[order[gone]] = order[moved.witness[gone]]
    assert gone.sum() > 50
    assert found.witness.tolist() == witness.tolist()
    assert found.jaccard[order].tolist() == moved.jaccard.tolist()
