"""``estimate`` into files: all of them or none, and never over what it reads; and rows that lack cells."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.cli.test_cli import document, run
from thirdwatt.cli.estimate import command


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "run.toml"
    path.write_text("[workload]\nmodel = 'gpt-3'\n[cluster]\ncount = 64\n")
    return path


@pytest.mark.parametrize(
    ("html", "pdf", "said"),
    [
        ("new.html", "absent/new.pdf", "absent/new.pdf: cannot be written: No such file or directory"),
        ("absent/new.html", "new.pdf", "absent/new.html: cannot be written: No such file or directory"),
        ("new.html", "run.toml/new.pdf", "run.toml/new.pdf: cannot be written: Not a directory"),
        ("new.html", ".", ": is a folder; name a file in it"),
        ("new.html", "kept.pdf", "kept.pdf: cannot be written; it is read-only"),
        ("new.html", "astray.pdf", "astray.pdf: cannot be written: No such file or directory"),
        ("new.html", f"{'n' * 300}/new.pdf", "cannot be written: File name too long"),
    ],
)
def test_two_reports_are_written_or_none(scenario: Path, html: str, pdf: str, said: str) -> None:
    folder = scenario.parent
    (folder / "kept.pdf").touch(0o444)
    (folder / "astray.pdf").symlink_to(folder / "absent" / "new.pdf")
    before = sorted(folder.iterdir())
    done = run("estimate", str(scenario), "--html", str(folder / html), "--pdf", str(folder / pdf))
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert sorted(folder.iterdir()) == before


def test_every_place_that_is_none_is_named(scenario: Path) -> None:
    names = [str(scenario.parent / "absent" / name) for name in ("new.html", "new.pdf")]
    done = run("estimate", str(scenario), "--html", names[0], "--pdf", names[1])
    assert done.stderr.startswith("thirdwatt: 2 mistakes")
    assert all(name in done.stderr for name in names)


def test_a_pdf_that_cannot_be_drawn_leaves_no_page(scenario: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("altair")

    def fails(html: str) -> bytes:
        raise OSError("cannot load library 'pango'")

    monkeypatch.setattr("thirdwatt.report.pdf.printed", fails)
    folder = scenario.parent
    before = sorted(folder.iterdir())
    done = CliRunner().invoke(
        command, [str(scenario), "--html", str(folder / "a.html"), "--pdf", str(folder / "a.pdf")]
    )
    assert "pango" in str(done.exception)
    assert sorted(folder.iterdir()) == before


def test_two_reports_are_two_files(scenario: Path) -> None:
    folder = scenario.parent
    (folder / "link").symlink_to(folder)
    for other in (folder / "a", folder / "link" / "a", f"{folder}/./a"):
        done = run("estimate", str(scenario), "--html", str(folder / "a"), "--pdf", str(other))
        assert done.returncode == 2, done.stderr
        assert "--html and --pdf both name" in done.stderr
    assert not (folder / "a").exists()


@pytest.mark.parametrize("option", ["--html", "--pdf"])
def test_no_report_is_written_over_what_it_is_computed_from(scenario: Path, option: str) -> None:
    text = scenario.read_text()
    (scenario.parent / "link.toml").symlink_to(scenario)
    for arguments in (
        (str(scenario), option, str(scenario)),
        (str(scenario), option, str(scenario.parent / "link.toml")),
        ("gpt-4o", "--against", str(scenario), option, str(scenario)),
        ("gpt-4o", "--observed", str(scenario), option, str(scenario)),
    ):
        done = run("estimate", *arguments)
        assert done.returncode == 2, done.stderr
        assert "is read, and the report would overwrite it" in done.stderr
        assert scenario.read_text() == text


def test_a_report_is_written_over_an_older_one(scenario: Path) -> None:
    pytest.importorskip("altair")
    path = scenario.parent / "report.html"
    path.write_text("old")
    done = run("estimate", str(scenario), "--samples", "20", "--html", str(path))
    assert done.returncode == 0, done.stderr
    assert path.read_text().startswith("<!doctype html>")
    assert sorted(each.name for each in scenario.parent.iterdir()) == ["report.html", "run.toml"]


def test_a_row_that_lacks_cells_is_not_priced_on_defaults(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("id,workload.model,cluster.count,site.region\na,gpt-3,64,fr\n\nb,gpt-3,64\nc,gpt-3,64,\n")
    first, short, empty = document("estimate", "--table", str(path), "--json", "--samples", "1")["rows"]
    assert short["id"] == "b"
    assert short["totals"] is None
    assert short["error"].startswith("3 cells under 4 columns")
    assert empty["totals"]["carbon_kg"]["value"] > first["totals"]["carbon_kg"]["value"]
