"""A dataset without its copies: what stays is all that is to stay, with all columns, whatever happens on the way."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.near.test_words import planted
from thirdwatt.data import scan
from thirdwatt.data.errors import ChangedError, EmptyError
from thirdwatt.data.fix import proof as proof_of
from thirdwatt.data.fix import writing
from thirdwatt.data.fix.convert import Wish as Conversion
from thirdwatt.data.fix.convert import convert
from thirdwatt.data.fix.dedup import Wish, dedup
from thirdwatt.data.fix.forms import FORMS, Options
from thirdwatt.data.fix.order import ColumnError
from thirdwatt.data.fix.result import ReckoningError, Result, ThereError
from thirdwatt.data.fix.shapes import ShapeError
from thirdwatt.data.kernels import Kernels
from thirdwatt.data.near import reference
from thirdwatt.data.survey import survey
from thirdwatt.data.wish import Wish as Ask

KERNELS = Kernels()


def rows_of(where: Path) -> list[dict[str, Any]]:
    """All rows of a result, in order."""
    found: list[dict[str, Any]] = []
    for path in sorted((where / "data").iterdir()):
        if path.suffix == ".parquet":
            found += pq.read_table(path).to_pylist()
        else:
            found += [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return found


def removed_of(where: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (where / "removed.jsonl").read_text(encoding="utf-8").splitlines()]


def parquet(path: Path, texts: Sequence[str | None], **columns: list[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = {"id": list(range(len(texts))), "text": texts, **columns}
    pq.write_table(pa.table(table), path, row_group_size=16)
    return path


def contents(where: Path) -> dict[str, bytes]:
    return {str(each.relative_to(where)): each.read_bytes() for each in sorted(where.rglob("*")) if each.is_file()}


def test_exact_copies_of_two_files_go(tmp_path: Path) -> None:
    parquet(tmp_path / "d/a.parquet", ["one", "two", "one", None, ""])
    (tmp_path / "d/b.parquet").write_bytes(parquet(tmp_path / "b.parquet", ["two", "three"]).read_bytes())
    report = dedup(Wish(str(tmp_path / "d"), str(tmp_path / "out"), frozenset(["exact"])), KERNELS)
    assert [(row["id"], row["text"]) for row in rows_of(tmp_path / "out")] == [(0, "one"), (1, "two"), (1, "three")]
    a, b = str(tmp_path / "d/a.parquet"), str(tmp_path / "d/b.parquet")
    assert removed_of(tmp_path / "out") == [
        {"file": a, "row": 2, "id": 2, "why": "exact", "witness": {"file": a, "row": 0}, "similarity": 1.0},
        {"file": a, "row": 4, "id": 4, "why": "empty"},
        {"file": b, "row": 0, "id": 0, "why": "exact", "witness": {"file": a, "row": 1}, "similarity": 1.0},
        {"file": a, "row": 3, "rows": 1, "why": "bad row: no text"},
    ]
    assert report["removed"] == {"exact": {"rows": 2, "bytes": 6}, "empty": {"rows": 1, "bytes": 0}}
    assert (report["before"]["rows"], report["before"]["bad_rows"], report["after"]["rows"]) == (6, 1, 3)
    assert json.loads((tmp_path / "out/report.json").read_text()) == report


@pytest.mark.parametrize("seed", range(3))
def test_near_copies_go_and_their_witnesses_stay(tmp_path: Path, seed: int) -> None:
    texts = [each.decode() for each in planted(seed)]
    parquet(tmp_path / "d.parquet", texts)
    report = dedup(Wish(str(tmp_path / "d.parquet"), str(tmp_path / "out")), KERNELS)
    kept = {row["id"]: row["text"] for row in rows_of(tmp_path / "out")}
    gone = [each for each in removed_of(tmp_path / "out") if each["why"] != "empty"]
    assert len(kept) + len(removed_of(tmp_path / "out")) == len(texts)
    assert all(texts[number] == text for number, text in kept.items())
    assert {each["why"] for each in gone} == {"exact", "near"}
    for each in gone:
        witness = each["witness"]["row"]
        assert witness in kept
        truth = reference.jaccard(texts[each["row"]].encode(), texts[witness].encode())
        assert each["similarity"] == pytest.approx(truth, abs=1e-4)
        assert truth >= 0.75
    assert report["removed"]["near"]["rows"] == sum(each["why"] == "near" for each in gone) > 20


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
@pytest.mark.parametrize("workers", [1, 4])
def test_batches_workers_and_a_second_run_change_no_byte(
    tmp_path: Path, form: str, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [each.decode() for each in planted(5, 300)]
    parquet(tmp_path / "d.parquet", texts, more=[{"a": [number]} for number in range(len(texts))])
    wish = Wish(str(tmp_path / "d.parquet"), str(tmp_path / "one"), form=form, file_byte=20_000)
    dedup(wish, KERNELS)
    for name, rows in (("thirdwatt.data.formats.arrays.BATCH_ROWS", 7), ("thirdwatt.data.formats.base.BATCH_ROWS", 7)):
        monkeypatch.setattr(name, rows)
    dedup(replace(wish, out=str(tmp_path / "two"), workers=workers), KERNELS)
    assert len(list((tmp_path / "one/data").iterdir())) > 3
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


@settings(max_examples=40, deadline=None)
@given(
    texts=st.lists(st.text(alphabet="ab \n", max_size=6), min_size=1, max_size=40),
    file_byte=st.integers(1, 200),
    keep=st.sampled_from(["first", "longest"]),
)
def test_one_of_each_text_stays(
    texts: list[str], file_byte: int, keep: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    where = tmp_path_factory.mktemp("d")
    (where / "d.jsonl").write_text("".join(json.dumps({"text": each}) + "\n" for each in texts), encoding="utf-8")
    wish = Wish(str(where / "d.jsonl"), str(where / "out"), frozenset(["exact"]), keep, file_byte=file_byte)
    if not any(texts):
        with pytest.raises(EmptyError):
            dedup(wish, KERNELS)
        return
    report = dedup(wish, KERNELS)
    assert [row["text"] for row in rows_of(where / "out")] == list(dict.fromkeys(filter(None, texts)))
    assert report["before"]["rows"] == len(texts)
    assert report["after"]["bytes"] == sum(map(len, set(texts)))


def test_lines_of_json_stay_as_they_are(tmp_path: Path) -> None:
    rows = [
        '{"text":"a",  "big": 12345678901234567890123, "f": 1.0}',
        "{torn",
        '{"text": "b", "\\u0061": null}',
        '{"text":"a"}',
    ]
    (tmp_path / "d.jsonl").write_text("\n".join(rows), encoding="utf-8")
    report = dedup(Wish(str(tmp_path / "d.jsonl"), str(tmp_path / "out")), KERNELS)
    assert (tmp_path / "out/data/00000.jsonl").read_text() == f"{rows[0]}\n{rows[2]}\n"
    assert report["bad_rows"]["reasons"] == {"broken JSON": 1}
    assert [each["why"] for each in removed_of(tmp_path / "out")] == ["exact", "bad row: broken JSON"]


def test_small_files_of_text_become_rows(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    for number in range(30):
        (tmp_path / f"d/{number:02}.txt").write_text(f"text {number % 20}", encoding="utf-8")
    dedup(Wish(str(tmp_path / "d"), str(tmp_path / "out")), KERNELS)
    assert [row["text"] for row in rows_of(tmp_path / "out")] == [f"text {number}" for number in range(20)]
    gone = removed_of(tmp_path / "out")
    assert [Path(each["file"]).name for each in gone] == [f"{number}.txt" for number in range(20, 30)]
    assert Path(gone[0]["witness"]["file"]).name == "00.txt"


def test_the_longest_and_the_best_of_a_column_stay(tmp_path: Path) -> None:
    base = " ".join(f"w{number}" for number in range(100))
    texts = [base, f"{base} and some more", f"{base} x", "another one", "another one"]
    parquet(tmp_path / "d.parquet", texts, score=[0.5, None, 0.7, 1.0, 2.0], day=["2020", "2022", None, "1", "0"])
    for keep, expected in (("first", [0, 3]), ("longest", [1, 3]), ("score", [2, 4]), ("day", [1, 3])):
        dedup(Wish(str(tmp_path / "d.parquet"), str(tmp_path / keep), keep=keep), KERNELS)
        assert [row["id"] for row in rows_of(tmp_path / keep)] == expected
    for keep in ("nowhere", "none"):
        with pytest.raises(ColumnError, match=f"column {keep} is nowhere"):
            dedup(Wish(str(tmp_path / "d.parquet"), str(tmp_path / "out"), keep=keep), KERNELS)


def test_lines_that_are_there_again_go(tmp_path: Path) -> None:
    menu, own = "a menu of so many things to choose", [f"a line that only page {number} has" for number in range(4)]
    texts = [f"{menu}\n{own[0]}\nshort\n  {menu}", f"{menu} \nshort\n{own[1]}", menu, f"{own[2]}\n{own[3]}"]
    for name in ("d.parquet", "d.jsonl"):
        if name == "d.parquet":
            parquet(tmp_path / name, texts)
        else:
            (tmp_path / name).write_text(
                "\n".join(json.dumps({"id": number, "text": each}) for number, each in enumerate(texts))
            )
        report = dedup(Wish(str(tmp_path / name), str(tmp_path / f"{name}.out"), frozenset(["lines"])), KERNELS)
        rows = rows_of(tmp_path / f"{name}.out")
        assert [(row["id"], row["text"]) for row in rows] == [
            (0, f"{menu}\n{own[0]}\nshort"), (1, f"short\n{own[1]}"), (3, f"{own[2]}\n{own[3]}"),
        ]  # fmt: skip
        assert report["removed"]["lines"]["rows"] == 1
        assert report["edited_rows"] == 2
        assert report["before"]["bytes"] - report["after"]["bytes"] == report["removed"]["lines"]["bytes"]
        gone = removed_of(tmp_path / f"{name}.out")
        assert [(each["row"], each["lines"], each.get("stays", False)) for each in gone] == [
            (0, 1, True), (1, 1, True), (2, 1, False),
        ]  # fmt: skip


def test_what_holds_a_test_document_goes(tmp_path: Path) -> None:
    draw = random.Random(2)
    words = [[f"{draw.getrandbits(20):x}" for _ in range(30)] for _ in range(6)]
    texts = [" ".join(each) for each in words]
    train = [texts[0], f"before {texts[1]} after", " ".join(words[2][:15]), texts[3], f"{texts[3]} x"]
    parquet(tmp_path / "d.parquet", train)
    parquet(tmp_path / "t.parquet", [texts[5], texts[1], texts[2], texts[3]])
    wish = Wish(str(tmp_path / "d.parquet"), str(tmp_path / "out"), against=str(tmp_path / "t.parquet"))
    report = dedup(wish, KERNELS)
    assert [row["id"] for row in rows_of(tmp_path / "out")] == [0, 2]
    test = str(tmp_path / "t.parquet")
    assert [(each["row"], each["why"], each["witness"]) for each in removed_of(tmp_path / "out")] == [
        (1, "overlap", {"file": test, "row": 1}),
        (3, "overlap", {"file": test, "row": 3}),
        (4, "overlap", {"file": test, "row": 3}),
    ]
    assert report["removed"]["overlap"]["rows"] == 3


def test_the_next_scan_says_before_and_after(tmp_path: Path) -> None:
    parquet(tmp_path / "d.parquet", [each.decode() for each in planted(1)])
    report = dedup(Wish(str(tmp_path / "d.parquet"), str(tmp_path / "out")), KERNELS)
    for where in (tmp_path / "out", tmp_path / "out/data"):
        found = survey(Ask(str(where)), KERNELS)
        assert found["rows"] == report["after"]["rows"]
        assert found["mended"] == report
        none = [each for each in found["findings"] if each["id"] in ("exact_duplicates", "near_duplicates")]
        assert [each["rows"] for each in none if each["id"] == "exact_duplicates"] == [0]
    assert survey(Ask(str(tmp_path / "d.parquet")), KERNELS)["mended"] is None


# --- what can go wrong ------------------------------------------------------------------------------------------------


def test_an_interrupted_run_goes_on_and_the_input_is_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [each.decode() for each in planted(7, 300)]
    path = parquet(tmp_path / "d.parquet", texts)
    before = path.read_bytes()
    wish = Wish(str(path), str(tmp_path / "out"), file_byte=20_000)
    whole = dedup(replace(wish, out=str(tmp_path / "whole")), KERNELS)
    proofs: list[str] = []

    def proof(where: str, form: str, held: proof_of.Held) -> Any:
        proofs.append(Path(where).name)
        if len(proofs) == 3:
            raise KeyboardInterrupt
        return real(where, form, held)

    real = proof_of.proof
    monkeypatch.setattr(writing, "proof", proof)
    with pytest.raises(KeyboardInterrupt):
        dedup(wish, KERNELS)
    assert not (tmp_path / "out").exists()
    monkeypatch.setattr(scan, "scan", lambda *_: pytest.fail("it was decided"))
    assert dedup(wish, KERNELS) == whole
    assert proofs[:4] == ["00000.parquet.part", "00001.parquet.part", "00002.parquet.part", "00002.parquet.part"]
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
    assert path.read_bytes() == before
    assert not (tmp_path / ".out.part").exists()


def test_files_that_change_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = parquet(tmp_path / "d.parquet", [f"text {number}" for number in range(200)])
    real = writing.Writing.all

    def changed(self: Any, *given: Any) -> Any:
        found = real(self, *given)
        parquet(path, ["other"])
        return found

    monkeypatch.setattr(writing.Writing, "all", changed)
    with pytest.raises(ChangedError, match="changed while it was read"):
        dedup(Wish(str(path), str(tmp_path / "out")), KERNELS)
    assert not (tmp_path / "out").exists()


def test_a_row_that_is_lost_on_the_way_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = parquet(tmp_path / "d.parquet", [f"text {number}" for number in range(200)])
    real = FORMS["parquet"].writer

    class Losing:
        def __init__(self, where: str, how: Options) -> None:
            self._writer, self._first = real(where, how), True

        def write(self, rows: Any) -> None:
            if self._first:
                rows = replace(
                    rows, table=rows.table.set_column(1, "text", pa.array(["x", *rows.table["text"].to_pylist()[1:]]))
                )
            self._first = False
            self._writer.write(rows)

        def close(self) -> Any:
            return self._writer.close()

        def give_up(self) -> None:
            self._writer.give_up()

    monkeypatch.setitem(FORMS, "parquet", FORMS["parquet"]._replace(writer=Losing))
    with pytest.raises(ReckoningError, match="were to be written, or others"):
        dedup(Wish(str(path), str(tmp_path / "out")), KERNELS)
    assert not (tmp_path / "out").exists()


def test_bad_input_is_told(tmp_path: Path) -> None:
    parquet(tmp_path / "d/a.parquet", ["text"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(EmptyError, match="holds no files"):
        dedup(Wish(str(tmp_path / "empty"), str(tmp_path / "out")), KERNELS)
    (tmp_path / "empty/x.xyz").write_text("?")
    with pytest.raises(EmptyError, match="no file that can be read"):
        dedup(Wish(str(tmp_path / "empty"), str(tmp_path / "out")), KERNELS)
    (tmp_path / "d/b.jsonl").write_text('{"content": "text"}')
    with pytest.raises(EmptyError, match=r"several columns \(content, text\)"):
        dedup(Wish(str(tmp_path / "d"), str(tmp_path / "out")), KERNELS)
    with pytest.raises(ThereError):
        dedup(Wish(str(tmp_path / "d/a.parquet"), str(tmp_path / "d")), KERNELS)
    with pytest.raises(ThereError, match="lies within"):
        dedup(Wish(str(tmp_path / "d"), str(tmp_path / "d/out")), KERNELS)


def test_what_was_read_is_what_is_there_and_what_went(tmp_path: Path) -> None:
    texts = [each.decode() for each in planted(9, 200)]
    parquet(tmp_path / "d.parquet", texts)
    dedup(Wish(str(tmp_path / "d.parquet"), str(tmp_path / "out")), KERNELS)
    rows = Counter(
        [row["id"] for row in rows_of(tmp_path / "out")] + [each["row"] for each in removed_of(tmp_path / "out")]
    )
    assert rows == Counter(range(len(texts)))


# --- what was found by looking for faults -----------------------------------------------------------------------------


def test_files_of_no_known_format_are_told(tmp_path: Path) -> None:
    parquet(tmp_path / "d/a.parquet", ["one", "two"])
    (tmp_path / "d/b.jsonl.lz4").write_bytes(b"?")
    report = dedup(Wish(str(tmp_path / "d"), str(tmp_path / "out")), KERNELS)
    assert report["bad_rows"]["reasons"] == {"file of no known format": 1}
    assert [Path(each["file"]).name for each in removed_of(tmp_path / "out")] == ["b.jsonl.lz4"]


def test_files_without_a_text_stop_nothing(tmp_path: Path) -> None:
    parquet(tmp_path / "d/a.parquet", ["one", "two"])
    parquet(tmp_path / "d/b.parquet", [])
    parquet(tmp_path / "d/c.parquet", [None, None])
    parquet(tmp_path / "d/e.parquet", ["", "one"])
    report = dedup(Wish(str(tmp_path / "d"), str(tmp_path / "out")), KERNELS)
    assert [row["text"] for row in rows_of(tmp_path / "out")] == ["one", "two"]
    assert (report["before"]["rows"], report["before"]["bad_rows"]) == (4, 2)


def test_a_stretch_of_copies_alone_is_no_file(tmp_path: Path) -> None:
    texts = [f"text {number} of a document" for number in range(3)]
    parquet(tmp_path / "d.parquet", [*texts, *[texts[0]] * 20])
    for file_byte in (1, 60, 100):
        out = tmp_path / f"out{file_byte}"
        dedup(Wish(str(tmp_path / "d.parquet"), str(out), file_byte=file_byte), KERNELS)
        assert [row["text"] for row in rows_of(out)] == texts
        assert len(removed_of(out)) == 20
    line = "a line of more than twenty bytes that is there again"
    parquet(tmp_path / "l.parquet", [f"{line}\nfirst", *[line] * 20, "last"])
    report = dedup(Wish(str(tmp_path / "l.parquet"), str(tmp_path / "l"), frozenset(["lines"]), file_byte=120), KERNELS)
    assert [row["text"] for row in rows_of(tmp_path / "l")] == [f"{line}\nfirst", "last"]
    assert len(removed_of(tmp_path / "l")) == 20
    assert all(each["rows"] for each in report["files"])


def test_lines_of_a_folder_of_texts_go(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    for number in range(3):
        (tmp_path / f"d/{number}.txt").write_text(f"a menu with so many things in it\npage {number}", encoding="utf-8")
    dedup(Wish(str(tmp_path / "d"), str(tmp_path / "out"), frozenset(["lines"])), KERNELS)
    texts = [row["text"] for row in rows_of(tmp_path / "out")]
    assert texts == ["a menu with so many things in it\npage 0", "page 1", "page 2"]


def test_large_numbers_and_strange_names_are_no_trouble(tmp_path: Path) -> None:
    stamps = [1_700_000_000_000_000_001, 1_700_000_000_000_000_002]
    parquet(tmp_path / "d.parquet", ["one", "one"], ts=stamps)
    dedup(Wish(str(tmp_path / "d.parquet"), str(tmp_path / "out"), keep="ts"), KERNELS)
    assert [row["ts"] for row in rows_of(tmp_path / "out")] == stamps[1:]
    name = os.fsdecode(b"d\xff.jsonl")
    row = '{"id": 123456789012345678901234567890, "text": "one"}\n'
    (tmp_path / name).write_text(row * 2, encoding="utf-8")
    dedup(Wish(str(tmp_path / name), str(tmp_path / "other")), KERNELS)
    assert removed_of(tmp_path / "other")[0]["id"] == 123456789012345678901234567890


def test_files_have_one_schema(tmp_path: Path) -> None:
    rows = [{"text": f"text {number}", **({"late": 1} if number > 20 else {})} for number in range(40)]
    rows[30]["late"] = 0.5
    (tmp_path / "d.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    wish = Wish(str(tmp_path / "d.jsonl"), str(tmp_path / "out"), form="parquet", file_byte=200)
    dedup(wish, KERNELS)
    assert len(list((tmp_path / "out/data").iterdir())) > 3
    assert pq.read_table(tmp_path / "out/data").to_pylist() == [{"late": None, **row} for row in rows]
    dedup(replace(wish, form="jsonl", out=str(tmp_path / "lines")), KERNELS)
    assert rows_of(tmp_path / "lines") == rows
    rows[35]["late"] = "x"
    (tmp_path / "d.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    with pytest.raises(ShapeError, match="late"):
        dedup(replace(wish, out=str(tmp_path / "other")), KERNELS)
    assert not (tmp_path / "other").exists()


def test_a_test_set_that_is_too_large_is_refused(tmp_path: Path) -> None:
    draw = random.Random(1)
    texts = [" ".join(f"{draw.getrandbits(40):x}" for _ in range(200)) for _ in range(100)]
    parquet(tmp_path / "d.parquet", texts)
    wish = Wish(str(tmp_path / "d.parquet"), str(tmp_path / "out"), against=str(tmp_path / "d.parquet"))
    with pytest.raises(EmptyError, match="more runs of words than memory holds"):
        dedup(replace(wish, memory_byte=1_000_000), KERNELS)
    with pytest.raises(EmptyError, match="nothing that would stay"):
        dedup(wish, KERNELS)


def test_lines_of_what_went_that_are_lost_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parquet(tmp_path / "d.parquet", ["one", "one", "two"])
    real = Result.finish

    def torn(self: Any, *given: Any) -> None:
        (self.work / "removed.00000.parquet.jsonl").write_bytes(b"")
        real(self, *given)

    monkeypatch.setattr(Result, "finish", torn)
    with pytest.raises(ReckoningError, match="0 rows went where 1 were noted"):
        dedup(Wish(str(tmp_path / "d.parquet"), str(tmp_path / "out")), KERNELS)


def test_splits_that_become_one_are_named(tmp_path: Path) -> None:
    for name in ("train", "test"):
        parquet(tmp_path / f"d/data/{name}-00000-of-00001.parquet", [name])
    report = dedup(Wish(str(tmp_path / "d"), str(tmp_path / "out")), KERNELS)
    assert report["splits"] == ["test", "train"]


def test_views_of_strings_are_no_trouble(tmp_path: Path) -> None:
    table = pa.table({"text": ["one", "one", "two"], "view": pa.array(["a", "b", "c"], pa.string_view())})
    with pa.OSFile(str(tmp_path / "d.arrow"), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)
    dedup(Wish(str(tmp_path / "d.arrow"), str(tmp_path / "out"), form="jsonl"), KERNELS)
    assert [row["view"] for row in rows_of(tmp_path / "out")] == ["a", "c"]


def test_a_row_is_named_by_the_first_of_its_columns_that_names_it(tmp_path: Path) -> None:
    rows = [{"text": "a", "id": [1], "url": "u0"}, {"text": "a", "id": None, "url": "u1"}, {"text": "a", "uuid": "x"},
            {"text": "a"}, {"text": "a", "id": True, "doc_id": 7}]  # fmt: skip
    (tmp_path / "d.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    dedup(Wish(str(tmp_path / "d.jsonl"), str(tmp_path / "lines")), KERNELS)
    assert [each.get("id") for each in removed_of(tmp_path / "lines")] == ["u1", "x", None, 7]
    ids = pa.array([b"a", b"b\xff", None], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"text": ["one"] * 3, "id": ids, "url": ["u", "v", "w"]}), tmp_path / "d.parquet")
    dedup(Wish(str(tmp_path / "d.parquet"), str(tmp_path / "table"), form="parquet"), KERNELS)
    assert [each["id"] for each in removed_of(tmp_path / "table")] == ["b\ufffd", "w"]


@pytest.mark.parametrize("change", ["added", "removed", "edited", "longer", "below"])
def test_a_result_that_is_not_the_one_that_was_proved_is_noticed(tmp_path: Path, change: str) -> None:
    out = tmp_path / "out"
    (tmp_path / "d.jsonl").write_text("".join(json.dumps({"text": f"text {each}"}) + "\n" for each in range(40)))
    dedup(Wish(str(tmp_path / "d.jsonl"), str(out), file_byte=300), KERNELS)
    name = "00001.jsonl"
    path = out / "data" / name
    if change == "added":
        name = "extra.jsonl"
        (out / "data" / name).write_text('{"text": "more"}\n')
    elif change == "below":
        name = "more/extra.jsonl"
        (out / "data/more").mkdir()
        (out / "data" / name).write_text('{"text": "more"}\n')
    elif change == "removed":
        path.unlink()
    else:
        old, new = (b"text", b"next") if change == "edited" else (b"text", b"longer text")
        path.write_bytes(path.read_bytes().replace(old, new, 2).replace(new, old, 1))
    for where in (out, out / "data"):
        found = survey(Ask(str(where)), KERNELS)
        assert (found["mended"], found["mended_changes"]) == (None, [name])


def test_a_result_that_was_copied_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text('{"text": "one"}\n')
    report = dedup(Wish(str(tmp_path / "d.jsonl"), str(tmp_path / "out")), KERNELS)
    shutil.copytree(tmp_path / "out", tmp_path / "copy", copy_function=shutil.copy)
    (tmp_path / "copy/data/00000.jsonl").touch()
    (tmp_path / "copy/data/.hidden").touch()
    assert survey(Ask(str(tmp_path / "copy")), KERNELS)["mended"] == report


def test_files_of_one_name_in_two_folders_stay_apart(tmp_path: Path) -> None:
    for place in ("d/a/x.txt", "d/b/x.txt", "d/b/deep/x.txt"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(place)
    dedup(Wish(str(tmp_path / "d"), str(tmp_path / "out")), KERNELS)
    assert {row["file"]: row["text"] for row in rows_of(tmp_path / "out")} == {
        "a/x.txt": "d/a/x.txt", "b/x.txt": "d/b/x.txt", "b/deep/x.txt": "d/b/deep/x.txt",
    }  # fmt: skip
    dedup(Wish(str(tmp_path / "d/a"), str(tmp_path / "a")), KERNELS)
    assert [row["file"] for row in rows_of(tmp_path / "a")] == ["x.txt"]


@pytest.mark.parametrize("file_byte", [10, 1_000_000])
def test_what_cannot_be_written_names_the_file_that_it_was_read_from(tmp_path: Path, file_byte: int) -> None:
    (tmp_path / "d").mkdir()
    for number, value in enumerate([1, 2, "x"]):
        (tmp_path / f"d/{number}.jsonl").write_text(json.dumps({"text": f"text {number}", "n": value}))
    fixes: dict[str, Callable[[str], Any]] = {
        "a": lambda out: dedup(Wish(str(tmp_path / "d"), out, form="parquet", file_byte=file_byte), KERNELS),
        "b": lambda out: convert(Conversion(str(tmp_path / "d"), out, file_byte=file_byte)),
    }
    for name, fix in fixes.items():
        with pytest.raises(ShapeError) as told:
            fix(str(tmp_path / name))
        read = f"{tmp_path}/d/0.jsonl to {tmp_path}/d/2.jsonl" if file_byte > 10 else f"{tmp_path}/d/2.jsonl"
        assert str(told.value).startswith(f"{read}: column n is ")
