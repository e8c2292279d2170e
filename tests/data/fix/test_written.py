"""What is written is what was given, the same file however it was batched; what a format cannot hold is told."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from itertools import pairwise
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
from thirdwatt.data.fix import shapes
from thirdwatt.data.fix.shapes import ShapeError
from thirdwatt.data.fix.written import ArrowWriter, JsonLinesWriter, ParquetWriter, Writer, Wrote
from thirdwatt.data.formats.base import Rows

SMALL = 300
"""Bytes of a row group, so that small files have many."""

WRITERS: dict[str, Callable[[str], Writer]] = {
    "a.parquet": lambda path: ParquetWriter(path, group_byte=SMALL),
    "a.arrow": lambda path: ArrowWriter(path, group_byte=SMALL),
    "a.jsonl": JsonLinesWriter,
}


def of_lines(values: list[Any]) -> Rows:
    return Rows(np.arange(len(values)), lines=tuple(json.dumps(each).encode() for each in values))


def of_table(table: Any) -> Rows:
    return Rows(np.arange(len(table)), table)


def cut(rows: Rows, ends: list[int]) -> Iterator[Rows]:
    """Rows in batches."""
    count = len(rows.numbers)
    places = sorted({0, count, *(each % (count + 1) for each in ends)})
    for begin, end in pairwise(places):
        table = None if rows.table is None else rows.table.slice(begin, end - begin)
        yield Rows(rows.numbers[begin:end], table, rows.lines[begin:end])


def write(writer: Writer, *batches: Rows) -> Wrote:
    for each in batches:
        writer.write(each)
    return writer.close()


def parquet(folder: Path, *batches: Rows, **how: Any) -> Any:
    write(ParquetWriter(str(folder / "p.parquet"), **how), *batches)
    return pq.read_table(folder / "p.parquet", use_threads=False)


OBJECTS = st.fixed_dictionaries(
    {"text": st.text(st.characters(codec="utf-8"), max_size=60)},
    optional={
        "n": st.none() | st.integers(-(2**50), 2**50),
        "f": st.floats(allow_nan=False, allow_infinity=False, width=32) | st.integers(-1000, 1000),
        "when": st.sampled_from(["2020-01-01", "2020-01-01T10:00:00Z", "never", None]),
        "tags": st.none() | st.lists(st.none() | st.text(st.characters(codec="utf-8"), max_size=5), max_size=3),
        "meta": st.fixed_dictionaries({"z": st.booleans()}, optional={"x": st.none() | st.integers(0, 9), "y": st.lists(
            st.fixed_dictionaries({}, optional={"d": st.floats(0, 1)}) .map(lambda d: {"c": "c", **d}), max_size=2)}),
    },
)  # fmt: skip
KIND = pa.struct([("a", pa.int64()), ("b", pa.list_(pa.string()))])
SCHEMA = pa.schema(
    [
        ("text", pa.string()), ("n", pa.int32()), ("meta", KIND), ("d", pa.dictionary(pa.int32(), pa.string())),
        ("t", pa.timestamp("us", "UTC")), ("v", pa.list_(pa.float32(), 2)), ("ok", pa.bool_()),
    ],
    {"huggingface": '{"info": {}}'},
)  # fmt: skip
WORDS = st.text(st.characters(codec="utf-8"), max_size=20)
TABLES = st.lists(
    st.fixed_dictionaries(
        {
            "text": st.none() | WORDS,
            "n": st.none() | st.integers(-9, 9),
            "meta": st.none()
            | st.fixed_dictionaries(
                {
                    "a": st.none() | st.integers(0, 9),
                    "b": st.none() | st.lists(st.none() | WORDS, max_size=3),
                }
            ),
            "d": st.none() | st.sampled_from(["x", "y"]),
            "t": st.none() | st.datetimes(dt.datetime(1971, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC)),
            "v": st.none() | st.lists(st.floats(0, 1, width=32), min_size=2, max_size=2),
            "ok": st.none() | st.booleans(),
        }
    ),
    min_size=1,
    max_size=25,
).map(lambda rows: pa.Table.from_pylist(rows, SCHEMA))


def lacking(value: Any) -> Any:
    """A value without members that are null, which are as those that are not there."""
    if isinstance(value, dict):
        return {name: lacking(each) for name, each in value.items() if each is not None}
    return [lacking(each) for each in value] if isinstance(value, list) else value


@settings(max_examples=12, deadline=None)
@given(st.lists(OBJECTS, min_size=1, max_size=30), st.lists(st.integers(0, 30), max_size=6))
def test_json_lines_come_back_from_every_format(values: list[Any], ends: list[int]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        for own, begin in WRITERS.items():
            files = []
            for number, places in enumerate(([], ends, list(range(31)))):
                path = folder / f"{number}{own}"
                wrote = write(begin(str(path)), *cut(of_lines(values), places))
                assert wrote == Wrote(len(values), path.stat().st_size)
                files.append(path.read_bytes())
            assert files[0] == files[1] == files[2]
            whole = made.source(folder / f"0{own}", "text").rows(made.none_bad)
            found = [row for rows in whole for row in as_values(rows)]
            assert [lacking(each) for each in found] == [lacking(each) for each in values]
        assert len(list(folder.iterdir())) == 3 * len(WRITERS)


def as_values(rows: Rows) -> list[Any]:
    return [json.loads(each) for each in rows.lines] if rows.table is None else rows.table.to_pylist()


@settings(max_examples=12, deadline=None)
@given(TABLES, st.lists(st.integers(0, 30), max_size=6))
def test_tables_come_back_from_every_format(table: Any, ends: list[int]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        for own, begin in WRITERS.items():
            files = []
            for number, places in enumerate(([], ends, list(range(31)))):
                path = folder / f"{number}{own}"
                assert write(begin(str(path)), *cut(of_table(table), places)).rows == len(table)
                files.append(path.read_bytes())
            assert files[0] == files[1] == files[2]
        assert pq.read_table(folder / "0a.parquet", use_threads=False).to_pylist() == table.to_pylist()
        with pa.OSFile(str(folder / "0a.arrow")) as file, pa.ipc.open_stream(file) as stream:
            found = stream.read_all()
        assert found.to_pylist() == table.to_pylist()
        for each in (found.schema, pq.read_schema(folder / "0a.parquet")):
            assert each.equals(SCHEMA)
            assert each.metadata[b"huggingface"] == b'{"info": {}}'
        lines = [json.loads(each) for each in (folder / "0a.jsonl").read_bytes().splitlines()]
        truth = table.to_pylist()
        assert [{**each, "t": None} for each in lines] == [{**each, "t": None} for each in truth]
        assert [each["t"] and dt.datetime.fromisoformat(each["t"]) for each in lines] == [each["t"] for each in truth]


@given(TABLES, st.lists(st.integers(0, 30), max_size=6))
def test_bytes_of_rows_are_those_of_the_rows_alone(table: Any, ends: list[int]) -> None:
    parts = [shapes.sizes(each.table) for each in cut(of_table(table), ends)]
    assert np.concatenate(parts).tolist() == shapes.sizes(table).tolist()
    first = table.slice(0, 1).to_pylist()[0]
    byte = shapes.ROW_BYTES + len((first["text"] or "").encode()) + 4 * (first["n"] is not None)
    byte += 4 * (first["d"] is not None) + 8 * (first["t"] is not None) + 8 * (first["v"] is not None)
    meta = first["meta"] or {}
    byte += (first["ok"] is not None) + 8 * (meta.get("a") is not None)
    byte += sum(len(each.encode()) for each in meta.get("b") or [] if each)
    assert shapes.sizes(table)[0] == byte


def test_row_groups_end_by_the_bytes_of_rows(tmp_path: Path) -> None:
    rows = of_table(pa.table({"text": ["x" * 92] * 25 + ["y" * 5000] + ["z" * 92] * 3}))
    parquet(tmp_path, rows, group_byte=1000)
    found = pq.ParquetFile(tmp_path / "p.parquet").metadata
    assert [found.row_group(each).num_rows for each in range(found.num_row_groups)] == [10, 10, 6, 3]


def test_codec_and_level_are_those_that_were_asked_for(tmp_path: Path) -> None:
    rows = of_table(pa.table({"text": [f"some text {each % 77} of a document {each}" for each in range(5000)]}))
    sizes = {}
    for codec, level in (("zstd", 1), ("zstd", 15), ("snappy", 3), ("none", 3)):
        parquet(tmp_path, rows, codec=codec, level=level)
        column = pq.ParquetFile(tmp_path / "p.parquet").metadata.row_group(0).column(0)
        sizes[codec, level] = column.total_compressed_size
        assert column.compression == {"none": "UNCOMPRESSED"}.get(codec, codec.upper())
    assert sizes["zstd", 15] != sizes["zstd", 1]
    assert max(sizes["zstd", 15], sizes["zstd", 1]) < sizes["snappy", 3] < sizes["none", 3]


def test_types_that_become_known_late_are_those_of_all_rows(tmp_path: Path) -> None:
    early: list[Any] = [{"a": None, "m": {"x": 1}, "l": [], "f": 1} for _ in range(40)]
    late = [{"a": "text", "m": {"x": 1, "y": [{"z": True}]}, "l": ["t"], "f": 0.5, "new": 7} for _ in range(40)]
    found = parquet(tmp_path, of_lines(early), of_lines(late), group_byte=SMALL)
    kinds = pa.struct([("x", pa.int64()), ("y", pa.list_(pa.struct([("z", pa.bool_())])))])
    words = pa.list_(pa.string())
    assert found.schema.equals(
        pa.schema([("a", pa.string()), ("m", kinds), ("l", words), ("f", pa.float64()), ("new", pa.int64())])
    )
    assert found.to_pylist() == [{**each, "m": {"x": 1, "y": None}, "f": 1.0, "new": None} for each in early] + late
    assert [each.name for each in tmp_path.iterdir()] == ["p.parquet"]


def test_texts_that_look_like_points_in_time_stay_texts(tmp_path: Path) -> None:
    values = [{"d": "2020-01-01", "in": [{"d": "2021-02-03 04:05:06"}]}, {"d": "2020-01-02", "in": []}]
    assert parquet(tmp_path, of_lines(values)).to_pylist() == values


def test_nulls_at_the_beginning_of_lists_stay(tmp_path: Path) -> None:
    values = [{"a": [None, "x"], "b": [[None], [None, 1]]}, {"a": ["y"], "b": []}, {"a": [None], "b": [None, [2]]}]
    assert parquet(tmp_path, of_lines(values)).to_pylist() == values


def test_a_member_that_is_there_twice_is_the_last_as_in_json(tmp_path: Path) -> None:
    rows = Rows(np.arange(2), lines=(b'{"a": 1, "a": 2}', b'{"a": 3}'))
    assert parquet(tmp_path, rows).to_pylist() == [{"a": 2}, {"a": 3}]


@pytest.mark.parametrize("far", [0, 100])
@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ({"m": {"id": 1}}, {"m": {"id": "x"}}, ["m.id" , "number|int64", "text|string"]),
        ({"m": [True]}, {"m": [0.5]}, ["m", "true or false|bool", "number|double"]),
        ({"m": {"a": 1}}, {"m": "a"}, ["column m", "object|struct", "text|string"]),
    ],
)  # fmt: skip
def test_kinds_that_have_nothing_in_common_are_told(
    tmp_path: Path, one: Any, other: Any, said: list[str], far: int
) -> None:
    writer = ParquetWriter(str(tmp_path / "p.parquet"), group_byte=SMALL)
    with pytest.raises(ShapeError) as told:
        write(writer, of_lines([one] * (far + 1)), of_lines([other]))
    text = str(told.value)
    assert "p.parquet" in text
    for each in said if not far else said[1:]:
        assert any(word in text for word in each.split("|")), (each, text)
    assert "--format jsonl" in told.value.fix
    writer.give_up()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"a": 2**64 + 1}, "18446744073709551617"),
        ({"a": [{"b": 2**53 + 1}, {"b": 0.5}]}, "column a[].b"),
        ({"a": {"b": {}}}, "column a.b holds objects without members"),
    ],
)
def test_what_parquet_would_change_is_told(tmp_path: Path, value: Any, said: str) -> None:
    with pytest.raises(ShapeError) as told:
        parquet(tmp_path, of_lines([value]))
    assert said in str(told.value)
    assert told.value.fix == shapes.JSON_FIX


def test_large_numbers_that_stay_the_same_are_none_to_tell(tmp_path: Path) -> None:
    values = [{"a": 2**63 - 1, "f": 1e300}, {"a": -(2**63), "f": 2.0**60}]
    assert parquet(tmp_path, of_lines(values)).to_pylist() == values


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (pa.array([b"x"]), "column a holds bytes, JSON cannot"),
        (pa.array([{"b": [b"x"]}]), r"column a.b\[\] holds bytes"),
        (pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())), "column a holds map"),
        (pa.array([1], pa.duration("s")), "column a holds duration"),
        (pa.array([b"\xff"], pa.binary()).view(pa.string()), "column a holds texts that are no UTF-8"),
    ],
)
def test_what_json_has_not_is_told(tmp_path: Path, column: Any, said: str) -> None:
    writer = JsonLinesWriter(str(tmp_path / "a.jsonl"))
    with pytest.raises(ShapeError, match=said) as told:
        writer.write(of_table(pa.table({"a": column})))
    assert told.value.fix == shapes.PARQUET_FIX
    writer.give_up()
    assert list(tmp_path.iterdir()) == []


def test_numbers_that_are_none_are_counted(tmp_path: Path) -> None:
    table = pa.table({"a": [1.5, float("nan"), None, float("inf")], "b": [[1.0], [float("-inf")], None, []]})
    wrote = write(JsonLinesWriter(str(tmp_path / "a.jsonl")), of_table(table))
    assert (wrote.rows, wrote.nan) == (4, 3)
    found = [json.loads(each) for each in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert found == [{"a": 1.5, "b": [1.0]}, {"a": None, "b": [None]}, {"a": None, "b": None}, {"a": None, "b": []}]


def test_points_in_time_are_those_of_iso_8601(tmp_path: Path) -> None:
    table = pa.table(
        {
            "ns": pa.array([1_600_000_000_123_456_789], pa.timestamp("ns")),
            "tz": pa.array([0], pa.timestamp("s", "Europe/Paris")),
            "in": [[dt.date(2020, 2, 1)]],
            "t": [dt.time(1, 2, 3)],
        }
    )
    write(JsonLinesWriter(str(tmp_path / "a.jsonl")), of_table(table))
    assert json.loads((tmp_path / "a.jsonl").read_text()) == {
        "ns": "2020-09-13T12:26:40.123456789", "tz": "1970-01-01T00:00:00Z", "in": ["2020-02-01"],
        "t": "01:02:03.000000",
    }  # fmt: skip


def test_columns_that_are_called_alike(tmp_path: Path) -> None:
    rows = of_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"]))
    writer = JsonLinesWriter(str(tmp_path / "a.jsonl"))
    with pytest.raises(ShapeError, match="called alike"):
        writer.write(rows)
    writer.give_up()
    with pytest.raises(ShapeError, match="called alike"):
        parquet(tmp_path, rows, of_table(pa.table({"b": [1]})))
    write(ParquetWriter(str(tmp_path / "b.parquet")), rows)
    with pq.ParquetFile(tmp_path / "b.parquet") as file:
        found = file.read(use_threads=False)
    assert [each.to_pylist() for each in found.columns] == [[1], [2]]


def test_tables_and_lines_go_into_one_file(tmp_path: Path) -> None:
    table = pa.table({"text": ["a"], "d": pa.array(["x"]).dictionary_encode()})
    found = parquet(tmp_path, of_table(table), of_lines([{"text": "b", "n": 1}]), of_table(table), group_byte=1)
    rows = [{"text": "a", "d": "x", "n": None}, {"text": "b", "d": None, "n": 1}, {"text": "a", "d": "x", "n": None}]
    assert found.to_pylist() == rows


@pytest.mark.parametrize("name", WRITERS)
def test_no_rows_are_a_file_of_none(tmp_path: Path, name: str) -> None:
    assert write(WRITERS[name](str(tmp_path / name))).rows == 0
    assert (tmp_path / name).exists()


@pytest.mark.parametrize("rows", [of_lines([{"a": n} for n in range(5)]), of_table(pa.table({"a": range(5)}))])
def test_some_rows_are_taken(rows: Rows) -> None:
    found = rows.taken(np.array([0, 3, 4]))
    assert found.numbers.tolist() == [0, 3, 4]
    assert [each["a"] for each in as_values(found)] == [0, 3, 4]
    assert rows.taken(np.arange(5)) is rows


@pytest.mark.slow
def test_hugging_face_reads_what_was_written(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="Hugging Face's datasets are not installed")
    values = [{"text": f"{n}", "meta": {"n": n}} for n in range(2500)]
    write(ArrowWriter(str(tmp_path / "a.arrow")), of_lines(values))
    assert datasets.Dataset.from_file(str(tmp_path / "a.arrow")).to_list() == values
