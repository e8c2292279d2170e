"""Columns that are no plain strings: conversations, lists, images, bytes; and what is chosen among several."""

from __future__ import annotations

import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")
pytest.importorskip("PIL", reason="pillow is not installed: the extra data has it")
import PIL.Image  # noqa: E402
import pyarrow.feather as feather  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

from tests.data.formats import made  # noqa: E402
from thirdwatt.data.errors import ColumnTwiceError  # noqa: E402
from thirdwatt.data.formats.base import BadRow  # noqa: E402

TURN = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant"]), "content": st.none() | st.text(max_size=9)}
)
TALKS = st.lists(st.none() | st.lists(st.none() | TURN, max_size=4), min_size=1, max_size=8)


def write(where: Path, found: Any) -> list[Path]:
    paths = [where / "a.parquet", where / "a.arrow", where / "a.feather"]
    pq.write_table(found, paths[0], row_group_size=3)
    with pa.OSFile(str(paths[1]), "wb") as file, pa.ipc.new_stream(file, found.schema) as writer:
        writer.write_table(found, 3)
    feather.write_feather(found, paths[2], chunksize=3)
    return paths


def png(color: int) -> bytes:
    held = io.BytesIO()
    PIL.Image.new("RGB", (8, 8), (color, 0, 0)).save(held, "PNG")
    return held.getvalue()


@settings(max_examples=40, deadline=None)
@given(TALKS)
def test_conversations_are_their_words_in_every_format(talks: list[Any]) -> None:
    kind = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
    found = pa.table({"n": range(len(talks)), "messages": pa.array(talks, kind)})
    truth = [
        (row, "\n".join((turn or {}).get("content") or "" for turn in talk).encode())
        for row, talk in enumerate(talks) if talk is not None
    ]  # fmt: skip
    missing = [row for row, talk in enumerate(talks) if talk is None]
    with TemporaryDirectory() as folder:
        where = Path(folder)
        lines = where / "a.jsonl"
        lines.write_text("".join(json.dumps({"n": 1, "messages": each}) + "\n" for each in talks))
        for path in [*write(where, found), lines]:
            read, bad = made.read(path, "messages")
            assert (read, [each.row for each in bad]) == (truth, missing)
            assert {each.reason for each in bad} <= {"no text"}


def turns(*members: tuple[str, Any]) -> Any:
    return pa.list_(pa.struct([(name, pa.string() if kind is str else kind) for name, kind in members]))


PIECES = [{"type": "text", "text": "a"}, {"type": "image", "text": None}]


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (lambda: pa.list_(pa.string()), ["a", None, "b"], "a\n\nb"),
        (lambda: pa.large_list(pa.large_string()), ["a", "b"], "a\nb"),
        (lambda: turns(("from", str), ("value", str)), [{"from": "x", "value": "y"}], "y"),
        (lambda: turns(("content", turns(("type", str), ("text", str)))), [{"content": PIECES}], "a\n"),
        (lambda: pa.string_view(), "größer", "größer"),
        (lambda: pa.dictionary(pa.int32(), pa.string()), "again", "again"),
        (lambda: pa.binary(), "größer".encode(), "größer"),
    ],
)
def test_texts_of_every_type(tmp_path: Path, kind: Any, value: Any, said: str) -> None:
    found = pa.table({"n": range(7), "body": pa.array([value] * 6 + [None], kind())})
    for path in write(tmp_path, found):
        assert made.source(path).column == "body"
        read, bad = made.read(path)
        assert read == [(row, said.encode()) for row in range(6)]
        assert [(each.row, each.reason) for each in bad] == [(6, "no text")]


def test_images_of_datasets(tmp_path: Path) -> None:
    images = [{"bytes": png(each), "path": f"{each}.png"} for each in range(5)] + [
        {"bytes": None, "path": "far.png"},
        None,
    ]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    found = pa.table({"caption": ["red"] * 7, "image": pa.array(images, kind)})
    for path in write(tmp_path, found):
        source = made.source(path)
        assert (source.column, source.kind) == ("image", "image")
        assert list(source.columns) == ["image", "caption"]
        read, bad = made.read(path)
        assert read == [(each, png(each)) for each in range(5)]
        assert [(each.row, each.reason) for each in bad] == [(5, "no image"), (6, "no image")]
        assert made.source(path, "caption").kind == "text"


def test_invalid_text_in_a_column_costs_its_row_alone(tmp_path: Path) -> None:
    texts = pa.Array.from_buffers(pa.string(), 3, pa.array([b"ab", b"\xff", b"c"], pa.binary()).buffers())
    for path in write(tmp_path, pa.table({"text": texts})):
        read, bad = made.read(path)
        assert read == [(0, b"ab"), (2, b"c")]
        assert [(each.row, each.reason, each.sample) for each in bad] == [(1, "invalid UTF-8", b"\xff")]


def test_all_columns_of_text_are_named(tmp_path: Path) -> None:
    rows = [{"id": "x", "instruction": "do " * 9, "input": "with " * 30, "score": 1, "tags": [1, 2]}] * 5
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    for each in (path, *write(tmp_path, pa.Table.from_pylist(rows))):
        source = made.source(each)
        assert source.column == "input"
        assert list(source.columns) == ["input", "instruction", "id"]
        assert source.columns["input"] * 27 == source.columns["instruction"] * 150


def test_dictionaries_that_change_within_a_stream(tmp_path: Path) -> None:
    path = tmp_path / "a.arrow"
    batches = [["a", "b"], ["c", "a"], ["d", "d"]]
    schema = pa.schema([("text", pa.dictionary(pa.int8(), pa.string()))])
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, schema) as writer:
        for each in batches:
            writer.write_batch(pa.record_batch([pa.array(each).dictionary_encode().cast(schema.field(0).type)], schema))
    truth = [(row, text.encode()) for row, text in enumerate(each for batch in batches for each in batch)]
    assert made.read(path) == (truth, [])
    source = made.source(path)
    assert [row for part in source.parts() for row in made.rows(source.part(part, made.none_bad))] == truth


def test_empty_batches_are_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "a.arrow"
    schema = pa.schema([("text", pa.string())])
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, schema) as writer:
        for each in ([], ["a"], [], ["b"]):
            writer.write_batch(pa.record_batch([pa.array(each, pa.string())], schema))
    assert made.read(path) == ([(0, b"a"), (1, b"b")], [])


def test_streams_of_before_arrow_0_15(tmp_path: Path) -> None:
    path = tmp_path / "a.arrow"
    found = made.table(["a", "bc", "", "d"] * 3)
    options = pa.ipc.IpcWriteOptions(use_legacy_format=True)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, found.schema, options=options) as writer:
        writer.write_table(found, 2)
    assert made.read(path) == ([(row, each.encode()) for row, each in enumerate(["a", "bc", "", "d"] * 3)], [])


@pytest.mark.parametrize("data", [b"FEA1 of old", b"no arrow at all", b"", b"\xff\xff\xff\xff"])
def test_what_is_no_arrow_is_said(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.feather"
    path.write_bytes(data)
    with pytest.raises((OSError, ValueError), match=r"Feather of version 1|Arrow"):
        made.source(path)


def test_long_documents_come_in_small_batches(tmp_path: Path) -> None:
    texts = [f"{each}" * 500_000 for each in range(1, 40)]
    found = pa.table({"text": texts})
    pq.write_table(found, tmp_path / "a.parquet")
    feather.write_feather(found, tmp_path / "a.feather")
    for name in ("a.parquet", "a.feather"):
        sizes = [len(each.data) for each in made.source(tmp_path / name).texts(made.none_bad)]
        assert sum(sizes) == sum(map(len, texts))
        assert max(sizes) <= 16 << 20


@pytest.mark.parametrize("values", [[1, 2], ["", ""], [None, None]])
@pytest.mark.parametrize("name", ["a.parquet", "a.arrow"])
def test_rows_without_a_column_of_text_are_bad_rows(tmp_path: Path, name: str, values: list[Any]) -> None:
    table = pa.table({"n": values})
    if name == "a.parquet":
        pq.write_table(table, tmp_path / name)
    else:
        with pa.OSFile(str(tmp_path / name), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
            writer.write_table(table)
    source = made.source(tmp_path / name)
    told: list[BadRow] = []
    assert list(source.texts(told.append)) == []
    assert [(each.row, each.rows, each.reason) for each in told] == [(0, 2, "no column of text")]
    assert [len(rows.numbers) for rows in source.rows(made.none_bad)] == [2]


SCHEMES = st.lists(
    st.lists(
        st.fixed_dictionaries({"from": st.just("human"), "value": st.text(max_size=5)})
        | st.fixed_dictionaries({"role": st.just("user"), "content": st.none() | st.text(max_size=5)})
        | st.fixed_dictionaries({"content": st.none(), "text": st.lists(st.text(max_size=3), max_size=2)}),
        max_size=3,
    ),
    min_size=1, max_size=6,
)  # fmt: skip
SCHEME = pa.list_(pa.struct(
    [("from", pa.string()), ("value", pa.string()), ("role", pa.string()), ("content", pa.large_string()),
     ("text", pa.list_(pa.string()))]
))  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(SCHEMES)
def test_turns_have_their_words_under_the_name_of_their_own_scheme(talks: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        where = Path(folder)
        lines = where / "a.jsonl"
        lines.write_text("".join(json.dumps({"talk": each}) + "\n" for each in talks))
        truth = made.read(lines, "talk")
        assert len(truth[0]) == len(talks)
        for path in write(where, pa.table({"talk": pa.array(talks, SCHEME)})):
            assert made.read(path, "talk") == truth


def test_documents_in_a_column_that_is_there_twice_are_told(tmp_path: Path) -> None:
    texts = pa.array(["one document", "two documents"])
    twice = pa.Table.from_arrays([pa.array(["a", "b"]), texts, texts], ["id", "text", "text"])
    for path in write(tmp_path, twice):
        for column in ("", "text"):
            with pytest.raises(ColumnTwiceError, match=r"a.*column text is there twice"):
                made.source(path, column)
        assert made.source(path, "id").column == "id"
    others = pa.Table.from_arrays([texts, pa.array([1, 2]), pa.array(["x", "y"])], ["text", "k", "k"])
    for path in write(tmp_path, others):
        assert made.read(path)[0] == [(0, b"one document"), (1, b"two documents")]
