"""``facts`` and ``schema``: flags that are honoured, and names that are not known."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from tests.cli.test_cli import document, run
from thirdwatt.facts.catalogue import CATALOGUE
from thirdwatt.facts.table import HEADER
from thirdwatt.report.factsheet import FIELDS
from thirdwatt.report.schemas import NAMES


def test_the_list_of_tables_is_csv_too() -> None:
    header, *lines = csv.reader(io.StringIO(run("facts", "--csv").stdout))
    assert tuple(header) == FIELDS
    assert {len(line) for line in lines} == {len(FIELDS)}
    assert {line[0] for line in lines} == {row["id"] for row in document("facts", "--json")["rows"]}


@pytest.mark.parametrize("form", ["--csv", "--json"])
def test_a_check_is_said_in_words(form: str) -> None:
    done = run("facts", "--check", form)
    assert done.returncode == 2
    assert "leave out --json and --csv" in done.stderr


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_header_alone_is_not_sound(tmp_path: Path, end: str) -> None:
    path = tmp_path / "chips.csv"
    path.write_text(f"{','.join(HEADER)}{end}", newline="")
    done = run("facts", "--check", str(path))
    assert done.returncode == 2
    assert done.stdout == ""
    assert "chips.csv:1: the header stands alone, there are no rows" in done.stderr


def test_a_table_that_is_none_is_answered_with_those_there_are() -> None:
    assert "did you mean facilities?" in run("facts", "facilites").stderr
    done = run("facts", "nope")
    assert done.returncode == 2
    assert all(table in done.stderr for table in CATALOGUE)


@pytest.mark.parametrize(
    ("name", "meant"), [("nope", None), ("", None), ("Estimates", "estimate"), ("evidnce", "evidence")]
)
def test_a_schema_that_is_none_is_answered_with_those_there_are(name: str, meant: str | None) -> None:
    done = run("schema", name)
    assert done.returncode == 2
    said = " ".join(done.stderr.split())
    assert said.endswith(f"there are {', '.join(NAMES)}")
    assert (f"did you mean {meant}?" in said) == (meant is not None)
