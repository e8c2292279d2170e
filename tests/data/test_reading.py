"""Going on with a reading: what was told and what comes from its place on are all of it, and none twice."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")

from tests.data.formats import made
from thirdwatt.data import reading, scan
from thirdwatt.data.files import files
from thirdwatt.data.findings import Bad
from thirdwatt.data.formats.base import BadRow, Source
from thirdwatt.data.formats.plain import Image, Plain
from thirdwatt.data.reading import Place, Progress
from thirdwatt.data.together import together


def damaged_csv(path: Path) -> None:
    rows = [f"{number},text {number}" if number % 50 != 49 else "too,many,fields" for number in range(3000)]
    path.write_text("\n".join(["id,text", *rows]))


def damaged_lines(path: Path) -> None:
    path.write_text("\n".join(json.dumps({"text": str(number)}) if number % 3 else "{torn" for number in range(3000)))


def opened(where: Path) -> list[Source]:
    return together(scan.opened(files(str(where)).paths, "", Bad())[0])


def read(sources: list[Source], place: Place, most: int = 1 << 30) -> tuple[list[Any], list[BadRow]]:
    """Documents and bad rows of so many batches, as somebody knows of them who stops behind the last."""
    documents: list[Any] = []
    bad: list[BadRow] = []
    if most == 0:
        return documents, bad
    for number, texts in enumerate(reading.batches(sources, place, bad.append, Progress(1)), 1):
        documents += [(place.file, row) for row in texts.rows.tolist()]
        if number == most:
            break
    return documents, bad


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize(("ending", "write"), [("csv", damaged_csv), ("jsonl", damaged_lines)])
def test_a_reading_goes_on_behind_any_batch(tmp_path: Path, ending: str, write: Any, count: int) -> None:
    for number in range(count):
        write(tmp_path / f"{number}.{ending}")
    documents, bad = read(opened(tmp_path), Place())
    assert len(documents) > 1900 * count
    for most in range(4):
        place = Place()
        first, told = read(opened(tmp_path), place, most)
        rest, later = read(opened(tmp_path), Place(place.file, place.row))
        assert first + rest == documents
        assert Counter(told + later) == Counter(bad)


@pytest.mark.parametrize(("kind", "begin"), [(Plain, b""), (Image, b"\x89PNG")])
def test_a_file_as_large_as_a_batch_is_a_document(tmp_path: Path, kind: Any, begin: bytes) -> None:
    path = tmp_path / "large"
    path.write_bytes(begin + b"x" * (9 << 20))
    [texts] = kind(str(path)).texts(made.none_bad)
    assert texts.offsets.tolist() == [0, path.stat().st_size]
