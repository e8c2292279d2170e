"""Rows of a table: a cell for each column, or the row is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from thirdwatt.ledger.book import book
from thirdwatt.scenario import Scenario
from thirdwatt.scenario.rows import rows

HEADER = "id,workload.model,cluster.count,site.region"


def read(path: Path, text: str) -> list[tuple[str, Scenario | str]]:
    path.write_text(text, newline="")
    return list(rows(str(path), {}, book().names))


@pytest.mark.parametrize(
    ("line", "name", "said"),
    [
        ("a,gpt-3,64", "a", "3 cells under 4 columns; write an empty cell for what is not given"),
        ("a", "a", "1 cell under 4 columns; write an empty cell for what is not given"),
        (",gpt-3", "2", "2 cells under 4 columns; write an empty cell for what is not given"),
        ("a,gpt-3,64,fr,", "a", "5 cells under 4 columns; quote text with commas"),
        ("a,gpt-3,1,024,fr", "a", "5 cells under 4 columns; quote text with commas"),
    ],
)
def test_a_row_has_a_cell_for_each_column(tmp_path: Path, line: str, name: str, said: str) -> None:
    first, wrong, last = read(tmp_path / "rows.csv", f"{HEADER}\nx,gpt-3,64,fr\n{line}\ny,gpt-3,64,\n")
    assert wrong == (name, said)
    assert isinstance(first[1], Scenario)
    assert isinstance(last[1], Scenario)


def test_one_column_is_said_as_one(tmp_path: Path) -> None:
    ((_, said),) = read(tmp_path / "rows.csv", "workload.model\ngpt-3,64\n")
    assert str(said).startswith("2 cells under 1 column;")


@pytest.mark.parametrize("blank", ["", "  ", ",,,", " , "])
def test_blank_lines_are_no_rows(tmp_path: Path, blank: str) -> None:
    found = read(tmp_path / "rows.csv", f"{HEADER}\r\n{blank}\r\na,gpt-3,64,fr\r\n{blank}\r\n{blank}\r\n")
    assert [name for name, _ in found] == ["a"]
