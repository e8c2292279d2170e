"""What holds for every format: the same documents, from any row on, in parts, and whatever is damaged."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")
from tests.data.formats import made
from thirdwatt.data.formats import arrow, base, objects, separated, streams

TEXTS = ["one two", "", "größer", '東京\n"quoted", and more', "x" * 5000, "a,b;c\td|e", "last\r\nline", '"', "}, {"] * 2
SOME = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=40), min_size=1, max_size=25)


@contextmanager
def small(block: int = 200) -> Iterator[None]:
    """Readers that read little at once, so that small files have many parts and seams."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "BLOCK_BYTES", block)
        patch.setattr(arrow, "GROUP_BYTES", block)
        patch.setattr(separated, "READ_BYTES", 64)
        patch.setattr(objects, "READ_BYTES", 64)
        patch.setattr(base, "BATCH_ROWS", 4)
        yield


@pytest.mark.parametrize("name", made.WRITERS)
def test_every_format_gives_the_same_documents(tmp_path: Path, name: str) -> None:
    path = made.write(tmp_path, name, TEXTS)
    source = made.source(path)
    assert (source.column, source.kind, source.stored_byte) == ("txt" if "tar" in name else "text", "text",
                                                               path.stat().st_size)  # fmt: skip
    assert made.read(path) == ([(row, each.encode()) for row, each in enumerate(TEXTS)], [])


@pytest.mark.parametrize("name", made.WRITERS)
@settings(max_examples=8, deadline=None)
@given(texts=SOME, first=st.integers(0, 30), block=st.integers(20, 2000))
def test_a_reading_from_a_row_on_is_the_tail_and_parts_are_the_whole(
    name: str, texts: list[str], first: int, block: int
) -> None:
    truth = [(row, each.encode()) for row, each in enumerate(texts)]
    with TemporaryDirectory() as folder, small(block):
        path = made.write(Path(folder), name, texts)
        column = "txt" if "tar" in name else "text"
        assert made.read(path, column) == (truth, [])
        assert made.read(path, column, first) == (truth[first:], [])
        source = made.source(path, column)
        bad: list[base.BadRow] = []
        parts = source.parts()
        found = [made.rows(source.part(each, bad.append)) for each in parts]
        assert bad == []
        assert [text for each in found for _, text in each] == [text for _, text in truth]
        assert [each.number for each in parts] == list(range(len(parts)))
        assert all(each.stored_byte > 0 for each in parts)
        assert sum(each.stored_byte for each in parts) <= source.stored_byte
        for part, own in zip(parts, found, strict=True):
            assert part.rows in (None, len(own))
            assert [row for row, _ in own] == list(range(part.first or 0, (part.first or 0) + len(own)))
            assert not part.whole or len(parts) == 1
        order = random.Random(first).sample(range(len(parts)), len(parts))
        assert [made.rows(source.part(parts[each], bad.append)) for each in order] == [found[each] for each in order]


@pytest.mark.parametrize("name", made.WRITERS)
def test_how_far_a_reading_is_goes_from_nothing_to_all(tmp_path: Path, name: str) -> None:
    path = made.write(tmp_path, name, ["some text of a document"] * 60_000 if name == "a.jsonl" else TEXTS * 10)
    source = made.source(path)
    seen = [source.at]
    for _ in source.texts(made.none_bad):
        seen.append(source.at)
    assert seen == sorted(seen)
    assert seen[0] >= 0
    assert source.at == source.stored_byte == path.stat().st_size
    if name == "a.jsonl":
        assert len(set(seen)) > 2


def damaged(data: bytes, number: int) -> bytes:
    draw = random.Random(number)
    if number % 2:
        return data[: draw.randrange(len(data))]
    changed = bytearray(data)
    for _ in range(draw.choice((1, 3, 20))):
        changed[draw.randrange(len(data))] = draw.choice((0, 255, draw.randrange(256)))
    return bytes(changed)


@pytest.mark.parametrize("name", made.WRITERS)
def test_no_damage_escapes(tmp_path: Path, name: str) -> None:
    texts = [f"{each} text of a document, {'long ' * (each % 7)}" for each in range(60)]
    column = "txt" if "tar" in name else "text"
    path = made.write(tmp_path, name, texts)
    data = path.read_bytes()
    for number in range(40):
        path.write_bytes(damaged(data, number))
        bad: list[base.BadRow] = []
        try:
            source = made.source(path, column if number % 3 else "")
            parts = source.parts()
        except (OSError, ValueError):  # it is no longer what its name says
            continue
        with small() if number % 6 == 0 else small(8 << 20):
            for batch in source.texts(bad.append):
                assert (batch.offsets[1:] >= batch.offsets[:-1]).all()
                assert batch.offsets[-1] <= len(batch.data)
            for part in parts:
                list(source.part(part, bad.append))
        assert all(each.reason and each.rows >= 1 and each.row >= 0 for each in bad)


@pytest.mark.parametrize("name", [each for each in made.WRITERS if each != "a.parquet"])
def test_what_is_before_a_torn_end_is_read_and_the_end_is_told(tmp_path: Path, name: str) -> None:
    texts = [f"{each} {random.Random(each).randbytes(600).hex()}" for each in range(2000 if "bz2" in name else 400)]
    column = "txt" if "tar" in name else "text"
    path = made.write(tmp_path, name, texts)
    data = path.read_bytes()
    truth = [(row, each.encode()) for row, each in enumerate(texts)]
    path.write_bytes(data[: len(data) * 2 // 3 - 5])
    found, bad = made.read(path, column)
    assert len(found) > (600 if "bz2" in name else 200)
    if name in ("a.csv", "a.tsv"):  # a line that is cut is still one, of a smaller document
        assert (found[:-1], bad) == (truth[: len(found) - 1], [])
        return
    assert found == truth[: len(found)]
    # Of a tar it is told while the sample is read that turns out to be whole.
    assert [max(each.row, len(found) if name == "a.tar" else 0) for each in bad] == [len(found)]


def test_a_torn_parquet_says_so(tmp_path: Path) -> None:
    path = made.write(tmp_path, "a.parquet", TEXTS)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises((OSError, ValueError)):
        made.source(path)
