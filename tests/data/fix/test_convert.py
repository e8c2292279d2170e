"""A dataset in another format: every row that can be read is there, wherever files are cut and whatever happens."""

from __future__ import annotations

import json
import random
import tracemalloc
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.fix.test_dedup import contents, parquet, removed_of
from tests.data.formats import made
from tests.data.formats.test_rows import whole
from thirdwatt.data.errors import ChangedError, EmptyError
from thirdwatt.data.files import files
from thirdwatt.data.fix import proof as proof_of
from thirdwatt.data.fix.convert import Untold, Wish, convert
from thirdwatt.data.fix.forms import FORMS, Options
from thirdwatt.data.fix.result import ReckoningError
from thirdwatt.data.fix.shapes import PARQUET_FIX, ShapeError
from thirdwatt.data.formats.base import BadRow

LINES = ('{"text": "a"}', "{torn", "", "[1]", '{"text": null}', '{"other": 1}', "\xff")
TEXTS = [f"größer {number}\n" * (number % 7 + 1) for number in range(120)]


def read(where: Path) -> list[dict[str, Any]]:
    return [row for path in files(str(where)).paths for _, row in whole(made.source(path))]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", made.WRITERS)
def test_from_every_format_to_every_other(tmp_path: Path, name: str, form: str) -> None:
    path = made.write(tmp_path, name, TEXTS)
    report = convert(Wish(str(path), str(tmp_path / "out"), form, file_byte=2000))
    assert (report["before"]["rows"], report["after"]["rows"]) == (120, 120)
    assert report["after"]["files"] == len(list((tmp_path / "out/data").iterdir())) > 3
    found = read(tmp_path / "out")
    assert [row["txt" if "txt" in row else "text"] for row in found] == TEXTS
    if "tar" not in name and form != "webdataset":
        assert [str(row["id"]) for row in found] == [str(number) for number in range(120)]
    assert json.loads((tmp_path / "out/report.json").read_text()) == report


@pytest.mark.parametrize("form", FORMS)
def test_batches_change_no_byte(tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wish = Wish(str(parquet(tmp_path / "d.parquet", TEXTS)), str(tmp_path / "one"), form, file_byte=1500)
    convert(wish)
    for place in ("arrays", "base"):
        monkeypatch.setattr(f"thirdwatt.data.formats.{place}.BATCH_ROWS", 7)
    convert(replace(wish, out=str(tmp_path / "two")))
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(
        st.sampled_from(['{"text": "a"}', "{torn", "", "[1]", '{"text": null}', '{"other": 1}', "\xff"]), max_size=30
    ),
    file_byte=st.integers(1, 120),
    stops=st.sets(st.integers(0, 12), max_size=3),
)
def test_no_line_is_lost_or_told_twice_however_often_it_is_interrupted(
    rows: list[str], file_byte: int, stops: set[int]
) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder, "d.jsonl")
        path.write_bytes(b'{"text": "first"}\n' + "\n".join(rows).encode("latin-1"))
        wish = Wish(str(path), str(Path(folder, "out")), "jsonl", file_byte=file_byte)
        real, calls = proof_of.in_order, 0

        def proof(*given: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls in stops:
                raise KeyboardInterrupt
            return real(*given)

        patch.setattr("thirdwatt.data.fix.convert.in_order", proof)
        while True:
            try:
                report = convert(wish)
                break
            except KeyboardInterrupt:
                assert not Path(folder, "out").exists()
        objects = ['{"text": "first"}', *(each for each in rows if each.startswith("{") and each != "{torn")]
        lines = [line for each in files(wish.out).paths for line in Path(each).read_text().splitlines()]
        assert lines == objects
        bad = [each for each in rows if each in ("{torn", "[1]", "\xff")]
        assert report["bad_rows"]["count"] == len(bad) == len(removed_of(Path(folder, "out")))


def test_types_and_what_a_schema_says_stay(tmp_path: Path) -> None:
    kind = pa.struct([("a", pa.list_(pa.int8())), ("when", pa.timestamp("ms", "UTC"))])
    table = pa.table(
        {
            "text": ["x", None],
            "more": pa.array([{"a": [1], "when": 0}, None], kind),
            "half": pa.array([0.5, 1.5], pa.float16()),
        }
    )
    table = table.replace_schema_metadata({"huggingface": "{}"})
    pq.write_table(table, tmp_path / "d.parquet")
    report = convert(Wish(str(tmp_path / "d.parquet"), str(tmp_path / "out"), "arrow"))
    with pa.OSFile(str(tmp_path / "out/data/00000.arrow")) as file:
        found = pa.ipc.open_stream(file).read_all()
    assert found.equals(pq.read_table(tmp_path / "d.parquet"), check_metadata=True)
    assert (report["before"]["rows"], report["before"]["documents"]) == (2, 1)


def test_a_table_without_texts_is_converted_all_the_same(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": list(range(10))}), tmp_path / "d.parquet")
    report = convert(Wish(str(tmp_path / "d.parquet"), str(tmp_path / "out"), "jsonl"))
    assert [json.loads(line) for line in (tmp_path / "out/data/00000.jsonl").read_text().splitlines()] == [
        {"x": number} for number in range(10)
    ]
    assert report["proof"] == "as many rows as were read"


def test_row_groups_and_codecs_are_as_asked(tmp_path: Path) -> None:
    parquet(tmp_path / "d.parquet", [f"{number} " * 100 for number in range(200)])
    convert(Wish(str(tmp_path / "d.parquet"), str(tmp_path / "out"), options=Options("gzip", 1, 10_000)))
    with pq.ParquetFile(tmp_path / "out/data/00000.parquet") as file:
        assert file.num_row_groups > 5
        assert file.metadata.row_group(0).column(0).compression == "GZIP"


def test_images_go_through_tars_and_back(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    images = {f"{number}.png": b"\x89PNG\r\n" + bytes([number]) for number in range(3)}
    for name, data in images.items():
        (tmp_path / "d" / name).write_bytes(data)
    convert(Wish(str(tmp_path / "d"), str(tmp_path / "tar"), "webdataset"))
    convert(Wish(str(tmp_path / "tar"), str(tmp_path / "back")))
    assert [row["png"] for row in pq.read_table(tmp_path / "back/data").to_pylist()] == list(images.values())


# --- what can go wrong ------------------------------------------------------------------------------------------------


def test_what_a_format_cannot_hold_is_told(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["x"], "raw": [b"\xff"]}), tmp_path / "d.parquet")
    with pytest.raises(ShapeError, match="raw") as told:
        convert(Wish(str(tmp_path / "d.parquet"), str(tmp_path / "out"), "jsonl"))
    assert told.value.fix == PARQUET_FIX
    assert not (tmp_path / "out").exists()


def test_files_that_change_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = parquet(tmp_path / "d.parquet", TEXTS)
    real = proof_of.in_order

    def changed(*given: Any) -> Any:
        parquet(path, ["other"])
        return real(*given)

    monkeypatch.setattr("thirdwatt.data.fix.convert.in_order", changed)
    with pytest.raises(ChangedError):
        convert(Wish(str(path), str(tmp_path / "out")))
    assert not (tmp_path / "out").exists()


def test_a_document_that_is_another_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = FORMS["jsonl"].writer

    def losing(path: str, how: Options) -> Any:
        made = real(path, how)
        write = made.write
        made.write = lambda rows: write(replace(rows, lines=tuple(each.replace(b"a", b"b") for each in rows.lines)))  # type: ignore[method-assign]
        return made

    monkeypatch.setitem(FORMS, "jsonl", FORMS["jsonl"]._replace(writer=losing))
    (tmp_path / "d.jsonl").write_text('{"text": "a"}\n')
    with pytest.raises(ReckoningError, match="or others"):
        convert(Wish(str(tmp_path / "d.jsonl"), str(tmp_path / "out"), "jsonl"))


def test_nothing_to_convert(tmp_path: Path) -> None:
    with pytest.raises(EmptyError, match="holds no files"):
        convert(Wish(str(tmp_path / "nowhere"), str(tmp_path / "out")))


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"image": [b"\xff\xd8\xff1"], "img": [b"\xff\xd8\xff2"]}, "two columns would be members jpg"),
        ({"__key__": ["a"], "n": [1]}, "column n, beside __key__, holds neither text nor bytes"),
    ],
)
def test_a_tar_does_not_hold_two_members_of_one_name_or_numbers(tmp_path: Path, columns: Any, told: str) -> None:
    pq.write_table(pa.table({"text": ["x"], **columns}), tmp_path / "d.parquet")
    with pytest.raises(ShapeError, match=told):
        convert(Wish(str(tmp_path / "d.parquet"), str(tmp_path / "out"), "webdataset", column="text"))


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_files_have_one_schema(tmp_path: Path, form: str) -> None:
    rows = [{"text": "x", **({"late": 1} if number > 20 else {})} for number in range(40)]
    (tmp_path / "d.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    convert(Wish(str(tmp_path / "d.jsonl"), str(tmp_path / "out"), form, file_byte=100))
    assert len(list((tmp_path / "out/data").iterdir())) > 3
    assert read(tmp_path / "out") == [{"late": None, **row} for row in rows]


def test_a_table_without_texts_becomes_samples(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1, 2]}), tmp_path / "d.parquet")
    report = convert(Wish(str(tmp_path / "d.parquet"), str(tmp_path / "out"), "webdataset"))
    assert report["after"]["rows"] == 2


def test_dictionaries_that_outgrow_their_indices_are_told(tmp_path: Path) -> None:
    kind = pa.dictionary(pa.int8(), pa.string())
    for number in range(3):
        words = pa.array([f"{number} {each}" for each in range(100)]).dictionary_encode().cast(kind)
        (tmp_path / "d").mkdir(exist_ok=True)
        with pa.OSFile(str(tmp_path / f"d/{number}.arrow"), "wb") as file:
            table = pa.table({"text": [str(each) for each in range(100)], "kind": words})
            with pa.ipc.new_stream(file, table.schema) as writer:
                writer.write_table(table)
    with pytest.raises(ShapeError, match="more values than it can count"):
        convert(Wish(str(tmp_path / "d"), str(tmp_path / "out")))


def test_rows_without_a_text_stay_where_columns_come_late(tmp_path: Path) -> None:
    rows = [{"text": None if number == 5 else "x", **({"late": 1} if number > 20 else {})} for number in range(40)]
    (tmp_path / "d.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    convert(Wish(str(tmp_path / "d.jsonl"), str(tmp_path / "out"), file_byte=100))
    assert read(tmp_path / "out") == [{"late": None, **row} for row in rows]


# --- what was found by looking for faults -----------------------------------------------------------------------------

SCHEMES = [
    {"talk": [{"from": "human", "value": "one"}, {"from": "gpt", "value": "two"}]},
    {"talk": [{"role": "user", "content": "one"}, {"role": "assistant", "content": "three"}]},
]


@pytest.mark.parametrize("form", FORMS)
def test_conversations_of_several_schemes_come_through(tmp_path: Path, form: str) -> None:
    (tmp_path / "d.jsonl").write_text("\n".join(map(json.dumps, SCHEMES)), encoding="utf-8")
    report = convert(Wish(str(tmp_path / "d.jsonl"), str(tmp_path / "out"), form))
    (path,) = files(str(tmp_path / "out")).paths
    column = "json.talk" if form == "webdataset" else "talk"
    assert [text for _, text in made.read(path, column)[0]] == [b"one\ntwo", b"one\nthree"]
    assert report["before"]["documents"] == 2


def test_columns_that_are_called_alike(tmp_path: Path) -> None:
    texts = [pa.array(["x y", "z"]), pa.array(["1", "2"]), pa.array(["3", "4"])]
    pq.write_table(pa.Table.from_arrays(texts, ["text", "k", "k"]), tmp_path / "d.parquet")
    convert(Wish(str(tmp_path / "d.parquet"), str(tmp_path / "p")))
    with pq.ParquetFile(tmp_path / "p/data/00000.parquet") as file:
        found = file.read(use_threads=False).columns
    assert [each.to_pylist() for each in found] == [each.to_pylist() for each in texts]
    for form in ("jsonl", "webdataset"):
        with pytest.raises(ShapeError, match="called alike"):
            convert(Wish(str(tmp_path / "d.parquet"), str(tmp_path / form), form))
    (tmp_path / "d.csv").write_text("id,body,k,k\n1,some words,x,y\n")
    convert(Wish(str(tmp_path / "d.csv"), str(tmp_path / "c")))
    assert read(tmp_path / "c") == [{"id": "1", "body": "some words", "k": "x", "k.2": "y"}]


def test_bad_rows_are_counted_and_not_kept(tmp_path: Path) -> None:
    """A gap of a hundred thousand takes no more memory than one of a thousand."""
    peaks = []
    for count in (1000, 100_000):
        untold = Untold()
        tracemalloc.start()
        for number in range(count):
            untold.add((0, number), BadRow("a", number, f"reason {number % 3}", f"sample {number}".encode() * 9))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        found = untold.taken((0, count))
        assert sum(found.counts.values()) == count
        assert [each.row for each in found.first] == list(range(300))
    assert peaks[1] < 2 * peaks[0]


@given(st.sets(st.integers(0, 30)), st.randoms(use_true_random=False), st.lists(st.integers(0, 30), max_size=3))
def test_bad_rows_are_told_once_in_the_file_before_whose_end_they_are(
    rows: set[int], draw: random.Random, ends: list[int]
) -> None:
    places = [each for each in sorted(ends) if each not in rows]  # a file ends before a row that can be read
    given_order, untold, found = sorted(rows), Untold(), []
    draw.shuffle(given_order)
    for number in given_order:
        untold.add((0, number), BadRow("a", number, "reason", b""))
    for place in [*((0, each) for each in places), None]:
        found.append(sorted(each.row for each in untold.taken(place).first))
    begins = [0, *places, 99]
    assert found == [[each for each in sorted(rows) if begin <= each < end] for begin, end in pairwise(begins)]


def test_small_files_with_gaps_are_read_once_and_told_once(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    for number in range(20):
        lines = ["{torn", json.dumps({"text": f"text {number}"}), "[1]", "{torn"]
        (tmp_path / f"d/{number:02}.jsonl").write_text("\n".join(lines))
    report = convert(Wish(str(tmp_path / "d"), str(tmp_path / "out"), "jsonl", file_byte=60))
    assert [row["text"] for row in read(tmp_path / "out")] == [f"text {number}" for number in range(20)]
    assert report["bad_rows"]["reasons"] == {"broken JSON": 40, "no object": 20}
    told = [(Path(each["file"]).stem, each["row"]) for each in removed_of(tmp_path / "out")]
    assert told == [(f"{number:02}", row) for number in range(20) for row in (0, 2, 3)]
