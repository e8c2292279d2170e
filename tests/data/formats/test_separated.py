"""CSV: quoted newlines, delimiters, stray quotes; the quick reader and the careful one read the same."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

pytest.importorskip("pyarrow", reason="pyarrow is not installed: the extra data has it")
from tests.data.formats import made
from thirdwatt.data import formats
from thirdwatt.data.errors import ColumnTwiceError
from thirdwatt.data.formats import separated
from thirdwatt.data.formats.arrays import NO_COLUMN
from thirdwatt.data.formats.separated import FIELDS, LONG, QUOTES

FIELD = st.text(st.sampled_from('ab,;"\n\t é'), max_size=12)


def read(where: Path, data: bytes, column: str = "") -> tuple[list[tuple[int, bytes]], list[tuple[int, str]]]:
    path = where / "a.csv"
    path.write_bytes(data)
    found, bad = made.read(path, column)
    return found, [(each.row, each.reason) for each in bad]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_delimiters_newlines_and_marks(tmp_path: Path, delimiter: str, newline: str, bom: bytes) -> None:
    held = io.StringIO(newline="")
    texts = ["a; b, c | d\te", "two\nlines", 'a "quote"', ""]
    csv.writer(held, delimiter=delimiter, lineterminator=newline).writerows(
        [("n", "body", "url"), *((n, text, "u") for n, text in enumerate(texts))]
    )
    assert read(tmp_path, bom + held.getvalue().encode()) == ([(n, each.encode()) for n, each in enumerate(texts)], [])


def test_a_bad_row_costs_nothing_else(tmp_path: Path) -> None:
    data = b'id,text\n1,good\n2\n3,too,many\n4,\xff\n5,"two\nlines"\n\n6,"said ""x"""\n7,last'
    good = [(0, b"good"), (4, b"two\nlines"), (5, b'said "x"'), (6, b"last")]
    assert read(tmp_path, data) == (good, [(1, FIELDS), (2, FIELDS), (3, "invalid UTF-8")])


def test_a_quote_that_is_not_closed_costs_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = b'id,text\n1,good\n2,"open\n3,three\n4,"four\n and a half"\n5,five\n'
    found, bad = read(tmp_path, data)
    assert found == [(0, b"good"), (2, b"three"), (3, b"four\n and a half"), (4, b"five")]
    assert bad == [(1, QUOTES)]
    monkeypatch.setattr(separated, "LONGEST_RECORD", 100)
    long = b'1,"open\n' + b"".join(b"%d,text\n" % each for each in range(100))
    found, bad = read(tmp_path, b"id,text\n" + long)
    assert bad == [(0, LONG)]
    assert found == [(each + 1, b"text") for each in range(100)]


def test_quotes_within_a_field_are_letters(tmp_path: Path) -> None:
    data = b'id,text\n1,a 5" nail, \n2,5" nail\n3,"fine"\n4,x "y" z\n'
    found, bad = read(tmp_path, data)
    assert found == [(1, b'5" nail'), (2, b"fine"), (3, b'x "y" z')]
    assert bad == [(0, FIELDS)]


def test_records_longer_than_what_is_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(separated, "READ_BYTES", 100)
    monkeypatch.setattr(separated, "PARSED_BYTES", 50)
    texts = ["x" * 1000, "y\n" * 400, '"' * 300, "z"]
    held = io.StringIO(newline="")
    csv.writer(held).writerows([("id", "text"), *enumerate(texts)])
    assert read(tmp_path, held.getvalue().encode()) == ([(n, each.encode()) for n, each in enumerate(texts)], [])


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xff\xfea\0", b"\0\0,\0\n1,2\n"])
def test_what_has_no_header_is_said(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ValueError, match="no header"):
        read(tmp_path, data)


def test_columns_by_name(tmp_path: Path) -> None:
    data = b"id,text,a,a\n1,x,y,z\n"
    assert read(tmp_path, data, "id")[0] == [(0, b"1")]
    assert read(tmp_path, data, "a.2")[0] == [(0, b"z")]
    with pytest.raises(ValueError, match="not there"):
        read(tmp_path, data, "nope")
    with pytest.raises(ColumnTwiceError, match="a is there twice"):
        read(tmp_path, data, "a")


def test_a_column_that_is_there_twice_is_not_taken_for_another(tmp_path: Path) -> None:
    with pytest.raises(ColumnTwiceError, match="text is there twice"):
        read(tmp_path, b"id,text,text\nsome words,x,y\n")
    assert made.source(tmp_path / "a.csv", "id").column == "id"


@pytest.mark.parametrize("data", [b"a,b\n1,2\n3,4\n", b'a,b\n1,2\n"3,4\n'])
def test_numbers_alone_are_no_documents(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    found, bad = made.read(tmp_path / "a.csv")
    assert found == []
    assert bad[0].reason == NO_COLUMN


def test_a_column_that_begins_empty_is_found_by_its_name(tmp_path: Path) -> None:
    assert read(tmp_path, b"n,text\n" + b"1,\n" * 200 + b"1,x\n")[0][-1] == (200, b"x")


def test_numbers_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("n,score,said\n" + "".join(f"{each},{each / 7},ok\n" for each in range(50)))
    source = made.source(path)
    assert (source.column, source.columns) == ("said", {"said": 100})


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(FIELD, FIELD), max_size=12), st.integers(20, 200))
def test_what_the_standard_library_writes_is_read(rows: list[tuple[str, str]], block: int) -> None:
    held = io.StringIO(newline="")
    csv.writer(held, lineterminator="\n").writerows([("id", "text"), *rows])
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(separated, "READ_BYTES", block)
        found, bad = read(Path(folder), held.getvalue().encode(), "text")
    assert (found, bad) == ([(n, text.encode()) for n, (_, text) in enumerate(rows)], [])


RAW = st.lists(st.sampled_from([b"a", b"bc", b",", b'"', b"\n", b'""', b'"a', b'b"', b"\xc3\xa9", b"\xff", b"d,e\n"]))


@settings(max_examples=150, deadline=None)
@given(RAW, st.integers(8, 200))
@example([b"\n", b'"', b"\n"], 64)
def test_both_readers_read_the_same_whatever_it_is(pieces: list[bytes], block: int) -> None:
    data = b"id,text\n1,one\n2,two\n" + b"".join(pieces)
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(separated, "READ_BYTES", block)
        quick = read(Path(folder), data, "text")
        patch.setattr(separated, "conforming", lambda *_, **__: (0, False))
        careful = read(Path(folder), data, "text")
    assert quick == careful


def test_the_limit_of_a_field_is_left_to_others(tmp_path: Path) -> None:
    """It is one for the whole process."""
    before = csv.field_size_limit()
    (tmp_path / "a.csv").write_text('text,b\n"' + "x\n" * 100_000 + '",1\n"torn')
    source = formats.source(str(tmp_path / "a.csv"))
    assert source is not None
    assert sum(len(each.rows) for each in source.texts(lambda _: None)) == 1
    assert csv.field_size_limit() == before
