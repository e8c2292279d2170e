"""Documents that are near one of the other revision by signatures, long ones looked at in pieces."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("xxhash", reason="xxhash is not installed: the extra data has it")

from tests.data.revision.test_lines import packed
from thirdwatt.data.near import words_numpy
from thirdwatt.data.revision import alike
from thirdwatt.data.revision.alike import HOW, Signatures


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=300))
def test_a_few_runs_make_the_signature_of_all(runs: list[int]) -> None:
    hashes = np.array(runs, np.uint64)
    few = alike.least(hashes)
    assert len(few) <= HOW.bins
    whole, part = (words_numpy.signatures(each, np.array([0, len(each)]), HOW.bins) for each in (hashes, few))
    assert (whole == part).all()


def test_a_long_document_is_as_it_would_be_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(0)
    texts = [" ".join(map(str, draw.integers(0, 500, count).tolist())).encode() for count in (3000, 20, 9000, 40)]
    read = [(np.arange(4), *packed(texts))]
    with closing(Signatures(words_numpy, read)) as whole:
        monkeypatch.setattr(alike, "LONG_BYTES", 4096)
        with closing(Signatures(words_numpy, read)) as pieces:
            assert len(pieces) == len(whole) == 4
            same = (pieces.values.all() == whole.values.all()).mean(axis=1)
            assert same[[1, 3]].tolist() == [1, 1]
            assert (same > 0.95).all()  # but for some runs across seams
            assert (whole.runs.all().astype(int) - pieces.runs.all() <= 4 * np.array([3, 0, 9, 0])).all()
