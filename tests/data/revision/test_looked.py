"""Blocks of new lines: each as likely, all of them there where so many are asked for, whatever memory there is."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")

from tests.data.revision.test_diff import pages, parquet
from thirdwatt.data import tokens
from thirdwatt.data.columns import Column
from thirdwatt.data.kernels import Kernels
from thirdwatt.data.revision import diff, looked, sides
from thirdwatt.data.revision.diff import Wish
from thirdwatt.data.revision.lines import Difference


class Seen:
    """A tokenizer that keeps what it was asked."""

    name, vocabulary = "seen", 256

    def __init__(self) -> None:
        self.texts: list[str] = []

    def counts(self, texts: Sequence[str]) -> tokens.Ints:
        self.texts = list(texts)
        return tokens.tokenizer("bytes").counts(texts)


def compared(where: Path, old: list[str], new: list[str], wish: Wish) -> dict[str, Any]:
    before, after = (sides.opened(str(parquet(where / name, texts)), "")
                     for name, texts in (("old.parquet", old), ("new.parquet", new)))  # fmt: skip
    return diff.diff(before, after, wish, Kernels())


@pytest.mark.parametrize("memory_byte", [2_000, 1 << 24])
def test_all_new_lines_are_looked_at_once(tmp_path: Path, memory_byte: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looked, "BLOCK_BYTES", 50)
    old = pages(30)
    fresh = ["".join(f"a new line {page} {each} größer\n" * 2 for each in range(5)) for page in range(8)]
    new = [text + (fresh[each // 4] if not each % 4 else "") for each, text in enumerate(old)]
    seen = Seen()
    found = compared(tmp_path, old, new, Wish(seen, memory_byte))
    whole = "".join(fresh).encode()
    assert found["lines"]["new_bytes"] == len(whole)
    # Documents are cut into blocks of fifty bytes each, in their order; what is cut within a character is replaced.
    blocks = [text.encode()[at : at + 50] for text in fresh for at in range(0, len(text.encode()), 50)]
    assert seen.texts == [each.decode("utf-8", "replace") for each in blocks]


def test_a_part_is_drawn_by_the_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looked, "BLOCK_BYTES", 50)
    monkeypatch.setattr(diff, "BLOCKS", 20)
    asked = []
    for seed in (0, 0, 1):
        seen = Seen()
        compared(tmp_path, pages(3), pages(60), Wish(seen, seed=seed))
        asked.append(seen.texts)
        assert len(seen.texts) == 20
        text = "".join(pages(60))
        assert all(each in text for each in seen.texts)
    assert asked[0] == asked[1] != asked[2]


@pytest.mark.parametrize("documents", [200, 256, 65_535, 65_536, 65_600])
def test_lines_stay_with_their_documents_however_many_there_are(documents: int) -> None:
    """A line of each document, its number for a hash."""
    numbers = np.arange(documents)
    keys, byte, of = (Column("", "", kind) for kind in (np.uint64, np.uint32, np.uint32))
    for column in (keys, byte, of):
        column.append(numbers)
    sizes = np.ones(documents, np.int64)
    with closing(Difference(sizes, sizes[:0], 0, keys, byte, of, (0, documents), 1)) as found:
        known = looked._known(found, numbers)
    assert [hashes.tolist() for hashes, _ in known] == [[each] for each in range(documents)]
