"""Small files read as one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from thirdwatt.data import scan, together
from thirdwatt.data.files import files
from thirdwatt.data.findings import Bad
from thirdwatt.data.formats.base import Texts
from thirdwatt.data.near import words_numpy
from thirdwatt.data.scan import Plan
from thirdwatt.data.together import ROWS, Together


def folder(where: Path) -> list[bytes]:
    """Files of one document, of several, of none, and one that is no text."""
    where.mkdir()
    texts = []
    for number in range(40):
        if number % 10 == 3:
            rows = [b"of file %d the row %d" % (number, row) for row in range(3)]
            (where / f"{number:03}.jsonl").write_bytes(
                b"\n".join(b'{"text": "%b"}' % each for each in rows) + b"\n{torn"
            )
            texts += rows
        elif number % 10 == 7:
            (where / f"{number:03}.txt").write_bytes(b"\xff\xfe is no text")
        else:
            text = b"a file of number %d, " % (number // 2) * 30
            (where / f"{number:03}.txt").write_bytes(text)
            texts.append(text)
    (where / "large.txt").write_bytes(b"large " * 100_000)
    return [*texts, b"large " * 100_000]


def documents(batches: list[Texts]) -> list[bytes]:
    return [
        each.data[begin:end].tobytes()
        for each in batches
        for begin, end in zip(each.offsets[:-1].tolist(), each.offsets[1:].tolist(), strict=True)
    ]


def test_they_give_what_each_gives_from_any_row_on(tmp_path: Path) -> None:
    texts = folder(tmp_path / "d")
    sources, _ = scan.opened(files(str(tmp_path / "d")).paths, "", Bad())
    found = together.together(sources)
    assert len(found) == 2
    first = found[0]
    assert isinstance(first, Together)
    bad = Bad()
    batches = list(first.texts(bad))
    assert documents(batches) + documents(list(found[1].texts(bad))) == texts
    assert bad.counts == {"broken JSON": 4, "invalid UTF-8": 4}
    assert first.at == first.stored_byte == sum(each.stored_byte for each in sources[:-1])
    rows = np.concatenate([each.rows for each in batches])
    assert (np.diff(rows) > 0).all()
    for place in range(0, len(rows), 5):
        assert documents(list(first.texts(lambda _: None, int(rows[place])))) == texts[place:-1]
    assert first.where(3 * ROWS + 1).endswith("003.jsonl, row 1")
    again = Bad()
    list(first.texts(again, int(rows[-1]) + 1))
    assert sum(again.counts.values()) == 0


@pytest.mark.parametrize("most", [1, 2, 7, 1000])
def test_a_scan_of_them_is_that_of_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    texts = folder(tmp_path / "d")
    sources, _ = scan.opened(files(str(tmp_path / "d")).paths, "", Bad())
    monkeypatch.setattr(together, "MOST_FILES", most)
    grouped = together.together(sources)
    assert len(grouped) >= len(sources) // most
    bad, own = Bad(), Bad()
    found = scan.scan(Plan(tuple(grouped), words_numpy, folder=str(tmp_path / "w")), bad)
    alone = scan.scan(Plan(tuple(sources), words_numpy, folder=str(tmp_path / "w")), own)
    assert found.byte.tolist() == alone.byte.tolist() == list(map(len, texts))
    assert found.first.tolist() == alone.first.tolist()
    assert found.alike is not None
    assert alone.alike is not None
    assert found.alike.witness.tolist() == alone.alike.witness.tolist()
    assert bad.counts == own.counts
    assert [found.place(each, grouped) for each in (0, 5, len(texts) - 1)] == [
        alone.place(each, sources) for each in (0, 5, len(texts) - 1)
    ]
