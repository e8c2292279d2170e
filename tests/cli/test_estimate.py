"""``estimate`` into files: all of them or none, and never over what it reads; and rows that lack cells."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

import thirdwatt
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


def test_a_row_carries_the_codes_of_its_warnings(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(
        "id,workload.model,cluster.accelerator,cluster.count,known.accelerator_hours,known.wall_time_h,known.mfu\n"
        "plain,llama-3.1-8b,h100,64,,,\n"
        "twice,llama-3.1-8b,h100,64,1e6,1e3,\n"
        "impossible,llama-3.1-8b,h100,64,10,,\n"
        "outside,bert-large,tpu-v2,64,,,0.95\n"
        "wrong,llama-3.1-8b,h100,many,,,\n"
    )
    rows = {row["id"]: row for row in document("estimate", "--table", str(path), "--json")["rows"]}
    lines = {
        row["id"]: row for row in csv.DictReader(io.StringIO(run("estimate", "--table", str(path), "--csv").stdout))
    }
    assert "contradiction" in rows["twice"]["warnings"]
    assert "impossible" in rows["impossible"]["warnings"]
    assert "outside_published" in rows["outside"]["warnings"]
    assert rows["wrong"]["warnings"] == []
    assert not {"contradiction", "impossible"} & set(rows["plain"]["warnings"])
    for name, row in rows.items():
        assert lines[name]["warnings"] == ";".join(row["warnings"])


def test_what_was_observed_stands_in_the_result(tmp_path: Path) -> None:
    path = tmp_path / "seen.json"
    rate = {"quantity": "accelerator_power_w", "value": 500.0, "low": 480.0, "high": 520.0, "unit": "W"}
    rate |= {"kind": "measured", "source": "my meter", "scope": "rate"}
    whole = {**rate, "quantity": "facility_energy_kwh", "unit": "kWh", "scope": "run"}
    path.write_text(json.dumps({"schema": "thirdwatt/observations/1", "observations": [rate, whole]}))
    found = document("estimate", "llama-3.1-8b", "--observed", str(path), "--json", "--samples", "20")
    jsonschema.validate(found, document("schema", "estimate"))
    assert found["observations"] == [rate]
    assert document("estimate", "llama-3.1-8b", "--json", "--samples", "20")["observations"] == []


def test_several_sources_of_a_figure_are_a_list_of_ids() -> None:
    found = document("estimate", "llama-3.1-8b", "--json", "--samples", "20")
    known = {row["id"] for row in document("facts", "sources", "--json")["rows"]}
    several = [row for row in found["inputs"] if len(row["sources"]) > 1]
    assert several
    for row in several:
        assert row["source"] == ", ".join(row["sources"])
        assert known.issuperset(row["sources"])
    assert all(row["sources"] for row in found["inputs"])


@pytest.mark.parametrize(
    ("columns", "width"), [("48", 48), ("40", 40), ("7", 40), ("400", 100), ("", 100), ("wide", 100)]
)
def test_columns_are_heeded(columns: str, width: int) -> None:
    lines = run("estimate", "llama-3.1-8b", "--samples", "20", columns=columns).stdout.splitlines()
    longest = max(map(len, lines))
    assert width - 8 <= longest <= width


def test_a_page_says_that_a_boundary_was_converted(tmp_path: Path) -> None:
    pytest.importorskip("altair")
    path = tmp_path / "report.html"
    done = run("estimate", "gpt-4o", "--against", "bloom-176b", "--samples", "20", "--html", str(path))
    assert done.returncode == 0, done.stderr
    boundary = thirdwatt.estimate("bloom-176b", samples=1).boundary
    said = f"bloom-176b states boundary {boundary}; it is shown at facility"
    assert (said in path.read_text()) == (boundary != "facility")
    scenario = tmp_path / "narrow.toml"
    scenario.write_text("boundary = 'it'\n[workload]\nmodel = 'gpt-3'\n[cluster]\ncount = 64\n")
    run("estimate", "gpt-4o", "--against", str(scenario), "--samples", "20", "--html", str(path))
    assert "narrow states boundary it; it is shown at facility" in path.read_text()


def test_a_scan_is_observed_by_its_id_its_beginning_and_its_file(
    scenario: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = scenario.parent / "kept"
    for name, share in (("20261129-a", 0.5), ("20261129-b", 0.2)):
        (home / "scans" / name).mkdir(parents=True)
        row = {"quantity": "padding_share", "value": share, "unit": "1", "source": f"scan {name}"}
        held = {"schema": "thirdwatt/scan/1", "observations": [row]}
        (home / "scans" / name / "scan.json").write_text(json.dumps(held))
    monkeypatch.setenv("THIRDWATT_DIR", str(home))

    def flop(*observed: str) -> float:
        asked = [str(scenario), "--json", "--samples", "1", "--set", "workload.tokens=1e9"]
        done = CliRunner().invoke(command, [*asked, *(part for each in observed for part in ("--observed", each))])
        assert done.exit_code == 0, done.output
        value: float = json.loads(done.stdout)["totals"]["training_flop"]["value"]
        return value

    plain = flop()
    for name in ("20261129-a", str(home / "scans" / "20261129-a" / "scan.json")):
        assert flop(name) / plain == pytest.approx(2)
    assert flop("20261129-b") / plain == pytest.approx(1.25)
    (home / "scans" / "20261129-b" / "scan.json").unlink()
    assert flop("2026") / plain == pytest.approx(2)
    done = CliRunner().invoke(command, [str(scenario), "--observed", "none-such"])
    assert "none-such" in str(done.exception)
