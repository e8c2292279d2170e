"""Near duplicates of a set that is read twice."""

from __future__ import annotations

import numpy as np
import pytest

from tests.data.near.test_words import packed, planted
from thirdwatt.data.near import bands, reference, words_numpy
from thirdwatt.data.near.find import Batch, ChangedError, find
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
    with pytest.raises(ChangedError, match="400 at first, then 100"):
        find(lambda: batches(next(turns), 50), words_numpy)


def test_nothing_at_all() -> None:
    for texts in ([], [b""], [b"", b"", b" . "]):
        found = find(lambda: batches(texts, 2), words_numpy)  # noqa: B023
        assert not found.verified.any()
        assert found.share(found.verified, found.byte) == 0


def test_clusters_are_named_by_their_first() -> None:
    buckets = np.array([[0, -1], [1, 2], [0, 3], [2, 1], [3, -1], [-1, -1]])
    assert bands.clusters(buckets, 4).tolist() == [0, 1, 0, 1, 0, 5]
