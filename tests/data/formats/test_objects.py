"""JSON that is one value: where its rows are, and what is broken in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("orjson", reason="orjson is not installed: the extra data has it")
from tests.data.formats import made
from thirdwatt.data.formats import objects
from thirdwatt.data.formats.jsonl import JsonLines
from thirdwatt.data.formats.objects import Objects

ROWS = [{"text": f"row {each}", "n": [{"a": 1}, {"b": "]}"}]} for each in range(20)]
READ = [(each, f"row {each}".encode()) for each in range(20)]


def read(where: Path, text: str | bytes) -> tuple[list[tuple[int, bytes]], list[tuple[int, str]]]:
    path = where / "a.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    found, bad = made.read(path, "text")
    return found, [(each.row, each.reason) for each in bad]


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize(
    "value",
    [ROWS, {"data": ROWS}, {"version": "[{", "more": {"x": [1]}, "data": ROWS, "end": 1}, {"few": [], "d": ROWS}],
)
@pytest.mark.parametrize("mark", ["", "\ufeff", "\n  "])
def test_where_the_rows_are(tmp_path: Path, value: Any, indent: int | None, mark: str) -> None:
    assert read(tmp_path, mark + json.dumps(value, indent=indent)) == (READ, [])


@pytest.mark.parametrize("text", ["1", '"x"', "[1, 2]", "[[]]", "nothing", "", "{", '{"a": 1, ', '{"a": {"b": []}\n}'])
def test_what_holds_no_rows_is_said(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"list of objects|JSON object|neither"):
        made.source(path)


def test_lines_and_one_value_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    for text, kind in (('{"text": "a"}\n{"text": "b"}', JsonLines), ('{"text": "a"}', JsonLines),
                       ('{"data": [{"text": "a"}]}', Objects), ('[{"text": "a"}]', Objects)):  # fmt: skip
        path.write_text(text)
        assert type(made.source(path)) is kind
    path.write_text(json.dumps({"text": "x" * (2 << 20)}) + '\n{"text": "b"}')
    assert [len(text) for _, text in made.read(path)[0]] == [2 << 20, 1]


def test_a_broken_row_costs_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "READ_BYTES", 40)
    rows = [json.dumps(each) for each in ROWS]
    rows[3] = rows[3].replace('"n"', "n")
    rows[7] = '{"text": 7}'
    rows[9] = '"no object"'
    rows[12] = rows[12].replace('"row 12"', '"row 12')
    text = f"[{', '.join(rows)}]".encode().replace(b"row 15", b"row \xff")
    found, bad = read(tmp_path, text)
    assert found == [each for each in READ if each[0] not in (3, 7, 9, 12, 15)]
    assert bad == [(3, "broken JSON"), (7, "no text"), (9, "no object"), (12, "broken JSON"), (15, "invalid UTF-8")]


def test_a_row_that_is_too_long_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "READ_BYTES", 40)
    monkeypatch.setattr(objects, "LONGEST_BYTES", 1000)
    rows = [*ROWS[:2], {"text": "x" * 5000, "n": []}, ROWS[3]]
    assert read(tmp_path, json.dumps(rows)) == ([READ[0], READ[1], READ[3]], [(2, "longer than 256 MB")])


def test_a_value_nested_too_deeply_is_a_bad_row(tmp_path: Path) -> None:
    text = '[{"text": "a"}, {"text": ' + "[" * 200_000 + "]" * 200_000 + '}, {"text": "b"}]'
    found, bad = read(tmp_path, text)
    assert found[0] == (0, b"a")
    assert bad[0] == (1, "broken JSON")
