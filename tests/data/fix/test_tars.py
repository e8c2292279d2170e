"""Samples: members, conversations and keys that go into tars and out of them, and what would come out as another."""

from __future__ import annotations

import io
import json
import tarfile
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.fix.test_dedup import KERNELS, removed_of
from tests.data.formats import made
from tests.data.formats.test_rows import whole
from tests.data.formats.test_webdataset import write
from thirdwatt.data.files import files
from thirdwatt.data.fix import convert, dedup
from thirdwatt.data.fix.shapes import ShapeError
from thirdwatt.data.fix.tars import Tar, TarWriter
from thirdwatt.data.formats.base import Rows
from thirdwatt.data.formats.webdataset import TWICE
from thirdwatt.data.survey import survey
from thirdwatt.data.wish import Wish

JPEG = b"\xff\xd8\xff"


def members(where: Path) -> list[tuple[str, bytes]]:
    """All that is in the tars of a result, as the standard library reads them."""
    found = []
    for path in files(str(where)).paths:
        with tarfile.open(path) as file:
            for each in file:
                data = file.extractfile(each)
                assert data is not None
                found.append((each.name, data.read()))
    return found


def converted(path: Path, out: Path, form: str = "webdataset", column: str = "") -> Any:
    return convert.convert(convert.Wish(str(path), str(out), form, column=column))


def talk(*words: str) -> bytes:
    return json.dumps({"conversations": [{"from": "x", "value": each} for each in words], "n": 1.50}).encode()


SAMPLES = [
    ("v1.0/a.jpg", JPEG + b"1"), ("v1.0/a.seg.png", b"\x89PNG"), ("v1.0/a.json", talk("one", "two")),
    ("v1.0/b.jpg", JPEG + b"2"), ("v1.0/b.json", talk("three")), ("v1.0/b.cls", b"7"),
    ("v1.0/c.jpg", JPEG + b"1"), ("v1.0/c.json", talk("one", "two")), ("d", b"bare"), ("d.json", talk("four")),
]  # fmt: skip


@pytest.mark.parametrize("column", ["jpg", "json.conversations"])
def test_tars_stay_tars_with_all_their_members(tmp_path: Path, column: str) -> None:
    write(tmp_path / "d.tar", SAMPLES)
    wish = dedup.Wish(str(tmp_path / "d.tar"), str(tmp_path / "out"), frozenset(["exact"]), column=column)
    report = dedup.dedup(wish, KERNELS)
    stays = SAMPLES[:6] + (SAMPLES[8:] if column != "jpg" else [])
    assert sorted(members(tmp_path / "out")) == sorted(stays)
    gone = removed_of(tmp_path / "out")[0]
    assert (gone["id"], gone["why"]) == ("v1.0/c", "exact")
    assert report["after"]["rows"] == (2 if column == "jpg" else 3)
    assert [Path(each).suffix for each in files(str(tmp_path / "out")).paths] == [".tar"]


@pytest.mark.parametrize("form", ["parquet", "arrow", "jsonl", "webdataset"])
def test_conversations_of_samples_are_proved(tmp_path: Path, form: str) -> None:
    texts = [(name, data) for name, data in SAMPLES if name.endswith("json")]
    write(tmp_path / "d.tar", texts)
    report = converted(tmp_path / "d.tar", tmp_path / "out", form)
    assert (report["before"]["documents"], report["before"]["bytes"]) == (4, 23)
    rows = [row for path in files(str(tmp_path / "out")).paths for _, row in whole(made.source(path))]
    assert [row["json"].encode() for row in rows] == [data for _, data in texts]
    if form in ("parquet", "jsonl"):
        wish = dedup.Wish(str(tmp_path / "d.tar"), str(tmp_path / "fixed"), form=form)
        assert dedup.dedup(wish, KERNELS)["after"]["rows"] == 3


def test_texts_of_dictionaries_views_and_bytes_are_documents(tmp_path: Path) -> None:
    plain = pa.array(["one", None, "größer"])
    for number, column in enumerate([
        plain.dictionary_encode(), plain.cast(pa.string_view()), plain.cast(pa.binary()), plain.cast(pa.large_string()),
    ]):  # fmt: skip
        path = tmp_path / f"{number}.arrow"
        table = pa.table({"text": column, "n": [1, 2, 3]})
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
            writer.write_table(table)
        report = converted(path, tmp_path / f"{number}")
        assert (report["before"]["documents"], report["after"]["rows"]) == (2, 3)
        assert [data for name, data in members(tmp_path / f"{number}") if name.endswith("txt")] == [
            b"one", "größer".encode(),
        ]  # fmt: skip


def test_images_of_several_kinds_are_documents(tmp_path: Path) -> None:
    for name, data in (("a.png", b"\x89PNG 1"), ("b.jpg", JPEG), ("c.png", b"\x89PNG 2")):
        (tmp_path / "d").mkdir(exist_ok=True)
        (tmp_path / "d" / name).write_bytes(data)
    assert converted(tmp_path / "d", tmp_path / "out")["before"]["documents"] == 3


def test_numbers_that_are_none_beside_texts_are_counted(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a", "b"], "x": [float("nan"), 1.0]}), tmp_path / "d.parquet")
    assert converted(tmp_path / "d.parquet", tmp_path / "out")["nan"] == 1


# --- what would come out as another -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"__key__": ["a.b", "c"], "txt": ["x", "y"]}, "__key__ a.b has a dot"),
        ({"__key__": ["a", "a"], "txt": ["x", "y"]}, "two rows one behind the other have the key a"),
        ({"__key__": ["a", "b"], "Txt": ["x", "y"]}, "column Txt cannot be the ending"),
        ({"image": [{"bytes": None, "path": "x.jpg"}, {"bytes": JPEG, "path": ""}], "text": ["", ""]}, "x.jpg"),
    ],
)
def test_samples_that_would_be_read_as_others_are_refused(tmp_path: Path, columns: Any, told: str) -> None:
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    made_of = {name: pa.array(each, kind if name == "image" else None) for name, each in columns.items()}
    pq.write_table(pa.table(made_of), tmp_path / "d.parquet")
    with pytest.raises(ShapeError, match=told):
        converted(tmp_path / "d.parquet", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_sample_whose_members_two_files_share_is_refused(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    write(tmp_path / "d/0.tar", [("a.txt", b"one"), ("b.txt", b"two")])
    write(tmp_path / "d/1.tar", [("b.json", b"{}"), ("c.txt", b"three")])
    with pytest.raises(ShapeError, match="the key b") as told:
        converted(tmp_path / "d", tmp_path / "out", column="txt")
    assert "parquet" in told.value.fix
    assert converted(tmp_path / "d", tmp_path / "out", "parquet", "txt")["after"]["rows"] == 4


def test_rows_with_keys_and_without_are_no_one_tar(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    pq.write_table(pa.table({"__key__": ["a"], "text": ["one"]}), tmp_path / "d/0.parquet")
    pq.write_table(pa.table({"text": ["two"]}), tmp_path / "d/1.parquet")
    with pytest.raises(ShapeError, match="some rows have __key__"):
        converted(tmp_path / "d", tmp_path / "out")


def test_two_members_of_one_ending_are_told_and_none_is_lost(tmp_path: Path) -> None:
    write(tmp_path / "d.tar", [("a.TXT", b"one"), ("a.txt", b"two"), ("b.txt", b"three"), ("b.cls", b"1")])
    found = survey(Wish(str(tmp_path / "d.tar")), KERNELS)
    assert (found["rows"], found["bad_rows"]["reasons"]) == (1, {TWICE: 1})
    report = converted(tmp_path / "d.tar", tmp_path / "out")
    assert (report["after"]["rows"], report["bad_rows"]["reasons"]) == (1, {TWICE: 1})
    assert removed_of(tmp_path / "out")[0]["row"] == 0


# --- tars -------------------------------------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8", exclude_characters="\0/."), min_size=1, max_size=150),
                          st.binary(max_size=1500)), max_size=12))  # fmt: skip
def test_a_tar_is_that_of_the_standard_library(tmp_path_factory: pytest.TempPathFactory, given: Any) -> None:
    where = tmp_path_factory.mktemp("t")
    tar = Tar(str(where / "a.tar"))
    for name, data in given:
        tar.add(name, data)
    tar.close()
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=tarfile.GNU_FORMAT) as into:
        for name, data in given:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            into.addfile(info, io.BytesIO(data))
    assert (where / "a.tar").read_bytes() == held.getvalue()


def test_many_samples_take_no_more_memory(tmp_path: Path) -> None:
    peaks = []
    for count in (500, 5000):
        writer = TarWriter(str(tmp_path / "a.tar"), "text")
        tracemalloc.start()
        for number in range(count):
            writer.write(Rows(np.array([number]), lines=(b'{"text": "a", "n": 1}',)))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        writer.close()
    assert peaks[1] < 1.5 * peaks[0]
