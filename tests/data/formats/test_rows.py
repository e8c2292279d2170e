"""Whole rows: all that the documents are from, with the same numbers, from any row on, and whatever is damaged."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")
import pyarrow as pa
import pyarrow.parquet as pq

from tests.data.formats import made
from tests.data.formats.test_protocol import SOME, TEXTS, damaged, small
from thirdwatt.data import sample
from thirdwatt.data.formats import base, separated
from thirdwatt.data.formats.base import Bad, BadRow, Rows, Source
from thirdwatt.data.together import ROWS, Together


def whole(source: Source, first: int = 0, bad: Bad = made.none_bad) -> list[tuple[int, dict[str, Any]]]:
    """Rows with their numbers."""
    found: list[tuple[int, dict[str, Any]]] = []
    for rows in source.rows(bad, first):
        assert isinstance(rows, Rows)
        assert (rows.table is None) == bool(rows.lines)
        values = [json.loads(each) for each in rows.lines] if rows.table is None else rows.table.to_pylist()
        assert len(values) == len(rows.numbers) > 0
        assert rows.numbers.dtype == np.int64
        found += zip(rows.numbers.tolist(), values, strict=True)
    return found


def column_of(name: str) -> str:
    return "txt" if "tar" in name else "text"


@pytest.mark.parametrize("name", made.WRITERS)
def test_every_format_gives_whole_rows(tmp_path: Path, name: str) -> None:
    path = made.write(tmp_path, name, TEXTS)
    if "tar" in name:
        truth: list[dict[str, Any]] = [
            {"__key__": f"train/{n:06d}", "json": '{"n": 1}', "txt": each} for n, each in enumerate(TEXTS)
        ]
    else:
        of_text = ".csv" in name or ".tsv" in name
        truth = [{"id": str(n) if of_text else n, "text": each} for n, each in enumerate(TEXTS)]
    source = made.source(path)
    assert whole(source) == list(enumerate(truth))
    assert source.at == source.stored_byte


@pytest.mark.parametrize("name", made.WRITERS)
@settings(max_examples=8, deadline=None)
@given(texts=SOME, first=st.integers(0, 30), block=st.integers(20, 2000))
def test_rows_have_the_documents_and_their_numbers_from_any_row_on(
    name: str, texts: list[str], first: int, block: int
) -> None:
    with TemporaryDirectory() as folder, small(block):
        path = made.write(Path(folder), name, texts)
        source = made.source(path, column_of(name))
        documents = made.rows(source.texts(made.none_bad))
        rows = whole(source)
        assert [(number, row[column_of(name)].encode()) for number, row in rows] == documents
        assert whole(source, first) == [each for each in rows if each[0] >= first]


@pytest.mark.parametrize("name", made.WRITERS)
def test_no_damage_escapes_and_what_is_a_document_is_a_row(tmp_path: Path, name: str) -> None:
    texts = [f"{each} text of a document, {'long ' * (each % 7)}" for each in range(60)]
    path = made.write(tmp_path, name, texts)
    data = path.read_bytes()
    read = 0
    for number in range(14):
        path.write_bytes(damaged(data, number))
        try:
            source = made.source(path, column_of(name))
        except (OSError, ValueError):  # it is no longer what its name says
            continue
        read += 1
        with small() if number % 6 == 0 else small(8 << 20):
            documents = {row for texts in source.texts(lambda _: None) for row in texts.rows.tolist()}
            numbers: list[int] = []
            told: list[BadRow] = []
            for rows in source.rows(told.append):
                numbers += rows.numbers.tolist()
                if rows.table is not None:
                    rows.table.validate()
            assert numbers == sorted(set(numbers))
            if name not in ("a.arrow", "a.feather", "a.parquet"):  # where another column may be damaged
                assert documents <= set(numbers)
            lost = {each.row + place for each in told for place in range(each.rows)}
            assert documents <= set(numbers) | lost
            assert [each for rows in source.rows(lambda _: None, 7) for each in rows.numbers.tolist()] == [
                each for each in numbers if each >= 7
            ]
    assert read


def test_batches_are_small(tmp_path: Path) -> None:
    long = [each.to_bytes(4, "big") * 5000 for each in range(3000)]
    table = pa.table({"text": ["x"] * 3000, "other": long})
    pq.write_table(table, tmp_path / "a.parquet", compression="zstd")
    made.jsonl(tmp_path / "a.jsonl", ["x" * 20_000] * 3000)
    for name in ("a.parquet", "a.jsonl"):
        sizes = [
            rows.table.nbytes if rows.table is not None else sum(map(len, rows.lines))
            for rows in made.source(tmp_path / name, "text").rows(made.none_bad)
        ]
        assert len(sizes) > 4
        assert max(sizes) < 1.5 * base.BATCH_BYTES


def test_parquet_keeps_types_and_what_the_schema_says(tmp_path: Path) -> None:
    kinds = pa.struct([("a", pa.int8()), ("b", pa.list_(pa.timestamp("ms", "UTC")))])
    schema = pa.schema([("text", pa.string()), ("meta", kinds), ("n", pa.uint64())], {"huggingface": '{"info": {}}'})
    rows = [{"text": f"{n}", "meta": {"a": n % 100, "b": []}, "n": 2**64 - 1 - n} for n in range(3000)]
    pq.write_table(pa.Table.from_pylist(rows, schema), tmp_path / "a.parquet", row_group_size=700)
    found = pa.concat_tables([each.table for each in made.source(tmp_path / "a.parquet").rows(made.none_bad)])
    assert found.schema.equals(schema)
    assert found.schema.metadata[b"huggingface"] == b'{"info": {}}'
    assert found.to_pylist() == rows


def test_arrow_keeps_dictionaries_and_texts_that_are_no_utf8(tmp_path: Path) -> None:
    torn = pa.array([b"\xff", b"ok", b"\xfe"], pa.binary()).view(pa.string())
    table = pa.table(
        {
            "text": ["a", "b", "c"],
            "kind": pa.array(["x", "y", "x"]).dictionary_encode(),
            "torn": torn,
            "tags": pa.ListArray.from_arrays([0, 1, 2, 3], torn),
        }
    )
    with pa.OSFile(str(tmp_path / "a.arrow"), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table, 2)
    found = pa.concat_tables([each.table for each in made.source(tmp_path / "a.arrow", "text").rows(made.none_bad)])
    assert found.schema.equals(table.schema)
    assert found.column("kind").to_pylist() == ["x", "y", "x"]
    assert found.column("torn").combine_chunks().view(pa.binary()).to_pylist() == [b"\xff", b"ok", b"\xfe"]


def test_rows_of_arrow_whose_offsets_lead_elsewhere_are_left_out(tmp_path: Path) -> None:
    table = pa.table({"text": ["aaaa", "bbbb"], "other": ["cccc", "dddd"]})
    with pa.OSFile(str(tmp_path / "a.arrow"), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)
    path = tmp_path / "a.arrow"
    offsets = np.array([0, 4, 8], np.int32).tobytes()
    data = path.read_bytes()
    place = data.rindex(offsets)
    path.write_bytes(data[: place + 4] + np.int32(1 << 20).tobytes() + data[place + 8 :])
    source = made.source(path, "text")
    assert [text for _, text in made.rows(source.texts(made.none_bad))] == [b"aaaa", b"bbbb"]
    told: list[BadRow] = []
    assert whole(source, bad=told.append) == []
    assert [(each.row, each.rows) for each in told] == [(0, 2)]


def test_lines_of_json_stand_as_they_are(tmp_path: Path) -> None:
    lines = [b'{"text": "a",  "n": 1.50}', b'{"text": "\\u00e9", "id": 123456789012345678901234567890}', b"{broken"]
    (tmp_path / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + b"\r\n".join([*lines[:2], b"", b"  ", lines[2]]))
    (found,) = made.source(tmp_path / "a.jsonl").rows(lambda _: None)
    assert found.lines == tuple(lines)
    assert found.numbers.tolist() == [0, 1, 4]


def test_objects_of_a_list_are_lines_that_read_the_same(tmp_path: Path) -> None:
    values = [{"text": "a\tb\nc", "n": 2**70}, {"text": "é", "half": "\ud800"}, {"text": "d", "in": [[{}]]}]
    (tmp_path / "a.json").write_text(json.dumps(values, indent=1))
    (found,) = made.source(tmp_path / "a.json").rows(lambda _: None)
    assert [json.loads(each) for each in found.lines] == values
    assert not any(b"\n" in each for each in found.lines)


@pytest.mark.parametrize("slow", [False, True])
def test_csv_has_all_fields_and_records_of_others_are_left_out(tmp_path: Path, slow: bool) -> None:
    stray = 'st"ray' if slow else "stray"
    (tmp_path / "a.csv").write_text(f'a,text,a\n1,"x, ""y""",3\n1,2\n{stray},,\n4,"two\nlines",6\n')
    source = made.source(tmp_path / "a.csv", "text")
    rows = [{"a": "1", "text": 'x, "y"', "a.2": "3"}, {"a": stray, "text": "", "a.2": ""},
            {"a": "4", "text": "two\nlines", "a.2": "6"}]  # fmt: skip
    told: list[BadRow] = []
    assert whole(source, bad=told.append) == list(zip([0, 2, 3], rows, strict=True))
    assert [(each.row, each.reason) for each in told] == [(1, "another number of fields")]
    assert [row for row, _ in made.rows(source.texts(lambda _: None))] == [0, 2, 3]


@given(st.lists(st.sampled_from(["a", "a.2", "a.3", "b", ""]), min_size=1, max_size=9))
def test_names_of_columns_become_unlike(names: list[str]) -> None:
    found = separated.unlike(tuple(names))
    assert len(set(found)) == len(found) == len(names)
    assert all(own == name or own.startswith(f"{name}.") for own, name in zip(found, names, strict=True))
    assert set(names) <= set(found)


def test_a_file_alone_is_a_row_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("größer")
    png = b"\x89PNG rest"
    (tmp_path / "b.png").write_bytes(png)
    assert whole(made.source(tmp_path / "a.txt")) == [(0, {"file": "a.txt", "text": "größer"})]
    image = made.source(tmp_path / "b.png")
    assert whole(image) == [(0, {"file": "b.png", "image": {"bytes": png, "path": "b.png"}})]
    assert whole(image, 1) == []
    (tmp_path / "b.png").write_bytes(b"none")
    told: list[BadRow] = []
    assert whole(image, bad=told.append) == []
    assert [each.reason for each in told] == ["no image"]


def test_samples_have_a_column_for_each_ending(tmp_path: Path) -> None:
    jpeg, png = b"\xff\xd8\xff", b"\x89PNG"
    members = {"a.JPG": jpeg, "a.cls": b"7", "b.jpg": jpeg, "b.seg.png": png, "readme": b"x"}
    with tarfile.open(tmp_path / "a.tar", "w") as into:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            into.addfile(info, io.BytesIO(data))
    rows = [
        {"__key__": "a", "jpg": jpeg, "cls": "7", "seg.png": None, "__file__": None},
        {"__key__": "b", "jpg": jpeg, "cls": None, "seg.png": png, "__file__": None},
        {"__key__": "readme", "jpg": None, "cls": None, "seg.png": None, "__file__": b"x"},
    ]
    assert whole(made.source(tmp_path / "a.tar")) == list(enumerate(rows))


def test_small_files_together_give_few_tables(tmp_path: Path) -> None:
    sources = []
    for number in range(1100):
        (tmp_path / f"{number:04d}.txt").write_text(f"text {number}")
        sources.append(made.source(tmp_path / f"{number:04d}.txt"))
    both = Together(sources)
    assert [len(each.numbers) for each in both.rows(lambda _: None)] == [1024, 76]
    truth = [(n * ROWS, {"file": f"{n:04d}.txt", "text": f"text {n}"}) for n in range(1100)]
    assert whole(both) == truth
    assert whole(both, 700 * ROWS + 1) == truth[701:]
    assert [number for number, _ in made.rows(both.texts(made.none_bad))] == [number for number, _ in truth]


def test_unlike_files_together_are_not_joined(tmp_path: Path) -> None:
    names = ["a.jsonl", "lines.json", "a.csv", "a.tsv", "a.parquet"]
    both = Together([made.source(made.write(tmp_path, name, ["x", "y"])) for name in names])
    found = list(both.rows(lambda _: None))
    assert [each.numbers.tolist() for each in found] == [
        [0, 1, ROWS, ROWS + 1], [2 * ROWS, 2 * ROWS + 1, 3 * ROWS, 3 * ROWS + 1], [4 * ROWS, 4 * ROWS + 1]
    ]  # fmt: skip
    assert whole(both, 3 * ROWS + 1)[0] == (3 * ROWS + 1, {"id": "1", "text": "y"})


def test_a_sample_has_no_whole_rows(tmp_path: Path) -> None:
    (chosen,) = sample.drawn([made.source(made.write(tmp_path, "a.jsonl", TEXTS))], 1 << 20).sources
    with pytest.raises(io.UnsupportedOperation, match="give its file"):
        chosen.rows(lambda _: None)
