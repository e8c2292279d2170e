"""Near duplicates of a set that is read twice."""

from __future__ import annotations

import numpy as np
import pytest

from tests.data.near.test_words import packed, planted
from thirdwatt.data.errors import ChangedError
from thirdwatt.data.near import bands, reference, words_numpy
from thirdwatt.data.near.find import Batch, Search, find
from thirdwatt.data.near.rule import Rule


def batches(texts: list[bytes], size: int) -> list[Batch]:
    return [packed(texts[first : first + size]) for first in range(0, len(texts), size)]


@pytest.mark.parametrize("size", [1, 7, 400])
def test_batches_change_nothing(size: int) -> None:
    texts = planted(3)
    one, found = (find(lambda: batches(texts, each), words_numpy) for each in (10_000, size))  # noqa: B023
    assert found.witness.tolist() == one.witness.tolist()
    assert found.flagged.tolist() == one.flagged.tolist()
    assert found.byte.tolist() == list(map(len, texts))
    assert found.runs.tolist() == [len(reference.runs(each)) for each in texts]


@pytest.mark.parametrize("memory_byte", [0, 150_000, 1 << 30])
def test_what_is_kept_of_the_first_reading_changes_nothing(memory_byte: int) -> None:
    texts = planted(6)
    turns = []

    def read() -> list[Batch]:
        turns.append(0)
        return batches(texts, 16)

    found = find(read, words_numpy, memory_byte=memory_byte)
    truth = find(lambda: batches(texts, 400), words_numpy)
    assert len(turns) == (1 if memory_byte == 1 << 30 else 2)
    assert found.witness.tolist() == truth.witness.tolist()
    assert found.jaccard.tolist() == truth.jaccard.tolist()
    assert found.flagged.tolist() == truth.flagged.tolist()


def test_what_is_verified_is_flagged_and_truly_alike() -> None:
    texts = planted(4)
    found = find(lambda: batches(texts, 100), words_numpy)
    assert (found.flagged | ~found.verified).all()
    for number in np.flatnonzero(found.verified):
        assert reference.jaccard(texts[number], texts[found.witness[number]]) >= Rule().jaccard
    assert found.share(found.verified) == pytest.approx(found.verified.mean())
    assert found.share(found.verified, found.byte) == pytest.approx(
        sum(len(texts[each]) for each in np.flatnonzero(found.verified)) / sum(map(len, texts))
    )


def test_a_template_chains_what_is_not_alike() -> None:
    """Each page shares most of its words with the next, and few with the first: a cluster is no set of copies."""
    words = [f"word{each}" for each in range(2000)]
    texts = [" ".join(words[20 * page : 20 * page + 200]).encode() for page in range(60)]
    found = find(lambda: batches(texts, 16), words_numpy)
    assert found.flagged.sum() == 59
    assert 20 <= found.verified.sum() <= 35


def test_documents_that_change_in_between_are_noticed() -> None:
    texts = planted(4)
    turns = iter([texts, texts[:100]])
    with pytest.raises(ChangedError, match="changed while they were read"):
        find(lambda: batches(next(turns), 50), words_numpy, memory_byte=0)


def test_nothing_at_all() -> None:
    for texts in ([], [b""], [b"", b"", b" . "]):
        found = find(lambda: batches(texts, 2), words_numpy)  # noqa: B023
        assert not found.verified.any()
        assert found.share(found.verified, found.byte) == 0


def test_clusters_are_named_by_their_first() -> None:
    parts = [np.array(each) for each in ([[0, 0], [1, 1], [2, 0], [3, 1]], [[2, 0], [4, 0]])]
    assert bands.clusters(6, lambda: parts).tolist() == [0, 1, 0, 1, 0, 5]


@pytest.mark.parametrize("seed", range(4))
def test_what_is_not_promising_would_not_have_been_found(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With every document that shares a bucket looked at again, the same is found."""
    texts = planted(20 + seed, 500) + [
        b" ".join(b"p%d" % (each // 3 + word) for word in range(40)) for each in range(60)
    ]
    found = find(lambda: batches(texts, 64), words_numpy)
    looked = []
    choose = Search.choose

    def noted(search: Search, copies: object = None) -> object:
        looked.append(len(choose(search)))
        return search.some

    monkeypatch.setattr(Search, "choose", noted)
    monkeypatch.setattr(bands, "AT_ONCE", 7)
    find(lambda: batches(texts, 64), words_numpy)
    monkeypatch.setattr(bands, "FEW", 0)
    monkeypatch.setattr(bands.promising, "__defaults__", (0,))
    whole = find(lambda: batches(texts, 64), words_numpy)
    assert looked[0] < looked[1]
    assert found.witness.tolist() == whole.witness.tolist()
    assert found.flagged.tolist() == whole.flagged.tolist()
