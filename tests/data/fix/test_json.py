"""What JSON has not but its writers write: it goes through a fix exactly, is told as a bad row, or refused by name."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")
import pyarrow.parquet as pq
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.data.fix.test_dedup import KERNELS, removed_of
from tests.data.formats import made
from tests.data.formats.test_rows import whole
from thirdwatt.data.files import files
from thirdwatt.data.fix import convert, dedup
from thirdwatt.data.fix.shapes import ShapeError
from thirdwatt.data.formats.jsonl import HALF

LINES = [
    '{"text": "a", "x": NaN}', '{"text": "b", "x": [-Infinity, Infinity, 1e400]}', '{"text": "c", "x": 1.50}',
    '{"text": "d", "x": 123456789012345678901234567890}', '{"text": "e", "x": "\\ud800 half"}',
    '{"text": "f", "x": 18446744073709551616}', '{"text": "g", "x": 0.10000000000000000000001}',
    f'{{"text": "h", "x": {"9" * 400}}}', '{"text": "i", "x": {"n": [NaN, {}]}}',
]  # fmt: skip


def as_lines(where: Path, lines: list[str]) -> Path:
    path = where / "d.jsonl"
    path.write_bytes("".join(f"{each}\n" for each in lines).encode("latin-1"))
    return path


def as_list(where: Path, lines: list[str]) -> Path:
    path = where / "d.json"
    path.write_bytes(f"[{', '.join(lines)}]".encode("latin-1"))
    return path


def as_broken_list(where: Path, lines: list[str]) -> Path:
    """With a break in each object, and two spaces."""
    path = where / "d.json"
    path.write_bytes(json.dumps({"data": [0]}).replace("0", ",\n".join(lines)).replace('"x"', '\n  "x"').encode())
    return path


def lines_of(out: Path) -> list[str]:
    """Lines end at a newline alone: strings may hold other ends of lines."""
    return [line for each in files(str(out)).paths for line in Path(each).read_bytes().decode().split("\n")[:-1]]


def deduped(path: Path, out: Path, form: str) -> Any:
    return dedup.dedup(dedup.Wish(str(path), str(out), form=form, column="text"), KERNELS)


def converted(path: Path, out: Path, form: str) -> Any:
    return convert.convert(convert.Wish(str(path), str(out), form, column="text"))


FIXES = [deduped, converted]


@pytest.mark.parametrize("fix", FIXES)
@pytest.mark.parametrize("write", [as_lines, as_list, as_broken_list])
def test_lines_of_all_that_is_no_json_stay_as_they_are(
    tmp_path: Path, fix: Callable[..., Any], write: Callable[..., Path]
) -> None:
    report = fix(write(tmp_path, LINES), tmp_path / "out", "jsonl")
    assert [" ".join(line.split()) for line in lines_of(tmp_path / "out")] == LINES
    assert report["bad_rows"]["count"] == 0
    assert report["after"]["rows"] == len(LINES)


@pytest.mark.parametrize("write", [as_lines, as_list])
def test_documents_with_half_a_character_are_told(tmp_path: Path, write: Callable[..., Path]) -> None:
    hangul = "\ud7a3".encode().decode("latin-1")  # begins as halves do
    path = write(tmp_path, ['{"text": "a"}', '{"text": "b \\udfff"}', f'{{"text": "{hangul} \\ud83d\\ude00"}}',
                            '{"text": "\xff"}'])  # fmt: skip
    read, bad = made.read(path, "text")
    assert [(row, text.decode()) for row, text in read] == [(0, "a"), (2, "\ud7a3 \U0001f600")]
    assert [(each.row, each.reason) for each in bad] == [(1, HALF), (3, "invalid UTF-8")]
    report = deduped(path, tmp_path / "out", "jsonl")
    assert report["bad_rows"]["reasons"] == {HALF: 1, "invalid UTF-8": 1}


@pytest.mark.parametrize("write", [as_lines, as_list])
def test_numbers_that_are_none_are_what_they_are_in_parquet(tmp_path: Path, write: Callable[..., Path]) -> None:
    converted(write(tmp_path, [LINES[0], '{"text": "b", "x": -Infinity}', LINES[2]]), tmp_path / "out", "parquet")
    found = pq.read_table(tmp_path / "out/data").column("x").to_pylist()
    assert math.isnan(found[0])
    assert found[1:] == [-math.inf, 1.5]


@pytest.mark.parametrize("fix", FIXES)
@pytest.mark.parametrize("write", [as_lines, as_list])
@pytest.mark.parametrize(("line", "told"), [
    (LINES[3], "lose digits"), (LINES[7], "lose digits"), (LINES[4].replace('"x"', '"y"'), "surrogate"),
    ('{"text": "b", "x": 1e400}', "too large for a number"),
])  # fmt: skip
def test_what_parquet_cannot_hold_is_refused_by_name(
    tmp_path: Path, fix: Callable[..., Any], write: Callable[..., Path], line: str, told: str
) -> None:
    with pytest.raises(ShapeError, match=told) as error:
        fix(write(tmp_path, [LINES[2], line]), tmp_path / "out", "parquet")
    assert "jsonl" in error.value.fix
    assert not (tmp_path / "out").exists()


def test_numbers_that_are_none_go_into_samples_as_they_are(tmp_path: Path) -> None:
    converted(as_lines(tmp_path, [LINES[0], *LINES[2:6]]), tmp_path / "out", "webdataset")
    (path,) = files(str(tmp_path / "out")).paths
    found = [json.loads(row["json"])["x"] for _, row in whole(made.source(path))]
    assert math.isnan(found[0])
    assert found[1:] == [json.loads(each)["x"] for each in LINES[2:6]]


@pytest.mark.parametrize("form", ["webdataset", "lines"])
def test_numbers_that_are_too_large_are_refused_where_a_line_is_written_anew(tmp_path: Path, form: str) -> None:
    line = "a line of more than twenty bytes that is there again"
    path = as_lines(tmp_path, [f'{{"text": "{line}", "x": 1e400}}'] * 2)
    fix: Callable[[], Any] = partial(converted, path, tmp_path / "out", form)
    if form == "lines":
        fix = partial(dedup.dedup, dedup.Wish(str(path), str(tmp_path / "out"), frozenset(["lines"])), KERNELS)
    with pytest.raises(ShapeError, match="1e400 is too large"):
        fix()


def test_lines_that_go_leave_other_members_exactly(tmp_path: Path) -> None:
    line = "a line of more than twenty bytes that is there again"
    rows = [{"text": line}, {"text": f"{line}\nx", "n": 2**70, "half": "\ud800", "nan": math.nan}]
    path = as_lines(tmp_path, [json.dumps(each) for each in rows])
    dedup.dedup(dedup.Wish(str(path), str(tmp_path / "out"), frozenset(["lines"])), KERNELS)
    found = json.loads(lines_of(tmp_path / "out")[1])
    assert math.isnan(found.pop("nan"))
    assert found == {"text": "x", "n": 2**70, "half": "\ud800"}


def test_a_list_with_breaks_within_texts_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "d.json"
    path.write_text('[{"text": "a\nb",\n "x": NaN, "n": 123456789012345678901}, {"text": "c"}]')
    converted(path, tmp_path / "out", "jsonl")
    assert lines_of(tmp_path / "out") == ['{"text": "a\\nb", "x": NaN, "n": 123456789012345678901}', '{"text": "c"}']


def test_other_members_of_a_list_that_are_no_utf8_make_a_row_bad(tmp_path: Path) -> None:
    path = as_list(tmp_path, ['{"text": "a", "x": "\xff"}', '{"text": "b"}'])
    for number, fix in enumerate(FIXES):
        report = fix(path, tmp_path / f"{number}", "jsonl")
        assert lines_of(tmp_path / f"{number}") == ['{"text": "b"}']
        assert report["bad_rows"]["reasons"] == {"invalid UTF-8": 1}
        assert removed_of(tmp_path / f"{number}")[0]["row"] == 0


LETTERS = st.text(st.characters(), max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(-(2**80), 2**80) | st.floats() | LETTERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(LETTERS, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@example(values=[{"\x85": "\u2028"}], indent=None, is_ascii=False)
@given(values=st.lists(VALUES, min_size=1, max_size=8), indent=st.sampled_from([None, 1]), is_ascii=st.booleans())
def test_any_value_comes_through_a_list(
    values: list[Any], indent: int | None, is_ascii: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    where = tmp_path_factory.mktemp("d")
    rows = [{"text": f"{number}", "x": each} for number, each in enumerate(values)]
    text = json.dumps(rows, indent=indent, ensure_ascii=is_ascii)
    (where / "d.json").write_bytes(text.encode("utf-8", "backslashreplace"))
    report = converted(where / "d.json", where / "out", "jsonl")
    assert report["bad_rows"]["count"] == 0
    assert [repr(json.loads(line)) for line in lines_of(where / "out")] == [repr(each) for each in rows]
